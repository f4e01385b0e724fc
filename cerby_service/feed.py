"""The live feed: server-sent events over a raw ASGI endpoint, because a thousand of them must cost little.

Subscribe first, then read what was missed, then go live: nothing falls between. The endpoint watches for the client's
disconnect, so that shutting down never waits for a reader that is gone.
"""

from __future__ import annotations

import asyncio
import logging
import random

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from cerby_service.auth import Caller
from cerby_service.clock import Clock
from cerby_service.database import Database, Reading, history
from cerby_service.database.counters import all_counters, read_counter
from cerby_service.errors import Unavailable
from cerby_service.frames import HEARTBEAT, encode_change, encode_event, read_cursor
from cerby_service.http import Http
from cerby_service.hub import Hub, Listener
from cerby_service.settings import Timings
from cerby_wire.shapes import AccessEvent, ByeEvent, HelloEvent

HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"private, no-store"),
    (b"x-accel-buffering", b"no"),
]
logger = logging.getLogger(__name__)
RETRY = b"retry: 1000\n\n"
MOST_AT_ONCE = 256
SPREAD = 10_000
"""Milliseconds over which clients spread their return after a restart."""


class Feed:
    """The endpoint. One call is one open feed."""

    def __init__(self, http: Http, database: Database, hub: Hub, clock: Clock, timings: Timings) -> None:
        self._http = http
        self._database = database
        self._hub = hub
        self._clock = clock
        self._timings = timings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one feed until the client goes, the service closes, or its time is over."""
        await self._http.guarded(self._serve, scope, receive, send)

    async def sweep(self) -> None:
        """Compare the feeds with the database: this covers a lost ring, and what another process wrote."""
        self._hub.catch_up(await self._database.read(all_counters))

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        caller = await self._http.caller(request, b"")
        listener = self._hub.listen(caller.workspace, caller.user, caller.device)
        try:
            # Removed between the two lines above, its feed would have been missed when feeds were closed.
            await self._http.confirm(caller)
            await self._talk(request, caller, listener, receive, send)
        finally:
            self._hub.leave(listener)

    async def _talk(self, request: Request, caller: Caller, listener: Listener, receive: Receive, send: Send) -> None:
        watch = asyncio.create_task(_watch(receive, listener))
        sender = _Sender(send, self._timings.send_deadline / 1000)
        try:
            await self._run(request, caller, listener, sender)
        except (TimeoutError, OSError):
            # A reader that takes nothing for thirty seconds, or is gone: its feed ends, others go on.
            pass
        finally:
            watch.cancel()

    async def _run(self, request: Request, caller: Caller, listener: Listener, sender: _Sender) -> None:
        await sender.start()
        hello = HelloEvent(self._database.generation, self._clock())
        await sender.send(RETRY + encode_event(hello))
        try:
            await self._resume(request, caller, listener, sender)
            await self._stay(caller, listener, sender)
        except Unavailable:
            # The database cannot be read just now. The log says why; the client comes back.
            logger.info("feed cut short")
        # To a client that is gone this is sent to nobody, which the server takes without complaint.
        bye = ByeEvent(random.randrange(SPREAD))  # noqa: S311 - spreads load, hides nothing
        await sender.send(encode_event(bye), last=True)

    async def _stay(self, caller: Caller, listener: Listener, sender: _Sender) -> None:
        """Send what comes, until the feed is closed or its life is over."""
        life = random.uniform(*self._timings.feed_life) / 1000  # noqa: S311 - the same
        loop = asyncio.get_running_loop()
        ends, beat = loop.time() + life, self._timings.heartbeat / 1000
        while not listener.closing and loop.time() < ends:
            await self._send_fresh(caller, listener, sender)
            if not await listener.wait(beat):
                await sender.send(HEARTBEAT)

    async def _resume(self, request: Request, caller: Caller, listener: Listener, sender: _Sender) -> None:
        """Send what was missed since `Last-Event-ID`; a cursor that says nothing here asks for heads."""
        stated = request.headers.get("last-event-id", "")
        cursor = read_cursor(self._database.generation, stated)
        if cursor is not None:
            listener.place = cursor
            await self._send_history(caller, listener, sender)
            return
        newest, _ = await self._database.read(lambda reading: read_counter(reading, caller.workspace))
        listener.place = newest
        if stated:
            await sender.send(encode_change(self._database.generation, newest, AccessEvent()))

    async def _send_fresh(self, caller: Caller, listener: Listener, sender: _Sender) -> None:
        frames = self._hub.take(listener)
        if frames is None:
            await self._send_history(caller, listener, sender)
            return
        for at in range(0, len(frames), MOST_AT_ONCE):
            await sender.send(b"".join(frame.data for frame in frames[at : at + MOST_AT_ONCE]))

    async def _send_history(self, caller: Caller, listener: Listener, sender: _Sender) -> None:
        place, generation = listener.place, self._database.generation

        def missed(reading: Reading) -> tuple[int, list[bytes]]:
            newest, heard = history.since(reading, caller.workspace, caller.user, place)
            return newest, [encode_change(generation, cursor, event) for cursor, event in heard]

        listener.place, frames = await self._database.read(missed)
        for at in range(0, len(frames), MOST_AT_ONCE):
            await sender.send(b"".join(frames[at : at + MOST_AT_ONCE]))


class _Sender:
    """Sends pieces of one answer, each within the deadline. Raises TimeoutError, OSError."""

    def __init__(self, send: Send, deadline: float) -> None:
        self._send = send
        self._deadline = deadline

    async def start(self) -> None:
        await self._within({"type": "http.response.start", "status": 200, "headers": HEADERS})

    async def send(self, data: bytes, *, last: bool = False) -> None:
        await self._within({"type": "http.response.body", "body": data, "more_body": not last})

    async def _within(self, message: dict[str, object]) -> None:
        async with asyncio.timeout(self._deadline):
            await self._send(message)


async def _watch(receive: Receive, listener: Listener) -> None:
    """Close the listener as soon as the client disconnects."""
    while (await receive())["type"] != "http.disconnect":
        pass
    listener.close()
