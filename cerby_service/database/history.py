"""What happened since a cursor, as the events that a feed would have heard."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from cerby_service.database import messages, streams
from cerby_service.database.counters import read_counter
from cerby_service.database.tables import access, changes
from cerby_service.database.tables import streams as streams_table
from cerby_service.database.work import Reading
from cerby_wire.approving import ApprovalEvent
from cerby_wire.shapes import INLINE_RECORD, AccessEvent, HeadEvent, MessageEvent, Shape

MOST_BEHIND = 1_000


def since(reading: Reading, workspace: bytes, user: bytes, cursor: int) -> tuple[int, list[tuple[int, Shape]]]:
    """The newest cursor, and what a person may hear of what came after `cursor`, each at its cursor.

    For somebody too far behind it is one `access` event that asks them to compare heads.
    """
    newest, floor = read_counter(reading, workspace)
    if cursor == newest:
        return newest, []
    if cursor < floor or cursor > newest:
        return newest, [(newest, AccessEvent())]
    rows = _changes(reading, workspace, cursor)
    if len(rows) > MOST_BEHIND:
        return newest, [(newest, AccessEvent())]
    roles = dict(_roles(reading, workspace, user))
    heard = [(row.cursor, event) for row in rows if (event := _event(reading, workspace, user, roles, row))]
    return newest, heard


def _changes(reading: Reading, workspace: bytes, cursor: int) -> list[Any]:
    same = (streams_table.c.workspace == changes.c.workspace) & (streams_table.c.id == changes.c.stream)
    columns = (*changes.c, streams_table.c.kind, streams_table.c.deleted)
    query = select(*columns).select_from(changes.outerjoin(streams_table, same))
    later = query.where(changes.c.workspace == workspace, changes.c.cursor > cursor).order_by(changes.c.cursor)
    return reading.rows(later.limit(MOST_BEHIND + 1))


def _roles(reading: Reading, workspace: bytes, user: bytes) -> list[tuple[bytes, str]]:
    theirs = (access.c.workspace == workspace, access.c.user == user)
    return [(row.stream, row.role) for row in reading.rows(select(access.c.stream, access.c.role).where(*theirs))]


def _event(reading: Reading, workspace: bytes, user: bytes, roles: dict[bytes, str], row: Any) -> Shape | None:
    """The event of a change, if that person may hear it."""
    if row.what == "access":
        if row.user != user:
            return None
        return AccessEvent(gained=[row.stream]) if row.stream in roles else AccessEvent(lost=[row.stream])
    if row.what == "approval":
        return ApprovalEvent() if row.user == user else None
    if row.kind not in streams.SHARED and row.stream not in roles:
        return None
    if row.what == "entry":
        return head_event(reading, workspace, row.kind, row.stream, row.n)
    if row.what == "message":
        may = not row.deleted or user in streams.message_readers(reading, workspace, row.stream, deleted=True)
        return message_event(reading, workspace, row.stream, row.generation, row.n) if may else None
    return AccessEvent()


def head_event(reading: Reading, workspace: bytes, kind: str, stream: bytes, n: int) -> HeadEvent | None:
    """The event of an entry that is stored."""
    entry = streams.entry_at(reading, workspace, stream, n)
    head = streams.head_at(reading, workspace, stream, n)
    if entry is None or head is None:
        return None
    small = len(entry.header) + len(entry.body) + len(entry.signature) <= INLINE_RECORD
    return HeadEvent(kind, stream, n, head, entry if small else None)


def message_event(reading: Reading, workspace: bytes, account: bytes, generation: bytes, index: int) -> MessageEvent:
    """The event of a message that is stored."""
    stored = messages.message_at(reading, workspace, account, generation, index)
    small = stored is not None and len(stored.sealed) + len(stored.record.raw) <= INLINE_RECORD
    return MessageEvent(account, generation, index, stored if small else None)
