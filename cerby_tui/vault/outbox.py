"""Changes made here that the service does not have yet.

A row holds a change by field with the version its author saw; it is merged onto the newest version and sealed when it
is sent. The sealed bytes under way are kept until they are acknowledged, so that a lost answer is asked for again with
the same bytes and nothing is ever written twice.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

from cerby_tui.values import Waiting
from cerby_tui.vault.database import Database, Row
from cerby_wire.encoding import decode, encode
from cerby_wire.headers import Entry

Act = Literal["create", "edit", "share", "delete", "restore", "read", "favourite", "trust", "kit"]

WORDS = {
    "create": "new account",
    "edit": "changes",
    "share": "sharing",
    "delete": "deletion",
    "restore": "restore",
    "favourite": "favourite",
}
SILENT = ("read", "trust", "kit")
"""Read marks and small notes to oneself are gathered and sent now and then; nobody waits for them."""
_SAID = f"act NOT IN {SILENT}"

_ALL = "SELECT id, op, stream, act, base, changes, since, sent, refused, label FROM outbox "


class Pending(msgspec.Struct, frozen=True):
    """One row. `sent` is the hash of the entry that carries it, empty while nothing is under way."""

    id: int
    op: bytes
    stream: bytes
    act: Act
    base: int
    changes: Any
    since: int
    sent: bytes
    refused: str
    label: str

    def __repr__(self) -> str:
        return f"Pending({self.id}, {self.act!r})"


class Outbox:
    """The `outbox` and `under_way` tables. Every method joins a transaction that is open."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, stream: bytes, act: Act, changes: object, *, base: int, label: str, now: int) -> int:
        """Queue a change; returns its id."""
        row = {"op": os.urandom(16), "stream": stream, "act": act, "base": base, "since": now, "label": label}
        row |= {"changes": msgspec.msgpack.encode(changes), "sent": b"", "refused": ""}
        return self._database.put("outbox", row)

    def pending(self, stream: bytes, *, refused: bool = False) -> list[Pending]:
        """What waits for one stream, oldest first; with `refused`, what could not be saved."""
        where = "WHERE stream = ? AND (refused != '') = ? ORDER BY id"
        return [_pending(row) for row in self._database.rows(_ALL + where, (stream, refused))]

    def streams(self) -> list[bytes]:
        """Streams that something waits for, the longest wait first."""
        waiting = "SELECT stream, min(since) AS first FROM outbox WHERE refused = '' GROUP BY stream"
        under_way = "SELECT stream, min(since) AS first FROM under_way GROUP BY stream"
        sql = f"SELECT stream FROM ({waiting} UNION ALL {under_way}) GROUP BY stream ORDER BY min(first), stream"  # noqa: S608
        return [row[0] for row in self._database.rows(sql)]

    def get(self, row_id: int) -> Pending | None:
        """One row by its id."""
        row = self._database.row(_ALL + "WHERE id = ?", (row_id,))
        return None if row is None else _pending(row)

    def discard(self, row_id: int) -> None:
        """Forget a row."""
        self._database.execute("DELETE FROM outbox WHERE id = ?", (row_id,))

    def put_under_way(self, entry_hash: bytes, stream: bytes, entry: Entry, rows: Iterable[int], now: int) -> None:
        """Keep the sealed bytes that carry these rows until they are acknowledged."""
        sql = "INSERT OR REPLACE INTO under_way (hash, stream, entry, since) VALUES (?, ?, ?, ?)"
        self._database.execute(sql, (entry_hash, stream, encode(entry), now))
        self._database.many("UPDATE outbox SET sent = ? WHERE id = ?", [(entry_hash, row_id) for row_id in rows])

    def under_way(self, stream: bytes) -> tuple[bytes, Entry] | None:
        """The entry of a stream whose answer is still missing, with its hash."""
        row = self._database.row("SELECT hash, entry FROM under_way WHERE stream = ? ORDER BY since", (stream,))
        return None if row is None else (row[0], decode(row[1], Entry))

    def acknowledge(self, entry_hash: bytes) -> bool:
        """The entry stands in its stream: what it carried is done. A founded account still has its content to send."""
        if not self._database.execute("DELETE FROM under_way WHERE hash = ?", (entry_hash,)):
            return False
        founded = "UPDATE outbox SET act = 'edit', sent = x'' WHERE sent = ? AND act = 'create'"
        self._database.execute(founded, (entry_hash,))
        self._database.execute("DELETE FROM outbox WHERE sent = ?", (entry_hash,))
        return True

    def take_back(self, entry_hash: bytes) -> None:
        """The entry was not taken and never will be: its rows wait again, to be merged and sealed anew."""
        self._database.execute("DELETE FROM under_way WHERE hash = ?", (entry_hash,))
        self._database.execute("UPDATE outbox SET sent = x'' WHERE sent = ?", (entry_hash,))

    def give_up(self, entry_hash: bytes, sentence: str) -> None:
        """The entry was refused for good: what it carried could not be saved."""
        self._database.execute("DELETE FROM under_way WHERE hash = ?", (entry_hash,))
        carried = "UPDATE outbox SET refused = ?, sent = x'' WHERE sent = ?"
        self._database.execute(carried, (sentence, entry_hash))

    def refuse(self, rows: Iterable[int], sentence: str) -> None:
        """Move rows to the list of what could not be saved, with the reason and their content."""
        self._database.many("UPDATE outbox SET refused = ?, sent = x'' WHERE id = ?", [(sentence, one) for one in rows])

    def count(self, *, refused: bool = False) -> int:
        """How many changes wait, or could not be saved."""
        sql = f"SELECT count(*) FROM outbox WHERE {_SAID} AND (refused != '') = ?"  # noqa: S608 - the names above
        return int(self._database.value(sql, (refused,)))

    def everything(self) -> list[Pending]:
        """Every row, oldest first, whether it waits or could not be saved."""
        return [_pending(row) for row in self._database.rows(f"{_ALL} ORDER BY id")]

    def waiting(self) -> list[Waiting]:
        """Everything that waits or could not be saved, oldest first, for the screen."""
        found = [_pending(row) for row in self._database.rows(f"{_ALL} WHERE {_SAID} ORDER BY id")]
        names: dict[bytes, str] = dict(self._database.rows("SELECT user, name FROM people"))
        return [Waiting(one.id, one.stream, one.label, described(one, names), one.since, one.refused) for one in found]


def described(one: Pending, names: Mapping[bytes, str] | None = None) -> str:
    """What a change is, in words; for an edit the names of its fields, for a share those of its people."""
    if one.act == "share" and isinstance(one.changes, dict):
        known = names or {}
        return ", ".join(_shared(known.get(user) or user[:3].hex(), role) for user, role in one.changes.items())
    if one.act == "edit" and isinstance(one.changes, dict):
        return ", ".join(name.replace("_", " ") for name in one.changes) or WORDS["edit"]
    return WORDS.get(one.act, one.act)


def _shared(name: str, role: str | None) -> str:
    return f"{name} as {role.title()}" if role else f"{name} taken off"


def _pending(row: Row) -> Pending:
    row_id, op, stream, act, base, changes, since, sent, refused, label = row
    return Pending(row_id, op, stream, act, base, msgspec.msgpack.decode(changes), since, sent, refused, label)
