"""A few lines of foreign words below a table, for what is selected in it."""

from __future__ import annotations

from textual.strip import Strip

from cerby_tui import terminal_text
from cerby_tui.widgets.ink import Inked, Line


class Remark(Inked):
    """Wrapped text; a warning is drawn as one."""

    def __init__(self) -> None:
        super().__init__()
        self._text, self._ink = "", "muted"

    def show(self, text: str, ink: str = "muted") -> None:
        """Say something else."""
        self._text, self._ink = terminal_text.line(text), ink
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of it; what has no room is cut at the end of the last line."""
        width = self.content_size.width
        lines = terminal_text.wrap(self._text, max(width, 10))
        last = y == self.size.height - 1
        text = " ".join(lines[y:]) if last else lines[y] if y < len(lines) else ""
        return Line(width, self.rich_style).left(text, self.ink(self._ink)).strip()
