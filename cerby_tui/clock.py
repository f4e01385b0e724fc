"""Time, passed in wherever it is needed, so that tests can hold it still."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """What the client asks of a clock."""

    def now(self) -> int:
        """UTC milliseconds; may jump when the machine's clock is set."""

    def monotonic(self) -> float:
        """Seconds that only ever grow; they stand still while the machine sleeps."""


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> int:
        """UTC milliseconds."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Seconds since some start."""
        return time.monotonic()
