"""Where each ciphertext belongs: opened anywhere else, it stays shut.

A genesis cannot name its own stream yet (the id is the hash of the whole header), so keys that begin there are bound
to what they alone have: the seed's public key, the account key's commitment.
"""

from __future__ import annotations

from cerby_wire.encoding import encode
from cerby_wire.headers import EpochFields, Header, Listed, SeedFields


def seed_wrap(seed: SeedFields, reader: bytes) -> bytes:
    """A generation of the user seed, wrapped to one device."""
    return encode(("user-seed", seed.generation, seed.kem, reader))


def previous_seed(user: bytes, generation: int) -> bytes:
    """The seed before `generation`, sealed under that generation."""
    return encode(("previous-seed", user, generation))


def account_wrap(workspace: bytes, epoch: EpochFields, listed: Listed) -> bytes:
    """An account key, wrapped to one person at one generation of their seed."""
    return encode(("account-key", workspace, epoch.epoch, epoch.commit, listed.user, listed.generation))


def previous_key(account: bytes, epoch: int) -> bytes:
    """The account key before `epoch`, sealed under the key of that epoch."""
    return encode(("previous-key", account, epoch))


def item(header: Header, version: int, previous: bytes, epoch: int) -> bytes:
    """One version of a card, by one author on one device."""
    return encode(("item", header.workspace, header.stream, header.author, header.device, epoch, version, previous))


def personal(header: Header, slot: int, version: int, previous: bytes, epoch: int) -> bytes:
    """One version of one private thing."""
    return encode(
        ("personal", header.workspace, header.stream, header.author, header.device, slot, epoch, version, previous)
    )


def message(account: bytes, epoch: int, generation: bytes, message_id: bytes, index: int) -> bytes:
    """One message of one account, sealed by the service."""
    return encode(("message", account, epoch, generation, message_id, index))


def device_name(user: bytes, device: bytes) -> bytes:
    """The name of a device, sealed under a generation of the user seed."""
    return encode(("device-name", user, device))
