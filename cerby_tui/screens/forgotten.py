"""A forgotten passphrase: the recovery kit opens the vault that is here and gives it a new one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from cerby_tui.commands import only
from cerby_tui.errors import CerbyError
from cerby_tui.screens.base import Dialog, caption
from cerby_tui.screens.enrolment_ways import PastedEntry
from cerby_tui.terminal_text import visible
from cerby_tui.widgets.entry import Entry

if TYPE_CHECKING:
    from cerby_tui.session import Session

Reopen = Callable[[str, str], "Session"]


class ForgottenScreen(Dialog["Session | None"]):
    """Answers the open session, or None. `reopen` gets the code and the new passphrase, in a thread."""

    BINDINGS: ClassVar[list[BindingType]] = only("close")

    def __init__(self, reopen: Reopen) -> None:
        super().__init__()
        self._reopen = reopen
        self._busy = False

    def body(self) -> Iterable[Widget]:
        """Code, passphrase, the same again."""
        yield caption("Open with your recovery kit", "title")
        yield caption("Its code sets a new passphrase for this vault. The kit is not used up by that.", "muted")
        yield PastedEntry(id="code", placeholder="Recovery key, eight groups")
        yield Entry(id="first", password=True, placeholder="New passphrase")
        yield Entry(id="second", password=True, placeholder="The same again")
        yield Static(id="said", markup=False)

    def on_mount(self) -> None:
        """Type at once."""
        super().on_mount()
        self.query_one("#code").focus()

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        """Enter goes to the next line; on the last one it is done."""
        event.stop()
        entries = list(self.query(Entry))
        following = entries[entries.index(event.input) + 1 :] if event.input in entries else []
        if following:
            following[0].focus()
        elif not self._busy:
            self.run_worker(self._open(*(entry.value for entry in entries)), exclusive=True)

    async def _open(self, code: str, first: str, second: str) -> None:
        if first != second:
            self._tell("The two passphrases differ. Type them again.", bad=True)
            return
        self._busy = True
        self._tell("Opening the vault…")
        try:
            self.dismiss(await asyncio.to_thread(self._reopen, code, first))
        except CerbyError as error:
            self._tell(error.whole(), bad=True)
        finally:
            self._busy = False

    def _tell(self, text: str, *, bad: bool = False) -> None:
        said = self.query_one("#said", Static)
        said.set_class(bad, "bad")
        said.update(Content(visible(("✗ " if bad else "") + text)))

    def action_close(self) -> None:
        """Leave, unless it is being done: the vault would be open behind the lock screen."""
        if not self._busy:
            self.dismiss(None)
