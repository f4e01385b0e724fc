"""How long to wait before trying again: full jitter over a limit that doubles."""

from __future__ import annotations

import random
from collections.abc import Callable

from msgspec import Struct


class Times(Struct, frozen=True):
    """The patience of the client, in seconds; tests use shorter ones."""

    hello: float = 10.0
    silence: float = 40.0
    first_wait: float = 0.5
    longest_wait: float = 60.0
    steady: float = 60.0
    poll: float = 30.0
    refresh: float = 600.0
    gather: float = 2.0
    suspended: float = 20.0
    tick: float = 5.0
    lock_retry: float = 5.0
    answer: float = 30.0
    farewell: float = 2.0
    spread: float = 2.0


class Backoff:
    """Counts failures; a connection that lived long enough makes them forgotten."""

    def __init__(self, times: Times, uniform: Callable[[float, float], float] = random.uniform) -> None:
        self._times = times
        self._uniform = uniform
        self._limit = times.first_wait

    def failed(self, lived: float = 0.0, retry_after: float = 0.0) -> float:
        """Seconds to wait after a failure; `lived` is how long the connection was good, `retry_after` is obeyed."""
        if lived >= self._times.steady:
            self._limit = self._times.first_wait
        wait = self._uniform(0.0, self._limit)
        self._limit = min(self._limit * 2, self._times.longest_wait)
        return max(wait, retry_after)
