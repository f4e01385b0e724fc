"""What this person did in this sitting, in memory only: what `undo` takes back."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from cerby_tui.vault.content import SETTLED, STAY_OFF

QUIET = {"copied_at", SETTLED, STAY_OFF}
"""Fields that are noted by the way: nobody thinks of them as a change of theirs."""


class Done(Struct, frozen=True):
    """A change of an account. `change` holds, by field or by person, the value before and the one wanted."""

    act: Literal["create", "edit", "share", "delete", "restore"]
    account: bytes
    label: str
    change: dict[Any, list[Any]]

    def __repr__(self) -> str:
        return f"Done({self.act!r})"


class Journal:
    """The changes, the oldest first. Written on the sync thread, read on the screens': each step is one operation."""

    def __init__(self) -> None:
        self._done: list[Done] = []

    def note(self, done: Done) -> None:
        """Somebody changed something."""
        if done.act != "edit" or set(done.change) - QUIET:
            self._done.append(done)

    def newest(self) -> Done | None:
        """The last change that was not taken back."""
        return self._done[-1] if self._done else None

    def forget(self, done: Done) -> None:
        """It was taken back, or cannot be."""
        if done in self._done:
            self._done.remove(done)
