"""Drawing by lines: named inks from the stylesheet, and a line that is filled from both ends.

Every text that comes from outside goes through `terminal_text` here, so no widget can forget it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from cerby_tui import terminal_text

INKS = (
    "text", "muted", "faint", "title", "accent", "code", "good", "warn", "bad", "edge", "edge-focus", "selected",
    "chip", "match",
)  # fmt: skip
"""Names of the inks; `styles/base.tcss` says what each looks like in every theme."""


class Inked(Widget):
    """A widget that draws itself with the inks."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"ink--{name}" for name in INKS}

    def ink(self, name: str) -> Style:
        """The style of an ink: what it sets and nothing else, to be laid over a ground."""
        # A widget that is being taken away is drawn once more without its styles; that must not be a crash.
        return self.get_component_rich_style(f"ink--{name}", partial=True, default=Style.null())


class Line:
    """One line of fixed width. `left` adds from the left, `right` from the right; what does not fit is cut.

    `text` is shown as it is after `terminal_text.line`, whatever it contains.
    """

    def __init__(self, width: int, ground: Style = Style.null()) -> None:  # noqa: B008  (a constant)
        self._width = width
        self._ground = ground
        self._left: list[Segment] = []
        self._right: list[Segment] = []
        self._free = width

    @property
    def free(self) -> int:
        """Cells that are still empty."""
        return self._free

    def left(self, text: str, ink: Style = Style.null(), *, room: int | None = None) -> Line:  # noqa: B008
        """Add text after what is there already, in at most `room` cells."""
        self._put(self._left, text, ink, room)
        return self

    def right(self, text: str, ink: Style = Style.null(), *, room: int | None = None) -> Line:  # noqa: B008
        """Add text before what stands at the right end already."""
        self._put(self._right, text, ink, room)
        return self

    def gap(self, cells: int = 1) -> Line:
        """Leave cells empty."""
        self._put(self._left, " " * min(cells, self._free), Style.null(), None)
        return self

    def strip(self) -> Strip:
        """The finished line."""
        fill = [Segment(" " * self._free, self._ground)] if self._free > 0 else []
        return Strip([*self._left, *fill, *reversed(self._right)], self._width)

    def _put(self, side: list[Segment], text: str, ink: Style, room: int | None) -> None:
        allowed = self._free if room is None else min(room, self._free)
        shown = terminal_text.clip(text, allowed)
        if shown:
            side.append(Segment(shown, self._ground + ink))
            self._free -= terminal_text.width(shown)


def highlighted(text: str, words: Iterable[str], ink: Style, match: Style) -> list[tuple[str, Style]]:
    """`text` in pieces, those that equal one of `words` (any case) with the ink of matches."""
    low, pieces, at = text.lower(), list[tuple[str, Style]](), 0
    wanted = sorted({word.lower() for word in words if word}, key=len, reverse=True)
    if not wanted or len(low) != len(text):  # some letters grow when lowered; then positions would lie
        return [(text, ink)]
    while at < len(text):
        hits = [(found, word) for word in wanted if (found := low.find(word, at)) >= 0]
        if not hits:
            break
        start, word = min(hits, key=lambda hit: (hit[0], -len(hit[1])))
        if start > at:
            pieces.append((text[at:start], ink))
        pieces.append((text[start : start + len(word)], ink + match))
        at = start + len(word)
    if at < len(text):
        pieces.append((text[at:], ink))
    return pieces
