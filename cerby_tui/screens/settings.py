"""Settings: the theme for now, tried on while one moves. The rest lives in the configuration file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar

from textual.binding import BindingType
from textual.strip import Strip
from textual.widget import Widget

from cerby_tui import terminal_text
from cerby_tui.commands import only
from cerby_tui.messages import RowMoved, RowOpened
from cerby_tui.screens.base import Dialog, caption
from cerby_tui.widgets.ink import Line
from cerby_tui.widgets.line_list import LineList


class ThemeList(LineList):
    """The themes by their titles."""

    BINDINGS: ClassVar[list[BindingType]] = only("take")

    def __init__(self, titles: Mapping[str, str], current: str) -> None:
        super().__init__()
        self._titles = dict(titles)
        self.names = list(titles)
        self._current = current

    @property
    def count(self) -> int:
        """How many themes there are."""
        return len(self.names)

    def draw(self, index: int, width: int, selected: bool) -> list[Strip]:
        """One theme."""
        name = self.names[index]
        line = Line(width, self.rich_style + self.ink("selected") if selected else self.rich_style)
        line.left("▌ " if selected else "  ", self.ink("edge-focus"))
        if name == self._current:
            line.right(" ").right("in use", self.ink("muted"))
        return [line.left(terminal_text.line(self._titles[name]), self.ink("title" if selected else "text")).strip()]


class SettingsScreen(Dialog[None]):
    """Enter keeps the theme, Esc goes back to the one before."""

    BINDINGS: ClassVar[list[BindingType]] = only("close")

    def __init__(self, titles: Mapping[str, str], keep: Callable[[str], None], *, fixed: bool = False) -> None:
        super().__init__()
        self._titles = titles
        self._keep = keep
        self._fixed = fixed
        self._before = ""

    def body(self) -> Iterable[Widget]:
        """The list of themes, or why there is no choice."""
        yield caption("Theme", "title")
        if self._fixed:
            yield caption("NO_COLOR is set, so nothing here has a colour.", "muted")
        yield ThemeList(self._titles, self.app.theme)

    def on_mount(self) -> None:
        """Begin at the theme in use."""
        self._before = self.app.theme
        themes = self.query_one(ThemeList)
        themes.styles.height = min(len(themes.names), max(self.app.size.height - 10, 4))
        themes.index = themes.names.index(self._before) if self._before in themes.names else 0
        themes.focus()

    def on_row_moved(self, event: RowMoved) -> None:
        """Try it on."""
        if not self._fixed:
            self.app.theme = self.query_one(ThemeList).names[event.index]

    def on_row_opened(self, event: RowOpened) -> None:
        """Keep it."""
        event.stop()
        if not self._fixed:
            self._keep(self.query_one(ThemeList).names[event.index])
        self.dismiss(None)

    def action_close(self) -> None:
        """Back to the theme that was in use."""
        self.app.theme = self._before
        self.dismiss(None)
