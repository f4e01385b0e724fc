"""A feed that rings without bringing anything is not answered for ever at full speed.

Every event costs a little, one that makes us ask costs more, and what is new pays for itself. Somebody who has nothing
left is read slowly: the rest waits at the other end of the connection, and the program stays usable.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from cerby_tui.clock import Clock

MOST = 1000.0
PER_SECOND = 10.0
ROUND = 50.0
"""What an event costs that makes us ask the service; any other costs one."""


class Patience:
    """How much is left for events that bring nothing."""

    def __init__(self, clock: Clock, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        self._clock = clock
        self._sleep = sleep
        self._left = MOST
        self._at = clock.monotonic()
        self._news = 0

    async def after(self, *, asked: bool, news: int) -> None:
        """Wait, if need be, after an event; `news` is how much has ever come in, however it came."""
        now = self._clock.monotonic()
        earned = (now - self._at) * PER_SECOND + (news - self._news) * ROUND
        self._at, self._news = now, news
        self._left = min(MOST, self._left + earned) - (ROUND if asked else 1.0)
        if self._left < 0:
            await self._sleep(-self._left / PER_SECOND)
            self._at, self._left = self._clock.monotonic(), 0.0
