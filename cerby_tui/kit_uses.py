"""Uses of a recovery key, as the chain of their person shows them: each is to be told loudly on every other device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from cerby_tui.values import KIT_USED, News
from cerby_tui.vault.streams import Streams
from cerby_wire.entries import device_id, read_header
from cerby_wire.headers import UserRecovery
from cerby_wire.state import UserState

SEEN = "recovery_seen"
"""The place in the vault's `meta` that says up to which entry of the chain uses were read about."""


class KitUse(Struct, frozen=True):
    """Somebody used the recovery key: entry `n` of the chain added `device`. `at` is when it came here (UTC ms)."""

    n: int
    device: bytes
    at: int


class RecoveryKey(Struct, frozen=True):
    """A recovery key of a person, present or past, by the id of its recovery device."""

    device: bytes
    status: Literal["Active", "Used", "Discarded"]

    @property
    def identifier(self) -> str:
        """What it is called on screen; nothing of the key itself."""
        return self.device.hex()[:4].upper()


def recovery_keys(streams: Streams, person: UserState) -> tuple[RecoveryKey, ...]:
    """Every recovery key there was, the newest first."""
    found: list[tuple[int, RecoveryKey]] = []
    for device, record in person.devices.items():
        if record.recovery:
            entry = streams.entry(person.stream, record.removed) if record.removed else None
            act = read_header(entry).act if entry else None
            used = isinstance(act, UserRecovery) and act.device is not None
            status: Literal["Active", "Used", "Discarded"] = "Used" if used else "Discarded"
            found.append((record.added, RecoveryKey(device, status if record.removed else "Active")))
    return tuple(key for _added, key in sorted(found, key=lambda one: one[0], reverse=True))


def find_uses(streams: Streams, person: UserState, mine: bytes) -> tuple[KitUse, ...]:
    """Every use since the device `mine` was trusted, its own coming back left out; oldest first."""
    own = person.devices.get(mine)
    found = []
    for since in person.seeds if own else ():
        entry = streams.entry(person.stream, since.n) if own and since.n > own.added else None
        act = read_header(entry).act if entry else None
        if isinstance(act, UserRecovery) and act.device is not None:
            found.append(KitUse(since.n, device_id(act.device), streams.stored_at(person.stream, since.n)))
    return tuple(found)


def news_of(uses: Sequence[KitUse]) -> News:
    """What its person has to read."""
    sessions = ", ".join(session_name(use.device) for use in uses)
    added = f"A new trusted session was added with it: {sessions}." if len(uses) == 1 else f"It added: {sessions}."
    sentence = (
        f"Somebody used your recovery kit. {added} The old kit is spent. If that was you, nothing is to be done. If it "
        "was not, somebody else has your kit: remove that session under My trusted devices, then generate a new key."
    )
    return News(sentence, "Your recovery key was used", loud=True, about=KIT_USED)


def session_name(device: bytes) -> str:
    """A session whose name is not known, as it is called on screen."""
    return f"Session {device.hex()[:4].upper()}"
