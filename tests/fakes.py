"""The few stand-ins that tests use: a clock that is set by hand."""

from __future__ import annotations

NOON = 1_767_182_400_000
"""2025-12-31 12:00 UTC in milliseconds."""


class FrozenClock:
    """Stands still until a test moves it."""

    def __init__(self, now: int = NOON) -> None:
        self._now = now
        self._monotonic = 1000.0

    def now(self) -> int:
        """UTC milliseconds."""
        return self._now

    def monotonic(self) -> float:
        """Seconds."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Both clocks go on, as while a program runs."""
        self._now += round(seconds * 1000)
        self._monotonic += seconds

    def sleep(self, seconds: float) -> None:
        """Only the wall clock goes on, as while a machine is suspended."""
        self._now += round(seconds * 1000)
