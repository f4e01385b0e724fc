"""X-Wing and HPKE a second time, written from the specifications alone, to check what we use against.

X-Wing: draft-connolly-cfrg-xwing-kem §5; its ML-KEM-768 is the pure Python one of `kyber-py`. HPKE: RFC 9180 §5.1 in
base mode with HKDF-SHA256 (RFC 5869) and ChaCha20-Poly1305, under the KEM id 0x647a.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from hashlib import sha3_256, sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from kyber_py.ml_kem import ML_KEM_768

SUITE_ID = b"HPKE" + (0x647A).to_bytes(2, "big") + (1).to_bytes(2, "big") + (3).to_bytes(2, "big")
XWING_LABEL = b"\\.//^\\"


def hkdf(hash_function: Callable[..., Any], salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    """HKDF extract and expand (RFC 5869)."""
    size = hash_function().digest_size
    return expand(hash_function, hmac.new(salt or bytes(size), secret, hash_function).digest(), info, length)


def expand(hash_function: Callable[..., Any], key: bytes, info: bytes, length: int) -> bytes:
    """HKDF expand (RFC 5869 §2.3)."""
    out, block, count = b"", b"", 0
    while len(out) < length:
        count += 1
        block = hmac.new(key, block + info + bytes([count]), hash_function).digest()
        out += block
    return out[:length]


def xwing_encapsulate(public: bytes, seed: bytes) -> tuple[bytes, bytes]:
    """The ciphertext and the shared secret that the 64 bytes of `seed` give."""
    secret, ciphertext = ML_KEM_768._encaps_internal(public[:1184], seed[:32])
    ephemeral = X25519PrivateKey.from_private_bytes(seed[32:])
    point = ephemeral.public_key().public_bytes_raw()
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(public[1184:]))
    return ciphertext + point, sha3_256(secret + shared + point + public[1184:] + XWING_LABEL).digest()


def hpke_seal(public: bytes, seed: bytes, info: bytes, plaintext: bytes) -> bytes:
    """HPKE base mode, single shot, without associated data; `seed` stands for the sender's randomness."""
    encapsulated, shared = xwing_encapsulate(public, seed)
    context = b"\x00" + _labeled_extract(b"", b"psk_id_hash", b"") + _labeled_extract(b"", b"info_hash", info)
    secret = _labeled_extract(shared, b"secret", b"")
    key, nonce = _labeled_expand(secret, b"key", context, 32), _labeled_expand(secret, b"base_nonce", context, 12)
    return encapsulated + ChaCha20Poly1305(key).encrypt(nonce, plaintext, b"")


def _labeled_extract(salt: bytes, label: bytes, secret: bytes) -> bytes:
    return hmac.new(salt or bytes(32), b"HPKE-v1" + SUITE_ID + label + secret, sha256).digest()


def _labeled_expand(key: bytes, label: bytes, info: bytes, length: int) -> bytes:
    return expand(sha256, key, length.to_bytes(2, "big") + b"HPKE-v1" + SUITE_ID + label + info, length)
