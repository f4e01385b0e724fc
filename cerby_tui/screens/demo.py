"""The demo menu: plays the other side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.strip import Strip
from textual.widget import Widget

from cerby_tui import terminal_text
from cerby_tui.commands import only
from cerby_tui.messages import RowOpened
from cerby_tui.screens.base import Dialog, caption
from cerby_tui.screens.desk import DemoAct
from cerby_tui.widgets.ink import Line
from cerby_tui.widgets.line_list import LineList


class ActList(LineList):
    """What can be played."""

    BINDINGS: ClassVar[list[BindingType]] = only("take")
    cell_height = 2

    def __init__(self, acts: Sequence[DemoAct]) -> None:
        super().__init__()
        self.acts = acts

    @property
    def count(self) -> int:
        """How many acts there are."""
        return len(self.acts)

    def draw(self, index: int, width: int, selected: bool) -> list[Strip]:
        """The name of an act and what it does."""
        act = self.acts[index]
        ground = self.rich_style + self.ink("selected") if selected else self.rich_style
        bar = "▌ " if selected else "  "
        first = Line(width, ground).left(bar, self.ink("edge-focus"))
        second = Line(width, ground).left(bar, self.ink("edge-focus"))
        first.left(terminal_text.line(act.label), self.ink("title"))
        second.left(terminal_text.line(act.help), self.ink("muted"))
        return [first.strip(), second.strip()]


class DemoScreen(Dialog[None]):
    """Enter plays the selected act for the account that was selected."""

    BINDINGS: ClassVar[list[BindingType]] = only("close")

    def __init__(self, acts: Sequence[DemoAct], account: bytes | None) -> None:
        super().__init__()
        self._acts = acts
        self._account = account

    def body(self) -> Iterable[Widget]:
        """The list."""
        yield caption("Demo: what can happen", "title")
        yield ActList(self._acts)

    def on_mount(self) -> None:
        """Ready to choose."""
        acts = self.query_one(ActList)
        acts.styles.height = min(2 * len(self._acts), max(self.app.size.height - 10, 4))
        acts.focus()

    async def on_row_opened(self, event: RowOpened) -> None:
        """Play it; the menu closes, and what came of it is said."""
        event.stop()
        self.app.run_worker(self._play(self._acts[event.index]), group="demo")
        self.dismiss(None)

    async def _play(self, act: DemoAct) -> None:
        sentence = await self.attempt(act.play(self._account))
        if sentence:
            self.app.notify(sentence)

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)
