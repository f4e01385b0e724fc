"""Text fields: Textual's own, with a cursor that does not blink, and the filter line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Input

from cerby_tui.commands import only


class Entry(Input):
    """One line of text. The cursor stands still: nothing on screen moves without a reason."""

    def __init__(self, value: str = "", **options: Any) -> None:
        super().__init__(value, select_on_focus=False, **options)
        self.cursor_blink = False


class SearchEntry(Entry):
    """The filter line. Enter or ↓ goes to the list, Esc also clears."""

    BINDINGS: ClassVar[list[BindingType]] = only("search-done", "search-clear")

    @dataclass
    class Left(Message):
        """The person went on to the list."""

        cleared: bool

    def action_leave(self, cleared: bool) -> None:
        """Go on to the list."""
        self.post_message(self.Left(cleared))
