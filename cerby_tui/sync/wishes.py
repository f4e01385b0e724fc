"""How a process that does not sync asks the one that does: a wish in the vault, and the answer to it."""

from __future__ import annotations

from msgspec import Struct

from cerby_tui.clock import Clock
from cerby_tui.values import SyncStatus
from cerby_tui.vault.meta import Meta

WANTED = "sync_wanted"
DONE = "sync_done"
STATUS = "status"


class Done(Struct, frozen=True):
    """The answer to all wishes up to this number; `sentence` says why it failed, if it did."""

    wish: int = 0
    sentence: str = ""


class Wishes:
    """Reads and writes wishes and answers, and how things stand for those who only watch."""

    def __init__(self, meta: Meta, clock: Clock) -> None:
        self._meta = meta
        self._clock = clock

    def ask(self) -> int:
        """Wish for a whole round of sync; returns the number of the wish."""
        wish = max(self._clock.now(), self.newest() + 1)
        self._meta.write(WANTED, wish)
        return wish

    def newest(self) -> int:
        """The number of the newest wish."""
        return self._meta.read(WANTED, int) or 0

    def open(self) -> bool:
        """Whether a wish is without an answer."""
        return self.newest() > self.done().wish

    def done(self) -> Done:
        """The newest answer."""
        return self._meta.read(DONE, Done) or Done()

    def answer(self, wish: int, sentence: str = "") -> None:
        """Answer every wish up to a number, unless that has been done."""
        if wish > self.done().wish:
            self._meta.write(DONE, Done(wish, sentence))

    @property
    def status(self) -> SyncStatus | None:
        """How things stand, as the process that syncs has said."""
        return self._meta.read(STATUS, SyncStatus)

    @status.setter
    def status(self, status: SyncStatus) -> None:
        self._meta.write(STATUS, status)
