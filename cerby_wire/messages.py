"""Messages: what is sealed inside, and when a stored one is believed (docs/protocol.md §2)."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

from cerby_wire.encoding import UNREADABLE
from cerby_wire.errors import Refused, require
from cerby_wire.headers import MessagePosition
from cerby_wire.primitives import digest
from cerby_wire.records import Message, message_head, open_record
from cerby_wire.shapes import SignedRecord


class MessageContent(Struct, frozen=True, omit_defaults=True):
    """What the carrier handed over, as a map, so that fields may be added. `carrier_time` in UTC milliseconds.

    A long message comes in `parts` parts that carry the same `reference`.
    """

    kind: Literal["sms", "mms", "email"]
    sender: str
    to: str
    text: str
    carrier_time: int = 0
    carrier_id: str = ""
    part: int = 1
    parts: int = 1
    reference: str = ""

    def __repr__(self) -> str:
        return "MessageContent(…)"

    def encode(self) -> bytes:
        """The map as bytes."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def decode(cls, raw: bytes) -> MessageContent:
        """Undo `encode`; fields that this program does not know are passed over. Raises Refused."""
        try:
            return msgspec.msgpack.decode(raw, type=cls)
        except UNREADABLE as error:
            raise Refused("malformed", f"The opened bytes are not a message: {error}.") from None


def sealed_hash(sealed: bytes) -> bytes:
    """The hash of the sealed text that the signed record carries."""
    return digest("message-sealed", sealed)


def accept_message(
    previous_head: bytes | None,
    index: int,
    signed: SignedRecord,
    sealed: bytes,
    service_key: bytes,
    account: bytes,
    *,
    generation: bytes,
    following: Message | None = None,
    cited: MessagePosition | None = None,
    oldest: int = 0,
) -> Message:
    """Judge the message that was asked for by account, generation and index, and return its record. Raises Refused.

    `previous_head` is `message_head` of the one before (None while it is not held), `following` the record of the one
    after it where that came first, and `cited` the newest position that an entry of the account cites.
    What came before `oldest` (UTC ms) may be without its text, by the policy of the workspace.
    """
    record = open_record(signed, Message, service_key)
    require(record.account == account, "another_account", "The message belongs to another account.")
    require(record.generation == generation, "another_generation", "It is of another generation of the service.")
    require(record.index == index, "message_gap", "The message is not the one that comes next.")
    first = record.index == 1
    before = b"" if first else previous_head
    require(index >= 1, "message_gap", "Messages are counted from one.")
    require(before in (None, record.previous), "message_chain_broken", "It does not follow the message before it.")
    forgotten = sealed == b"" and record.received_at < oldest
    same = forgotten or record.sealed_hash == sealed_hash(sealed)
    require(same, "another_sealed_text", "The sealed text is not the signed one.")
    head = message_head(signed)
    if following is not None:
        require(following.previous == head, "message_chain_broken", "The message after it follows another one.")
    if cited is not None and (cited.generation, cited.index) == (generation, index):
        require(cited.head == head, "message_fork", "Somebody else was shown another message in its place.")
    return record
