"""The live feed: keeps a connection open, resumes where it was, and says honestly how it stands.

Whatever comes in is only handed on; believing it is the engine's business.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Literal, Protocol

import msgspec

from cerby_tui.clock import Clock
from cerby_tui.errors import OfflineError, RefusedError
from cerby_tui.sync.api import Api
from cerby_tui.sync.backoff import Backoff, Times
from cerby_tui.sync.events import Event, EventParser
from cerby_wire.approving import ApprovalEvent
from cerby_wire.encoding import UNREADABLE
from cerby_wire.shapes import AccessEvent, ByeEvent, HeadEvent, HelloEvent, MessageEvent

FeedState = Literal["live", "polling", "offline"]
KINDS: dict[str, type[msgspec.Struct]] = {
    "hello": HelloEvent,
    "head": HeadEvent,
    "message": MessageEvent,
    "access": AccessEvent,
    "approval": ApprovalEvent,
    "bye": ByeEvent,
}


class Behind(msgspec.Struct, frozen=True):
    """Something came that this program cannot follow by itself: ask for heads."""


Found = tuple[msgspec.Struct, str]
"""An event and the cursor after it."""


class Listener(Protocol):
    """What the feed tells."""

    def cursor(self) -> str:
        """How far the vault has followed; where to resume."""

    async def received(self, what: msgspec.Struct, cursor: str) -> None:
        """An event came; `cursor` is its place."""

    async def poll(self) -> None:
        """Ask for heads, because events do not come through. Raises OfflineError, RefusedError."""

    def became(self, state: FeedState, sentence: str) -> None:
        """How the connection stands now."""


class Feed:
    """One connection after another until cancelled."""

    def __init__(
        self,
        api: Api,
        listener: Listener,
        clock: Clock,
        times: Times,
        backoff: Backoff | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._api = api
        self._listener = listener
        self._clock = clock
        self._times = times
        self._backoff = backoff or Backoff(times)
        self._sleep = sleep
        self._dropped = asyncio.Event()
        self._hurried = asyncio.Event()

    def hurry(self) -> None:
        """The service has answered somebody else: do not wait any longer before the next attempt."""
        self._hurried.set()

    def drop(self) -> None:
        """Give up the present connection and begin at once with a new one (the machine was suspended)."""
        self._dropped.set()
        self._hurried.set()

    async def run(self) -> None:
        """Listen for ever. Raises SessionRemoved when the service ends this session."""
        while True:
            began = self._clock.monotonic()
            try:
                wait = await self._attempt()
            except OfflineError as error:
                self._listener.became("offline", error.sentence)
                wait = self._backoff.failed(self._clock.monotonic() - began)
            except RefusedError as error:
                self._listener.became("offline", error.sentence)
                wait = self._backoff.failed(self._clock.monotonic() - began, error.retry_after)
            await self._pause(wait)

    async def _attempt(self) -> float:
        """Listen, or ask once where events do not come through; seconds to wait before the next attempt."""
        self._dropped.clear()
        self._hurried.clear()
        try:
            return await self._listen()
        except TimeoutError:
            self._listener.became("polling", "Live events do not come through; asking now and then.")
            await self._listener.poll()
            return self._times.poll

    async def _listen(self) -> float:
        """Follow one connection to its end. Raises OfflineError, and TimeoutError if it never said hello."""
        cursor = self._listener.cursor()
        async with self._api.feed(cursor) as text, aclosing(_events(text, cursor)) as events:
            hello = None
            async with asyncio.timeout(self._times.hello):
                while hello is None:
                    hello = await self._next(events)
            self._listener.became("live", "")
            await self._listener.received(*hello)
            while True:
                try:
                    async with asyncio.timeout(self._times.silence):
                        found = await self._next(events)
                except TimeoutError:
                    raise OfflineError("The live feed went silent.") from None
                if found is None:
                    continue
                what, cursor = found
                if isinstance(what, ByeEvent):
                    return what.retry / 1000
                await self._listener.received(what, cursor)

    async def _next(self, events: AsyncIterator[Found | None]) -> Found | None:
        """The next event, None for a sign of life. Raises OfflineError at the end of the text or when dropped."""
        coming = asyncio.ensure_future(anext(events))
        dropped = asyncio.ensure_future(self._dropped.wait())
        try:
            await asyncio.wait({coming, dropped}, return_when=asyncio.FIRST_COMPLETED)
            if not coming.done():
                raise OfflineError("The connection was given up after a pause of this machine.")
            return coming.result()
        except StopAsyncIteration:
            raise OfflineError("The service ended the live feed.") from None
        finally:
            dropped.cancel()
            if not coming.done():
                coming.cancel()
                await asyncio.wait({coming})

    async def _pause(self, seconds: float) -> None:
        waiting = asyncio.ensure_future(self._sleep(seconds))
        hurried = asyncio.ensure_future(self._hurried.wait())
        await asyncio.wait({waiting, hurried}, return_when=asyncio.FIRST_COMPLETED)
        for task in (waiting, hurried):
            task.cancel()


async def _events(text: AsyncIterator[str], cursor: str) -> AsyncGenerator[Found | None]:
    """Events as values, None for comments. Raises OfflineError for a feed that cannot be read."""
    parser = EventParser(cursor)
    try:
        async for piece in text:
            for event in parser.feed(piece):
                yield None if event.kind == ":" else (_value(event), event.id)
    except ValueError as error:
        raise OfflineError("The live feed cannot be read.") from error


def _value(event: Event) -> msgspec.Struct:
    """What an event says; one of an unknown kind, or that cannot be read, only means: ask."""
    kind = KINDS.get(event.kind)
    if kind is None:
        return Behind()
    try:
        return msgspec.json.decode(event.data.encode(), type=kind)
    except UNREADABLE:
        return Behind()
