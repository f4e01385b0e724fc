"""What the activity log says that somebody opened and copied of an account: pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from cerby_wire.activity import SECRETS, SEEN_EVENTS, Line, Seen, What
from cerby_wire.encoding import decode
from cerby_wire.errors import Refused

Risk = Literal[1, 2, 3]


class Trace(Struct, frozen=True):
    """What somebody copied and what they looked at, each in the order of the first time."""

    copied: tuple[What, ...] = ()
    viewed: tuple[What, ...] = ()

    @staticmethod
    def events() -> tuple[str, ...]:
        """The events of the log that say so."""
        return SEEN_EVENTS

    def told(self) -> tuple[Risk, str]:
        """How risky that is, and a sentence: 3 copied a secret, 2 opened something, 1 could have."""
        parts = []
        if self.copied:
            parts.append(f"Copied: {', '.join(self.copied)}.")
        if self.viewed:
            parts.append(f"Looked at: {', '.join(self.viewed)}.")
        if SECRETS & set(self.copied):
            return 3, " ".join(parts)
        return (2, " ".join(parts)) if parts else (1, "Had the key and could have opened it.")


def traces_of(lines: Iterable[Line], user: bytes, device: bytes) -> dict[bytes, Trace]:
    """What somebody did, or with `device` what was done at that session, by account."""
    found: dict[bytes, Trace] = {}
    for line in lines:
        if line.user != user or (device and line.device != device) or not line.signature:
            continue
        try:
            seen = decode(line.raw, Seen)
        except Refused:
            continue
        trace = found.get(line.account, Trace())
        name = seen.how
        before = trace.copied if name == "copied" else trace.viewed
        if seen.what not in before:
            found[line.account] = replace(trace, **{name: (seen.what, *before)})
    return found
