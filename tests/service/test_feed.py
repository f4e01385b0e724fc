"""The live feed over real sockets: nothing missed, nothing doubled, nothing that is not theirs, and a prompt end."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cerby_service.database import Announced, Change, Database
from cerby_service.frames import encode_event
from cerby_service.hub import RING, Hub
from cerby_service.settings import Timings
from cerby_tui import authoring
from cerby_tui.errors import RefusedError
from cerby_wire.headers import Policy
from cerby_wire.requests import sign_request
from cerby_wire.shapes import FEED, AccessEvent, ByeEvent, HeadEvent, HelloEvent, MessageEvent, PushEntry
from cerby_wire.stream import stream_id
from tests.fakes import FrozenClock
from tests.people import fresh_device
from tests.rig import ServiceRig, service_rig
from tests.service.listening import listening
from tests.service.member import Member, until
from tests.service.test_sync import colleague, share

QUICK = Timings(heartbeat=50, ring_sweep=50, send_deadline=300, sandbox_text=86_400_000)


@pytest.fixture
def rig(tmp_path: Path, clock: FrozenClock) -> Iterator[ServiceRig]:
    """A service with quick heartbeats."""
    with service_rig(tmp_path, clock=clock.now, timings=QUICK) as rig:
        yield rig


@pytest.fixture
async def ada(rig: ServiceRig) -> AsyncIterator[Member]:
    """Ada, who founded a workspace and speaks over real HTTP."""
    member = Member(rig)
    await member.found()
    yield member
    await member.api.close()


async def test_an_accepted_entry_rides_in_the_event(ada: Member) -> None:
    """A listener hears of a new entry at once, with the entry itself and a cursor that heads agree with."""
    card = await ada.account()
    async with listening(ada) as feed:
        entry = card.item({"label": "new"})
        await ada.push(entry)
        event = await feed.next_of(HeadEvent)

    assert ("account", card.id, 3, card.state.head, entry) == (
        event.kind,
        event.stream,
        event.n,
        event.head,
        event.entry,
    )
    assert feed.cursor == (await ada.api.heads("")).cursor


async def test_a_large_entry_is_only_announced(ada: Member) -> None:
    """More than four kibibytes do not ride along; the listener hears where to pull."""
    card = await ada.account()
    async with listening(ada) as feed:
        await ada.push(card.item({"label": "x" * 5000}))
        event = await feed.next_of(HeadEvent)

    assert (3, None) == (event.n, event.entry)


async def test_a_message_rides_in_the_event(ada: Member, rig: ServiceRig) -> None:
    """A text to a number is heard within the same second, sealed and signed."""
    card, committed = await ada.numbered()
    async with listening(ada) as feed:
        await rig.text(committed.number.e164, "Your code is 123456")
        event = await feed.next_of(MessageEvent)

    assert (card.id, rig.parts.database.generation, 1) == (event.account, event.generation, event.index)
    assert event.message is not None


async def test_resuming_gives_just_what_was_missed(ada: Member, rig: ServiceRig) -> None:
    """After a break, everything since the last cursor comes once and in order, then the feed is live."""
    card, committed = await ada.numbered()
    async with listening(ada) as feed:
        await ada.push(card.item({"label": "0"}))
        await feed.next_of(HeadEvent)
        cursor = feed.cursor
    for i in range(3):
        await ada.push(card.item({"label": f"{i}"}))
    await rig.text(committed.number.e164, "missed")
    async with listening(ada, cursor) as feed:
        missed = [await feed.next_of(HeadEvent) for _ in range(3)]
        message = await feed.next_of(MessageEvent)
        await ada.push(card.item({"label": "live"}))
        live = await feed.next_of(HeadEvent)

    assert [4, 5, 6, 7] == [event.n for event in (*missed, live)]
    assert 1 == message.index


async def test_nothing_falls_between_history_and_live(ada: Member) -> None:
    """While eight write and the listener breaks off again and again, it hears every entry exactly once."""
    entries = [authoring.account_genesis(ada.author(), ada.ledger)[0] for _ in range(40)]
    cursor = (await ada.api.heads("")).cursor
    heard: list[bytes] = []

    async def follow() -> None:
        nonlocal cursor
        while len(heard) < len(entries):
            async with listening(ada, cursor) as feed:
                for _ in range(min(7, len(entries) - len(heard))):
                    heard.append((await feed.next_of(HeadEvent)).stream)
                cursor = feed.cursor

    async def write(some: list[PushEntry]) -> None:
        for one in some:
            await ada.api.push([one])

    named = [PushEntry(stream_id(entry), entry) for entry in entries]
    await asyncio.gather(follow(), *(write(named[i::8]) for i in range(8)))

    assert sorted(stream_id(entry) for entry in entries) == sorted(heard)
    assert len(set(heard)) == len(heard)


async def test_far_behind_is_told_to_compare_heads(ada: Member, rig: ServiceRig) -> None:
    """Somebody more than a thousand changes behind gets one event that asks for heads, not all of them."""
    cursor = (await ada.api.heads("")).cursor
    await note_changes(rig.parts.database, ada.workspace, 1_001)
    async with listening(ada, cursor) as feed:
        event = await feed.next()

    assert AccessEvent() == event
    assert feed.cursor == (await ada.api.heads("")).cursor


@pytest.mark.parametrize("cursor", ["nonsense", "aaaaaaaaaaaa-4", "{generation}-999999"])
async def test_a_cursor_that_says_nothing_asks_for_heads(ada: Member, rig: ServiceRig, cursor: str) -> None:
    """Resuming with a cursor of another database, or ahead of this one, asks to compare heads."""
    stated = cursor.format(generation=rig.parts.database.generation.hex()[:12])
    async with listening(ada, stated) as feed:
        assert AccessEvent() == await feed.next()


async def test_what_another_process_writes_is_heard(ada: Member, rig: ServiceRig) -> None:
    """A change written past this process is heard at the next comparison with the database."""
    card = await ada.account()
    async with listening(ada) as feed:
        beside = Database(rig.directory.database_url, rig.parts.clock)
        beside.open()
        change = Change(ada.workspace, "number", card.id, AccessEvent())
        await beside.write(lambda writing: writing.note(change))
        beside.close()
        event = await feed.next()

    assert AccessEvent() == event


def rung(hub: Hub, *cursors: int) -> None:
    """Publish changes at these cursors."""
    hub.publish([Announced(cursor, Change(b"w", "entry", b"s", AccessEvent())) for cursor in cursors])


async def test_a_gap_in_the_ring_sends_listeners_to_the_database() -> None:
    """When cursors between two published changes are another process's, a listener before the gap is told so."""
    hub = Hub(b"generation")
    early, late = hub.listen(b"w", b"u", b"d"), hub.listen(b"w", b"u", b"d")
    early.place = late.place = 4
    rung(hub, 5)
    late_frames = hub.take(late)
    rung(hub, 7, 8)
    late.place = 6

    assert [5] == [frame.cursor for frame in late_frames or []]
    assert hub.take(early) is None
    assert [7, 8] == [frame.cursor for frame in hub.take(late) or []]
    assert [] == hub.take(late)


