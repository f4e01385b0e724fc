"""One open feed, read over a real socket with the client's own parser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

import msgspec

from cerby_tui.sync.events import Event, EventParser
from cerby_wire.shapes import AccessEvent, ByeEvent, HeadEvent, HelloEvent, MessageEvent
from tests.service.member import Member

KINDS: dict[str, type] = {
    "access": AccessEvent,
    "bye": ByeEvent,
    "head": HeadEvent,
    "hello": HelloEvent,
    "message": MessageEvent,
}
T = TypeVar("T")


class Listening:
    """Events as they come. `cursor` is the newest id seen; comments count as heartbeats."""

    def __init__(self, pieces: AsyncIterator[str]) -> None:
        self.cursor = ""
        self.heartbeats = 0
        self._pieces = pieces
        self._parser = EventParser()
        self._waiting: list[Event] = []

    async def next(self) -> object:
        """The next event as its struct; fails if none comes, or the feed ends."""
        async with asyncio.timeout(20):
            while True:
                if self._waiting:
                    event = self._waiting.pop(0)
                    if event.kind == ":":
                        self.heartbeats += 1
                        continue
                    self.cursor = event.id
                    return msgspec.json.decode(event.data, type=KINDS[event.kind])
                self._waiting += self._parser.feed(await anext(self._pieces))

    async def next_of(self, kind: type[T]) -> T:
        """The next event of a kind; others before it are passed over."""
        while not isinstance(event := await self.next(), kind):
            pass
        return event

    async def heartbeat(self) -> None:
        """Wait for a heartbeat."""
        async with asyncio.timeout(20):
            while not any(event.kind == ":" for event in self._waiting):
                self._waiting += self._parser.feed(await anext(self._pieces))

    async def ended(self) -> bool:
        """Wait until the service ends the feed."""
        async with asyncio.timeout(20):
            async for _ in self._pieces:
                pass
        return True


@asynccontextmanager
async def listening(member: Member, cursor: str = "") -> AsyncIterator[Listening]:
    """A feed of this member's, after its hello."""
    async with member.api.feed(cursor) as pieces:
        feed = Listening(pieces)
        assert isinstance(await feed.next(), HelloEvent)
        yield feed
