"""Text of several lines. A module of its own, because Textual's text area takes its time to load."""

from __future__ import annotations

from rich.color import ColorParseError
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import TextArea


class Area(TextArea):
    """Several lines of text. Ctrl+S is Done, because Enter is a new line; Tab goes on to the next field."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text, show_line_numbers=False, compact=True, tab_behavior="focus")
        self.cursor_blink = False

    def render_lines(self, crop: Region) -> list[Strip]:
        """The text; blank when it is drawn once more while it is being taken away, its styles gone already.

        Textual then falls back to colours of the theme, and Rich cannot read the terminal's own.
        """
        try:
            return super().render_lines(crop)
        except (KeyError, ColorParseError):
            return [Strip.blank(crop.width)] * crop.height