async def test_a_full_ring_sends_slow_listeners_to_the_database() -> None:
    """The ring keeps the newest frames only; whoever stands before them reads the database."""
    hub = Hub(b"generation")
    slow = hub.listen(b"w", b"u", b"d")
    rung(hub, *range(1, RING + 2))
    behind = hub.take(slow)
    slow.place = 1

    assert behind is None
    assert RING == len(hub.take(slow) or [])


async def test_only_people_with_access_hear_of_an_account(ada: Member, rig: ServiceRig) -> None:
    """A colleague hears of the workspace but nothing of an unshared account; of a shared one from then on."""
    bob = await colleague(ada, rig)
    bob.api = type(bob.api)(rig.origin, bob.device, ada.api._clock)
    card = await ada.account()
    async with listening(bob) as feed:
        await ada.push(card.item({"label": "private"}))
        await share(card, bob)
        gained = await feed.next()
        await ada.push(card.item({"label": "shared"}))
        event = await feed.next_of(HeadEvent)
        while event.n < 5:
            event = await feed.next_of(HeadEvent)
        await share(card)
        lost = await feed.next_of(AccessEvent)
    await bob.api.close()

    assert (AccessEvent(gained=[card.id]), AccessEvent(lost=[card.id])) == (gained, lost)


async def test_a_deleted_accounts_messages_are_rung_for_owners_only(ada: Member, rig: ServiceRig) -> None:
    """After deletion a collaborator hears of the deletion, but of no message: neither live nor when resuming."""
    bob = await colleague(ada, rig)
    bob.api = type(bob.api)(rig.origin, bob.device, ada.api._clock)
    card, committed = await ada.numbered()
    await share(card, bob)
    cursor = (await bob.api.heads("")).cursor
    entry, card.keys = authoring.delete(ada.author(), card.state, card.keys, ada.ledger)
    async with listening(bob, cursor) as live, listening(ada) as owner:
        await ada.push(entry)
        await rig.text(committed.number.e164, "after")
        await owner.next_of(MessageEvent)
        heard = [await live.next()]
        await ada.push(authoring.policy(ada.author(), Policy(clipboard=60)))
        heard.append(await live.next())
    async with listening(bob, cursor) as resumed:
        again = [await resumed.next(), await resumed.next()]
    await bob.api.close()

    assert [card.id, ada.workspace] == [event.stream for event in heard if isinstance(event, HeadEvent)]
    assert heard == again


