"""Account cards as a grid or a list: one widget however many accounts there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.strip import Strip

from cerby_tui import words
from cerby_tui.values import Card
from cerby_tui.widgets.card_face import BOX_HEIGHT, Face
from cerby_tui.widgets.line_list import LineList

LEAST_WIDTH = 34
"""Cells below which a card cannot show a number and its badges beside each other."""


class CardGrid(LineList):
    """The cards. The selection stays on the same account whatever comes, goes or moves. `now` is UTC milliseconds."""

    gap = 2

    def __init__(self, now: Callable[[], int]) -> None:
        super().__init__()
        self._now = now
        self.cards: Sequence[Card] = ()
        self._words: tuple[str, ...] = ()
        self.as_list = False

    @property
    def count(self) -> int:
        """How many cards there are."""
        return len(self.cards)

    @property
    def per_row(self) -> int:
        """As many cards beside each other as are wide enough."""
        if self.as_list:
            return 1
        return max((self.scrollable_content_region.width + self.gap) // (LEAST_WIDTH + self.gap), 1)

    @property
    def cell_width(self) -> int:
        """The width is shared out evenly."""
        total = self.scrollable_content_region.width
        return (total - self.gap * (self.per_row - 1)) // self.per_row

    @property
    def selected(self) -> Card | None:
        """The selected card."""
        return self.cards[self.index] if self.cards else None

    def show(self, cards: Sequence[Card], search: str = "") -> None:
        """Show these cards; the selected account stays selected if it is among them."""
        before = self.selected
        self.cards = cards
        self._words = tuple(search.split())
        place = next((at for at, card in enumerate(cards) if before and card.id == before.id), None)
        if place is not None and place != self.index:
            self.set_reactive(CardGrid.index, place)
            self.redraw()
            self.show_index()
        else:
            self.redraw()

    def arrange_as(self, *, as_list: bool) -> None:
        """Lines instead of boxes, or the other way round."""
        self.as_list = as_list
        self.cell_height = 1 if as_list else BOX_HEIGHT
        self.redraw()
        self.show_index()

    def draw(self, index: int, width: int, selected: bool) -> list[Strip]:
        """One card."""
        face = Face(self.ink, self.rich_style, self._now(), self._words)
        card = self.cards[index]
        return face.row(card, width, selected) if self.as_list else face.box(card, width, selected)

    def tick(self) -> None:
        """The ages of the codes on screen go on."""
        now = self._now()
        for index in self.visible_cells():
            card = self.cards[index]
            if card.code and now - card.code_at < words.CODE_FRESH + 2 * words.MINUTE:
                self.redraw_cell(index)
