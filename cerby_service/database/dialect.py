"""What differs between databases, in one place: opening them, locking at the start, inserting unless it is there.

SQLite is opened through SQLCipher's DB-API module without a key, because the interpreter's own library may be older
than 3.51.3, and older ones can corrupt a write-ahead log that two connections touch.
"""

from __future__ import annotations

import functools
from typing import Any, cast

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlcipher3 import dbapi2  # type: ignore[import-untyped]

from cerby_service.errors import Misconfigured

OLDEST_SQLITE = (3, 51, 3)
BUSY_MILLISECONDS = 5_000
READERS = 4

_WRITER_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_MILLISECONDS}")
_READER_PRAGMAS = ("query_only=ON", "wal_autocheckpoint=0", f"busy_timeout={BUSY_MILLISECONDS}")


def require_sound_sqlite(version: tuple[int, ...]) -> None:
    """Raise Misconfigured for a SQLite library that can corrupt a write-ahead log (before 3.51.3)."""
    if version < OLDEST_SQLITE:
        found, wanted = (".".join(map(str, parts)) for parts in (version, OLDEST_SQLITE))
        raise Misconfigured(f"The SQLite library is {found}; {wanted} or newer is needed to serve safely.")


def writing_engine(url: str) -> Engine:
    """The engine of the one connection that writes (and, on SQLite, the only one that checkpoints)."""
    return _engine(url, 1, _WRITER_PRAGMAS, "BEGIN IMMEDIATE")


def reading_engine(url: str) -> Engine:
    """The engine of the connections that only read; each read sees one moment."""
    return _engine(url, READERS, _READER_PRAGMAS, "BEGIN")


def _engine(url: str, size: int, pragmas: tuple[str, ...], begin: str) -> Engine:
    name = make_url(url).get_backend_name()
    if name != "sqlite":
        raise Misconfigured(f"This release stores in SQLite; {name} comes later.")
    require_sound_sqlite(dbapi2.sqlite_version_info)
    # hide_parameters: an error in a log never shows what was stored.
    engine = create_engine(
        url,
        module=dbapi2,
        hide_parameters=True,
        pool_size=size,
        max_overflow=0,
        connect_args={"check_same_thread": False},
    )

    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def insert_unless_there(connection: Connection, table: Table, values: dict[str, Any]) -> bool:
    """Insert a row; say whether it was inserted, rather than there already (by any unique key)."""
    return connection.execute(_insert_or_nothing(connection.dialect.name, table), values).rowcount == 1


def insert_or_replace(connection: Connection, table: Table, values: dict[str, Any]) -> None:
    """Insert a row, or give the row with the same primary key these values."""
    keys = [column.name for column in table.primary_key]
    statement = _insert(connection.dialect.name, table)
    fresh = {name: statement.excluded[name] for name in values if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=fresh), values)


@functools.cache
def _insert_or_nothing(dialect: str, table: Table) -> Any:
    return _insert(dialect, table).on_conflict_do_nothing()


@functools.cache
def _insert(dialect: str, table: Table) -> Any:
    return cast(Any, postgresql if dialect == "postgresql" else sqlite).insert(table)


def transaction_lives(connection: Connection) -> bool:
    """Whether the transaction that was begun is still there.

    SQLite ends the whole of it, savepoints and all, after some errors: a full disk, a failed read or write, no memory
    (https://www.sqlite.org/lang_transaction.html, "Response To Errors Within A Transaction").
    """
    if connection.dialect.name != "sqlite":
        return True
    return bool(cast(Any, connection.connection.dbapi_connection).in_transaction)


def still_sound(connection: Connection) -> str:
    """Ask the database to check itself; "ok" if it found nothing."""
    if connection.dialect.name != "sqlite":
        return "ok"
    return "; ".join(str(row[0]) for row in connection.exec_driver_sql("PRAGMA quick_check(5)"))
