"""Opening the encrypted database: the only place that sees its key.

SQLCipher takes the raw 256-bit key; a passphrase never reaches it. `sqlite_utils` looks for `pysqlite3` before the
standard library's module, which is the supported way to make it use the module that our connections come from.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import Any

import sqlcipher3  # type: ignore[import-untyped]
from sqlcipher3 import dbapi2

from cerby_tui.errors import StorageFull, VaultDamaged
from cerby_tui.home import create_private, refuse_wider

sys.modules.setdefault("pysqlite3", sqlcipher3)
sys.modules.setdefault("pysqlite3.dbapi2", dbapi2)

Row = tuple[Any, ...]
Values = Sequence[Any] | Mapping[str, Any]
BUSY_SECONDS = 10.0
FULL = {"SQLITE_FULL", "SQLITE_IOERR", "SQLITE_IOERR_WRITE", "SQLITE_READONLY", "SQLITE_CANTOPEN"}

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA cache_size=-8000",
)


class Database:
    """One connection to the vault file and the lock around it. Errors of the driver end here."""

    def __init__(self, path: Path, key: bytes) -> None:
        """Open or create `path` under a 32-byte raw key.

        Raises UsageError for a file or directory that others can reach, VaultDamaged for a wrong key or a broken file.
        """
        refuse_wider(path.parent)
        create_private(path)
        self._lock = RLock()
        self._connection = dbapi2.connect(str(path), timeout=BUSY_SECONDS, check_same_thread=False)
        try:
            self._unlock(key)
        except BaseException:
            self._connection.close()
            raise

    def __repr__(self) -> str:
        return "Database(…)"

    def _unlock(self, key: bytes) -> None:
        # A statement outside `transaction` stands by itself; the driver begins nothing behind our back.
        self._connection.isolation_level = None
        # Plain SQLite ignores PRAGMA key and would write plain text: without a cipher version, stop here.
        if self._connection.execute("PRAGMA cipher_version").fetchone() is None:
            raise VaultDamaged("The database library on this machine cannot encrypt.", safe="Nothing was written.")
        # SQLCipher would otherwise write complaints about bad pages into the terminal.
        self._connection.execute("PRAGMA cipher_log_level=NONE")
        self._connection.execute(f"PRAGMA key=\"x'{key.hex()}'\"")
        with self._translated():
            self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            for pragma in _PRAGMAS:
                self._connection.execute(pragma).fetchall()

    @contextmanager
    def raw(self) -> Iterator[Any]:
        """The driver's connection in the state that sqlite-utils expects, for migrations."""
        with self._lock, self._translated():
            self._connection.isolation_level = ""
            try:
                yield self._connection
            finally:
                self._connection.isolation_level = None

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except dbapi2.Error as error:
            raise translated(error) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens or nothing does; nested uses join the outer one.

        Raises StorageFull when the disk has no room (nothing of the transaction is kept) and VaultDamaged.
        """
        with self._lock, self._translated():
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def execute(self, sql: str, values: Values = ()) -> int:
        """Run one statement; returns the number of rows it changed."""
        with self._lock, self._translated():
            return int(self._connection.execute(sql, values).rowcount)

    def put(self, table: str, row: Mapping[str, Any], *, instead: str = "INSERT") -> int:
        """Insert one row, given by column; `instead` may be `INSERT OR IGNORE` or `INSERT OR REPLACE`.

        Returns the row id, or 0 if nothing was inserted.
        """
        columns, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
        with self._lock, self._translated():
            cursor = self._connection.execute(f"{instead} INTO {table} ({columns}) VALUES ({marks})", row)
            return int(cursor.lastrowid) if cursor.rowcount == 1 else 0

    def many(self, sql: str, rows: Iterable[Values]) -> None:
        """Run one statement for many rows."""
        with self._lock, self._translated():
            self._connection.executemany(sql, rows)

    def rows(self, sql: str, values: Values = ()) -> list[Row]:
        """All rows of a query."""
        with self._lock, self._translated():
            found: list[Row] = self._connection.execute(sql, values).fetchall()
            return found

    def row(self, sql: str, values: Values = ()) -> Row | None:
        """The first row of a query, if any."""
        with self._lock, self._translated():
            found: Row | None = self._connection.execute(sql, values).fetchone()
            return found

    def value(self, sql: str, values: Values = ()) -> Any:
        """The first column of the first row, or None."""
        found = self.row(sql, values)
        return None if found is None else found[0]

    def damaged_pages(self) -> list[str]:
        """What the cipher's own check of every page complains about; empty if all is well."""
        return [str(row[0]) for row in self.rows("PRAGMA cipher_integrity_check")]

    def close(self, *, truncate: bool = False) -> None:
        """Close; with `truncate` the write-ahead log is folded into the file and emptied first."""
        with self._lock:
            if truncate:
                # A log that cannot be folded in now is folded in at the next opening; nothing depends on it.
                with suppress(dbapi2.Error):
                    self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self._connection.close()


def translated(error: Exception) -> StorageFull | VaultDamaged:
    """The client's error for one of the driver's."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name in FULL or "full" in str(error) or "readonly" in str(error):
        return StorageFull(
            "There is no room left to write on this disk.",
            safe="Nothing was lost: what was saved before is still there, this change was not taken.",
            next_step="Free some space and try again.",
        )
    return VaultDamaged(
        f"The vault file cannot be read or written as it should be ({error}).",
        safe="Everything that was sent is at the service.",
        next_step="Run: cerby-tui doctor",
    )
