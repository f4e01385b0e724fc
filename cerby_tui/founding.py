"""What an enrolment knows so far, sealed on the disk, and the first entries of a person and a workspace."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from cerby_tui import authoring
from cerby_tui.authoring import Author
from cerby_tui.errors import Alarm, UsageError
from cerby_tui.home import write_private
from cerby_tui.keys import DeviceKeys
from cerby_tui.vault.meta import Identity
from cerby_wire.entries import stream_id
from cerby_wire.errors import Refused
from cerby_wire.ledger import Ledger
from cerby_wire.primitives import derive, pad, seal, unpad, unseal
from cerby_wire.shapes import Found, StoredEntry

PLACE = b"enrolment"


class Known(Struct, frozen=True):
    """What is known so far. `found` is the request that founds the workspace, kept so that it stays the same."""

    device_name: str
    recovery: bytes
    origin: str = ""
    service_key: bytes = b""
    token: bytes = b""
    email: str = ""
    name: str = ""
    verification: bytes = b""
    found: Found | None = None
    founded: bool = False

    def __repr__(self) -> str:
        return "Known(…)"

    @property
    def request(self) -> Found:
        """The request that founded the workspace. Raises UsageError before there is one."""
        if self.found is None:
            raise UsageError("The workspace is not founded yet.")
        return self.found

    def entries(self) -> list[StoredEntry]:
        """The three beginnings as they stand in their streams."""
        found = self.request
        return [StoredEntry(stream_id(one), 1, one) for one in (found.user, found.workspace, found.personal)]

    def identity(self, device: DeviceKeys) -> Identity:
        """Who the vault will belong to."""
        found = self.request
        return Identity(
            origin=self.origin,
            service_key=self.service_key,
            workspace=stream_id(found.workspace),
            user=stream_id(found.user),
            device=device.id,
            personal=stream_id(found.personal),
            name=self.name,
            email=self.email,
            device_name=self.device_name,
        )


def write_known(path: Path, device: DeviceKeys, known: Known) -> None:
    """Replace the file, sealed under a key from the device seed."""
    write_private(path, seal(_key(device), PLACE, pad(msgspec.msgpack.encode(known))))


def read_known(path: Path, device: DeviceKeys) -> Known:
    """What an earlier attempt knew. Raises Alarm if the file is missing or is not this device's."""
    try:
        return msgspec.msgpack.decode(unpad(unseal(_key(device), PLACE, path.read_bytes())), type=Known)
    except (FileNotFoundError, Refused, msgspec.DecodeError):
        raise Alarm(
            "enrolment_file", "The earlier attempt to set up this device cannot be resumed.", next_step="Discard it."
        ) from None


def compose(known: Known, device: DeviceKeys) -> Found:
    """The request that founds a workspace, but for its code: the person, the workspace, their private settings."""
    ledger = Ledger(known.service_key)
    user, seed = authoring.user_genesis(device, DeviceKeys.from_recovery(known.recovery).public)
    ledger.add(user)
    person = stream_id(user)
    profile, hashed = authoring.profile(device, person, known.name, known.email)
    workspace = authoring.workspace_genesis(Author.of(device, person, ledger), hashed)
    ledger.add(workspace)
    personal = authoring.personal_genesis(Author.of(device, person, ledger))
    name = authoring.device_name(seed, person, device.id, known.device_name)
    return Found(known.token, known.verification, "", user, workspace, personal, profile, name)


def _key(device: DeviceKeys) -> bytes:
    return derive(device.seed, "enrolment")
