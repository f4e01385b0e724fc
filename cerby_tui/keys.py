"""Keys of a device, of a person and of an account, and where each is derived from (docs/protocol.md, keys).

The only file of the client that imports `cryptography`; everything else goes through cerby_wire.primitives.
"""

from __future__ import annotations

import os
import unicodedata

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from msgspec import Struct

from cerby_wire.entries import device_id
from cerby_wire.errors import require
from cerby_wire.headers import DevicePublic, SeedFields
from cerby_wire.primitives import KemKey, SigningKey, derive

SEED_LENGTH = 32
RECOVERY_LENGTH = 20


def new_seed() -> bytes:
    """32 fresh random bytes, for a device, a person or an account."""
    return os.urandom(SEED_LENGTH)


class DeviceKeys:
    """Everything that a device seed gives: id, signing key, KEM key, database key, MAC key."""

    def __init__(self, seed: bytes) -> None:
        require(len(seed) == SEED_LENGTH, "bad_seed", "A device seed has 32 bytes.")
        self.seed = seed
        self.sign = SigningKey(derive(seed, "device-sign"))
        self.kem = KemKey(derive(seed, "device-kem"))
        self.public = DevicePublic(self.sign.public, self.kem.public)
        self.id = device_id(self.public)

    def __repr__(self) -> str:
        return f"DeviceKeys({self.id.hex()})"

    @classmethod
    def from_seed(cls, seed: bytes) -> DeviceKeys:
        """The keys of the device with this seed. Raises Refused for a seed of another length."""
        return cls(seed)

    @classmethod
    def from_recovery(cls, secret: bytes) -> DeviceKeys:
        """The recovery device of a 20-byte recovery secret. Raises Refused for another length."""
        require(len(secret) == RECOVERY_LENGTH, "bad_seed", "A recovery secret has 20 bytes.")
        return cls(derive(secret, "recovery-device"))

    @property
    def database_key(self) -> bytes:
        """The raw key of the local vault."""
        return derive(self.seed, "db-key")

    @property
    def mac_key(self) -> bytes:
        """The key that protects the session file beside the key file."""
        return derive(self.seed, "session-mac")


class UserKeys:
    """A generation of the user seed: the KEM key that account keys are wrapped to, and a key for private things."""

    def __init__(self, seed: bytes, generation: int) -> None:
        self.seed = seed
        self.generation = generation
        self.private = derive(seed, "user-private")
        self._kem: KemKey | None = None

    def __repr__(self) -> str:
        return f"UserKeys(generation={self.generation})"

    @property
    def kem(self) -> KemKey:
        """The KEM key, made when it is first needed."""
        if self._kem is None:
            self._kem = KemKey(derive(self.seed, "user-kem"))
        return self._kem

    def fields(self) -> SeedFields:
        """What a chain says about this generation."""
        return SeedFields(self.generation, self.kem.public)


class AccountKeys:
    """The account key of one epoch: its commitment, and the KEM key that the service seals messages to."""

    def __init__(self, key: bytes, epoch: int) -> None:
        self.key = key
        self.epoch = epoch
        self._inbox: KemKey | None = None

    def __repr__(self) -> str:
        return f"AccountKeys(epoch={self.epoch})"

    @property
    def commit(self) -> bytes:
        """What the epoch's entry says about the key, so that all readers hold the same one."""
        return derive(self.key, "epoch-commit")

    @property
    def inbox(self) -> KemKey:
        """The KEM key of the inbox, made when it is first needed."""
        if self._inbox is None:
            self._inbox = KemKey(derive(self.key, "inbox-kem", self.epoch.to_bytes(8, "big")))
        return self._inbox


class Cost(Struct, frozen=True):
    """What a guess at a passphrase costs: memory in KiB and passes of Argon2id (RFC 9106) on one lane."""

    memory: int
    passes: int


FLOOR = Cost(64 << 10, 3)
"""The least, compiled in: enough beside a keyring secret."""
ALONE = Cost(256 << 10, 3)
"""The least for a passphrase that stands alone."""
CEILING = Cost(4 << 20, 64)
"""More than anybody sets; a file that asks for it was edited to make unlocking fail."""


def passphrase_key(passphrase: str, salt: bytes, cost: Cost, keyring: bytes) -> bytes:
    """The key that opens the key file: Argon2id of the passphrase in NFKC, mixed with the keyring secret (or b"").

    Raises Refused for a cost below the floor or beyond reason, before any work.
    """
    enough = cost.memory >= FLOOR.memory and cost.passes >= FLOOR.passes
    require(enough, "cost_below_floor", "The key file asks for less work than the least allowed.")
    sane = cost.memory <= CEILING.memory and cost.passes <= CEILING.passes
    require(sane, "cost_above_ceiling", "The key file asks for more work than any machine should do.")
    argon2 = Argon2id(salt=salt, length=32, iterations=cost.passes, lanes=1, memory_cost=cost.memory)
    stretched = argon2.derive(unicodedata.normalize("NFKC", passphrase).encode())
    return derive(stretched, "kek", salt=keyring)
