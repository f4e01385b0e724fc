"""A list that draws only the lines on screen: one widget however many rows there are."""

from __future__ import annotations

from textual import events
from textual.geometry import Region, Size
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.strip import Strip

from cerby_tui import terminal_text
from cerby_tui.commands import bindings
from cerby_tui.messages import RowMoved, RowOpened
from cerby_tui.widgets.ink import Inked, Line


class Moving(ScrollView):
    """The keys that move through a grid of cells, `per_row` beside each other."""

    index: var[int] = var(0)
    cell_height = 1
    _after_g = False

    @property
    def count(self) -> int:
        """How many cells there are."""
        return 0

    @property
    def per_row(self) -> int:
        """Cells beside each other."""
        return 1

    def action_up(self) -> None:
        """One row up."""
        if self.index >= self.per_row:
            self.index -= self.per_row

    def action_down(self) -> None:
        """One row down; from the last full row into the last cell."""
        if self.index // self.per_row < (self.count - 1) // self.per_row:
            self.index += self.per_row

    def action_left(self) -> None:
        """One cell back."""
        if self.per_row > 1:
            self.index -= 1

    def action_right(self) -> None:
        """One cell on."""
        if self.per_row > 1:
            self.index += 1

    def _half_page(self) -> int:
        return max(self.scrollable_content_region.height // self.cell_height // 2, 1) * self.per_row

    def action_half_page_up(self) -> None:
        """Half a screen up."""
        self.index -= self._half_page()

    def action_half_page_down(self) -> None:
        """Half a screen down."""
        self.index += self._half_page()

    def action_top(self) -> None:
        """The first cell."""
        self.index = 0

    def action_top_twice(self) -> None:
        """The first cell, at the second press in a row."""
        if self._after_g:
            self.action_top()
        self._after_g = not self._after_g

    def action_bottom(self) -> None:
        """The last cell."""
        self.index = self.count - 1

    def action_open(self) -> None:
        """Tell whoever owns the list."""
        if self.count:
            self.post_message(RowOpened(self, self.index))


class LineList(Moving, Inked, can_focus=True, inherit_bindings=False):
    """Rows of equal height, `per_row` cells beside each other. Subclasses say how many there are and draw one.

    Posts RowMoved when another row is selected and RowOpened for Enter or a second click.
    """

    BINDINGS = bindings("list")
    COMPONENT_CLASSES = Inked.COMPONENT_CLASSES

    gap = 0
    empty: tuple[str, ...] = ()
    """What an empty list says: why it is empty, and the next key."""

    def draw(self, index: int, width: int, selected: bool) -> list[Strip]:
        """The `cell_height` lines of one cell."""
        return [Strip.blank(width, self.rich_style)] * self.cell_height

    @property
    def cell_width(self) -> int:
        """Cells of the terminal that one cell of the list is wide."""
        return self.scrollable_content_region.width

    def redraw(self) -> None:
        """Forget what was drawn, because the rows changed."""
        self._drawn: dict[tuple[int, bool], list[Strip]] = {}
        rows = -(-self.count // self.per_row)
        self.virtual_size = Size(self.scrollable_content_region.width, rows * self.cell_height)
        self.index = min(self.index, max(self.count - 1, 0))
        self.refresh()

    def redraw_cell(self, index: int) -> None:
        """Draw one cell anew, because its content changed."""
        for selected in (False, True):
            self._drawn.pop((index, selected), None)
        self.refresh(self._region_of(index))

    def visible_cells(self) -> range:
        """The cells that are on screen, at least in part."""
        first = self.scroll_offset.y // self.cell_height * self.per_row
        rows = self.scrollable_content_region.height // self.cell_height + 2
        return range(min(first, self.count), min(first + rows * self.per_row, self.count))

    def on_mount(self) -> None:
        """Draw for the first time."""
        self.redraw()

    def on_resize(self) -> None:
        """Another width means other lines."""
        self.redraw()
        self.show_index()

    def notify_style_update(self) -> None:
        """Another theme, or focus gained or lost: the inks changed."""
        super().notify_style_update()
        self._drawn = {}

    def render_line(self, y: int) -> Strip:
        """One line of the screen: the cells that cross it, beside each other."""
        width = self.scrollable_content_region.width
        row, part = divmod(y + self.scroll_offset.y, self.cell_height)
        if not self.count:
            return self._empty_line(y, width)
        strips: list[Strip] = []
        for index in range(row * self.per_row, min((row + 1) * self.per_row, self.count)):
            strips.append(self._cell(index)[part])
            if self.gap and len(strips) < self.per_row * 2 - 1:
                strips.append(Strip.blank(self.gap, self.rich_style))
        return Strip.join(strips).adjust_cell_length(width, self.rich_style)

    def _cell(self, index: int) -> list[Strip]:
        selected = index == self.index
        drawn = self._drawn.get((index, selected))
        if drawn is None:
            drawn = self.draw(index, self.cell_width, selected)
            self._drawn[index, selected] = drawn
        return drawn

    def _empty_line(self, y: int, width: int) -> Strip:
        lines = [part for text in self.empty for part in terminal_text.wrap(text, max(width - 4, 10))]
        top = max((self.size.height - len(lines)) // 3, 0)
        line = Line(width, self.rich_style)
        if top <= y < top + len(lines):
            text = lines[y - top]
            line.gap((width - terminal_text.width(text)) // 2)
            line.left(text, self.ink("title" if y == top else "muted"))
        return line.strip()

    def _region_of(self, index: int) -> Region:
        row, column = divmod(index, self.per_row)
        width = self.cell_width + self.gap
        return Region(column * width, row * self.cell_height - self.scroll_offset.y, width, self.cell_height)

    def watch_index(self, old: int, new: int) -> None:
        """Only the two cells concerned are drawn anew."""
        self._after_g = False
        self.refresh(self._region_of(old), self._region_of(new))
        self.show_index()
        if self.is_mounted:
            self.post_message(RowMoved(self, new))

    def validate_index(self, index: int) -> int:
        """Never beyond the rows there are."""
        return max(0, min(index, self.count - 1))

    def show_index(self) -> None:
        """Scroll as little as is needed to see the selected cell whole."""
        height = self.scrollable_content_region.height
        top = self.index // self.per_row * self.cell_height
        if top < self.scroll_offset.y:
            self.scroll_to(y=top, animate=False)
        elif top + self.cell_height > self.scroll_offset.y + height:
            self.scroll_to(y=top + self.cell_height - height, animate=False)

    def on_click(self, event: events.Click) -> None:
        """A click selects, a click on what is selected opens."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        row = (offset.y + self.scroll_offset.y) // self.cell_height
        column = min(offset.x // max(self.cell_width + self.gap, 1), self.per_row - 1)
        clicked = row * self.per_row + column
        if clicked >= self.count:
            return
        if clicked == self.index:
            self.action_open()
        else:
            self.index = clicked
