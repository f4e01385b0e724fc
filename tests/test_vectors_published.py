"""What we build on gives what is published, and we build on it as we say."""

from __future__ import annotations

from hashlib import sha256, sha512, shake_128

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from cerby_tui.keys import FLOOR, passphrase_key
from cerby_wire.primitives import KemKey, SigningKey, derive, pae, seal, verify_raw
from tests.vectors.independent import hkdf, hpke_seal, xwing_encapsulate


@pytest.mark.parametrize(
    ("seed", "public", "message", "signature"),
    [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
            "387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
            "4a7c15e9716ed28dc027beceea1ec40a",
        ),
    ],
)
def test_ed25519(seed: str, public: str, message: str, signature: str) -> None:
    """RFC 8032 §7.1, tests 1 to 3."""
    key = SigningKey(bytes.fromhex(seed))
    assert key.public.hex() == public
    assert key.sign_raw(bytes.fromhex(message)).hex() == signature
    verify_raw(key.public, bytes.fromhex(message), bytes.fromhex(signature))


def test_x25519() -> None:
    """RFC 7748 §5.2: the iterated vector after one and after 1,000 rounds."""
    scalar = point = bytes([9]) + bytes(31)
    results = []
    for _ in range(1000):
        shared = X25519PrivateKey.from_private_bytes(scalar).exchange(X25519PublicKey.from_public_bytes(point))
        scalar, point = shared, scalar
        results.append(shared.hex())
    assert results[0] == "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"
    assert results[-1] == "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"


@pytest.mark.parametrize(
    ("plaintext", "sealed"),
    [
        ("", "530f8afbc74536b9a963b4f1c4cb738b"),
        ("00" * 16, "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"),
    ],
)
def test_aes_256_gcm(plaintext: str, sealed: str) -> None:
    """The GCM submission to NIST (McGrew, Viega), test cases 13 and 14."""
    assert AESGCM(bytes(32)).encrypt(bytes(12), bytes.fromhex(plaintext), b"").hex() == sealed


def test_chacha20_poly1305() -> None:
    """RFC 8439 §2.8.2."""
    text = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
    text += b"sunscreen would be it."
    key, nonce = bytes(range(0x80, 0xA0)), bytes.fromhex("070000004041424344454647")
    sealed = ChaCha20Poly1305(key).encrypt(nonce, text, bytes.fromhex("50515253c0c1c2c3c4c5c6c7"))
    assert sealed[:16].hex() == "d31a8d34648e60db7b86afbc53ef7ec2"
    assert sealed[-16:].hex() == "1ae10b594f09e26a7e902ecbd0600691"


def test_hkdf() -> None:
    """RFC 5869 A.1 and A.3 anchor the HKDF that ours is compared with below."""
    first = hkdf(sha256, bytes(range(13)), bytes([0x0B]) * 22, bytes(range(0xF0, 0xFA)), 42)
    assert first.hex() == ("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")
    third = hkdf(sha256, b"", bytes([0x0B]) * 22, b"", 42)
    assert third.hex() == ("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8")


def test_we_derive_by_hkdf_sha512_over_labelled_frames() -> None:
    """Derivation is RFC 5869 with SHA-512 and nothing else."""
    info = pae(b"cerby/v1/label", b"context")
    assert derive(bytes(32), "label", b"context", salt=b"salt", length=76) == hkdf(sha512, b"salt", bytes(32), info, 76)


def test_we_seal_by_a_one_use_key_and_a_commitment() -> None:
    """A sealed text is salt, commitment, AES-256-GCM, all three from one derivation."""
    derived = hkdf(sha512, bytes(32), b"k" * 32, pae(b"cerby/v1/seal", b"place"), 76)
    ciphertext = AESGCM(derived[:32]).encrypt(derived[32:44], b"text", b"place")
    assert seal(b"k" * 32, b"place", b"text", salt=bytes(32)) == bytes(32) + derived[44:] + ciphertext


def test_argon2id() -> None:
    """RFC 9106 §5.3."""
    argon2 = Argon2id(
        salt=bytes([2]) * 16,
        length=32,
        iterations=3,
        lanes=4,
        memory_cost=32,
        secret=bytes([3]) * 8,
        ad=bytes([4]) * 12,
    )
    assert argon2.derive(bytes([1]) * 32).hex() == "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"


def test_we_stretch_passphrases_by_argon2id() -> None:
    """The key of a key file is Argon2id on one lane, then a derivation salted by the keyring secret."""
    stretched = Argon2id(salt=bytes(16), length=32, iterations=3, lanes=1, memory_cost=64 << 10).derive(
        b"correct horse"
    )
    assert passphrase_key("correct horse", bytes(16), FLOOR, b"K" * 32) == derive(stretched, "kek", salt=b"K" * 32)


def test_x_wing() -> None:
    """draft-connolly-cfrg-xwing-kem, appendix C, first vector; its inputs are SHAKE128 of nothing."""
    stream = shake_128(b"").digest(96)
    key = KemKey(stream[:32])
    assert key.public.hex().startswith("e2236b35a8c24b39b10aa1323a96a919")
    _, shared = xwing_encapsulate(key.public, stream[32:])
    assert shared.hex() == "d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384"


def test_we_wrap_by_hpke_over_x_wing() -> None:
    """What an independent X-Wing and RFC 9180 key schedule seal, our keys open."""
    key, stream = KemKey(bytes(range(32))), shake_128(b"").digest(96)
    info = pae(b"cerby/v1/wrap", b"a", b"b")
    assert key.unwrap(hpke_seal(key.public, stream[32:], info, b"secret"), b"a", b"b") == b"secret"
