"""News that must not be missed: a recovery kit was used, keys were renewed after a removal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget

from cerby_tui.commands import only
from cerby_tui.messages import Pressed
from cerby_tui.screens.approval_steps import Quiet
from cerby_tui.screens.base import Dialog, caption
from cerby_tui.screens.desk import Desk
from cerby_tui.terminal_text import visible
from cerby_tui.values import KIT_USED, News
from cerby_tui.widgets.button import Press


class LoudScreen(Dialog[None]):
    """News that stays until somebody says that they have read it."""

    BINDINGS: ClassVar[list[BindingType]] = only("answers", "close")
    interrupts = True

    def __init__(self, news: News, desk: Desk) -> None:
        super().__init__(classes="loud")
        self._news = news
        self.desk = desk

    def body(self) -> Iterable[Widget]:
        """Title, sentence, one button. The focus is not on it: nobody reads what a stray Enter took away."""
        yield caption(f"▲ {self._news.title or 'Please read this'}", "title")
        yield Quiet(Content(visible(self._news.sentence)), id="news")
        with Horizontal(classes="buttons"):
            yield Press("I have read this", id="read")

    def on_mount(self) -> None:
        """Tab goes to the button."""
        self.query_one("#news").focus()

    @on(Pressed)
    def pressed(self) -> None:
        """Read."""
        self.action_close()

    def action_close(self) -> None:
        """Read: what stays until then is not told again."""
        if self._news.about == KIT_USED:
            self.app.run_worker(self.desk.session.recovery.acknowledge())
        self.dismiss(None)
