"""The service key: signs offers, numbers, messages and leases, and keys the hashes of what must not be guessed."""

from __future__ import annotations

import os

from cerby_wire.primitives import SigningKey, derive, digest
from cerby_wire.records import Record, sign_record
from cerby_wire.shapes import SignedRecord

SEED_LENGTH = 32


class ServiceKey:
    """Made from a 32-byte seed in the data directory."""

    def __init__(self, seed: bytes) -> None:
        self._signing = SigningKey(derive(seed, "service-sign"))
        self._hashing = derive(seed, "service-hash")
        self.public = self._signing.public

    def __repr__(self) -> str:
        return f"ServiceKey(public={self.public.hex()[:16]}…)"

    def sign(self, record: Record) -> SignedRecord:
        """Sign a record under its own label."""
        return sign_record(self._signing, record)

    def keyed_hash(self, label: str, *parts: bytes) -> bytes:
        """A hash that nobody without this key can try guesses against (six digits, an e-mail address)."""
        return derive(self._hashing, label, *parts)


def token_hash(secret: bytes) -> bytes:
    """The hash under which a provisioning token's secret is kept; the secret is random, so it needs no key."""
    return digest("token-hash", secret)


def fresh_id(length: int = 16) -> bytes:
    """A random id."""
    return os.urandom(length)
