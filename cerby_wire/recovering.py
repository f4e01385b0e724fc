"""Coming back with the recovery kit alone: what a new device asks for, what it is shown, how it is added.

The new device signs every request; the recovery device of the kit signs that it is this device that asks.
"""

from __future__ import annotations

from msgspec import field

from cerby_wire.encoding import encode
from cerby_wire.headers import DevicePublic, Entry
from cerby_wire.primitives import SigningKey, verify
from cerby_wire.shapes import PULL_LIMIT, Shape, SignedRecord, StoredEntry, StreamHead

RECOVERY = "/v1/recovery"
RECOVERIES = "/v1/recoveries"
LABEL = "recovery"
LINK = "cerby-recovery:"
"""What the square on the kit begins with: `cerby-recovery:<origin>#<code>`."""


class Proof(Shape, frozen=True):
    """The recovery device's word for a new device. `created` in UTC milliseconds; good for a few minutes."""

    recovery: bytes
    created: int
    signature: bytes


class AskRecovery(Shape, frozen=True):
    """Ask for what a new device needs to judge and open; `after` says how much of each stream it has already."""

    device: DevicePublic
    proof: Proof
    after: dict[bytes, int] = field(default_factory=dict)
    budget: int = PULL_LIMIT


class RecoveryAnswer(Shape, frozen=True):
    """Whose kit it is, every stream there is to be had with it, and a page of entries; `more` if the budget cut it."""

    workspace: bytes
    user: bytes
    personal: bytes
    streams: list[StreamHead]
    entries: list[StoredEntry] = field(default_factory=list)
    profile: SignedRecord | None = None
    more: bool = False


class Recover(Shape, frozen=True):
    """Add the new device and spend the kit; the same answer for the same entry, however often it is sent."""

    device: DevicePublic
    proof: Proof
    entry: Entry
    device_name: bytes


class Recovered(Shape, frozen=True):
    """The device is trusted now, and the kit is spent."""

    user: bytes
    device: bytes
    n: int


def prove(key: SigningKey, recovery: bytes, device: bytes, created: int) -> Proof:
    """The recovery device `recovery` with this key says that `device` may ask."""
    return Proof(recovery, created, key.sign(LABEL, _said(device, created)))


def check_proof(proof: Proof, public: bytes, device: bytes) -> None:
    """Whether the recovery device with this public key spoke for `device`. Raises Refused."""
    verify(public, LABEL, _said(device, proof.created), proof.signature)


def kit_link(origin: str, code: str) -> str:
    """What the square on the kit says."""
    return f"{LINK}{origin}#{code}"


def read_link(text: str) -> tuple[str, str]:
    """Origin and code of what the square said, or ("", the text) for anything else."""
    text = text.strip()
    if not text.startswith(LINK):
        return "", text
    origin, _, code = text.removeprefix(LINK).partition("#")
    return origin, code


def _said(device: bytes, created: int) -> bytes:
    return encode((device, created))
