"""A button of one line, for dialogs."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from textual.binding import Binding, BindingType
from textual.reactive import reactive
from textual.strip import Strip

from cerby_tui import terminal_text
from cerby_tui.messages import Pressed
from cerby_tui.widgets.ink import Inked, Line


class Press(Inked, can_focus=True):
    """A button for Enter and the mouse; Space belongs to ticks, so that a tick never presses.

    `default` marks the one that Enter presses from anywhere in its dialog.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "press", "Press", show=False)]

    label: reactive[str] = reactive("", layout=True)

    def __init__(
        self,
        label: str,
        *,
        id: str | None = None,  # noqa: A002  (Textual's name for it)
        disabled: bool = False,
        default: bool = False,
    ) -> None:
        super().__init__(id=id, disabled=disabled, classes="default" if default else None)
        self.label = label

    def get_content_width(self, container: object, viewport: object) -> int:
        """As wide as its label and the marks around it."""
        return terminal_text.width(self.label) + 6

    def render_line(self, y: int) -> Strip:
        """The label between marks: heavy when Enter would press it, in brackets when it cannot be pressed."""
        line = Line(self.content_size.width, self.rich_style)
        ink = self.ink("faint") if self.disabled else Style.null()
        ready = self.has_focus or self.has_class("default")
        marks = ("( ", " )") if self.disabled else ("▶ ", "  ") if ready else ("  ", "  ")
        return line.gap().left(marks[0], ink).left(self.label, ink).left(marks[1], ink).strip()

    def action_press(self) -> None:
        """Tell whoever owns the button."""
        if not self.disabled:
            self.post_message(Pressed(self))

    def on_click(self) -> None:
        """The mouse presses as well."""
        self.action_press()
