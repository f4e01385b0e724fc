"""How often a code may be mistyped: each wrong one makes the next wait, and five within an hour end it."""

from __future__ import annotations

from cerby_tui.clock import Clock
from cerby_tui.errors import RefusedError
from cerby_tui.words import count_of

MOST = 5
WITHIN = 3600.0
SLOWED = 2.0
"""Seconds to wait after the first wrong code; each further one doubles it."""


class Tries:
    """Counts wrong codes for as long as the session is open."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wrong: list[float] = []
        self._off = False

    def check(self) -> None:
        """Whether a code may be typed now. Raises RefusedError `too_many_tries` for good, `slow_down` for a while."""
        if self._off:
            said = "Five wrong codes were typed within an hour: this session approves nothing any more."
            step = "Lock and unlock this session, or answer on another one."
            raise RefusedError("too_many_tries", said, safe="Nothing was changed.", next_step=step)
        if not self._wrong:
            return
        wait = self._wrong[-1] + SLOWED * 2 ** (len(self._wrong) - 1) - self._clock.monotonic()
        if wait > 0:
            seconds = int(wait) + 1
            said = f"A wrong code was typed a moment ago. Wait {count_of(seconds, 'second')}."
            raise RefusedError("slow_down", said, safe="Nothing was changed.", retry_after=seconds)

    def wrong(self) -> str:
        """A wrong code was typed; says how many more may be."""
        now = self._clock.monotonic()
        self._wrong = [at for at in self._wrong if now - at < WITHIN] + [now]
        left = MOST - len(self._wrong)
        self._off = left <= 0
        return f"{left} more wrong ones end it." if left > 0 else "It was the fifth: nothing is approved here now."
