"""The activity log: lines appended in one order, each with the hash of all before it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import groupby

from msgspec import Struct
from sqlalchemy import Connection, and_, bindparam, func, or_, select, text, true
from sqlalchemy.sql import ColumnElement

from cerby_service.database.tables import access, counters
from cerby_service.database.tables import activity as log
from cerby_service.database.work import Draft, Reading
from cerby_wire.activity import ActivityHead, Line, line_digest, next_hash

Condition = ColumnElement[bool]
"""Which lines somebody may see."""

_LOCK = select(counters.c.value).where(counters.c.workspace == bindparam("in_workspace")).with_for_update()
_LAST = (
    select(log.c.n, log.c.hash).where(log.c.workspace == bindparam("in_workspace")).order_by(log.c.n.desc()).limit(1)
)
_AT = select(log.c.hash).where(log.c.workspace == bindparam("in_workspace"), log.c.n == bindparam("at_n"))
_FIELDS = tuple(log.c[name] for name in Line.__struct_fields__)
_NAMES = ("workspace", *Line.__struct_fields__, "hash")
# As text: SQLAlchemy would wrap each value of bytes, nine of them, which for every message costs as much as the insert.
_ADD = text('INSERT INTO activity ("' + '", "'.join(_NAMES) + '") VALUES (:' + ", :".join(_NAMES) + ")")  # noqa: S608 - names above
ID_LENGTH = 16


class StoredLine(Struct, frozen=True):
    """A line with its hash; `visible` says whether whoever asks may see it."""

    line: Line
    hash: bytes
    visible: bool = True


class Wanted(Struct, frozen=True):
    """Which lines: after a place (ascending) or before one (descending), in a span of time, of these kinds.

    Times are UTC milliseconds; empty or 0 means all.
    """

    after: int = 0
    before: int = 0
    since: int = 0
    until: int = 0
    events: tuple[str, ...] = ()
    users: tuple[bytes, ...] = ()
    accounts: tuple[bytes, ...] = ()


def append(connection: Connection, drafts: Iterable[Draft], now: int) -> None:
    """Write lines down in the order they were drafted, chained under the lock of the workspace's counter.

    A line with the id of one that is there already is left out: it was sent twice.
    """
    ordered = sorted(drafts, key=lambda draft: draft.workspace)
    for workspace, drafted in groupby(ordered, lambda draft: draft.workspace):
        connection.execute(_LOCK, {"in_workspace": workspace})
        last = connection.execute(_LAST, {"in_workspace": workspace}).first()
        n, head = (last.n, last.hash) if last else (0, workspace)
        rows = []
        for draft in _new_ones(connection, workspace, list(drafted)):
            n += 1
            line = _line(draft, n, now)
            head = next_hash(head, line_digest(line))
            rows.append({name: getattr(line, name) for name in Line.__struct_fields__} | {"hash": head})
        if rows:
            connection.execute(_ADD, [row | {"workspace": workspace} for row in rows])


def _new_ones(connection: Connection, workspace: bytes, drafts: list[Draft]) -> list[Draft]:
    """Those whose id is not taken, each once."""
    named = [draft for draft in drafts if draft.id]
    taken: set[bytes] = set()
    if named:
        of_them = (
            log.c.account.in_({draft.account for draft in named}),
            log.c.user.in_({draft.user for draft in named}),
            log.c.id.in_({draft.id for draft in named}),
        )
        there = select(log.c.id).where(log.c.workspace == workspace, *of_them)
        taken = {row.id for row in connection.execute(there)}
    found = []
    for draft in drafts:
        if draft.id not in taken:
            found.append(draft)
            taken |= {draft.id} if draft.id else set()
    return found


def _line(draft: Draft, n: int, now: int) -> Line:
    return Line(
        n,
        now,
        draft.event,
        draft.user,
        draft.device,
        draft.account,
        draft.subject,
        draft.detail,
        draft.id or os.urandom(ID_LENGTH),
        draft.raw,
        draft.signature,
    )


def head(reading: Reading, workspace: bytes, generation: bytes) -> ActivityHead:
    """How long the log of a workspace is, and the hash of its last line."""
    row = reading.row(_LAST, in_workspace=workspace)
    return ActivityHead(row.n, row.hash, generation) if row else ActivityHead(0, workspace, generation)


def hash_at(reading: Reading, workspace: bytes, n: int) -> bytes:
    """The hash of a line; empty if there is none."""
    found: bytes | None = reading.value(_AT, in_workspace=workspace, at_n=n)
    return found or b""


def chain(reading: Reading, workspace: bytes, mine: Condition, after: int, most: int) -> list[StoredLine]:
    """Lines after a place, whoever may see them: all of the chain, oldest first."""
    asked = (
        select(*_FIELDS, log.c.hash, mine.label("visible"))
        .where(log.c.workspace == workspace, log.c.n > after)
        .order_by(log.c.n)
        .limit(most)
    )
    return [StoredLine(Line(*row[:-2]), row[-2], bool(row[-1])) for row in reading.rows(asked)]


def newest(reading: Reading, workspace: bytes, mine: Condition, wanted: Wanted, most: int) -> list[StoredLine]:
    """The lines that somebody may see and wants, the newest first."""
    conditions = [log.c.workspace == workspace, mine, *_conditions(wanted)]
    asked = select(*_FIELDS, log.c.hash).where(*conditions).order_by(log.c.n.desc()).limit(most)
    return [StoredLine(Line(*row[:-1]), row[-1]) for row in reading.rows(asked)]


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.before:
        found.append(log.c.n < wanted.before)
    if wanted.since:
        found.append(log.c.at >= wanted.since)
    if wanted.until:
        found.append(log.c.at < wanted.until)
    if wanted.events:
        found.append(log.c.event.in_(wanted.events))
    if wanted.users:
        found.append(or_(log.c.user.in_(wanted.users), log.c.subject.in_(wanted.users)))
    if wanted.accounts:
        found.append(log.c.account.in_(wanted.accounts))
    return found


def everything() -> Condition:
    """The condition of those who may see all of the workspace's activity."""
    return true()


