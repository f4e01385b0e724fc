"""Cursors: one counter row per workspace, raised as the last statements of each grouped transaction.

The lock of the row is held until the commit, so the order of the counter is the order of the commits, on both
databases; serials and time stamps are not (docs/decisions.md). Rows of several workspaces are raised in id order.
"""

from __future__ import annotations

from itertools import groupby

from sqlalchemy import Connection, bindparam, insert, select, update

from cerby_service.database.tables import changes as changes_table
from cerby_service.database.tables import counters
from cerby_service.database.work import Announced, Change, Reading

_RAISE = (
    update(counters)
    .where(counters.c.workspace == bindparam("in_workspace"))
    .values(value=counters.c.value + bindparam("by"))
    .returning(counters.c.value)
)
_NOTE = insert(changes_table)
_READ = select(counters.c.value, counters.c.floor).where(counters.c.workspace == bindparam("in_workspace"))


def raise_counters(connection: Connection, changes: list[Change], now: int) -> list[Announced]:
    """Give every change its cursor and write it down."""
    announced: list[Announced] = []
    # sorted() is stable: the changes of one workspace keep the order in which they happened.
    for workspace, some in groupby(sorted(changes, key=lambda change: change.workspace), lambda c: c.workspace):
        group = list(some)
        last = connection.execute(_RAISE, {"in_workspace": workspace, "by": len(group)}).scalar_one()
        announced += (Announced(last - len(group) + 1 + i, change) for i, change in enumerate(group))
    if announced:
        connection.execute(_NOTE, [_row(one, now) for one in announced])
    return announced


def _row(announced: Announced, now: int) -> dict[str, object]:
    change = announced.change
    return {
        "workspace": change.workspace,
        "cursor": announced.cursor,
        "what": change.what,
        "stream": change.stream,
        "n": change.n,
        "generation": change.generation,
        "user": change.user,
        "at": now,
    }


def add_counter(connection: Connection, workspace: bytes) -> None:
    """A new workspace starts at cursor 0."""
    connection.execute(insert(counters).values(workspace=workspace, value=0))


def read_counter(reading: Reading, workspace: bytes) -> tuple[int, int]:
    """The newest cursor of a workspace, and the floor: changes up to it were swept away."""
    row = reading.row(_READ, in_workspace=workspace)
    return (row.value, row.floor) if row else (0, 0)


def all_counters(reading: Reading) -> dict[bytes, int]:
    """The newest cursor of every workspace."""
    return {row.workspace: row.value for row in reading.rows(select(counters.c.workspace, counters.c.value))}
