"""The building blocks: framing, sealing, wrapping, padding, signing."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cerby_wire.primitives import KemKey, SigningKey, derive, digest, pad, pae, seal, unpad, unseal, verify, wrap
from tests.people import flipped, refused

KEY = bytes(range(32))
KEM = KemKey(KEY)
parts = st.lists(st.binary(max_size=20), max_size=5)


@given(parts, parts)
def test_framing_is_injective(one: list[bytes], other: list[bytes]) -> None:
    """No two different lists of parts are framed to the same bytes."""
    assert (pae(*one) == pae(*other)) == (one == other)


def test_framing_keeps_boundaries_apart() -> None:
    """Moving a byte over a boundary changes the frame, and so do empty parts."""
    assert len({pae(b"ab", b"c"), pae(b"a", b"bc"), pae(b"abc"), pae(b"abc", b""), pae()}) == 5


def test_labels_keep_purposes_apart() -> None:
    """The same input under two labels gives unrelated hashes and keys."""
    assert digest("one", b"x") != digest("two", b"x")
    assert derive(KEY, "one") != derive(KEY, "two")
    assert derive(KEY, "one", salt=b"s") != derive(KEY, "one")
    assert derive(KEY, "one", b"context") != derive(KEY, "one")


@given(st.binary(max_size=5000))
def test_padding_is_undone(text: bytes) -> None:
    """Whatever is padded comes back."""
    assert unpad(pad(text)) == text


@given(st.integers(0, 200_000))
def test_padding_hides_the_length(length: int) -> None:
    """At least 256 bytes, at most 12 % more than needed, and few different lengths."""
    padded = len(pad(bytes(length)))
    needed = max(length + 4, 256)
    assert needed <= padded <= needed * 1.12
    low_bits = padded.bit_length() - 1 - (padded.bit_length() - 1).bit_length()
    assert padded % (1 << low_bits) == 0


@pytest.mark.parametrize("padded", [b"", b"\x01\0\0", b"\x05\0\0\0abcd", b"\xff\xff\xff\xff" + bytes(252)])
def test_a_false_length_is_refused(padded: bytes) -> None:
    """The stated length has to be there."""
    with refused("bad_padding"):
        unpad(padded)


def test_a_text_may_fill_its_padding() -> None:
    """The stated length may be all that is there."""
    assert unpad(b"\x03\0\0\0abc") == b"abc"


@given(st.binary(max_size=300), st.binary(max_size=30))
def test_what_is_sealed_opens_in_its_place(text: bytes, place: bytes) -> None:
    """Under the same key, in the same place."""
    assert unseal(KEY, place, seal(KEY, place, text)) == text


@given(st.binary(min_size=1, max_size=30))
def test_another_place_does_not_open(place: bytes) -> None:
    """The place is bound in."""
    with refused("wrong_key_or_place"):
        unseal(KEY, place, seal(KEY, b"", b"text"))


@pytest.mark.parametrize("at", range(0, 100, 7))
def test_no_bit_of_a_sealed_text_can_be_flipped(at: int) -> None:
    """Salt, commitment, ciphertext and tag."""
    sealed = seal(KEY, b"place", bytes(20))
    with refused("wrong_key_or_place" if at < 64 else "sealed_altered"):
        unseal(KEY, b"place", flipped(sealed, at))


def test_the_same_text_is_sealed_differently_each_time() -> None:
    """Every sealing draws its own salt, so no key is used twice."""
    assert seal(KEY, b"", b"text")[:32] != seal(KEY, b"", b"text")[:32]


@given(st.binary(max_size=300), st.lists(st.binary(max_size=10), max_size=3))
def test_what_is_wrapped_opens_for_its_reader(secret: bytes, context: list[bytes]) -> None:
    """With the same context."""
    assert KEM.unwrap(wrap(KEM.public, secret, *context), *context) == secret


def test_a_wrap_opens_for_nobody_else_and_nowhere_else() -> None:
    """Another reader, another context, an altered or a short wrap."""
    wrapped = wrap(KEM.public, b"secret", b"here")
    for key, raw, context in (
        (KemKey(bytes(32)), wrapped, b"here"),
        (KEM, wrapped, b"there"),
        (KEM, flipped(wrapped, 0), b"here"),
        (KEM, flipped(wrapped, 1110), b"here"),
        (KEM, flipped(wrapped, -1), b"here"),
        (KEM, wrapped[:-1], b"here"),
        (KEM, b"", b"here"),
    ):
        with refused("wrap_does_not_open"):
            key.unwrap(raw, context)


@pytest.mark.parametrize("message", [b"", b"text"])
def test_a_signature_holds_for_its_label_and_message(message: bytes) -> None:
    """And for no other label, message or key."""
    key = SigningKey(KEY)
    signature = key.sign("label", message)
    verify(key.public, "label", message, signature)
    for public, label, text in (
        (key.public, "other", message),
        (key.public, "label", message + b"x"),
        (SigningKey(bytes(32)).public, "label", message),
        (b"short", "label", message),
    ):
        with refused("bad_signature"):
            verify(public, label, text, signature)


def test_a_second_spelling_of_a_signature_is_refused() -> None:
    """Adding the group order to S gives another valid-looking signature (RFC 8032 §5.1.7), which is not accepted."""
    order = 2**252 + 27742317777372353535851937790883648493
    key = SigningKey(KEY)
    signature = key.sign("label", b"text")
    other = (int.from_bytes(signature[32:], "little") + order).to_bytes(32, "little")
    with refused("bad_signature"):
        verify(key.public, "label", b"text", signature[:32] + other)


def test_secrets_do_not_show_in_representations() -> None:
    """A key in a log line or a traceback shows its public half at most."""
    seed = os.urandom(32)
    for key in (SigningKey(seed), KemKey(seed)):
        assert seed.hex()[:8] not in repr(key)
        assert key.public.hex()[:16] in repr(key)
