"""The tabs of a place on one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from cerby_tui import terminal_text
from cerby_tui.widgets.ink import Inked, Line

GAP = 4


class TabLine(Inked):
    """Names of tabs, the current one underlined. The keys are the screen's."""

    current: reactive[str] = reactive("")
    note: reactive[str] = reactive("")

    @dataclass
    class Clicked(Message):
        """A tab was clicked."""

        tab: str

    def __init__(self, tabs: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._tabs = dict(tabs)
        self.current = tabs[0][0]

    def show(self, tabs: Sequence[tuple[str, str]]) -> None:
        """Have other tabs; if the current one is gone, the first is the current one."""
        self._tabs = dict(tabs)
        if self.current not in self._tabs:
            self.current = tabs[0][0]
        self.refresh()

    def rename(self, tab: str, title: str) -> None:
        """Another title, for instance with a count."""
        self._tabs[tab] = title
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The titles, and a stroke below the current one."""
        line = Line(self.content_size.width, self.rich_style)
        if y == 0 and self.note:
            needed = sum(terminal_text.width(title) + 2 + GAP for title in self._tabs.values())
            line.right(self.note, self.ink("muted"), room=max(line.free - needed, 0))
        for number, (tab, title) in enumerate(self._tabs.items(), 1):
            chosen = tab == self.current
            if y == 0:
                line.left(f"{number} ", self.ink("faint")).left(title, self.ink("title" if chosen else "muted")).gap(
                    GAP
                )
            else:
                stroke = ("━" if chosen else " ") * (terminal_text.width(title) + 2)
                line.left(stroke, self.ink("edge-focus")).gap(GAP)
        return line.strip()

    def on_click(self, event: events.Click) -> None:
        """Find the tab under the mouse."""
        at = 0
        for tab, title in self._tabs.items():
            at += terminal_text.width(title) + 2
            if event.x < at:
                self.post_message(self.Clicked(tab))
                return
            at += GAP
