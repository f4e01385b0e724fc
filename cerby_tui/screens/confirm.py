"""One question with two answers, for everything that has to be asked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from cerby_tui.commands import only
from cerby_tui.messages import Pressed
from cerby_tui.screens.base import Dialog, caption
from cerby_tui.widgets.button import Press


class ConfirmScreen(Dialog[bool]):
    """Asks; the safe answer has the focus, and Esc gives it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *only("yes", "no"),
        Binding("left,right,h,l,tab,shift+tab", "other", "The other answer", show=False),
    ]

    def __init__(self, question: str, consequence: str = "", *, yes: str = "Yes", no: str = "No") -> None:
        super().__init__()
        self._question, self._consequence, self._yes, self._no = question, consequence, yes, no

    def body(self) -> Iterable[Widget]:
        """The question, what follows from yes, and the answers."""
        yield caption(self._question, "title")
        if self._consequence:
            yield caption(self._consequence, "muted")
        with Horizontal(classes="buttons"):
            yield Press(self._no, id="no")
            yield Press(self._yes, id="yes")

    def on_mount(self) -> None:
        """The safe answer first."""
        self.query_one("#no").focus()

    def action_other(self) -> None:
        """Go to the other answer."""
        self.query_one("#yes" if self.query_one("#no").has_focus else "#no").focus()

    def action_answer(self, yes: bool) -> None:
        """Answer."""
        self.dismiss(yes)

    @on(Pressed)
    def pressed(self, event: Pressed) -> None:
        """Enter on an answer."""
        self.dismiss(event.sender.id == "yes")
