"""When each session was here last, written down at most once a minute."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress

from cerby_service.clock import MINUTE, Clock
from cerby_service.database import Database, devices
from cerby_service.errors import Unavailable

MOST = 100_000


class Contacts:
    """Remembers which sessions were noted a moment ago; those noted longest ago are forgotten, and noted again."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._noted: OrderedDict[bytes, int] = OrderedDict()

    async def seen(self, device: bytes) -> None:
        """A session made a request. Where the database takes nothing, the request goes on all the same."""
        now = self._clock()
        if now - self._noted.get(device, -MINUTE) < MINUTE:
            return
        self._noted[device] = now
        self._noted.move_to_end(device)
        if len(self._noted) > MOST:
            self._noted.popitem(last=False)
        with suppress(Unavailable):
            await self._database.write(lambda writing: devices.touch(writing, device, now))
