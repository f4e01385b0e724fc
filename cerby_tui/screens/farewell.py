"""What is shown once this trusted session was removed: who did it, when, what was not sent, and where that is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalGroup
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from cerby_tui import terminal_text, words
from cerby_tui.screens.base import Sized, caption, sheet
from cerby_tui.screens.desk import Ending
from cerby_tui.team_values import Farewell

MOST = 4
TITLES = {
    "removed": "This trusted session was removed",
    "suspended": "This trusted session was suspended",
    "left": "You are no longer in the workspace",
}
DELETED = "The vault and the keys on this device are deleted."
KEPT = (
    "They are kept in a file that only another trusted session of yours can open:\n{file}\n"
    "Run there:  cerby-tui devices import-unsent FILE"
)
LOST = "No other trusted session of yours is left that could open them, so they are gone."
KEYS = "Enter sets this device up anew     q leaves"


class FarewellScreen(Sized[None]):
    """The end of this session, and the way on."""

    CSS_PATH = sheet("unlock")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "anew", show=False),
        Binding("q,escape", "app.leave", show=False),
    ]

    def __init__(self, farewell: Farewell, zone: tzinfo | None = None) -> None:
        super().__init__()
        self._farewell = farewell
        self._zone = zone

    def compose(self) -> Iterable[Widget]:
        """What happened, what became of the vault, what was not sent."""
        with VerticalGroup(id="farewell"):
            yield caption(TITLES[self._farewell.what], "title")
            yield caption(self._who())
            yield caption(DELETED)
            for text in self._unsent():
                yield caption(text)
            yield Static(Content(KEYS), id="keys")

    def _who(self) -> str:
        who = terminal_text.line(self._farewell.by)
        when = (
            f" on {words.whole_time(self._farewell.at, self._zone)}, as the service says" if self._farewell.at else ""
        )
        return f"By {who}{when}." if who else f"Nobody is named{when}."

    def _unsent(self) -> list[str]:
        unsent = [terminal_text.line(one) for one in self._farewell.unsent]
        if not unsent:
            return ["Every change of yours had been sent before."]
        count = words.count_of(len(unsent), "change was", "changes were")
        more = [f"… and {len(unsent) - MOST:,} more"] if len(unsent) > MOST else []
        listed = "\n".join(f"  • {one}" for one in [*unsent[:MOST], *more])
        kept = KEPT.format(file=terminal_text.line(self._farewell.export)) if self._farewell.export else LOST
        return [f"{count} not sent:\n{listed}", kept]

    def action_anew(self) -> None:
        """A fresh process, in which nothing of this one is left."""
        self.app.exit(Ending.LOCKED)
