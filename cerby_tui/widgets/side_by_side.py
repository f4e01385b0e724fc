"""Two values beside each other, each under who it is from."""

from __future__ import annotations

from dataclasses import dataclass

from textual.geometry import Size
from textual.strip import Strip

from cerby_tui import terminal_text
from cerby_tui.widgets.ink import Inked, Line

MASK = "••••••••••"
GAP = 3


@dataclass(frozen=True)
class Half:
    """One of the two: whose it is or when it stood, what there is to say about it, and the value itself."""

    heading: str
    remark: str
    value: str
    hidden: bool = False


class SideBySide(Inked):
    """Two halves of one height. What is hidden is masked until `revealed`."""

    def __init__(self, left: Half, right: Half) -> None:
        super().__init__()
        self.left, self.right = left, right
        self.revealed = False

    def reveal(self, *, shown: bool) -> None:
        """Show what is hidden, or hide it again."""
        self.revealed = shown
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Heading, remark, a gap, and the lines of the longer value."""
        return self._head + 1 + max(len(self._lines(half, width)) for half in (self.left, self.right))

    @property
    def _head(self) -> int:
        """Lines above the gap."""
        return 2 if self.left.remark or self.right.remark else 1

    def _room(self, width: int) -> int:
        return max((width - GAP) // 2, 10)

    def _lines(self, half: Half, width: int) -> list[str]:
        if half.hidden and half.value and not self.revealed:
            return [MASK]
        return terminal_text.wrap(terminal_text.visible(half.value), self._room(width)) if half.value else ["—"]

    def render_line(self, y: int) -> Strip:
        """One line of both."""
        width = self.content_size.width
        line, room = Line(width, self.rich_style), self._room(width)
        for place, half in enumerate((self.left, self.right)):
            text, ink = self._at(half, y, width)
            line.left(terminal_text.fit(text, room), self.ink(ink))
            if place == 0:
                line.left(" │ ", self.ink("edge"))
        return line.strip()

    def _at(self, half: Half, y: int, width: int) -> tuple[str, str]:
        first = self._head + 1
        if y < self._head:
            said, ink = ((half.heading, "chip"), (half.remark, "muted"))[y]
            return terminal_text.line(said), ink
        lines = self._lines(half, width)
        inside = first <= y < first + len(lines)
        return (lines[y - first] if inside else ""), ("text" if half.value else "faint")
