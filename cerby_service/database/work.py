"""What work on the database is given: a connection to read from, or one to write to that notes what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import Connection

from cerby_wire.shapes import Shape

What = Literal["entry", "message", "access", "number", "approval"]


class Change(Struct, frozen=True):
    """Something that others must hear of. `audience` are the people it is for, None for every member.

    `n` is a position in the stream or an index of `generation`; `user` is whose access changed. `event` is what
    listeners are told.
    """

    workspace: bytes
    what: What
    stream: bytes
    event: Shape
    audience: frozenset[bytes] | None = None
    n: int = 0
    generation: bytes = b""
    user: bytes = b""


class Draft(Struct, frozen=True):
    """A line for the activity log. `id` is that of a signed event, which is taken once; the log makes others up.

    `subject` is whom or which session it concerns; `raw` and `signature` are the evidence (cerby_wire.activity.Line).
    """

    workspace: bytes
    event: str
    user: bytes
    device: bytes = b""
    account: bytes = b""
    subject: bytes = b""
    detail: str = ""
    id: bytes = b""
    raw: bytes = b""
    signature: bytes = b""


class Announced(Struct, frozen=True):
    """A change that is committed, at its cursor."""

    cursor: int
    change: Change


class Reading:
    """One moment of the database, to read from.

    Statements that are needed for every request are made once, as constants with `bindparam`s that the values are
    given for: to put a statement together costs several times what it costs to run it.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def rows(self, statement: Any, **given: Any) -> list[Any]:
        """Every row of a statement with the given values."""
        return list(self.connection.execute(statement, given))

    def each(self, statement: Any, **given: Any) -> Iterator[Any]:
        """As `rows`, one by one: for rows so large that not all of them should be in memory at once."""
        result = self.connection.execute(statement, given)
        try:
            yield from result
        finally:
            result.close()

    def row(self, statement: Any, **given: Any) -> Any | None:
        """The first row of a statement with the given values, or None."""
        return self.connection.execute(statement, given).first()

    def value(self, statement: Any, **given: Any) -> Any | None:
        """The first column of the first row, or None."""
        return self.connection.execute(statement, given).scalar()


class Writing(Reading):
    """Work inside a grouped transaction: it stands or falls alone, and is announced only once it is committed.

    `shared` is for the work of one group: what stands in it is as good as committed for the others of the group.
    """

    def __init__(self, connection: Connection, shared: dict[Any, Any]) -> None:
        super().__init__(connection)
        self.shared = shared
        self.changes: list[Change] = []
        self.drafts: list[Draft] = []
        self.after: list[Callable[[], None]] = []

    def run(self, statement: Any, **given: Any) -> int:
        """Execute a statement with the given values; returns how many rows it touched."""
        return int(self.connection.execute(statement, given).rowcount)

    def note(self, *changes: Change) -> None:
        """Remember what changed, in order."""
        self.changes += changes

    def log(self, *drafts: Draft) -> None:
        """Have lines written to the activity log, in order, with this transaction."""
        self.drafts += drafts

    def once_committed(self, act: Callable[[], None]) -> None:
        """Call `act` on the writing thread after the commit, before anybody is answered."""
        self.after.append(act)
