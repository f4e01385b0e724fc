"""Naming a custom field: what it is called, what it holds, whether its value is hidden."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Literal

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input, Static

from cerby_tui.commands import only
from cerby_tui.messages import Pressed
from cerby_tui.screens.base import Dialog, caption
from cerby_tui.terminal_text import line
from cerby_tui.values import CustomField
from cerby_tui.widgets.button import Press
from cerby_tui.widgets.entry import Entry
from cerby_tui.widgets.tick import Tick

Kind = Literal["text", "long", "link"]
KINDS: tuple[tuple[Kind, str], ...] = (("text", "Short text"), ("long", "Long text"), ("link", "URL link"))
LONGEST_NAME = 100


class CustomFieldScreen(Dialog[CustomField]):
    """Answers a new field without a value, or None. `taken` are the names that are there already."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+t", "kind", "Another kind", show=False),
        Binding("ctrl+g", "hidden", "Hide the value", show=False),
        *only("close"),
    ]

    def __init__(self, taken: set[str]) -> None:
        super().__init__()
        self._taken = taken
        self._kind = 0

    def body(self) -> Iterable[Widget]:
        """Name, kind, hidden."""
        yield caption("Add custom field", "title")
        yield Entry(placeholder="Name of the field", max_length=LONGEST_NAME)
        yield Static(id="kind", markup=False)
        yield Tick("Hide the value (Ctrl+G)")
        with Horizontal(classes="buttons"):
            yield Press("Add", default=True)

    def on_mount(self) -> None:
        """Type the name first."""
        self._show_kind()
        self.query_one(Entry).focus()

    def _show_kind(self) -> None:
        names = "   ".join(f"({'•' if at == self._kind else ' '}) {name}" for at, (_kind, name) in enumerate(KINDS))
        self.query_one("#kind", Static).update(f"{names}   Ctrl+T")

    def action_kind(self) -> None:
        """The next kind."""
        self._kind = (self._kind + 1) % len(KINDS)
        self._show_kind()

    def action_hidden(self) -> None:
        """Hide the value, or show it."""
        tick = self.query_one(Tick)
        tick.ticked = not tick.ticked

    @on(Input.Submitted)
    def entered(self) -> None:
        """Enter in the name."""
        self._add()

    @on(Pressed)
    def pressed(self, event: Pressed) -> None:
        """The mouse."""
        if isinstance(event.sender, Tick):
            self.action_hidden()
        else:
            self._add()

    def _add(self) -> None:
        name = self.query_one(Entry).value.strip()
        if not name:
            self.say("The field needs a name.", "warning")
        elif name in self._taken:
            self.say(f"There is a field called {line(name)} already.", "warning")
        else:
            self.dismiss(CustomField(name, kind=KINDS[self._kind][0], hidden=self.query_one(Tick).ticked))

    def action_close(self) -> None:
        """Add nothing."""
        self.dismiss(None)
