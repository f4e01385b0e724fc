"""Choosing one of several: roles, people, sessions. Long lists are filtered by typing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from cerby_tui import terminal_text
from cerby_tui.commands import only
from cerby_tui.messages import RowOpened
from cerby_tui.screens.base import Dialog, caption
from cerby_tui.widgets.entry import Entry
from cerby_tui.widgets.ink import Line, highlighted
from cerby_tui.widgets.line_list import LineList

MANY = 8
"""From this many choices on a line to type in stands above them."""


@dataclass(frozen=True)
class Choice:
    """Something that can be chosen: its value, its name, what it means; `now` marks the one in force."""

    value: bytes | str
    title: str
    detail: str = ""
    now: bool = False

    def matches(self, wanted: Sequence[str]) -> bool:
        """Whether every word is somewhere in it, in any order."""
        text = f"{self.title} {self.detail}".lower()
        return all(word in text for word in wanted)


class ChoiceList(LineList):
    """The choices, two lines each: name and meaning."""

    BINDINGS: ClassVar[list[BindingType]] = only("take")
    empty = ("Nobody is found", "Fewer words find more. Esc closes.")
    cell_height = 2

    def __init__(self, choices: Sequence[Choice]) -> None:
        super().__init__()
        self.choices = choices
        self._words: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.choices)

    @property
    def selected(self) -> Choice | None:
        """The selected one."""
        return self.choices[self.index] if self.choices else None

    def show(self, choices: Sequence[Choice], wanted: Sequence[str] = ()) -> None:
        """Offer these, the first selected."""
        self.choices, self._words = choices, tuple(wanted)
        self.index = 0
        self.redraw()

    def draw(self, index: int, width: int, selected: bool) -> list[Strip]:
        """The name, and below it what it means."""
        choice = self.choices[index]
        ground = self.rich_style + self.ink("selected") if selected else self.rich_style
        bar = "▌ " if selected else "  "
        first = Line(width, ground).left(bar, self.ink("edge-focus"))
        second = Line(width, ground).left(bar, self.ink("edge-focus"))
        if choice.now:
            first.right(" ").right("now", self.ink("muted"))
        title = terminal_text.clip(terminal_text.line(choice.title), first.free - 1)
        for piece, ink in highlighted(title, self._words, self.ink("title"), self.ink("match")):
            first.left(piece, ink)
        second.left(terminal_text.line(choice.detail), self.ink("muted"))
        return [first.strip(), second.strip()]


class ChooseScreen(Dialog[bytes | str]):
    """Answers the value that was chosen, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *only("close"),
        Binding("up", "move('up')", show=False, priority=True),
        Binding("down", "move('down')", show=False, priority=True),
    ]

    def __init__(self, title: str, choices: Sequence[Choice], *, said: str = "") -> None:
        super().__init__()
        self._title = title
        self._choices = choices
        self._said = said

    def body(self) -> Iterable[Widget]:
        """What is to be chosen, a line to type in where there are many, and the choices."""
        yield caption(self._title, "title")
        if self._said:
            yield caption(self._said, "muted")
        if len(self._choices) > MANY:
            yield Entry(placeholder="type to filter")
        yield ChoiceList(self._choices)

    def on_mount(self) -> None:
        """Begin at the one in force, if there is one."""
        listed = self.query_one(ChoiceList)
        listed.styles.height = min(2 * len(self._choices), max(self.app.size.height - 14, 4))
        listed.index = next((at for at, choice in enumerate(self._choices) if choice.now), 0)
        entries = list(self.query(Entry))
        (entries[0] if entries else listed).focus()

    @on(Input.Changed)
    def typed(self, event: Input.Changed) -> None:
        """Filter with every key."""
        wanted = event.value.lower().split()
        found = [choice for choice in self._choices if choice.matches(wanted)]
        self.query_one(ChoiceList).show(found, wanted)

    @on(Input.Submitted)
    def entered(self) -> None:
        """Enter in the line takes what is selected below."""
        self.query_one(ChoiceList).action_open()

    @on(RowOpened)
    def taken(self, event: RowOpened) -> None:
        """Answer."""
        event.stop()
        if choice := self.query_one(ChoiceList).selected:
            self.dismiss(choice.value)

    async def action_move(self, how: str) -> None:
        """The arrow keys move the selection, while one types too."""
        await self.query_one(ChoiceList).run_action(how)

    def action_close(self) -> None:
        """Choose nothing."""
        self.dismiss(None)
