"""A line of text with suggestions below it while one types."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import VerticalGroup
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from cerby_tui import terminal_text
from cerby_tui.widgets.entry import Entry
from cerby_tui.widgets.ink import Inked, Line

MOST = 5


class Suggestions(Inked):
    """At most five lines; one may be selected."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.index = -1

    def show(self, names: list[str]) -> None:
        """Show these, none selected."""
        self.names, self.index = names[:MOST], -1
        self.styles.height = len(self.names)
        self.refresh()

    def move(self, step: int) -> None:
        """Select the next or the previous one; before the first is none."""
        self.index = max(-1, min(self.index + step, len(self.names) - 1))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One suggestion."""
        chosen = y == self.index
        line = Line(self.content_size.width, self.rich_style + self.ink("selected") if chosen else self.rich_style)
        line.left("▌ " if chosen else "  ", self.ink("edge-focus"))
        if y < len(self.names):
            line.left(terminal_text.line(self.names[y]), self.ink("title" if chosen else "muted"))
        return line.strip()


class SuggestingEntry(VerticalGroup):
    """Type, or take a suggestion with ↓ and Enter."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", "Next suggestion", show=False),
        Binding("up", "move(-1)", "Previous suggestion", show=False),
        Binding("enter", "take", "Take the suggestion", show=False, priority=True),
    ]

    class Taken(Message):
        """A suggestion was taken."""

    def __init__(self, value: str, suggest: Callable[[str], list[str]], **options: Any) -> None:
        super().__init__()
        self._value = value
        self._suggest = suggest
        self._options = options

    def compose(self) -> Iterable[Widget]:
        """The input and the suggestions."""
        yield Entry(self._value, **self._options)
        yield Suggestions()

    @property
    def value(self) -> str:
        """What stands there."""
        return self.query_one(Entry).value

    @on(Input.Changed)
    def typed(self, event: Input.Changed) -> None:
        """Other suggestions with every key."""
        known = event.value.strip()
        names = self._suggest(known) if known and event.input.has_focus else []
        self.query_one(Suggestions).show([] if names[:1] == [known] else names)

    def action_move(self, step: int) -> None:
        """Go through the suggestions."""
        self.query_one(Suggestions).move(step)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enter belongs to the input unless a suggestion is selected."""
        if action == "take":
            return self.query_one(Suggestions).index >= 0 if self.is_mounted else False
        return super().check_action(action, parameters)

    def action_take(self) -> None:
        """Take the selected suggestion."""
        suggestions, entry = self.query_one(Suggestions), self.query_one(Entry)
        with entry.prevent(Input.Changed):
            entry.value = suggestions.names[suggestions.index]
            entry.cursor_position = len(entry.value)
        suggestions.show([])
        self.post_message(self.Taken())
