"""A sentence with a box to tick."""

from __future__ import annotations

from textual.reactive import reactive
from textual.strip import Strip

from cerby_tui import terminal_text
from cerby_tui.messages import Pressed
from cerby_tui.widgets.ink import Inked, Line


class Tick(Inked):
    """`[x] words`; the words may be foreign and wrap. A click ticks; the key is the dialog's."""

    ticked: reactive[bool] = reactive(False)

    def __init__(self, words: str) -> None:
        super().__init__()
        self._words = terminal_text.line(words)

    def _lines(self) -> list[str]:
        return terminal_text.wrap(self._words, max(self.content_size.width - 4, 20))

    def on_resize(self) -> None:
        """Take the lines that the words need."""
        self.styles.height = len(self._lines())

    def render_line(self, y: int) -> Strip:
        """The box, and a line of the words."""
        line = Line(self.content_size.width, self.rich_style)
        box = ("[x] " if self.ticked else "[ ] ") if y == 0 else "    "
        line.left(box, self.ink("accent" if self.ticked else "title"))
        words = self._lines()
        return line.left(words[y] if y < len(words) else "", self.ink("text")).strip()

    def on_click(self) -> None:
        """The mouse ticks as well."""
        self.post_message(Pressed(self))
