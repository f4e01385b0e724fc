"""What an attempt to set up this device knows so far, sealed on the disk under a key from the device seed."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeVar

import msgspec
from msgspec import Struct

from cerby_tui.errors import Alarm
from cerby_tui.home import write_private
from cerby_tui.keys import DeviceKeys
from cerby_wire.errors import Refused
from cerby_wire.primitives import derive, pad, seal, unpad, unseal

Way = Literal["found", "join", "approve", "recover"]
PLACE = b"enrolment"


class Known(Struct, frozen=True, kw_only=True):
    """What every way of setting up a device knows; each way keeps more in a struct of its own.

    `recovery` is the secret of the kit that this device shows at the end, empty where none is made; `user` is set once
    the person is known.
    """

    way: Way
    device_name: str
    recovery: bytes = b""
    origin: str = ""
    service_key: bytes = b""
    email: str = ""
    name: str = ""
    user: bytes = b""

    def __repr__(self) -> str:
        return f"Known({self.way!r})"


AnyKnown = TypeVar("AnyKnown", bound=Known)


def write_known(path: Path, device: DeviceKeys, known: Known) -> None:
    """Replace the file, sealed under a key from the device seed."""
    write_private(path, seal(_key(device), PLACE, pad(msgspec.msgpack.encode(known))))


def read_known(path: Path, device: DeviceKeys, kind: type[AnyKnown]) -> AnyKnown:
    """What an earlier attempt knew; `Known` itself tells the way. Raises Alarm if it cannot be read."""
    try:
        return msgspec.msgpack.decode(unpad(unseal(_key(device), PLACE, path.read_bytes())), type=kind)
    except (FileNotFoundError, Refused, msgspec.DecodeError):
        raise Alarm(
            "enrolment_file", "The earlier attempt to set up this device cannot be resumed.", next_step="Discard it."
        ) from None


def _key(device: DeviceKeys) -> bytes:
    return derive(device.seed, "enrolment")
