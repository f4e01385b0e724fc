"""A full disk: nothing acknowledged is lost, nothing refused is half done, and it goes on once there is space."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from cerby_service.clock import system_clock
from cerby_service.database import Database, Reading, Writing
from cerby_service.database.dialect import insert_unless_there
from cerby_service.database.tables import inbound_seen
from cerby_service.errors import Unavailable
from tests.rig import ProcessRig, process_rig
from tests.service.member import Member
from tests.service.test_processes import Caller, opened, stored

if sys.platform != "win32":
    import resource

ROW = "x" * 3_000


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """An open database."""
    database = Database(f"sqlite:///{tmp_path / 'service.db'}", system_clock)
    database.open()
    yield database
    database.close()


def storing(i: int) -> Callable[[Writing], int]:
    """Work that stores a row of some kilobytes."""

    def work(writing: Writing) -> int:
        insert_unless_there(writing.connection, inbound_seen, {"carrier": ROW, "provider_id": f"{i}", "at": i})
        return i

    return work


def most_pages(more: int) -> Callable[[Writing], None]:
    """Work that lets the database grow by so many pages, and no further."""

    def work(writing: Writing) -> None:
        pages = writing.connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        writing.connection.exec_driver_sql(f"PRAGMA max_page_count={pages + more}")

    return work


def kept(reading: Reading) -> list[int]:
    """What is stored."""
    return sorted(row.at for row in reading.rows(select(inbound_seen)))


async def test_a_group_that_the_database_undid_is_not_acknowledged(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """When space ends in the middle of a group, what was answered is stored and what was refused is not."""
    await database.write(most_pages(20))
    answers = await asyncio.gather(*(database.write(storing(i)) for i in range(60)), return_exceptions=True)
    acknowledged = [answer for answer in answers if isinstance(answer, int)]

    assert acknowledged == await database.read(kept)
    assert {Unavailable} == {type(answer) for answer in answers if not isinstance(answer, int)}
    assert "database or disk is full" in str([getattr(record, "fields", "") for record in caplog.records])


async def test_a_database_that_was_full_goes_on(database: Database) -> None:
    """Once there is space again, the same work is done, and nothing of the failed attempts is there twice."""
    await database.write(most_pages(5))
    await asyncio.gather(*(database.write(storing(i)) for i in range(20)), return_exceptions=True)
    await database.write(most_pages(1_000))
    await asyncio.gather(*(database.write(storing(i)) for i in range(20)))

    assert list(range(20)) == await database.read(kept)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[ProcessRig]:
    """A service process."""
    with process_rig(tmp_path) as rig:
        yield rig


@contextmanager
def no_space(rig: ProcessRig, more: int | None) -> Iterator[None]:
    """Files of the process cannot grow beyond the write-ahead log's size and so many bytes; None: no write succeeds."""
    limit = 1 if more is None else (rig.data / "service.db-wal").stat().st_size + more
    before = resource.prlimit(rig.process.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(rig.process.pid, resource.RLIMIT_FSIZE, before)


@pytest.mark.skipif(sys.platform != "linux", reason="prlimit is Linux's")
async def test_a_service_without_space_refuses_and_recovers(process: ProcessRig) -> None:
    """Webhooks hear 503 and `/readyz` says so while reads go on; with space again the retries are stored once each."""
    ada = Member(process)
    await ada.found()
    card, committed = await ada.numbered()
    caller = Caller(process, committed.number.e164)
    async with httpx.AsyncClient(base_url=process.origin, trust_env=False, timeout=20) as client:
        with no_space(process, 60_000):
            await asyncio.gather(*(caller.call(12) for _ in range(4)))
        # A heartbeat is so small that it may fit where a message does not.
        with no_space(process, None):
            without = [(await client.get(path)).status_code for path in ("/readyz", "/healthz")]
            assert card.id in {one.id for one in (await ada.api.heads("")).streams}
        assert 0 < len(caller.acknowledged) < len(caller.sent)
        await caller.retry_unanswered()
        ready = (await client.get("/readyz")).status_code
    contents = opened(card, await stored(card), (await ada.api.heads("")).generation)
    await ada.api.close()

    assert ([503, 200], 200) == (without, ready)
    assert sorted(caller.sent) == sorted(contents)
