"""Help and palette: a list that is filtered by typing, in which Enter runs what is selected."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Static

from cerby_tui import terminal_text, words
from cerby_tui.messages import RowOpened
from cerby_tui.screens.base import Dialog, caption
from cerby_tui.screens.desk import Desk
from cerby_tui.values import CardFilter, Changed, InboxFilter, MessageKey
from cerby_tui.widgets.bars import BottomBar
from cerby_tui.widgets.entry import Entry
from cerby_tui.widgets.ink import Line, highlighted
from cerby_tui.widgets.line_list import LineList

MOST = 8
"""Accounts, and as many messages, that the palette shows for some words."""
Run = Callable[[], Awaitable[object] | object]


@dataclass(frozen=True)
class Finding:
    """Something that can be run: its group, its words, the key beside it."""

    group: str
    title: str
    detail: str
    key: str
    run: Run

    def words(self) -> tuple[str, ...]:
        """What of it is shown."""
        return self.group, self.title, self.detail, self.key

    def matches(self, wanted: Sequence[str]) -> bool:
        """Whether every word is somewhere in it, in any order."""
        text = " ".join(self.words()).lower()
        return all(word in text for word in wanted)


class FindingList(LineList):
    """The findings; a group's name stands beside its first one."""

    empty = ("Nothing found", "Fewer words find more. Esc closes.")

    def __init__(self) -> None:
        super().__init__()
        self.findings: Sequence[Finding] = ()
        self._words: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.findings)

    def show(self, findings: Sequence[Finding], wanted: Sequence[str]) -> None:
        """Show these, the first selected."""
        self.findings, self._words = findings, tuple(wanted)
        self.set_reactive(FindingList.index, 0)
        self.redraw()
        self.scroll_home(animate=False)

    def draw(self, index: int, width: int, selected: bool) -> list[Strip]:
        """Group, key, title, detail."""
        found = self.findings[index]
        first = index == 0 or self.findings[index - 1].group != found.group
        line = Line(width, self.rich_style + self.ink("selected") if selected else self.rich_style)
        line.left("▌ " if selected else "  ", self.ink("edge-focus"))
        if width > 60:
            line.left(terminal_text.fit(found.group if first else "", 14), self.ink("chip"))
        line.left(terminal_text.fit(found.key, 13), self.ink("accent"))
        title = terminal_text.fit(terminal_text.line(found.title), min(28, width // 3))
        for piece, ink in highlighted(title, self._words, self.ink("title"), self.ink("match")):
            line.left(piece, ink)
        return [line.gap(2).left(terminal_text.line(found.detail), self.ink("muted")).strip()]


class Finder(Dialog[Run]):
    """Answers what is to be run."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", show=False),
        Binding("up", "move('up')", show=False, priority=True),
        Binding("down", "move('down')", show=False, priority=True),
        Binding("pageup", "move('half_page_up')", show=False, priority=True),
        Binding("pagedown", "move('half_page_down')", show=False, priority=True),
    ]
    TITLE_WORDS = ""
    PLACEHOLDER = ""

    def __init__(self, commands: Sequence[Finding]) -> None:
        super().__init__(classes="tall")
        self._commands = commands

    def body(self) -> Iterable[Widget]:
        """A line to type in, and the list."""
        yield caption(self.TITLE_WORDS, "title")
        yield Entry(placeholder=self.PLACEHOLDER)
        yield FindingList()
        yield Static(id="detail", markup=False, classes="muted")

    def on_mount(self) -> None:
        """Everything, before a word is typed."""
        self.query_one(Entry).focus()
        self._find("")

    def show_hints(self) -> None:
        """While one types, only these keys are not text."""
        self.query_one(BottomBar).hints = (("↑↓", "select"), ("Enter", "run"), ("Esc", "close"))

    def findings(self, wanted: Sequence[str]) -> list[Finding]:
        """What fits the words."""
        return [each for each in self._commands if each.matches(wanted)]

    def _find(self, typed: str) -> None:
        wanted = typed.lower().split()
        self.query_one(FindingList).show(self.findings(wanted), wanted)
        self._show_detail()

    def on_row_moved(self) -> None:
        """Another one is selected."""
        self._show_detail()

    def _show_detail(self) -> None:
        """The whole detail of the selected one: in the list it may be cut."""
        listed = self.query_one(FindingList)
        detail = listed.findings[listed.index].detail if listed.findings else ""
        self.query_one("#detail", Static).update(Content(terminal_text.line(detail)))

    @on(Input.Changed)
    def typed(self, event: Input.Changed) -> None:
        """Filter with every key."""
        self._find(event.value)

    @on(Input.Submitted)
    def run_selected(self) -> None:
        """Enter in the line runs what is selected below."""
        self.query_one(FindingList).action_open()

    def on_row_opened(self, event: RowOpened) -> None:
        """Answer what is to be run."""
        event.stop()
        self.dismiss(self.query_one(FindingList).findings[event.index].run)

    async def action_move(self, how: str) -> None:
        """The arrow keys move the selection while one types."""
        await self.query_one(FindingList).run_action(how)

    def action_close(self) -> None:
        """Run nothing."""
        self.dismiss(None)


class HelpScreen(Finder):
    """The keys that work where the person is, those of the focused place first."""

    TITLE_WORDS = "All keys"
    PLACEHOLDER = "type to filter, Enter runs"


class PaletteScreen(Finder):
    """Commands, accounts and messages."""

    TITLE_WORDS = "Find anything"
    PLACEHOLDER = "a command, an account, words of a message"

    def __init__(
        self,
        commands: Sequence[Finding],
        desk: Desk,
        to_account: Callable[[bytes], None],
        to_message: Callable[[MessageKey], None],
    ) -> None:
        super().__init__(commands)
        self._desk = desk
        self._to_account = to_account
        self._to_message = to_message

    def findings(self, wanted: Sequence[str]) -> list[Finding]:
        """Accounts first, because they are what people look for; then commands, then messages."""
        commands = super().findings(wanted)
        if not wanted:
            return commands
        typed = " ".join(wanted)
        return [*self._accounts(typed), *commands, *self._messages(typed)]

    def _accounts(self, typed: str) -> list[Finding]:
        cards = self._desk.session.cards(CardFilter(words=typed))[:MOST]
        return [
            Finding("Accounts", card.label, f"{card.app_name} {card.username}".strip(), "", self._going(card.id))
            for card in cards
        ]

    def _going(self, account: bytes) -> Run:
        return lambda: self._to_account(account)

    def vault_changed(self, changed: Changed) -> None:
        """What is found may have gone, or come."""
        if not (changed.accounts or changed.new_messages or changed.everything):
            return
        wanted = self.query_one(Entry).value.lower().split()
        found, listed = self.findings(wanted), self.query_one(FindingList)
        if [each.words() for each in found] != [each.words() for each in listed.findings]:
            listed.show(found, wanted)
            self._show_detail()

    def _messages(self, typed: str) -> list[Finding]:
        if not self._desk.session.people.browses():
            return []
        found = self._desk.session.messages(InboxFilter(words=typed), limit=MOST)
        now = self._desk.now()
        return [
            Finding("Messages", one.account_label, one.text, words.age(one.received_at, now), self._reading(one.key))
            for one in found
        ]

    def _reading(self, key: MessageKey) -> Run:
        return lambda: self._to_message(key)
