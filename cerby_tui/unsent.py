"""Changes that never reached the service, in a file that only other sessions of the same person can open.

Written when a session is ended, sealed to the newest key that its person's chain names, signed by the session that made
them: whoever knows a public key could otherwise hand somebody changes of their own.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from cerby_tui.errors import UsageError
from cerby_tui.home import FILE_MODE, Home
from cerby_tui.keys import DeviceKeys, UserKeys
from cerby_tui.vault.outbox import Pending
from cerby_wire.encoding import decode, encode
from cerby_wire.errors import Refused
from cerby_wire.headers import SeedFields, Wire
from cerby_wire.primitives import digest, pad, seal, unpad, unseal, verify, wrap
from cerby_wire.state import UserState

MAGIC = b"cerby-unsent-1\n"
LABEL = "unsent"
SIGNATURE_LENGTH = 64
KEPT = ("create", "edit", "share", "delete", "restore", "favourite")
"""Acts that somebody would miss; read marks and small notes are not among them."""


class Change(Wire, frozen=True):
    """A waiting change as the outbox held it; `stream` is the account, or the private stream of its person."""

    stream: bytes
    act: str
    base: int
    changes: Any
    since: int
    label: str

    def __repr__(self) -> str:
        return f"Change({self.act!r})"


class Unsent(Wire, frozen=True):
    """Everything that one session did not get sent. `at` is UTC milliseconds."""

    user: bytes
    device: bytes
    at: int
    changes: tuple[Change, ...]

    def __repr__(self) -> str:
        return f"Unsent({len(self.changes)})"


class Sealed(Wire, frozen=True):
    """What stands in the file: for whom, under which generation of their seed, a wrapped key, and what it opens."""

    user: bytes
    generation: int
    wrapped: bytes
    sealed: bytes


class Opened(Struct, frozen=True):
    """An export that was opened and judged. `id` is the same for the same file."""

    id: bytes
    unsent: Unsent


def kept(rows: Iterable[Pending]) -> list[Pending]:
    """The rows that go into an export."""
    return [row for row in rows if row.act in KEPT]


def export(home: Home, device: DeviceKeys, user: bytes, seed: SeedFields, rows: Sequence[Pending], now: int) -> Path:
    """Write the file beside the home, or else in it, readable for its owner alone; gives its path. Raises OSError."""
    changes = tuple(Change(row.stream, row.act, row.base, row.changes, row.since, row.label) for row in rows)
    raw = encode(Unsent(user, device.id, now, changes))
    key, place = os.urandom(32), _place(user, seed.generation)
    sealed = seal(key, place, pad(device.sign.sign(LABEL, raw) + raw))
    content = MAGIC + encode(Sealed(user, seed.generation, wrap(seed.kem, key, place), sealed))
    day = datetime.fromtimestamp(now / 1000, UTC).date().isoformat()
    try:
        return _write(home.root.parent, f"unsent-{day}", content)
    except PermissionError:
        return _write(home.root, f"unsent-{day}", content)


def open_export(path: Path, user: bytes, keys: dict[int, UserKeys], person: UserState) -> Opened:
    """Open an export of the same person. Raises UsageError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    try:
        return _opened(content, user, keys, person)
    except Refused:
        raise UsageError(
            f"{path} is damaged, or it is no export of unsent changes.", safe="Nothing was taken."
        ) from None


def _opened(content: bytes, user: bytes, keys: dict[int, UserKeys], person: UserState) -> Opened:
    """The export, if it was made by a session of that person. Raises Refused, UsageError."""
    if not content.startswith(MAGIC):
        raise Refused("no_export", "It does not begin like an export.")
    file = decode(content[len(MAGIC) :], Sealed)
    if file.user != user:
        raise UsageError("These changes belong to somebody else.", safe="Nothing was taken.")
    seed = keys.get(file.generation)
    if seed is None:
        step = "Sync first: cerby-tui sync"
        raise UsageError("This session does not hold the key of that export yet.", next_step=step)
    place = _place(user, file.generation)
    whole = unpad(unseal(seed.kem.unwrap(file.wrapped, place), place, file.sealed))
    signature, raw = whole[:SIGNATURE_LENGTH], whole[SIGNATURE_LENGTH:]
    unsent = decode(raw, Unsent)
    if unsent.user != user or unsent.device not in person.devices:
        raise Refused("another_session", "It was not made by a session of this person.")
    verify(person.device_public(unsent.device).sign, LABEL, raw, signature)
    return Opened(digest("unsent-export", raw), unsent)


def _place(user: bytes, generation: int) -> bytes:
    return encode(("unsent", user, generation))


def _write(directory: Path, name: str, content: bytes) -> Path:
    """A new file under a name that is free. Raises OSError."""
    number = 1
    while True:
        path = directory / (f"{name}.cerby" if number == 1 else f"{name}-{number}.cerby")
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
        except FileExistsError:
            number += 1
            continue
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        return path
