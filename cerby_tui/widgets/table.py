"""A table of a few hundred rows: columns that share the width, and give way one by one where it is narrow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.strip import Strip

from cerby_tui import terminal_text
from cerby_tui.widgets.ink import Inked, Line
from cerby_tui.widgets.line_list import LineList

GAP = 2


@dataclass(frozen=True)
class Column:
    """A column: its title, the cells it needs at least, its share of what is left, and when it gives way.

    The columns with the highest `yields` are left out first; those with 0 always stay.
    """

    title: str
    least: int
    share: int = 0
    yields: int = 0


@dataclass(frozen=True)
class Cell:
    """A value in a table and the ink it is drawn with; `tag` stands behind it."""

    text: str
    ink: str = "text"
    tag: str = ""


@dataclass(frozen=True)
class Row:
    """A row. `key` keeps it selected when others come and go; a faint one is drawn as something of the past."""

    key: bytes
    cells: tuple[Cell, ...]
    faint: bool = False


def widths(columns: Sequence[Column], width: int) -> list[int]:
    """The cells of each column, 0 for one that is left out."""
    staying = list(range(len(columns)))

    def needed() -> int:
        return sum(columns[at].least + GAP for at in staying)

    for at in sorted(staying, key=lambda each: -columns[each].yields):
        if needed() <= width or not columns[at].yields:
            break
        staying.remove(at)
    left, shares = width - needed(), sum(columns[at].share for at in staying) or 1
    return [
        columns[at].least + max(left, 0) * columns[at].share // shares if at in staying else 0
        for at in range(len(columns))
    ]


class Table(LineList):
    """Rows of one line each. `opens` says whether there is something behind the selected one."""

    opens = True

    def __init__(self, columns: Sequence[Column]) -> None:
        super().__init__()
        self.columns = tuple(columns)
        self.rows: Sequence[Row] = ()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There must be something to open."""
        return self.opens and self.count > 0 if action == "open" else super().check_action(action, parameters)

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.rows)

    @property
    def selected(self) -> Row | None:
        """The selected row."""
        return self.rows[self.index] if self.rows else None

    @property
    def widths(self) -> list[int]:
        """The cells of each column at this width."""
        return widths(self.columns, self.scrollable_content_region.width - 3)

    def show(self, rows: Sequence[Row], columns: Sequence[Column] | None = None) -> None:
        """Show these rows; the selected one stays selected where it is still there."""
        before = self.selected
        self.columns = self.columns if columns is None else tuple(columns)
        self.rows = rows
        places = {row.key: at for at, row in enumerate(rows)}
        at = places.get(before.key, self.index) if before else 0
        self.set_reactive(Table.index, max(0, min(at, len(rows) - 1)))
        self.redraw()
        self.show_index()

    def draw(self, index: int, width: int, selected: bool) -> list[Strip]:
        """One row."""
        row = self.rows[index]
        line = Line(width, self.rich_style + self.ink("selected") if selected else self.rich_style)
        line.left("▌ " if selected else "  ", self.ink("edge-focus"))
        for cell, room in zip(row.cells, self.widths, strict=True):
            if room:
                self._put(line, cell, room, faint=row.faint)
        return [line.strip()]

    def _put(self, line: Line, cell: Cell, room: int, *, faint: bool) -> None:
        tag = f" {cell.tag}" if cell.tag else ""
        text = terminal_text.clip(terminal_text.line(cell.text), room - terminal_text.width(tag))
        line.left(text, self.ink("faint" if faint else cell.ink))
        line.left(tag, self.ink("chip"))
        line.gap(room - terminal_text.width(text) - terminal_text.width(tag) + GAP)


class TableHead(Inked):
    """The titles above a table, at the places of its columns."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self._table = table

    def render_line(self, y: int) -> Strip:
        """The titles; what the table leaves for its scrollbar stays empty here too."""
        line = Line(self._table.scrollable_content_region.width, self.rich_style).gap(2)
        for column, room in zip(self._table.columns, self._table.widths, strict=True):
            if room:
                line.left(terminal_text.fit(column.title, room), self.ink("faint")).gap(GAP)
        return line.strip().adjust_cell_length(self.content_size.width, self.rich_style)
