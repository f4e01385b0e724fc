"""The building blocks everything else is made of; the only cryptography in this package.

Framing is PASETO's pre-authentication encoding. Sealing derives a one-use AES-256-GCM key, its nonce and a key
commitment from HKDF-SHA512, so that one ciphertext opens under one key in one place only. Wrapping is HPKE base mode
(RFC 9180) with the hybrid KEM ML-KEM-768+X25519 (X-Wing, 0x647a), HKDF-SHA256 and ChaCha20-Poly1305. Signatures are
Ed25519 (RFC 8032). Padding is Padmé. There is one suite and nothing to negotiate.
"""

from __future__ import annotations

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cerby_wire.errors import Refused

LABEL_PREFIX = b"cerby/v1/"
SMALLEST_PADDED = 256
MLKEM_PUBLIC_LENGTH = 1184
KEM_PUBLIC_LENGTH = MLKEM_PUBLIC_LENGTH + 32
COMMITMENT = slice(32, 64)

_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)


def pae(*parts: bytes) -> bytes:
    """Frame byte strings so that no two different lists give the same bytes (PASETO's PAE)."""
    framed = [len(parts).to_bytes(8, "little")]
    for part in parts:
        framed += (len(part).to_bytes(8, "little"), part)
    return b"".join(framed)


def digest(label: str, *parts: bytes) -> bytes:
    """Return the 32-byte SHA-256 of the labelled, framed parts."""
    return hashlib.sha256(pae(LABEL_PREFIX + label.encode(), *parts)).digest()


def derive(key: bytes, label: str, *context: bytes, salt: bytes = b"", length: int = 32) -> bytes:
    """Derive `length` bytes from `key` for one labelled purpose (HKDF-SHA512, RFC 5869)."""
    return HKDF(SHA512(), length, salt, pae(LABEL_PREFIX + label.encode(), *context)).derive(key)


def seal(key: bytes, place: bytes, plaintext: bytes, *, salt: bytes | None = None) -> bytes:
    """Seal `plaintext` under `key`, bound to `place`; returns salt(32) + commitment(32) + ciphertext.

    `salt` is given only by tests of frozen vectors.
    """
    salt = os.urandom(32) if salt is None else salt
    derived = derive(key, "seal", place, salt=salt, length=76)
    # The derived key is used once, so a derived nonce cannot repeat under it.
    return salt + derived[44:] + AESGCM(derived[:32]).encrypt(derived[32:44], plaintext, place)


def unseal(key: bytes, place: bytes, sealed: bytes) -> bytes:
    """Open what `seal` made. Raises Refused for another key, another place or altered bytes."""
    salt, commitment, ciphertext = sealed[:32], sealed[COMMITMENT], sealed[64:]
    derived = derive(key, "seal", place, salt=salt, length=76)
    if not hmac.compare_digest(commitment, derived[44:]):
        raise Refused("wrong_key_or_place", "The sealed bytes belong to another key or another place.")
    try:
        return AESGCM(derived[:32]).decrypt(derived[32:44], ciphertext, place)
    except InvalidTag:
        raise Refused("sealed_altered", "The sealed bytes were altered.") from None


def pad(plaintext: bytes) -> bytes:
    """Pad to a Padmé length of at least 256 bytes; the true length rides in the first four bytes."""
    size = max(len(plaintext) + 4, SMALLEST_PADDED)
    exponent = size.bit_length() - 1
    low_bits = exponent - exponent.bit_length()
    size = (size + (1 << low_bits) - 1) >> low_bits << low_bits
    return len(plaintext).to_bytes(4, "little") + plaintext + bytes(size - 4 - len(plaintext))


def unpad(padded: bytes) -> bytes:
    """Undo `pad`. Raises Refused if the stated length does not fit."""
    length = int.from_bytes(padded[:4], "little")
    if length > len(padded) - 4:
        raise Refused("bad_padding", "The padded text states a length that it does not have.")
    return padded[4 : 4 + length]


class SigningKey:
    """An Ed25519 private key made from a 32-byte seed."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key().public_bytes_raw()

    def __repr__(self) -> str:
        return f"SigningKey(public={self.public.hex()[:16]}…)"

    def sign(self, label: str, message: bytes) -> bytes:
        """Sign `message` under `label`; 64 bytes."""
        return self._key.sign(pae(LABEL_PREFIX + label.encode(), message))

    def sign_raw(self, message: bytes) -> bytes:
        """Sign bytes that a published format has framed already (RFC 9421)."""
        return self._key.sign(message)


def verify(public: bytes, label: str, message: bytes, signature: bytes) -> None:
    """Check a signature made by `SigningKey.sign`. Raises Refused."""
    verify_raw(public, pae(LABEL_PREFIX + label.encode(), message), signature)


def verify_raw(public: bytes, message: bytes, signature: bytes) -> None:
    """Check an Ed25519 signature over exactly `message`. Raises Refused."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise Refused("bad_signature", "The signature does not hold.") from None


class KemKey:
    """An X-Wing private key made from a 32-byte seed (draft-connolly-cfrg-xwing-kem)."""

    def __init__(self, seed: bytes) -> None:
        expanded = hashlib.shake_256(seed).digest(96)
        post_quantum = mlkem.MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
        classical = x25519.X25519PrivateKey.from_private_bytes(expanded[64:])
        self._key = hpke.MLKEM768X25519PrivateKey(post_quantum, classical)
        self.public = post_quantum.public_key().public_bytes_raw() + classical.public_key().public_bytes_raw()

    def __repr__(self) -> str:
        return f"KemKey(public={self.public.hex()[:16]}…)"

    def unwrap(self, wrapped: bytes, *context: bytes) -> bytes:
        """Open what `wrap` made for this key and context. Raises Refused."""
        try:
            return _SUITE.decrypt(wrapped, self._key, info=pae(LABEL_PREFIX + b"wrap", *context))
        except (InvalidTag, ValueError):
            raise Refused("wrap_does_not_open", "The wrapped key does not open for this reader here.") from None


def wrap(public: bytes, secret: bytes, *context: bytes) -> bytes:
    """Wrap `secret` to a 1,216-byte KEM public key, bound to `context`. Raises Refused for a malformed key."""
    try:
        key = hpke.MLKEM768X25519PublicKey(
            mlkem.MLKEM768PublicKey.from_public_bytes(public[:MLKEM_PUBLIC_LENGTH]),
            x25519.X25519PublicKey.from_public_bytes(public[MLKEM_PUBLIC_LENGTH:]),
        )
        return _SUITE.encrypt(secret, key, info=pae(LABEL_PREFIX + b"wrap", *context))
    except ValueError:
        # A wrong length, an ML-KEM key out of range, or a low-order point: no secret would come of it.
        raise Refused("bad_kem_key", "The public KEM key is malformed.") from None
