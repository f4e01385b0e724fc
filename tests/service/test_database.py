"""The database of the service: grouped writes, cursors that lose nothing, migrations, sound libraries only."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from cerby_service.clock import system_clock
from cerby_service.database import Announced, Change, Database, Reading, Writing
from cerby_service.database.counters import add_counter, read_counter
from cerby_service.database.dialect import insert_unless_there, require_sound_sqlite, writing_engine
from cerby_service.database.tables import changes, inbound_seen, metadata
from cerby_service.database.writer import Writer
from cerby_service.errors import Misconfigured, Unavailable
from cerby_service.migrations import downgrade, upgrade
from cerby_wire.shapes import AccessEvent

WORKSPACE = b"w" * 20


def change(workspace: bytes = WORKSPACE) -> Change:
    return Change(workspace, "entry", b"s" * 20, AccessEvent(), n=1)


def seen(name: str) -> dict[str, object]:
    return {"carrier": "test", "provider_id": name, "at": 1}


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'service.db'}"


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    database = Database(url, system_clock)
    database.open()
    await database.write(lambda writing: add_counter(writing.connection, WORKSPACE))
    yield database
    database.close()


@pytest.fixture
def announced(database: Database) -> Iterator[list[Announced]]:
    heard: list[Announced] = []
    database.on_commit(heard.extend)
    yield heard


def storing(name: str) -> Callable[[Writing], None]:
    """Work that stores a row and notes a change."""

    def work(writing: Writing) -> None:
        insert_unless_there(writing.connection, inbound_seen, seen(name))
        writing.note(change())

    return work


async def held(database: Database) -> tuple[asyncio.Task[bool], threading.Event]:
    """A write that is under way until the returned event is set."""
    begun, gate = threading.Event(), threading.Event()

    def holds(_writing: Writing) -> bool:
        begun.set()
        return gate.wait(10)

    task = asyncio.create_task(database.write(holds))
    await asyncio.to_thread(begun.wait, 10)
    return task, gate


def names(reading: Reading) -> list[str]:
    return sorted(row.provider_id for row in reading.rows(select(inbound_seen)))


async def test_work_that_fails_takes_nobody_along(database: Database, announced: list[Announced]) -> None:
    """In a group, the failing piece is undone alone, its changes are not announced, its error reaches its caller."""

    def fails(writing: Writing) -> None:
        insert_unless_there(writing.connection, inbound_seen, seen("bad"))
        writing.note(change())
        raise ZeroDivisionError

    answers = await asyncio.gather(
        database.write(storing("a")), database.write(fails), database.write(storing("b")), return_exceptions=True
    )

    assert ["a", "b"] == await database.read(names)
    assert [1, 2] == [one.cursor for one in announced]
    assert isinstance(answers[1], ZeroDivisionError)


async def test_every_change_has_its_own_cursor_in_commit_order(database: Database, announced: list[Announced]) -> None:
    """Cursors are 1, 2, 3 … without gaps however the work was grouped, and the counter stands at the last."""
    await asyncio.gather(*(database.write(storing(f"{i:03}")) for i in range(200)))

    assert list(range(1, 201)) == [one.cursor for one in announced]
    assert (200, 0) == await database.read(lambda reading: read_counter(reading, WORKSPACE))
    assert 200 == len(await database.read(lambda reading: reading.rows(select(changes))))


async def test_waiting_work_shares_one_transaction(database: Database) -> None:
    """While one commit is under way, what arrives is done in a single further transaction."""
    groups: list[int] = []
    database.on_commit(lambda announced: groups.append(len(announced)))
    first, gate = await held(database)
    rest = [asyncio.create_task(database.write(storing(f"{i}"))) for i in range(20)]
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(first, *rest)

    assert [20] == groups


async def test_a_listener_that_fails_does_not_stop_the_writer(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """What is committed is answered even if announcing it went wrong, and the next write works."""

    def fails(_announced: list[Announced]) -> None:
        raise ZeroDivisionError

    database.on_commit(fails)

    await database.write(storing("a"))
    await database.write(storing("b"))

    assert ["a", "b"] == await database.read(names)
    assert "announcing failed" in caplog.text


async def test_work_whose_caller_gave_up_is_not_done(database: Database) -> None:
    """A write that is cancelled before its turn leaves nothing behind."""
    first, gate = await held(database)
    second = asyncio.create_task(database.write(storing("given up")))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.wait([second])
    await asyncio.sleep(0)
    gate.set()
    await first

    assert [] == await database.read(names)


async def test_a_queue_that_is_too_long_is_refused(database: Database) -> None:
    """When more waits than two seconds of work, the next piece is refused instead of queued."""
    first, gate = await held(database)
    database._open_writer()._pace = 3.0
    waiting = asyncio.create_task(database.write(storing("waits")))
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await database.write(storing("too many"))
    gate.set()
    await asyncio.gather(first, waiting)

    assert ["waits"] == await database.read(names)


async def test_a_reading_connection_cannot_write(database: Database) -> None:
    """Reads are refused to write by the database itself."""
    with pytest.raises(Unavailable):
        await database.read(lambda reading: insert_unless_there(reading.connection, inbound_seen, seen("a")))


async def test_a_closed_database_says_so(url: str) -> None:
    """After closing, work is refused rather than lost."""
    database = Database(url, system_clock)
    database.open()
    database.close()

    with pytest.raises(Unavailable):
        await database.write(storing("late"))


def test_a_file_that_is_no_database_is_named(url: str, tmp_path: Path) -> None:
    """A damaged file keeps the service from starting, in words."""
    (tmp_path / "service.db").write_bytes(b"not a database " * 100)
    with pytest.raises(Misconfigured, match="cannot be opened: file is not a database"):
        Database(url, system_clock).open()


def test_a_database_of_a_newer_version_is_left_alone(url: str) -> None:
    """What a newer program wrote is not touched by an older one."""
    engine = writing_engine(url)
    upgrade(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    with pytest.raises(Misconfigured, match="newer version"):
        Database(url, system_clock).open()


def test_closing_answers_everybody(url: str) -> None:
    """Work that comes while the database closes is done or refused; nobody waits for ever."""
    for _ in range(10):
        database = Database(url, system_clock)
        database.open()
        writer = database._open_writer()
        with ThreadPoolExecutor(4) as threads:
            coming = [threads.submit(answers, writer) for _ in range(4)]
            database.close()
            assert all(one.result(20) for one in coming)


def answers(writer: Writer) -> bool:
    """Whether every piece of work is answered, until no more is taken."""
    while True:
        try:
            future = writer.submit(lambda _writing: None)
        except Unavailable:
            return True
        future.result(10)


async def test_a_database_keeps_its_generation(url: str) -> None:
    """The generation id is made once and read again at the next opening."""
    seen_generations = set()
    for _ in range(2):
        database = Database(url, system_clock)
        database.open()
        seen_generations.add(database.generation)
        database.close()

    assert [16] == [len(generation) for generation in seen_generations]


def test_migrations_make_the_tables_and_take_them_away(url: str) -> None:
    """Going up gives exactly the columns that the code uses; going down leaves nothing of ours."""
    engine = writing_engine(url)
    upgrade(engine)
    with engine.begin() as connection:
        made = {name: {column["name"] for column in inspect(connection).get_columns(name)} for name in metadata.tables}
    downgrade(engine, "base")
    with engine.begin() as connection:
        left = inspect(connection).get_table_names()
    engine.dispose()

    assert {name: set(table.columns.keys()) for name, table in metadata.tables.items()} == made
    assert ["alembic_version"] == left


def test_the_tables_are_plain_sql() -> None:
    """The same tables compile for PostgreSQL: nothing of SQLite's own is in them."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    statements = [str(CreateTable(table).compile(dialect=dialect)) for table in metadata.tables.values()]

    assert all("BYTEA" in statement or "TEXT" in statement for statement in statements)


@pytest.mark.parametrize("version", [(3, 40, 1), (3, 51, 2)])
def test_an_old_library_is_refused(version: tuple[int, ...]) -> None:
    """A SQLite library that can corrupt its log is not served from."""
    with pytest.raises(Misconfigured, match=r"3\.51\.3"):
        require_sound_sqlite(version)


def test_another_database_is_named_as_not_there_yet() -> None:
    """PostgreSQL is refused in words, not with a missing module."""
    with pytest.raises(Misconfigured, match="postgresql comes later"):
        writing_engine("postgresql://localhost/cerby")
