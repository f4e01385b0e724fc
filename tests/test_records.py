"""Records: signed under a label each, by the service or a device, and read strictly."""

from __future__ import annotations

import os
from itertools import permutations

import pytest

from cerby_wire.encoding import decode, encode
from cerby_wire.headers import Position
from cerby_wire.primitives import SigningKey
from cerby_wire.records import (
    Lease,
    Message,
    NewServiceKey,
    Number,
    Offer,
    Profile,
    Record,
    Removal,
    Restart,
    as_bytes,
    fingerprint,
    message_head,
    open_record,
    sign_record,
)
from cerby_wire.shapes import SignedRecord
from tests.people import flipped, refused

KEY = SigningKey(bytes(range(32)))
RECORDS: tuple[Record, ...] = (
    Message(b"m", b"a", b"g", 1, 1, 1, 1, b"s", b""),
    Offer(b"o", b"w", b"a", b"u", "+15555550100", "voip", "US", 1, True),
    Number(b"n", b"w", b"a", "+15555550100", "voip", b"o", 1),
    Lease(b"w", b"u", b"d", Position(1, b"h"), 1, 2),
    Removal(b"w", b"u", b"d", b"r", 1),
    Restart(b"g", b"f", 1),
    NewServiceKey(b"k", 1),
    Profile(b"u", b"d", "Ada", "ada@example.com", b"s"),
)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.LABEL)
def test_a_record_comes_back(record: Record) -> None:
    """Under the key that signed it, and no other."""
    signed = sign_record(KEY, record)
    assert open_record(signed, type(record), KEY.public) == record
    assert decode(as_bytes(signed), SignedRecord) == signed
    with refused("bad_signature"):
        open_record(signed, type(record), SigningKey(os.urandom(32)).public)


@pytest.mark.parametrize(("one", "other"), permutations(RECORDS, 2), ids=lambda record: record.LABEL)
def test_no_record_passes_for_another_kind(one: Record, other: Record) -> None:
    """Every kind is signed under a label of its own."""
    with refused("bad_signature"):
        open_record(sign_record(KEY, one), type(other), KEY.public)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.LABEL)
def test_no_byte_of_a_record_can_be_changed(record: Record) -> None:
    """The bytes are verified before they are read."""
    signed = sign_record(KEY, record)
    for at in range(len(signed.raw)):
        with refused("bad_signature"):
            open_record(SignedRecord(flipped(signed.raw, at), signed.signature), type(record), KEY.public)


def test_a_signed_record_with_bytes_behind_it_is_refused() -> None:
    """Even if the service signed it."""
    raw = encode(RECORDS[0]) + b"\x00"
    with refused("malformed"):
        open_record(SignedRecord(raw, KEY.sign("message", raw)), Message, KEY.public)


def test_a_message_is_named_with_its_signature() -> None:
    """Two signatures over one record are two messages."""
    signed = sign_record(KEY, RECORDS[0])
    assert message_head(signed) != message_head(SignedRecord(signed.raw, flipped(signed.signature, 0)))


def test_a_service_key_has_a_fingerprint() -> None:
    """Twenty bytes, another for every key."""
    assert len(fingerprint(KEY.public)) == 20
    assert fingerprint(KEY.public) != fingerprint(bytes(32))
