"""The lock screen: asks one thing. Four widgets, because the time to its first paint is measured."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Input, Static

from cerby_tui.commands import only
from cerby_tui.errors import CerbyError, SessionRemoved, WrongPassphrase
from cerby_tui.messages import SessionOver, Severity
from cerby_tui.screens.base import Sized, sheet
from cerby_tui.terminal_text import visible
from cerby_tui.widgets.entry import Entry

if TYPE_CHECKING:
    from cerby_tui.session import Session

KEYS = "Enter unlocks     F1 all keys     Ctrl+Q leaves"
FORGOTTEN = "\nF2 opens it with your recovery kit"


class UnlockScreen(Sized[None]):
    """Asks for the passphrase and opens the vault in a thread, because deriving its key takes its time on purpose.

    `opened` gets the session. `hint` is shown in the demo only, where the passphrase is no secret. `reopen` opens with
    a recovery code and sets a new passphrase.
    """

    CSS_PATH = sheet("unlock")
    BINDINGS: ClassVar[list[BindingType]] = only("forgotten")

    def __init__(
        self,
        open_session: Callable[[str], Session],
        opened: Callable[[Session], None],
        *,
        hint: str = "",
        said: str = "",
        reopen: Callable[[str, str], Session] | None = None,
    ) -> None:
        super().__init__()
        self._reopen = reopen
        self._open_session = open_session
        self._opened = opened
        self._hint = hint
        self._said = said
        self._noticed = ""

    def compose(self) -> ComposeResult:
        """The question, the field, and one line for what there is to say."""
        yield Static("cerby", id="name")
        yield Entry(password=True, placeholder="Passphrase", id="passphrase")
        yield Static(Content(visible(self._said or self._hint)), id="said")
        yield Static(KEYS + (FORGOTTEN if self._reopen else ""), id="keys")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The kit opens only what is really here."""
        return self._reopen is not None if action == "forgotten" else super().check_action(action, parameters)

    def action_forgotten(self) -> None:
        """The passphrase is forgotten."""
        from cerby_tui.screens.forgotten import ForgottenScreen

        if self._reopen is not None:
            self.app.push_screen(ForgottenScreen(self._reopen), self._reopened)

    def _reopened(self, session: Session | None) -> None:
        if session is not None:
            self._opened(session)

    def show_notice(self, sentence: str, severity: Severity) -> None:
        """A notice is said once in the one line there is, and stays until something else is said."""
        if sentence and sentence != self._noticed:
            self._say(sentence, bad=severity == "error")
        self._noticed = sentence

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Try the passphrase. The field is empty afterwards, whatever comes of it."""
        field, passphrase = event.input, event.value
        if not passphrase or field.disabled:
            return
        field.value = ""
        field.disabled = True
        self._say("Opening the vault…")
        self.run_worker(self._try(passphrase), exclusive=True)

    async def _try(self, passphrase: str) -> None:
        try:
            session = await asyncio.to_thread(self._open_session, passphrase)
        except CerbyError as error:
            self._refuse(error)
        else:
            self._opened(session)

    def _refuse(self, error: CerbyError) -> None:
        if isinstance(error, SessionRemoved) and error.farewell:
            self.post_message(SessionOver(error.farewell))
            return
        field = self.query_one("#passphrase", Input)
        field.disabled = False
        field.focus()
        text = error.whole()
        if isinstance(error, WrongPassphrase) and self._hint:
            text = f"{text}\n{self._hint}"
        self._say(text, bad=True)

    def _say(self, text: str, *, bad: bool = False) -> None:
        said = self.query_one("#said", Static)
        said.set_class(bad, "bad")
        said.update(Content(visible(("✗ " if bad else "") + text)))
