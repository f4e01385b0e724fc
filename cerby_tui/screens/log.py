"""Everything the app said in this session, the newest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import ClassVar

from textual.binding import BindingType
from textual.strip import Strip
from textual.widget import Widget

from cerby_tui import terminal_text, words
from cerby_tui.commands import only
from cerby_tui.screens.base import Dialog, caption
from cerby_tui.screens.keeping import Notice
from cerby_tui.widgets.bars import NOTICE_MARKS
from cerby_tui.widgets.ink import Line
from cerby_tui.widgets.line_list import LineList


class NoticeList(LineList):
    """The notices, long ones on several lines."""

    empty = ("Nothing was said yet", "Notices that went away can be read here again.")

    def __init__(self, notices: Sequence[Notice], zone: tzinfo | None) -> None:
        super().__init__()
        self._notices = notices
        self._zone = zone
        self._lines: list[tuple[Notice, str, bool]] = []

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is nothing to open."""
        return False if action == "open" else super().check_action(action, parameters)

    @property
    def count(self) -> int:
        """How many lines there are."""
        return len(self._lines)

    def redraw(self) -> None:
        """Wrap for this width."""
        room = max(self.scrollable_content_region.width - 14, 20)
        self._lines = []
        for notice in reversed(self._notices):
            wrapped = terminal_text.wrap(terminal_text.line(notice.sentence), room)
            self._lines += [(notice, text, at == 0) for at, text in enumerate(wrapped)]
        super().redraw()

    def draw(self, index: int, width: int, selected: bool) -> list[Strip]:
        """One line of a notice."""
        notice, text, first = self._lines[index]
        line = Line(width, self.rich_style + self.ink("selected") if selected else self.rich_style)
        line.left("▌ " if selected else "  ", self.ink("edge-focus"))
        mark, ink = NOTICE_MARKS[notice.severity]
        time = words.clock_time(notice.at, self._zone) if first else ""
        line.left(terminal_text.fit(time, 7), self.ink("muted"))
        line.left(f"{mark} " if first else "  ", self.ink(ink))
        return [line.left(text, self.ink("text")).strip()]


class LogScreen(Dialog[None]):
    """The log of notices."""

    BINDINGS: ClassVar[list[BindingType]] = only("close")

    def __init__(self, notices: Sequence[Notice], zone: tzinfo | None) -> None:
        super().__init__(classes="tall")
        self._notices = notices
        self._zone = zone

    def body(self) -> Iterable[Widget]:
        """The list."""
        yield caption("What the app said", "title")
        yield NoticeList(self._notices, self._zone)

    def on_mount(self) -> None:
        """Ready to scroll."""
        self.query_one(NoticeList).focus()

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)
