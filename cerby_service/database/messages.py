"""Sealed messages, and which of a carrier's messages were taken already."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import and_, insert, select
from sqlalchemy.sql import ColumnElement

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


def first_time(writing: Writing, carrier: str, provider_id: str, at: int) -> bool:
    """Whether a carrier's message was not taken before; from now on it was."""
    return insert_unless_there(
        writing.connection, inbound_seen, {"carrier": carrier, "provider_id": provider_id, "at": at}
    )


def was_seen(reading: Reading, carrier: str, provider_id: str) -> bool:
    """Whether a carrier's message was taken already."""
    seen = (inbound_seen.c.carrier == carrier, inbound_seen.c.provider_id == provider_id)
    return reading.value(select(inbound_seen.c.at).where(*seen)) is not None


def add(writing: Writing, row: MessageRow) -> None:
    """Store a message."""
    writing.run(insert(messages).values(**{name: getattr(row, name) for name in MessageRow.__struct_fields__}))


def head_of(reading: Reading, workspace: bytes, account: bytes, generation: bytes, index: int) -> bytes | None:
    """The hash of a message."""
    found: bytes | None = reading.value(select(messages.c.head).where(_at(workspace, account, generation, index)))
    return found


def message_at(
    reading: Reading, workspace: bytes, account: bytes, generation: bytes, index: int
) -> StoredMessage | None:
    """The message at a place."""
    columns = (messages.c.raw, messages.c.signature, messages.c.sealed)
    row = reading.row(select(*columns).where(_at(workspace, account, generation, index)))
    return StoredMessage(SignedRecord(row[0], row[1]), row[2]) if row else None


def window(reading: Reading, workspace: bytes, wanted: MessagesWanted, limit: int) -> list[StoredMessage]:
    """Messages of one account and generation: upwards after `after`, or downwards below `before`."""
    columns = (messages.c.raw, messages.c.signature, messages.c.sealed)
    there = (
        messages.c.workspace == workspace,
        messages.c.account == wanted.account,
        messages.c.generation == wanted.generation,
        messages.c.idx > wanted.after,
    )
    query = select(*columns).where(*there)
    if wanted.before:
        query = query.where(messages.c.idx < wanted.before).order_by(messages.c.idx.desc())
    else:
        query = query.order_by(messages.c.idx)
    return [StoredMessage(SignedRecord(row[0], row[1]), row[2]) for row in reading.rows(query.limit(limit))]


def _at(workspace: bytes, account: bytes, generation: bytes, index: int) -> ColumnElement[bool]:
    return and_(
        messages.c.workspace == workspace,
        messages.c.account == account,
        messages.c.generation == generation,
        messages.c.idx == index,
    )
