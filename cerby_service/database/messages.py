"""Sealed messages, and which of a carrier's messages were taken already."""

from __future__ import annotations

from collections.abc import Generator

from msgspec import Struct
from sqlalchemy import and_, bindparam, insert, select, update

from cerby_service.database.dialect import insert_unless_there
from cerby_service.database.tables import inbound_seen, messages
from cerby_service.database.work import Reading, Writing
from cerby_wire.shapes import MessagesWanted, SignedRecord, StoredMessage


class MessageRow(Struct, frozen=True):
    """A message at its place; `head` is its hash, which the next one cites."""

    workspace: bytes
    account: bytes
    generation: bytes
    idx: int
    raw: bytes
    signature: bytes
    sealed: bytes
    head: bytes
    at: int


_AT = and_(
    messages.c.workspace == bindparam("in_workspace"),
    messages.c.account == bindparam("in_account"),
    messages.c.generation == bindparam("in_generation"),
    messages.c.idx == bindparam("at_index"),
)
_STORED = (messages.c.raw, messages.c.signature, messages.c.sealed)
_ADD = insert(messages)
_HEAD, _MESSAGE = select(messages.c.head).where(_AT), select(*_STORED).where(_AT)


def first_time(writing: Writing, carrier: str, provider_id: str, at: int) -> bool:
    """Whether a carrier's message was not taken before; from now on it was."""
    seen = {"carrier": carrier, "provider_id": provider_id, "at": at}
    return insert_unless_there(writing.connection, inbound_seen, seen)


def add(writing: Writing, row: MessageRow) -> None:
    """Store a message."""
    writing.run(_ADD, **{name: getattr(row, name) for name in MessageRow.__struct_fields__})


def head_of(reading: Reading, workspace: bytes, account: bytes, generation: bytes, index: int) -> bytes | None:
    """The hash of a message."""
    found: bytes | None = reading.value(_HEAD, **_place(workspace, account, generation, index))
    return found


def message_at(
    reading: Reading, workspace: bytes, account: bytes, generation: bytes, index: int
) -> StoredMessage | None:
    """The message at a place."""
    row = reading.row(_MESSAGE, **_place(workspace, account, generation, index))
    return StoredMessage(SignedRecord(row[0], row[1]), row[2]) if row else None


def window(reading: Reading, workspace: bytes, wanted: MessagesWanted) -> Generator[StoredMessage, None, None]:
    """Messages of one account and generation, one by one: upwards after `after`, or downwards below `before`."""
    there = (
        messages.c.workspace == workspace,
        messages.c.account == wanted.account,
        messages.c.generation == wanted.generation,
        messages.c.idx > wanted.after,
    )
    query = select(*_STORED).where(*there)
    if wanted.before:
        query = query.where(messages.c.idx < wanted.before).order_by(messages.c.idx.desc())
    else:
        query = query.order_by(messages.c.idx)
    for row in reading.each(query):
        yield StoredMessage(SignedRecord(row[0], row[1]), row[2])


def forget_texts(writing: Writing, workspace: bytes, before: int) -> int:
    """Empty the sealed texts of messages that came before that time; their records stay. Returns how many."""
    old = (messages.c.workspace == workspace, messages.c.at < before, messages.c.sealed != b"")
    return writing.run(update(messages).where(*old).values(sealed=b""))


def _place(workspace: bytes, account: bytes, generation: bytes, index: int) -> dict[str, object]:
    return {"in_workspace": workspace, "in_account": account, "in_generation": generation, "at_index": index}
