"""Editing a value in place: one line, several lines, or a password with a generator at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import VerticalGroup
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from cerby_tui.commands import only
from cerby_tui.messages import GenerateWanted
from cerby_tui.widgets.area import Area
from cerby_tui.widgets.entry import Entry

KEYS = {
    "line": "Enter done   Esc cancel",
    "long": "Ctrl+S done   Esc cancel",
    "secret": "Enter done   Ctrl+G generate   Ctrl+T show   Esc cancel",
}


class Editor(VerticalGroup):
    """Edits one value. Posts Done with the new value, or Cancelled; whoever owns it takes it away."""

    BINDINGS: ClassVar[list[BindingType]] = only("edit-done", "edit-cancel", "generate", "show-typed")

    @dataclass
    class Done(Message):
        """Keep `value`."""

        value: str

    @dataclass
    class Cancelled(Message):
        """Leave everything as it was; `changed` tells whether something had been typed."""

        changed: bool

    def __init__(
        self, value: str, *, long: bool = False, secret: bool = False, suggest: Callable[[str], list[str]] | None = None
    ) -> None:
        super().__init__()
        self._before = value
        self._long = long
        self._secret = secret
        self._suggest = suggest

    def compose(self) -> Iterable[Widget]:
        """The input and, below it, the keys."""
        if self._long:
            yield Area(self._before)
        elif self._suggest:
            from cerby_tui.widgets.suggesting import SuggestingEntry

            yield SuggestingEntry(self._before, self._suggest)
        else:
            yield Entry(self._before, password=self._secret)
        yield Static(KEYS["long" if self._long else "secret" if self._secret else "line"], classes="keys")

    def on_mount(self) -> None:
        """Type at once."""
        self.query("Entry, Area").first().focus()

    @property
    def value(self) -> str:
        """What stands there now."""
        if self._long:
            return self.query_one(Area).text
        return self.query_one(Entry).value

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The generator is there for passwords only."""
        if action in ("generate", "show_typed"):
            return self._secret
        return super().check_action(action, parameters)

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        """Enter in a single line."""
        event.stop()
        self.action_edit_done()

    def action_edit_done(self) -> None:
        """Keep what stands there."""
        self.post_message(self.Done(self.value))

    def action_edit_cancel(self) -> None:
        """Keep what was there before."""
        self.post_message(self.Cancelled(self.value != self._before))

    def action_show_typed(self) -> None:
        """Show or mask what is typed."""
        entry = self.query_one(Entry)
        entry.password = not entry.password

    def action_generate(self) -> None:
        """Have a password made up, and take it if the person likes it."""

        def take(password: str) -> None:
            self.query_one(Entry).value = password

        self.post_message(GenerateWanted(take))
