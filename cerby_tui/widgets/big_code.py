"""A verification code large enough to be read across a desk, with its age counting up."""

from __future__ import annotations

from collections.abc import Callable

from textual.renderables.digits import DIGITS, DIGITS3X3_BOLD
from textual.strip import Strip

from cerby_tui import terminal_text, words
from cerby_tui.widgets.ink import Inked, Line

HEIGHT = 5
FIGURES = "0123456789-"
"""What is drawn large; letters stand small in the middle, where they cannot be mistaken for figures."""


class BigCode(Inked):
    """Three lines of large figures, and a line for the age."""

    def __init__(self, now: Callable[[], int]) -> None:
        super().__init__()
        self._now = now
        self._code = ""
        self._at = 0
        self._empty = ""

    def show(self, code: str, at: int, empty: str = "") -> None:
        """Show a code that came at `at` (UTC ms), or the sentence `empty` if there is none."""
        self._code, self._at, self._empty = terminal_text.line(code), at, empty
        self.styles.height = HEIGHT if code else len(self._empty_lines())
        self.refresh()

    def tick(self) -> None:
        """The age goes on."""
        if self._code:
            self.refresh()

    def _empty_lines(self) -> list[str]:
        return terminal_text.wrap(self._empty, max(self.content_size.width, 20)) if self._empty else []

    def on_resize(self) -> None:
        """Wrap anew."""
        if not self._code:
            self.styles.height = max(len(self._empty_lines()), 1)

    def render_line(self, y: int) -> Strip:
        """A line of the figures, or of the words."""
        line = Line(self.content_size.width, self.rich_style)
        if not self._code:
            said = self._empty_lines()
            return line.left(said[y] if y < len(said) else "", self.ink("muted")).strip()
        fresh = self._now() - self._at < words.CODE_FRESH
        if y < 3:
            return line.left(self._figures(y, line.free), self.ink("accent" if fresh else "muted")).strip()
        if y == 4:
            line.left(words.age(self._at, self._now()), self.ink("accent" if fresh else "muted"))
            line.left("" if fresh else ", probably no longer valid", self.ink("muted"))
        return line.strip()

    def _figures(self, y: int, width: int) -> str:
        spaced = words.code_groups(self._code)
        if not any(character.isdigit() for character in spaced) or 3 * len(spaced) > width:
            return spaced if y == 1 else ""
        return "".join(_figure(character, y) for character in spaced)


def _figure(character: str, y: int) -> str:
    if character not in FIGURES:
        return character if y == 1 else " "
    return DIGITS3X3_BOLD[DIGITS.index(character) * 3 + y].ljust(3)
