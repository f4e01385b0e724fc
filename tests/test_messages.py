"""Messages: sealed to the inbox, signed by the service, chained, and compared with what others were shown."""

from __future__ import annotations

import os
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from cerby_tui import opening
from cerby_tui.keys import AccountKeys, new_seed
from cerby_wire import places
from cerby_wire.headers import MessagePosition
from cerby_wire.messages import MessageContent, accept_message, sealed_hash
from cerby_wire.primitives import SigningKey, pad, wrap
from cerby_wire.recipient import seal_message
from cerby_wire.records import Message, message_head, sign_record
from cerby_wire.shapes import SignedRecord
from tests.people import refused

SERVICE = SigningKey(bytes(range(32)))
KEYS = AccountKeys(new_seed(), 3)
CONTENT = MessageContent("sms", "+15555550123", "+15555550100", "123456 is your code", 1_700_000_000_000, "SM1")
Stored = tuple[SignedRecord, bytes]


def _stored(index: int, previous: bytes = b"", /, **changes: Any) -> Stored:
    """A message as the service stores it, with other fields where a test says so."""
    place = {"account": b"account", "epoch": 3, "generation": b"g", "index": index, "message_id": bytes([index])}
    sealed = seal_message(KEYS.inbox.public, CONTENT, **place)  # type: ignore[arg-type]
    record = Message(bytes([index]), b"account", b"g", index, 3, 9, 1_700_000_000_500, sealed_hash(sealed), previous)
    return sign_record(SERVICE, replace(record, **changes)), sealed


def _accept(stored: Stored, index: int, previous: bytes | None = None, **options: Any) -> Message:
    arguments = {"generation": b"g"} | options
    return accept_message(previous, index, *stored, SERVICE.public, b"account", **arguments)


def test_a_message_comes_through() -> None:
    """Sealed, signed, accepted, opened."""
    stored = _stored(1)
    assert opening.open_message(KEYS, _accept(stored, 1), stored[1]) == CONTENT


def test_messages_follow_each_other() -> None:
    """Each carries the hash of the one before."""
    first = _stored(1)
    second = _stored(2, message_head(first[0]))
    assert _accept(second, 2, message_head(first[0])).index == 2


def test_the_newest_may_come_first() -> None:
    """A first fill goes backwards: the link is checked from the other side."""
    first = _stored(1)
    second = _stored(2, message_head(first[0]))
    newest = _accept(second, 2, None)
    assert _accept(first, 1, None, following=newest).index == 1
    with refused("message_chain_broken"):
        _accept(_stored(1, received_at=7), 1, None, following=newest)


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("another_account", {"account": b"other"}),
        ("another_generation", {"generation": b"other"}),
        ("message_gap", {"index": 2}),
        ("another_sealed_text", {"sealed_hash": bytes(32)}),
        ("message_chain_broken", {"previous": bytes(32)}),
    ],
)
def test_a_record_says_what_it_has_to(rule: str, changes: dict[str, Any]) -> None:
    """Account, generation, index, sealed text and the message before it; the first one has none before it."""
    with refused(rule):
        _accept(_stored(1, **changes), 1)


def test_a_gap_is_noticed() -> None:
    """The message that was asked for is the one that is believed."""
    with refused("message_gap"):
        _accept(_stored(3, bytes(32)), 2, bytes(32))


@pytest.mark.parametrize("index", [0, -1])
def test_messages_are_counted_from_one(index: int) -> None:
    """There is nothing before the first."""
    with refused("message_gap"):
        _accept(_stored(1, index=index), index)


def test_a_rewritten_message_is_noticed() -> None:
    """The next one follows what was there before."""
    first = _stored(1)
    rewritten = _stored(1, received_at=7)
    second = _stored(2, message_head(first[0]))
    with refused("message_chain_broken"):
        _accept(second, 2, message_head(rewritten[0]))


def test_only_the_pinned_service_key_signs() -> None:
    """Another key is refused before anything is read."""
    signed, sealed = _stored(1)
    forged = SignedRecord(signed.raw, SigningKey(os.urandom(32)).sign("message", signed.raw))
    with refused("bad_signature"):
        _accept((forged, sealed), 1)


def test_another_sealed_text_is_refused() -> None:
    """The record covers the text by its hash."""
    signed, _ = _stored(1)
    with refused("another_sealed_text"):
        _accept((signed, _stored(1)[1]), 1)


def test_what_others_were_shown_is_compared() -> None:
    """An entry cites the newest message its author had seen; another one in its place is an alarm."""
    stored = _stored(1)
    cited = MessagePosition(b"g", 1, message_head(stored[0]))
    _accept(stored, 1, cited=cited)
    for elsewhere in (replace(cited, index=2, head=b"x"), replace(cited, generation=b"h", head=b"x")):
        _accept(stored, 1, cited=elsewhere)
    with refused("message_fork"):
        _accept(stored, 1, cited=replace(cited, head=bytes(32)))


def test_texts_of_about_a_length_look_alike() -> None:
    """What is stored does not tell a code from a longer text."""
    place = {"account": b"a", "epoch": 3, "generation": b"g", "message_id": b"m", "index": 1}
    texts = ("", "1", "123456", "x" * 80)
    lengths = {len(seal_message(KEYS.inbox.public, replace(CONTENT, text=text), **place)) for text in texts}
    assert len(lengths) == 1


def test_fields_of_a_newer_service_are_passed_over() -> None:
    """And what is no message is refused."""
    newer = msgspec.msgpack.encode(msgspec.to_builtins(CONTENT) | {"new": 1})
    assert MessageContent.decode(newer) == CONTENT
    for raw in (b"", b"\x90", msgspec.msgpack.encode({"kind": "fax"})):
        with refused("malformed"):
            MessageContent.decode(raw)


def test_a_text_does_not_show_in_representations() -> None:
    """No log line and no traceback shows a message."""
    assert "123456" not in repr(CONTENT)


def test_an_inbox_key_that_is_none_is_refused() -> None:
    """The service seals to nothing malformed."""
    with refused("bad_kem_key"):
        seal_message(b"short", CONTENT, account=b"a", epoch=1, generation=b"g", message_id=b"m", index=1)


def test_what_opens_to_no_message_is_refused() -> None:
    """A service that seals junk shows as a refusal, not as a crash."""
    record = _accept(_stored(1), 1)
    junk = wrap(KEYS.inbox.public, pad(b"junk"), places.message(b"account", 3, b"g", record.id, 1))
    with refused("malformed"):
        opening.open_message(KEYS, record, junk)
