"""Which filters are in force, in words."""

from __future__ import annotations

from collections.abc import Sequence

from textual.strip import Strip

from cerby_tui import terminal_text
from cerby_tui.widgets.ink import Inked, Line


class Summary(Inked):
    """One line that names the filters, from the right."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[str] = []

    def show(self, parts: Sequence[str]) -> None:
        """Name these filters; none is an empty line."""
        self._parts = [terminal_text.line(part) for part in parts]
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The filters beside each other."""
        line = Line(self.content_size.width, self.rich_style)
        for part in reversed(self._parts):
            line.right(part, self.ink("accent"), room=max(line.free - 2, 0)).right("   ")
        return line.strip()
