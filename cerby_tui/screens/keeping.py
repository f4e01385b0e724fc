"""What the app keeps an eye on between key presses: notices, idle time, and the value on the clipboard."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cerby_tui.clock import Clock
from cerby_tui.messages import Severity
from cerby_tui.values import Changed

if TYPE_CHECKING:
    from cerby_tui.clipboard import Clipboard

NOTICE_SECONDS = {"information": 5, "warning": 8, "error": 12}
"""Seconds that a notice stays; it can be read again in the log of notices."""
NOTICE_LIMIT = 500
SLEEP_GAP = 30_000
"""Milliseconds by which the wall clock may run ahead of the running time before it means that the machine slept."""


@dataclass(frozen=True)
class Notice:
    """Something that was said, and when (UTC ms)."""

    at: int
    sentence: str
    severity: Severity


class Notices:
    """Everything that was said in this session, and what is to be shown now."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until = 0.0
        self._shown: Notice | None = None
        self.log: list[Notice] = []

    def keep(self, sentence: str, severity: Severity) -> None:
        """Keep what is said elsewhere, to be read again; the oldest is forgotten beyond 500."""
        self.log.append(Notice(self._clock.now(), sentence, severity))
        del self.log[:-NOTICE_LIMIT]

    def add(self, sentence: str, severity: Severity) -> None:
        """Take a notice in and show it for a while."""
        self.keep(sentence, severity)
        self._shown = self.log[-1]
        self._until = self._clock.monotonic() + NOTICE_SECONDS[severity]

    def current(self) -> Notice | None:
        """The notice to show now."""
        return self._shown if self._clock.monotonic() < self._until else None


class IdleWatch:
    """Says when nobody has touched a key for too long, or the machine was asleep."""

    def __init__(self, clock: Clock, limit: float) -> None:
        self._clock = clock
        self.limit = limit
        """Seconds without a key before it is time to lock."""
        self.touched()
        self._drift = clock.now() - clock.monotonic() * 1000

    def touched(self) -> None:
        """A key or the mouse."""
        self._last = self._clock.monotonic()

    def quiet(self) -> float:
        """Seconds since the last key."""
        return self._clock.monotonic() - self._last

    def time_to_lock(self) -> bool:
        """Whether the vault has to be locked now."""
        if self._clock.monotonic() - self._last >= self.limit:
            return True
        drift = self._clock.now() - self._clock.monotonic() * 1000
        slept, self._drift = drift - self._drift > SLEEP_GAP, drift
        return slept


class ClipboardTimer:
    """Copies, counts down, and clears what is still ours."""

    def __init__(self, clipboard: Clipboard, clock: Clock) -> None:
        self._clipboard = clipboard
        self._clock = clock
        self._until: float | None = None

    async def copy(self, value: str, what: str, seconds: float) -> str:
        """Copy for `seconds`, and say which way it went and what becomes of it."""
        route = await self._clipboard.copy(value)
        if not route.checkable:
            self._until = None
            return f"{what} sent to the clipboard {route.words}; it cannot be cleared from here."
        self._until = self._clock.monotonic() + seconds
        return f"{what} copied {route.words}; cleared in {seconds:.0f} s."

    def countdown(self) -> str:
        """What the top bar says while a value of ours is on the clipboard."""
        if self._until is None:
            return ""
        left = max(self._until - self._clock.monotonic(), 0)
        return f"clipboard clears in {left:.0f} s"

    def due(self) -> bool:
        """Whether the time is over."""
        return self._until is not None and self._clock.monotonic() >= self._until

    async def clear(self) -> str:
        """Take the value back now; a sentence if there is something to say."""
        if self._until is None:
            return ""
        self._until = None
        outcome = await self._clipboard.clear()
        if outcome == "not ours":
            return "The clipboard holds something else by now; it was left alone."
        return "The clipboard was cleared." if outcome == "cleared" else ""


class ChangeGate:
    """Gathers changes that arrive on the sync thread into one, until the screens take them: a burst is one reading."""

    def __init__(self, ring: Callable[[], object]) -> None:
        self._ring = ring
        self._guard = threading.Lock()
        self._gathered: Changed | None = None

    def put(self, changed: Changed) -> None:
        """Called on any thread."""
        with self._guard:
            first = self._gathered is None
            self._gathered = changed if self._gathered is None else _together(self._gathered, changed)
        if first:
            self._ring()

    def take(self) -> Changed:
        """Everything since the last call."""
        with self._guard:
            gathered, self._gathered = self._gathered, None
        return gathered or Changed()


def _together(one: Changed, other: Changed) -> Changed:
    return Changed(
        accounts=one.accounts | other.accounts,
        new_messages=one.new_messages + other.new_messages,
        status=one.status or other.status,
        everything=one.everything or other.everything,
        requests=one.requests or other.requests,
        news=one.news + other.news,
    )
