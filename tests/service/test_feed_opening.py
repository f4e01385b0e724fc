"""A feed at its edges: a session removed while it opens, a database that cannot be read while it is open."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from cerby_service.clock import DAY
from cerby_service.database import Change, Database, Reading, people
from cerby_service.errors import Refusal, Unavailable
from cerby_service.hub import Hub, Listener
from cerby_service.settings import Timings
from cerby_tui.errors import SessionRemoved
from cerby_wire.shapes import AccessEvent
from tests.rig import ServiceRig, service_rig
from tests.service.listening import listening
from tests.service.member import Member, until


@pytest.fixture
async def ada(rig: ServiceRig) -> AsyncIterator[Member]:
    """Ada, who founded a workspace and speaks over real HTTP."""
    member = Member(rig)
    await member.found()
    yield member
    await member.api.close()


async def test_a_session_removed_while_its_feed_opens_gets_none(ada: Member, rig: ServiceRig) -> None:
    """Removed after its signature was checked and before it listens, it is refused, and hears nothing."""
    listen = rig.parts.hub.listen

    def removed_first(workspace: bytes, user: bytes, device: bytes) -> Listener:
        rig.parts.database.write_now(lambda writing: people.set_device_state(writing, [device], "removed"))
        return listen(workspace, user, device)

    rig.parts.hub.listen = removed_first  # type: ignore[method-assign]
    with pytest.raises(SessionRemoved):
        async with listening(ada):
            pass

    assert 0 == rig.parts.hub.open_feeds


async def test_a_feed_ends_when_the_database_cannot_be_read(
    ada: Member, rig: ServiceRig, caplog: pytest.LogCaptureFixture
) -> None:
    """What was missed cannot be read: the feed says goodbye, and nothing breaks that would be logged as a mistake."""

    async def unreadable(*_args: object) -> Any:
        raise Unavailable

    async with listening(ada) as feed:
        rig.parts.feed._database.read = unreadable  # type: ignore[method-assign]
        rig.parts.hub.catch_up({ada.workspace: 10_000})
        assert await feed.ended()

    assert [] == [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_a_person_has_at_most_twenty_feeds() -> None:
    """However many sessions share them; another person is not concerned, and one that ends makes room."""
    hub = Hub(bytes(16))
    workspace, ada, bob = b"w" * 20, b"a" * 20, b"b" * 20
    feeds = [hub.listen(workspace, ada, bytes([n // 4]) * 16) for n in range(20)]
    with pytest.raises(Refusal, match="twenty feeds"):
        hub.listen(workspace, ada, b"d" * 16)
    hub.listen(workspace, bob, b"e" * 16)
    hub.leave(feeds[0])
    hub.listen(workspace, ada, b"d" * 16)

    assert 21 == hub.open_feeds


async def test_the_sweep_of_feeds_survives_a_failure(tmp_path: Path) -> None:
    """A sweep that could not read the database is followed by one that can: what another process wrote is heard."""
    with service_rig(tmp_path, timings=Timings(ring_sweep=20, heartbeat=50, sandbox_text=DAY)) as rig:
        ada = Member(rig)
        await ada.found()
        failed = threading.Event()
        read = rig.parts.database.read

        async def fails_once(work: Callable[[Reading], Any]) -> Any:
            rig.parts.feed._database.read = read  # type: ignore[method-assign]
            failed.set()
            raise Unavailable

        async with listening(ada) as feed:
            await feed.heartbeat()
            rig.parts.feed._database.read = fails_once  # type: ignore[method-assign]
            await until(failed.is_set)
            other = Database(rig.directory.database_url, rig.parts.clock)
            other.open()
            other.write_now(lambda writing: writing.note(Change(ada.workspace, "number", ada.user, AccessEvent())))
            other.close()
            assert isinstance(await feed.next(), AccessEvent)
        await ada.api.close()
