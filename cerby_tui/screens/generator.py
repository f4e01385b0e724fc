"""Making up a password: 5 to 50 characters from the system's own randomness."""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Static

from cerby_tui.commands import only
from cerby_tui.messages import Pressed
from cerby_tui.screens.base import Dialog, caption
from cerby_tui.widgets.button import Press

SHORTEST, USUAL, LONGEST = 5, 20, 50
SIGNS = "!#$%&*+-=?@^_"
LOOKALIKES = set("Il1O0")


def made_up(length: int, *, signs: bool = True) -> str:
    """A password of `length` characters with a small and a capital letter, a figure and, if wanted, a sign.

    Characters that look alike are left out. Passwords that lack a kind are thrown away, so that all others stay
    equally likely.
    """
    kinds = [string.ascii_lowercase, string.ascii_uppercase, string.digits, *([SIGNS] if signs else [])]
    alphabet = [character for kind in kinds for character in kind if character not in LOOKALIKES]
    while True:
        password = "".join(secrets.choice(alphabet) for _ in range(length))
        if all(any(character in kind for character in password) for kind in kinds):
            return password


class GeneratorScreen(Dialog[str]):
    """Answers a password, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h,minus", "longer(-1)", "Shorter", show=False),
        Binding("right,l,plus", "longer(1)", "Longer", show=False),
        Binding("r", "again", "Another", show=False),
        Binding("s", "signs", "Signs", show=False),
        *only("close"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._length = USUAL
        self._signs = True
        self.password = ""

    def body(self) -> Iterable[Widget]:
        """The password, how it is made, and the button."""
        yield caption("Generate a password", "title")
        yield Static(id="password", markup=False)
        yield Static(id="how", markup=False, classes="muted")
        with Horizontal(classes="buttons"):
            yield Press("Use it", default=True)

    def on_mount(self) -> None:
        """Make one up at once."""
        self.query_one(Press).focus()
        self.action_again()

    def action_again(self) -> None:
        """Another one."""
        self.password = made_up(self._length, signs=self._signs)
        self.query_one("#password", Static).update(self.password)
        signs = "with signs" if self._signs else "without signs"
        how = f"{self._length} characters (← →), {signs} (s), r for another one"
        self.query_one("#how", Static).update(how)

    def action_longer(self, step: int) -> None:
        """One character more or less."""
        self._length = max(SHORTEST, min(self._length + step, LONGEST))
        self.action_again()

    def action_signs(self) -> None:
        """With signs or without: some sites refuse them."""
        self._signs = not self._signs
        self.action_again()

    @on(Pressed)
    def take(self) -> None:
        """Use this one."""
        self.dismiss(self.password)

    def action_close(self) -> None:
        """Use none."""
        self.dismiss(None)
