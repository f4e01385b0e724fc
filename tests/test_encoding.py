"""Encoding is strict: what is read is exactly what would be written."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cerby_wire.encoding import decode, encode
from cerby_wire.errors import Refused
from cerby_wire.headers import Listed, Position
from tests.people import refused

positions = st.builds(Position, st.integers(0, 2**63), st.binary(max_size=40))
listed = st.builds(
    Listed, st.binary(max_size=20), st.sampled_from(["owner", "collaborator"]), positions, st.integers(0, 9)
)


@given(listed)
def test_what_is_written_is_read(value: Listed) -> None:
    """And comes back equal."""
    assert decode(encode(value), Listed) == value


@given(listed, st.binary(min_size=1, max_size=5))
def test_bytes_behind_are_refused(value: Listed, more: bytes) -> None:
    """Nothing rides along behind a value."""
    with refused("malformed"):
        decode(encode(value) + more, Listed)


@given(st.binary(max_size=60))
def test_junk_is_refused_and_nothing_has_two_spellings(raw: bytes) -> None:
    """Any bytes are either refused or exactly what would be written."""
    try:
        value = decode(raw, Position)
    except Refused:
        return
    assert encode(value) == raw


@given(
    st.lists(st.sampled_from([b"\x81", b"\x82", b"\xa1a", b"\x91", b"\xc4\x01a", b"\x01", b"\xc0", b"\xd4\x01a"])).map(
        b"".join
    )
)
def test_junk_in_the_place_of_a_map_is_refused(raw: bytes) -> None:
    """What an insider sealed may be anything; the answer is an error of ours."""
    try:
        value = decode(raw, dict[str, Any])
    except Refused:
        return
    assert encode(value) == raw


@pytest.mark.parametrize(
    "raw", [b"\x81\xa1a" * 300_000, b"\x91" * 500_000, b"\x81\xa1a\xa2\xff\xff", b"\xdf\xff\xff\xff\xff"]
)
def test_hostile_nesting_text_and_lengths_are_refused(raw: bytes) -> None:
    """Nested without end, no UTF-8, and a length of four billion."""
    with refused("malformed"):
        decode(raw, dict[str, Any])


@given(listed, st.data())
def test_every_prefix_is_refused(value: Listed, data: st.DataObject) -> None:
    """A cut value is none."""
    raw = encode(value)
    with refused("malformed"):
        decode(raw[: data.draw(st.integers(0, len(raw) - 1))], Listed)


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (msgspec.msgpack.encode([1]), "malformed"),
        (msgspec.msgpack.encode([1, b"h", 2]), "malformed"),
        (msgspec.msgpack.encode({"n": 1, "head": b"h"}), "malformed"),
        (b"\x92\xcc\x01\xc4\x01h", "not_canonical"),
        (b"\x92\x01\xc5\x00\x01h", "not_canonical"),
        (b"\xdc\x00\x02\x01\xc4\x01h", "not_canonical"),
        (b"\x92\xff\xc4\x01h", None),
    ],
)
def test_arity_shape_and_spelling(raw: bytes, rule: str | None) -> None:
    """Too few or many fields, a map, and longer spellings of numbers, bytes and arrays are refused."""
    if rule is None:
        assert decode(raw, Position) == Position(-1, b"h")
        return
    with refused(rule):
        decode(raw, Position)
