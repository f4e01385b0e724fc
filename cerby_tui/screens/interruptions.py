"""What comes up by itself, wherever one is: a device that asks for trust, and news that must not be missed.

Nothing comes up in the middle of a word: where somebody types, it waits until they pause.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from cerby_tui.screens.keeping import IdleWatch
from cerby_tui.team_values import PendingSession
from cerby_tui.values import News

PAUSE = 2.0
"""Seconds without a key after which somebody who types may be interrupted."""
TYPED_INTO = ("Entry", "SearchEntry", "Area", "Input")
ASKS = "A device asks to become one of your trusted sessions. T opens My trusted devices."


class Interruptions:
    """What waits to come up. Each request comes up once; left for later, it is found in My trusted devices."""

    def __init__(self, idle: IdleWatch) -> None:
        self._idle = idle
        self._loud: deque[News] = deque()
        self._asking: list[PendingSession] = []
        self._seen: set[bytes] = set()

    def tell(self, news: News) -> None:
        """Something that must be read."""
        self._loud.append(news)

    def asked(self, pending: Sequence[PendingSession]) -> bool:
        """These devices ask now; whether one of them is new."""
        fresh = [one for one in pending if one.id not in self._seen and not one.taken_elsewhere]
        known = {one.id for one in self._asking}
        self._asking = fresh
        return any(one.id not in known for one in fresh)

    def next(self, now: int, *, typing: bool) -> News | PendingSession | None:
        """What may come up now; it is taken off the list. `now` is UTC milliseconds."""
        if typing and self._idle.quiet() < PAUSE:
            return None
        if self._loud:
            return self._loud.popleft()
        self._asking = [one for one in self._asking if one.expires > now]
        if not self._asking:
            return None
        request = self._asking.pop(0)
        self._seen.add(request.id)
        return request
