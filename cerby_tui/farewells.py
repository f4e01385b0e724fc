"""The end of a session on this device: what is said about it, and that nothing is left of it.

What is said stands in a file before anything is deleted, so that a deletion that was cut short is completed at the next
start, and the person is told all the same. It holds no secret: who ended the session, when, and what was not sent.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from cerby_tui.errors import CerbyError, SessionRemoved
from cerby_tui.home import Home, write_private
from cerby_tui.keyfile import device_of, needs_keyring
from cerby_tui.system_keyring import NoKeyring, SystemKeyring
from cerby_tui.team_values import Farewell
from cerby_wire.encoding import UNREADABLE
from cerby_wire.errors import Refused

DELETED = "Its keys and its vault were deleted from this device."
IMPORT = "On another session of yours, run: cerby-tui devices import-unsent"
WORDS = {
    "removed": "This trusted session was removed",
    "suspended": "This trusted session was suspended",
    "left": "You were taken out of the workspace",
}


class Kept(msgspec.Struct, frozen=True):
    """What stands in the file: the device that is over, and what is said about it."""

    device: bytes
    farewell: Farewell


class Deleting(NamedTuple):
    """What a destruction needs to know beside the home."""

    device: bytes
    keyring: SystemKeyring


def destroy(home: Home, farewell: Farewell, deleting: Deleting) -> None:
    """Delete keys and vault of this device for good. Raises OSError."""
    write_private(home.farewell, msgspec.json.encode(Kept(deleting.device, farewell)) + b"\n")
    _delete(home, deleting)


def settle(home: Home, keyring: SystemKeyring | None = None) -> Farewell | None:
    """Complete a deletion that was cut short; what is to be said, as long as no other device was set up here."""
    kept = _read(home)
    if kept is None:
        return None
    if home.key_file.exists() and _device(home) != kept.device:
        return None
    if home.key_file.exists() or home.vault.exists():
        _delete(home, Deleting(kept.device, keyring or SystemKeyring()))
    return kept.farewell


def said(farewell: Farewell) -> SessionRemoved:
    """The error that says all of it."""
    when = f" on {_moment(farewell.at)}" if farewell.at else ""
    sentence = f"{WORDS[farewell.what]} by {farewell.by}{when}."
    lost = f" Not sent: {'; '.join(farewell.unsent)}." if farewell.unsent else ""
    step = f"{IMPORT} {farewell.export}" if farewell.export else ""
    error = SessionRemoved(sentence + lost, safe=DELETED, next_step=step)
    error.farewell = farewell
    return error


def _delete(home: Home, deleting: Deleting) -> None:
    # The secret of the keyring and the key file come first: without them the rest opens nothing.
    with suppress(CerbyError, Refused, NoKeyring):
        if needs_keyring(home.key_file):
            deleting.keyring.forget(deleting.device.hex())
    beside = [home.vault.with_name(home.vault.name + end) for end in ("-wal", "-shm")]
    for path in (home.key_file, home.session_file, home.enrolment_file, home.vault, *beside):
        path.unlink(missing_ok=True)


def _device(home: Home) -> bytes:
    """The device whose keys are here; empty if there are none that can be read."""
    try:
        return device_of(home.key_file)
    except (CerbyError, Refused):
        return b""


def _read(home: Home) -> Kept | None:
    try:
        return msgspec.json.decode(home.farewell.read_bytes(), type=Kept)
    except (FileNotFoundError, *UNREADABLE):
        return None


def _moment(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
