"""What a body that brings a new key must hold: a wrap for every reader and no other, and the key before it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from cerby_wire.entries import read_keys
from cerby_wire.errors import require
from cerby_wire.primitives import wrap
from cerby_wire.trial import Trial

WRAP_LENGTH = 1120 + 32 + 16
"""HPKE's X-Wing ciphertext, then a 32-byte key under ChaCha20-Poly1305."""
SEALED_KEY_LENGTH = 32 + 32 + 32 + 16
"""Salt, commitment, then a 32-byte key under AES-256-GCM."""

Previous = Literal["sealed", "none"]


def check_wraps(trial: Trial, readers: Iterable[bytes], previous: Previous) -> None:
    """The body wraps the key to exactly `readers`, ordered by id. Raises Refused."""
    keys = read_keys(trial.entry)
    wrapped_to = tuple(wrapped.reader for wrapped in keys.wraps)
    require(wrapped_to == tuple(sorted(readers)), "wraps_do_not_match", "The key is not wrapped to just its readers.")
    right_lengths = all(len(wrapped.key) == WRAP_LENGTH for wrapped in keys.wraps)
    require(right_lengths, "bad_wrap", "A wrapped key has another length than wrapped keys have.")
    length = SEALED_KEY_LENGTH if previous == "sealed" else 0
    require(len(keys.previous) == length, "previous_key", "The key before it is missing, or must not be there.")


def check_kem(public: bytes) -> None:
    """A public KEM key that others will rely on can be wrapped to. Raises Refused."""
    wrap(public, b"")