async def test_history_tells_nobody_what_is_not_theirs(ada: Member, rig: ServiceRig) -> None:
    """Resuming from long ago gives a colleague no event of accounts that they may not see."""
    bob = await colleague(ada, rig)
    bob.api = type(bob.api)(rig.origin, bob.device, ada.api._clock)
    cursor = (await bob.api.heads("")).cursor
    card = await ada.account()
    await share(card, bob)
    await share(card)
    async with listening(bob, cursor) as feed:
        events = [await feed.next() for _ in range(2)]
        await feed.heartbeat()
    await bob.api.close()

    assert [AccessEvent(lost=[card.id])] * 2 == events


async def test_heartbeats_come_while_nothing_happens(ada: Member) -> None:
    """An idle feed sends comments, so that a client can tell it from a dead one."""
    async with listening(ada) as feed:
        await feed.heartbeat()
        await ada.account()
        await feed.next_of(HeadEvent)

    assert feed.heartbeats >= 1


async def test_a_removed_session_loses_its_open_feed(ada: Member) -> None:
    """Revoking a device ends its feed at once."""
    second = fresh_device()
    state = ada.ledger.user(ada.user)
    assert state
    await ada.push(authoring.add_device(ada.device, state, ada.keys, second.public))
    other = type(ada.api)(ada.rig.origin, second, ada.api._clock)
    member = Member(ada.rig)
    member.api = other
    async with listening(member) as feed:
        state = ada.ledger.user(ada.user)
        assert state
        revocation, _ = authoring.revoke_device(ada.device, state, ada.keys, second.id)
        await ada.push(revocation)
        await feed.next_of(ByeEvent)
        assert await feed.ended()
    await other.close()


async def test_a_device_has_at_most_four_feeds(ada: Member, rig: ServiceRig) -> None:
    """The fifth feed of a device is refused; once one ends there is room again."""
    async with listening(ada), listening(ada), listening(ada):
        async with listening(ada):
            with pytest.raises(RefusedError) as caught:
                async with ada.api.feed(""):
                    pass
        await until(lambda: rig.parts.hub.open_feeds == 3)
        async with listening(ada):
            pass

    assert "too_many_requests" == caught.value.code


async def test_an_unsigned_feed_is_refused(ada: Member, rig: ServiceRig) -> None:
    """The feed asks for a signature like every other call."""
    ada.api._device = fresh_device()
    with pytest.raises(RefusedError) as caught:
        async with ada.api.feed(""):
            pass

    assert "unknown_device" == caught.value.code


async def test_stopping_says_goodbye_and_does_not_wait(ada: Member, rig: ServiceRig) -> None:
    """With open feeds the service stops in seconds, tells each when to come back, and comes back itself."""
    async with listening(ada) as feed:
        stopping = asyncio.to_thread(rig.stop)
        async with asyncio.timeout(8):
            bye, _ = await asyncio.gather(feed.next_of(ByeEvent), stopping)
    rig.start()
    async with listening(ada, feed.cursor):
        pass

    assert 0 <= bye.retry < 10_000


async def test_a_client_that_is_gone_is_noticed(ada: Member, rig: ServiceRig) -> None:
    """When a client disconnects, its feed ends without waiting for the next event."""
    async with listening(ada):
        assert 1 == rig.parts.hub.open_feeds
    await until(lambda: rig.parts.hub.open_feeds == 0)


async def test_a_reader_that_does_not_read_is_closed(ada: Member, rig: ServiceRig) -> None:
    """A client that never reads ends by itself, and others hear everything meanwhile."""
    card = await ada.account()
    stuck = stuck_reader(ada, rig)
    await until(lambda: rig.parts.hub.open_feeds == 1)
    async with listening(ada) as feed:
        n = card.state.n
        async with asyncio.timeout(60):
            while rig.parts.hub.open_feeds > 1:
                await ada.push(card.item({"label": os.urandom(1200).hex()}))
                n = (await feed.next_of(HeadEvent)).n
    stuck.close()

    assert card.state.n == n


def stuck_reader(member: Member, rig: ServiceRig) -> socket.socket:
    """A connection that asks for the feed and then takes nothing."""
    headers = sign_request(member.device.sign, member.device.id, "GET", rig.origin + FEED, b"", rig.parts.clock())
    address = urlsplit(rig.origin)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect((address.hostname, address.port))
    lines = [
        f"GET {FEED} HTTP/1.1",
        f"host: {address.netloc}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    return connection


async def note_changes(database: Database, workspace: bytes, count: int) -> None:
    """Write down so many changes at once."""
    change = Change(workspace, "number", b"", AccessEvent(), frozenset())
    await database.write(lambda writing: writing.note(*[change] * count))


def test_hello_is_told_apart() -> None:
    """The hello of a feed carries generation and time, and no cursor: resuming stays where it was."""
    assert not encode_event(HelloEvent(b"g", 1)).startswith(b"id:")
