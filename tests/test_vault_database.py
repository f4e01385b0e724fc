"""The vault file: encrypted, private, whole, and readable by nothing else."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from cerby_tui.errors import StorageFull, UsageError, VaultDamaged
from cerby_tui.home import Home
from cerby_tui.vault.database import Database
from cerby_tui.vault.migrations import NEWEST, migrate

CANARY = "canary-7f3a-plaintext"
KEY = bytes(range(32))


@pytest.fixture
def database(home: Home) -> Database:
    """A migrated vault file that holds the canary in a view and in meta."""
    database = Database(home.vault, KEY)
    migrate(database)
    with database.transaction():
        database.execute("INSERT INTO meta VALUES ('canary', ?)", (CANARY.encode(),))
        database.execute("INSERT INTO people VALUES (x'01', ?, '')", (CANARY,))
    return database


def files_of(root: Path) -> list[Path]:
    """Every file under a directory."""
    return [path for path in root.rglob("*") if path.is_file()]


def test_no_file_holds_plain_text(home: Home, database: Database) -> None:
    """Neither the open vault with its write-ahead log nor the closed one shows what was written."""
    while_open = b"".join(path.read_bytes() for path in files_of(home.root))
    database.close(truncate=True)
    closed = b"".join(path.read_bytes() for path in files_of(home.root))
    for raw in (while_open, closed):
        assert CANARY.encode() not in raw
        assert b"CREATE TABLE" not in raw
        assert b"SQLite format" not in raw


def test_standard_sqlite_cannot_open_it(home: Home, database: Database) -> None:
    """The standard library's SQLite sees no database in the file."""
    database.close(truncate=True)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"), sqlite3.connect(home.vault) as plain:
        plain.execute("SELECT count(*) FROM sqlite_master")
    plain.close()


def test_wrong_key_is_refused(home: Home, database: Database) -> None:
    """Another key opens nothing."""
    database.close(truncate=True)
    with pytest.raises(VaultDamaged):
        Database(home.vault, bytes(32))


def test_flipped_bit_is_noticed(home: Home, database: Database) -> None:
    """A page that was altered on disk is not read back as if it were ours."""
    with database.transaction():
        database.many("INSERT INTO meta VALUES (?, ?)", [(f"row{i}", os.urandom(500)) for i in range(2000)])
    database.close(truncate=True)
    raw = bytearray(home.vault.read_bytes())
    raw[len(raw) // 2] ^= 1
    home.vault.write_bytes(raw)
    opened = Database(home.vault, KEY)
    assert opened.damaged_pages()
    with pytest.raises(VaultDamaged):
        opened.rows("SELECT name, value FROM meta")
    opened.close()


def test_files_are_private(home: Home, database: Database) -> None:
    """Database, log and shared memory can be read by their owner alone."""
    modes = {path.name: path.stat().st_mode & 0o777 for path in files_of(home.root)}
    assert set(modes) >= {"vault.db", "vault.db-wal"}
    assert set(modes.values()) == {0o600}
    database.close()


@pytest.mark.parametrize("mode", [0o701, 0o710, 0o750, 0o755])
def test_wider_directory_is_refused(home: Home, mode: int) -> None:
    """A directory that others can reach is not used, and the sentence says what to do."""
    home.root.chmod(mode)
    with pytest.raises(UsageError) as caught:
        Database(home.vault, KEY)
    assert "chmod 700" in caught.value.whole()
    assert not home.vault.exists()


def test_wider_file_is_refused(home: Home, database: Database) -> None:
    """A vault file that others can read is not opened."""
    database.close(truncate=True)
    home.vault.chmod(0o640)
    with pytest.raises(UsageError, match="mode 640"):
        Database(home.vault, KEY)


def test_close_empties_the_log(home: Home, database: Database) -> None:
    """After locking nothing is left in the write-ahead log."""
    database.close(truncate=True)
    assert not (home.root / "vault.db-wal").exists()


def test_transaction_is_all_or_nothing(database: Database) -> None:
    """What was written before an error inside a transaction is gone after it, nested writes included."""
    with pytest.raises(KeyError), database.transaction():
        database.execute("INSERT INTO meta VALUES ('a', x'00')")
        with database.transaction():
            database.execute("INSERT INTO meta VALUES ('b', x'00')")
        raise KeyError
    assert database.value("SELECT count(*) FROM meta WHERE name IN ('a', 'b')") == 0
    database.close()


def test_single_statement_is_committed(home: Home, database: Database) -> None:
    """A statement outside a transaction stands by itself: another connection sees it at once."""
    database.execute("INSERT INTO meta VALUES ('alone', x'00')")
    other = Database(home.vault, KEY)
    assert other.value("SELECT count(*) FROM meta WHERE name = 'alone'") == 1
    other.close()
    database.close()


def test_full_disk_is_a_clear_error_and_loses_nothing(database: Database) -> None:
    """When there is no room, the change is refused with a sentence, what was there stays, and room makes it work."""
    pages = database.value("PRAGMA page_count")
    database.execute(f"PRAGMA max_page_count={pages}")
    write = ("INSERT INTO meta VALUES ('big', ?)", (os.urandom(100_000),))
    with pytest.raises(StorageFull, match="no room"), database.transaction():
        database.execute(*write)
    assert database.value("SELECT value FROM meta WHERE name = 'canary'") == CANARY.encode()
    database.execute("PRAGMA max_page_count=100000")
    assert database.execute(*write) == 1
    database.close()


def test_newer_file_is_left_alone(home: Home, database: Database) -> None:
    """A vault of a newer program is refused before anything in it is touched."""
    database.execute(f"PRAGMA user_version={NEWEST + 1}")
    with pytest.raises(VaultDamaged, match="newer version"):
        migrate(database)
    database.close()


def test_a_vault_of_the_first_version_is_brought_up_to_date(database: Database) -> None:
    """What came later is added beside what is there."""
    for table in ("seen", "log"):
        database.execute(f"DROP TABLE {table}")
    database.execute("DELETE FROM _sqlite_migrations WHERE name != '0001_tables'")
    database.execute("PRAGMA user_version=1")
    migrate(database)

    assert [database.value(f"SELECT count(*) FROM {table}") for table in ("seen", "log")] == [0, 0]  # noqa: S608
    assert database.value("SELECT value FROM meta WHERE name = 'canary'") == CANARY.encode()
    assert database.value("PRAGMA user_version") == NEWEST
    database.close()


def test_plug_ins_never_see_the_connection(database: Database) -> None:
    """An up-to-date vault opens without sqlite-utils; plug-ins of it are never run on our connection."""
    source = Path(__file__).parent.parent.joinpath("cerby_tui/vault/migrations.py").read_text()
    assert source.count("sqlite_utils.Database(connection, execute_plugins=False)") == 1
    database.close()
