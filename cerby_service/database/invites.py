"""Invites as the service keeps them beside the workspace stream: for whom, until when, and what became of each."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from sqlalchemy import func, insert, select, update

from cerby_service.database.streams import SHARED
from cerby_service.database.tables import invites, streams
from cerby_service.database.work import Reading, Writing


class InviteRow(Struct, frozen=True):
    """An invite by the hash of its entry. `state` is `open`, `used` or `withdrawn`; `key` the public invite key."""

    workspace: bytes
    invite: bytes
    key: bytes
    email: str
    salt: bytes
    role: str
    inviter: bytes
    at: int
    expires: int
    state: str


_COLUMNS = tuple(invites.c[name] for name in InviteRow.__struct_fields__)


def add(writing: Writing, row: InviteRow) -> None:
    """Keep a new invite."""
    writing.run(insert(invites).values(**{name: getattr(row, name) for name in row.__struct_fields__}))


def find(reading: Reading, workspace: bytes, invite: bytes) -> InviteRow | None:
    """The invite whose entry has this hash."""
    this = (invites.c.workspace == workspace, invites.c.invite == invite)
    row = reading.row(select(*_COLUMNS).where(*this))
    return InviteRow(*row) if row else None


def by_key(reading: Reading, workspace: bytes, key: bytes) -> InviteRow | None:
    """The newest invite with this public key."""
    this = (invites.c.workspace == workspace, invites.c.key == key)
    row = reading.row(select(*_COLUMNS).where(*this).order_by(invites.c.at.desc()).with_for_update())
    return InviteRow(*row) if row else None


def open_ones(reading: Reading, workspace: bytes) -> list[InviteRow]:
    """All invites that were neither used nor withdrawn, the newest first."""
    those = (invites.c.workspace == workspace, invites.c.state == "open")
    found = reading.rows(select(*_COLUMNS).where(*those).order_by(invites.c.at.desc(), invites.c.invite))
    return [InviteRow(*row) for row in found]


def written_by(reading: Reading, workspace: bytes, inviter: bytes, since: int) -> int:
    """How many invites somebody has written since a time."""
    theirs = (invites.c.workspace == workspace, invites.c.inviter == inviter, invites.c.at >= since)
    return int(reading.value(select(func.count()).where(*theirs)) or 0)


def shared_streams(reading: Reading, workspace: bytes) -> list[bytes]:
    """What an invited person needs to judge an invite: chains of people first, then the workspace that cites them."""
    those = (streams.c.workspace == workspace, streams.c.kind.in_(SHARED))
    return [row.id for row in reading.rows(select(streams.c.id).where(*those).order_by(streams.c.kind, streams.c.id))]


def close(writing: Writing, workspace: bytes, closed: Iterable[bytes], state: str) -> None:
    """These invites are open no more, and the addresses they were for are forgotten."""
    those = (invites.c.workspace == workspace, invites.c.invite.in_(list(closed)))
    writing.run(update(invites).where(*those).values(state=state, email="", salt=b""))
