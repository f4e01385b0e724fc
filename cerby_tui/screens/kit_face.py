"""The recovery kit as it is shown: eight numbered groups, where they are good, and the square that says the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import VerticalGroup
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from cerby_tui.commands import only
from cerby_tui.kit import Kit, user_groups
from cerby_tui.screens.base import Dialog, caption
from cerby_tui.square import square_lines
from cerby_tui.terminal_text import visible

GROUPS_A_LINE = 4


class KitFace(VerticalGroup):
    """Groups, service, user id."""

    def __init__(self, kit: Kit) -> None:
        super().__init__()
        self._kit = kit

    def compose(self) -> Iterable[Widget]:
        """The groups with their numbers."""
        numbered = [f"{at:>2} {group}" for at, group in enumerate(self._kit.groups, 1)]
        lines = [numbered[at : at + GROUPS_A_LINE] for at in range(0, len(numbered), GROUPS_A_LINE)]
        yield Static(Content("\n\n".join("     ".join(line) for line in lines)), id="groups")
        yield caption(visible(f"Service {self._kit.origin}\nUser    {user_groups(self._kit.user)}"), "muted")


class SquareScreen(Dialog[None]):
    """The square alone: a telephone's camera reads it, and what it reads is enough to come back with."""

    BINDINGS: ClassVar[list[BindingType]] = only("close")

    def __init__(self, kit: Kit) -> None:
        super().__init__(classes="square")
        self._lines = square_lines(kit.link)

    def body(self) -> Iterable[Widget]:
        """Nothing but the square: on a small terminal it needs every line."""
        yield Static(Content("\n".join(self._lines)), id="square")

    def action_close(self) -> None:
        """Back to the kit."""
        self.dismiss(None)
