"""Trusted sessions as they are listed: names (sealed), states, last contact. Times are UTC milliseconds."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import func, select, update

from cerby_service.database.tables import devices, entries
from cerby_service.database.work import Reading, Writing


class SessionRow(Struct, frozen=True):
    """A device that is or was in somebody's chain."""

    id: bytes
    user: bytes
    state: str
    name: bytes
    at: int
    last_contact: int


_COLUMNS = tuple(devices.c[name] for name in SessionRow.__struct_fields__)


def sessions_of(reading: Reading, workspace: bytes, user: bytes) -> list[SessionRow]:
    """Every session that a person ever had, the oldest first."""
    theirs = (devices.c.workspace == workspace, devices.c.user == user)
    return [SessionRow(*row) for row in reading.rows(select(*_COLUMNS).where(*theirs).order_by(devices.c.at))]


def last_contacts(reading: Reading, workspace: bytes) -> dict[bytes, int]:
    """When each person's sessions were here last."""
    newest = select(devices.c.user, func.max(devices.c.last_contact).label("last"))
    found = newest.where(devices.c.workspace == workspace).group_by(devices.c.user)
    return {row.user: row.last for row in reading.rows(found)}


def touch(writing: Writing, device: bytes, now: int) -> None:
    """A session was here."""
    writing.run(update(devices).where(devices.c.id == device, devices.c.last_contact < now).values(last_contact=now))


def stored_at(reading: Reading, workspace: bytes, stream: bytes, n: int) -> int:
    """When an entry was stored; 0 for one that is not."""
    place = (entries.c.workspace == workspace, entries.c.stream == stream, entries.c.n == n)
    return int(reading.value(select(entries.c.at).where(*place)) or 0)
