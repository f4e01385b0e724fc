"""The one sentence for a terminal in which nothing can be laid out."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget


class TooSmall(Widget):
    """Covers a screen and names the size it needs."""

    def __init__(self, columns: int, lines: int) -> None:
        super().__init__()
        self._needed = (columns, lines)

    def render(self) -> Content:
        """Needed and given size; it must itself fit anywhere."""
        size = self.app.size
        return Content(f"Needs {self._needed[0]}x{self._needed[1]}, has {size.width}x{size.height}.")
