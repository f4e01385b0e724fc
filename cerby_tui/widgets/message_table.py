"""Messages as a table that reads only the pages it shows, however many there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from rich.style import Style
from textual.strip import Strip

from cerby_tui import terminal_text, words
from cerby_tui.values import Message, MessageKey
from cerby_tui.widgets.ink import Inked, Line, highlighted
from cerby_tui.widgets.line_list import LineList

PAGE = 100
PAGES_KEPT = 6
TYPES = {"sms": "SMS", "mms": "MMS", "email": "Email"}


@dataclass(frozen=True)
class Source:
    """Where messages come from: how many there are, and a page of them, newest first."""

    count: Callable[[], int]
    page: Callable[[int, int], Sequence[Message]]
    """Called with offset and limit."""


@dataclass(frozen=True)
class Columns:
    """Widths of the columns; 0 leaves one out. The message takes what is left."""

    account: int
    kind: int
    sender: int
    date: int

    @staticmethod
    def of(width: int, *, with_account: bool) -> Columns:
        """Columns that suit a width."""
        wide = width >= 96
        account = (min(28, width // 4) if wide else width * 26 // 100) if with_account else 0
        return Columns(account, 7 if wide else 0, 20 if wide else 14 if width >= 70 else 0, 14 if wide else 13)


class MessageTable(LineList):
    """The table. The selection stays on the same message when others arrive above it."""

    def __init__(
        self, source: Source, now: Callable[[], int], zone: tzinfo | None = None, *, with_account: bool = True
    ) -> None:
        super().__init__()
        self._source = source
        self._now = now
        self._zone = zone
        self._with_account = with_account
        self._count = 0
        self._pages: dict[int, Sequence[Message]] = {}
        self._words: tuple[str, ...] = ()
        self._minute = 0

    @property
    def count(self) -> int:
        """How many messages there are."""
        return self._count

    @property
    def columns(self) -> Columns:
        """The columns at this width."""
        return Columns.of(self.scrollable_content_region.width, with_account=self._with_account)

    def at(self, index: int) -> Message | None:
        """The message of a row; reads its page if need be. None if it went away meanwhile."""
        number, place = divmod(index, PAGE)
        page = self._pages.get(number)
        if page is None:
            page = self._source.page(number * PAGE, PAGE)
            if len(self._pages) >= PAGES_KEPT:
                self._pages.pop(next(iter(self._pages)))
            self._pages[number] = page
        return page[place] if place < len(page) else None

    @property
    def selected(self) -> Message | None:
        """The selected message."""
        return self.at(self.index) if self._count else None

    def select(self, key: MessageKey) -> None:
        """Select a message, if it is near the selected row."""
        place = self._find(key, self.index)
        if place is not None:
            self.index = place

    def read(self, search: str = "", *, from_top: bool = False) -> None:
        """Read anew. The selected message stays selected; `from_top` selects the newest, for another filter."""
        before = None if from_top or not self._count else self.at(self.index)
        old_count, old_index, old_top = self._count, self.index, self.scroll_offset.y
        self._words = tuple(search.split())
        self._count = self._source.count()
        self._pages.clear()
        place = self._find(before.key, old_index + self._count - old_count) if before else 0
        index = old_index if place is None else place
        self.set_reactive(MessageTable.index, max(0, min(index, self._count - 1)))
        self.redraw()
        if old_top and place is not None and not from_top:
            self.scroll_to(y=old_top + self.index - old_index, animate=False)
        self.show_index()

    def _find(self, key: MessageKey, guess: int) -> int | None:
        """The row of a message: where it must be if only newer ones came, else in the pages around."""
        around = range(max(guess - 2 * PAGE, 0), min(guess + 2 * PAGE, self._count))
        for index in sorted(around, key=lambda each: abs(each - guess)):
            message = self.at(index)
            if message and message.key == key:
                return index
        return None

    def draw(self, index: int, width: int, selected: bool) -> list[Strip]:
        """One row."""
        message = self.at(index)
        ground = self.rich_style + self.ink("selected") if selected else self.rich_style
        line = Line(width, ground)
        if message is None:
            return [line.strip()]
        columns = self.columns
        date = self._date(message)
        line.right(" ").right(date, self.ink("muted")).right(" " * (columns.date - len(date)))
        line.left("▌" if selected else " ", self.ink("edge-focus"))
        line.left("  " if message.read else "● ", self.ink("accent"))
        strong = self.ink("text" if message.read else "title")
        self._put(line, terminal_text.line(message.account_label), columns.account, strong)
        self._put(line, TYPES[message.kind], columns.kind, self.ink("muted"))
        self._put(line, terminal_text.line(message.sender), columns.sender, self.ink("muted"))
        self._text(line, message, strong)
        return [line.strip()]

    def _date(self, message: Message) -> str:
        return words.day_and_time(message.received_at, self._now(), self._zone)

    def _put(self, line: Line, text: str, width: int, ink: Style) -> None:
        if not width:
            return
        shown = terminal_text.fit(text, width - 2)
        for piece, style in highlighted(shown, self._words, ink, self.ink("match")):
            line.left(piece, style)
        line.gap(2)

    def _text(self, line: Line, message: Message, ink: Style) -> None:
        room = line.free - 1
        if message.code:
            fresh = self._now() - message.received_at < words.CODE_FRESH
            code = f" {words.code_groups(terminal_text.line(message.code.text))} "
            line.left(code, self.ink("code" if fresh else "title")).gap()
            room -= terminal_text.width(code) + 1
        text = terminal_text.clip(self._excerpt(message, room), room)
        for piece, style in highlighted(text, self._words, ink, self.ink("match")):
            line.left(piece, style)

    def _excerpt(self, message: Message, room: int) -> str:
        """The text from its start, or from just before the first match if that would be cut off."""
        text = terminal_text.line(message.text)
        low = text.lower()
        found = [(at, len(word)) for word in self._words if (at := low.find(word.lower())) >= 0]
        first, length = min(found, default=(0, 0))
        before = max(min(10, room - length - 2), 0)
        return text if first + length < room else "…" + text[max(first - before, 0) :]

    def tick(self) -> None:
        """Once a minute what was fresh may be stale."""
        minute = self._now() // words.MINUTE
        if minute != self._minute:
            self._minute = minute
            self.redraw()


class MessageHead(Inked):
    """The titles above a message table, at the places of its columns."""

    def __init__(self, table: MessageTable) -> None:
        super().__init__()
        self._table = table

    def render_line(self, y: int) -> Strip:
        """The titles; what the table leaves for its scrollbar stays empty here too."""
        line = Line(self._table.scrollable_content_region.width, self.rich_style)
        columns, ink = self._table.columns, self.ink("faint")
        line.right(" ").right("Date", ink).right(" " * (columns.date - 4)).gap(3)
        for title, width in (("Account", columns.account), ("Type", columns.kind), ("From", columns.sender)):
            line.left(terminal_text.fit(title, width), ink)
        line.left("Message", ink)
        return line.strip().adjust_cell_length(self.content_size.width, self.rich_style)
