"""The live feed over a real socket: a scripted far side, and what the client makes of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import msgspec
import pytest

from cerby_tui.errors import SessionRemoved
from cerby_tui.keys import DeviceKeys
from cerby_tui.sync.api import Api
from cerby_tui.sync.backoff import Backoff, Times
from cerby_tui.sync.feed import Behind, Feed, FeedState
from cerby_wire.shapes import AccessEvent, HelloEvent, Problem
from tests.fakes import NOON, FrozenClock

HELLO = b'event: hello\ndata: {"generation":"Zw==","time":1}\n\n'
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
ACCESS = b'id: c%d\nevent: access\ndata: {"gained":["YQ=="]}\n\n'


class Far:
    """Plays one script per connection, and remembers the headers that each connection sent.

    A script is pieces of an answer; None in it keeps the connection open until the client leaves.
    """

    def __init__(self) -> None:
        self.scripts: asyncio.Queue[list[bytes | None]] = asyncio.Queue()
        self.headers: list[dict[str, str]] = []
        self.serving: set[asyncio.Task[None]] = set()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take a connection."""
        self.serving.add(asyncio.ensure_future(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raw = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.headers.append(dict(line.lower().split(": ", 1) for line in raw.split("\r\n")[1:] if line))
        for part in await self.scripts.get():
            if part is None:
                await reader.read()
            else:
                writer.write(part if part.startswith(b"HTTP") else b"%x\r\n%s\r\n" % (len(part), part))
                await writer.drain()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


class Heard:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.at = ""
        self.events: asyncio.Queue[msgspec.Struct] = asyncio.Queue()
        self.states: asyncio.Queue[tuple[FeedState, str]] = asyncio.Queue()
        self.polls = 0

    def cursor(self) -> str:
        """Where it is."""
        return self.at

    async def received(self, what: msgspec.Struct, cursor: str) -> None:
        """Remember."""
        self.at = cursor or self.at
        self.events.put_nowait(what)

    async def poll(self) -> None:
        """Count."""
        self.polls += 1

    def became(self, state: FeedState, sentence: str) -> None:
        """Remember."""
        self.states.put_nowait((state, sentence))


@pytest.fixture
async def far() -> AsyncIterator[tuple[Far, str]]:
    """The far side and its origin."""
    far = Far()
    server = await asyncio.start_server(far.accept, "127.0.0.1", 0)
    yield far, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    await asyncio.wait_for(asyncio.gather(*far.serving), 10)


class Listening:
    """A feed that runs, with waits of its own."""

    def __init__(self, origin: str, **times: float) -> None:
        self.heard = Heard()
        self.waits: list[float] = []
        self.clock = FrozenClock(NOON)
        self.api = Api(origin, DeviceKeys.from_seed(bytes(32)), self.clock)
        patience = Times(**{"hello": 5.0, "silence": 5.0} | times)
        highest = Backoff(patience, uniform=lambda _low, high: high)
        self.feed = Feed(self.api, self.heard, self.clock, patience, highest, self._sleep)
        self.task = asyncio.ensure_future(self.feed.run())

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(0)

    async def stop(self) -> None:
        """End it."""
        self.task.cancel()
        await asyncio.wait({self.task})
        await self.api.close()


async def next_of(queue: asyncio.Queue[msgspec.Struct]) -> msgspec.Struct:
    """The next event, soon."""
    return await asyncio.wait_for(queue.get(), 10)


async def test_events_come_and_the_cursor_is_where_it_resumes(far: tuple[Far, str]) -> None:
    """After a break the next connection names the last event that was taken."""
    side, origin = far
    side.scripts.put_nowait([HEAD, HELLO, ACCESS % 7])
    side.scripts.put_nowait([HEAD, HELLO, None])
    listening = Listening(origin)
    heard = [await next_of(listening.heard.events) for _ in range(3)]
    await listening.stop()
    assert heard == [HelloEvent(b"g", 1), AccessEvent([b"a"]), HelloEvent(b"g", 1)]
    assert [one.get("last-event-id") for one in side.headers] == [None, "c7"]
    assert all("signature" in one and one["accept"] == "text/event-stream" for one in side.headers)


async def test_silence_is_death(far: tuple[Far, str]) -> None:
    """A connection without a byte for too long is given up and made anew; signs of life keep it."""
    side, origin = far
    side.scripts.put_nowait([HEAD, HELLO, b":\n\n", None])
    side.scripts.put_nowait([HEAD, HELLO, None])
    listening = Listening(origin, silence=0.2)
    states = [await asyncio.wait_for(listening.heard.states.get(), 10) for _ in range(3)]
    await listening.stop()
    assert [state for state, _ in states] == ["live", "offline", "live"]
    assert "silent" in states[1][1]


async def test_held_back_events_mean_polling(far: tuple[Far, str]) -> None:
    """When hello does not come, something holds events back: the client asks instead, and says so."""
    side, origin = far
    side.scripts.put_nowait([HEAD, None])
    side.scripts.put_nowait([HEAD, HELLO, None])
    listening = Listening(origin, hello=0.3)
    states = [(await asyncio.wait_for(listening.heard.states.get(), 10))[0] for _ in range(2)]
    await listening.stop()
    assert states == ["polling", "live"]
    assert (listening.heard.polls, listening.waits[0]) == (1, Times().poll)


async def test_bye_is_obeyed(far: tuple[Far, str]) -> None:
    """A service that says goodbye is left alone for as long as it asks, without being called offline."""
    side, origin = far
    side.scripts.put_nowait([HEAD, HELLO, b'event: bye\ndata: {"retry":4321}\n\n'])
    side.scripts.put_nowait([HEAD, HELLO, None])
    listening = Listening(origin)
    states = [(await asyncio.wait_for(listening.heard.states.get(), 10))[0] for _ in range(2)]
    await listening.stop()
    assert (states, listening.waits) == (["live", "live"], [4.321])


async def test_back_off_grows_while_nobody_answers(far: tuple[Far, str]) -> None:
    """Connections that break at once are tried again at growing distances."""
    side, origin = far
    for _ in range(4):
        side.scripts.put_nowait([])
    side.scripts.put_nowait([HEAD, HELLO, None])
    listening = Listening(origin)
    await next_of(listening.heard.events)
    await listening.stop()
    assert listening.waits == [0.5, 1, 2, 4]


async def test_unknown_and_broken_events_mean_ask(far: tuple[Far, str]) -> None:
    """An event that this program does not know, or cannot read, makes it ask for heads instead of stopping."""
    side, origin = far
    side.scripts.put_nowait([HEAD, HELLO, b"id: 1\nevent: behind\ndata: {}\n\nevent: head\ndata: {\n\n", None])
    listening = Listening(origin)
    heard = [await next_of(listening.heard.events) for _ in range(3)]
    await listening.stop()
    assert heard[1:] == [Behind(), Behind()]


async def test_dropped_after_a_sleep(far: tuple[Far, str]) -> None:
    """After the machine slept, the old connection is not trusted: a new one is made at once."""
    side, origin = far
    side.scripts.put_nowait([HEAD, HELLO, None])
    side.scripts.put_nowait([HEAD, HELLO, None])
    listening = Listening(origin)
    await next_of(listening.heard.events)
    listening.feed.drop()
    await next_of(listening.heard.events)
    await listening.stop()
    assert len(side.headers) == 2


async def test_removed_session_ends_the_feed(far: tuple[Far, str]) -> None:
    """When the service says that the session was removed, the feed ends instead of trying for ever."""
    side, origin = far
    problem = msgspec.msgpack.encode(Problem("Removed", 403, "session_removed", "Removed by Bob."))
    side.scripts.put_nowait([b"HTTP/1.1 403 no\r\ncontent-length: %d\r\n\r\n%s" % (len(problem), problem)])
    listening = Listening(origin)
    with pytest.raises(SessionRemoved, match="Bob"):
        await asyncio.wait_for(listening.task, 10)
    await listening.api.close()
