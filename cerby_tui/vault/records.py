"""Sealed messages as they were received, chained by account and generation of the service's database."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from cerby_tui.vault.database import Database
from cerby_wire.headers import NO_MESSAGES, MessagePosition
from cerby_wire.records import message_head
from cerby_wire.shapes import SignedRecord, StoredMessage


class Span(Struct, frozen=True):
    """The messages held of one account and generation, without a gap: lowest and highest index, head at the highest."""

    low: int
    high: int
    head: bytes


NOTHING = Span(0, 0, b"")


class Records:
    """The `records` table. Rows are inserted or compared, never overwritten."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def bounds(self, account: bytes, generation: bytes) -> tuple[int, int]:
        """The lowest and the highest index held; (0, 0) for none."""
        sql = "SELECT min(idx), max(idx) FROM records WHERE account = ? AND generation = ?"
        lowest, highest = self._database.row(sql, (account, generation)) or (None, None)
        return lowest or 0, highest or 0

    def spans(self) -> dict[tuple[bytes, bytes], Span]:
        """What is held, for every account and generation."""
        sql = (
            "SELECT account, generation, low, high, head FROM records JOIN (SELECT account AS of, generation AS since,"
            " min(idx) AS low, max(idx) AS high FROM records GROUP BY account, generation)"
            " ON account = of AND generation = since AND idx = high"
        )
        return {(account, generation): Span(*span) for account, generation, *span in self._database.rows(sql)}

    def head(self, account: bytes, generation: bytes, index: int) -> bytes | None:
        """The chain hash of a message that is held."""
        sql = "SELECT head FROM records WHERE account = ? AND generation = ? AND idx = ?"
        found: bytes | None = self._database.value(sql, (account, generation, index))
        return found

    def newest(self, account: bytes, generation: bytes) -> MessagePosition:
        """What an entry cites as the newest message its author had seen."""
        _lowest, highest = self.bounds(account, generation)
        head = self.head(account, generation, highest)
        return MessagePosition(generation, highest, head) if head else NO_MESSAGES

    def get(self, account: bytes, generation: bytes, index: int) -> StoredMessage | None:
        """One sealed message."""
        sql = "SELECT raw, signature, sealed FROM records WHERE account = ? AND generation = ? AND idx = ?"
        row = self._database.row(sql, (account, generation, index))
        return StoredMessage(SignedRecord(row[0], row[1]), row[2]) if row else None

    def of_account(self, account: bytes) -> Iterator[StoredMessage]:
        """All sealed messages of an account, oldest first."""
        sql = "SELECT raw, signature, sealed FROM records WHERE account = ? ORDER BY generation, idx"
        for raw, signature, sealed in self._database.rows(sql, (account,)):
            yield StoredMessage(SignedRecord(raw, signature), sealed)

    def keep(self, account: bytes, generation: bytes, index: int, message: StoredMessage) -> bool:
        """Insert a verified message; False if it is held already. Joins a transaction that is open."""
        record = message.record
        values = (account, generation, index, record.raw, record.signature, message.sealed, message_head(record))
        return self._database.execute("INSERT OR IGNORE INTO records VALUES (?, ?, ?, ?, ?, ?, ?)", values) == 1