def theirs(workspace: bytes, user: bytes, *, owns: bool) -> Condition:
    """The condition of everybody else: what they did, what concerned them and, with `owns`, the accounts they own."""
    own = or_(log.c.user == user, log.c.subject == user)
    if not owns:
        return own
    accounts = select(access.c.stream).where(
        access.c.workspace == workspace, access.c.user == user, access.c.role == "owner"
    )
    return or_(own, and_(log.c.account != b"", log.c.account.in_(accounts)))


def last_used(reading: Reading, workspace: bytes, owner: bytes) -> dict[bytes, dict[bytes, int]]:
    """When each person did something last on each account that somebody owns."""
    accounts = select(access.c.stream).where(
        access.c.workspace == workspace, access.c.user == owner, access.c.role == "owner"
    )
    asked = (
        select(log.c.account, log.c.user, func.max(log.c.at).label("last"))
        .where(log.c.workspace == workspace, log.c.account.in_(accounts), log.c.user != b"")
        .group_by(log.c.account, log.c.user)
    )
    found: dict[bytes, dict[bytes, int]] = {}
    for row in reading.rows(asked):
        found.setdefault(row.account, {})[row.user] = row.last
    return found


def ever_on(reading: Reading, workspace: bytes, account: bytes, user: bytes) -> bool:
    """Whether the log knows somebody on an account: they shared, changed or read it, or it was shared with them."""
    of_account = (log.c.workspace == workspace, log.c.account == account)
    count: int | None = reading.value(
        select(func.count()).select_from(log).where(*of_account, or_(log.c.user == user, log.c.subject == user))
    )
    return bool(count)
