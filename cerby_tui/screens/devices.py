"""*My trusted devices*: one's own sessions, and those that ask to become one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget

from cerby_tui import terminal_text, words
from cerby_tui.commands import bindings
from cerby_tui.errors import CerbyError
from cerby_tui.messages import RowMoved, RowOpened
from cerby_tui.screens.base import Place, sheet
from cerby_tui.screens.desk import Desk
from cerby_tui.screens.session_table import SESSIONS, pending_row, session_row
from cerby_tui.team_values import PendingSession, TrustedSession
from cerby_tui.values import Changed
from cerby_tui.widgets.bars import TopBar
from cerby_tui.widgets.table import Table, TableHead

ASKING = ("Asking the service…", "")


class DevicesScreen(Place):
    """Devices that ask stand above; Enter answers them. The others can be removed."""

    CSS_PATH = sheet("members")
    BINDINGS: ClassVar[list[BindingType]] = bindings("devices")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._own: list[TrustedSession] = []
        self._pending: list[PendingSession] = []

    def body(self) -> Iterable[Widget]:
        """The table."""
        table = Table(SESSIONS)
        yield TableHead(table)
        yield table

    def on_mount(self) -> None:
        """Ask what there is."""
        self.query_one(TopBar).trail = ("Accounts", "My trusted devices")
        table = self.query_one(Table)
        table.empty = ASKING
        table.focus()
        self._read()

    def reread(self, changed: Changed) -> None:
        """A session came or went."""
        self._read()

    def vault_changed(self, changed: Changed) -> None:
        """A device asks, or somebody answered it."""
        super().vault_changed(changed)
        if changed.requests and self.is_mounted:
            self._read()

    def tick(self, countdown: str) -> None:
        """What is left of a request counts down, and one that is over goes."""
        super().tick(countdown)
        if self._pending:
            self._pending = [one for one in self._pending if one.expires > self.desk.now()]
            self._show()

    def _read(self) -> None:
        self.run_worker(self._fetch(), exclusive=True, group="sessions")

    async def _fetch(self) -> None:
        devices = self.desk.session.devices
        try:
            self._own = await devices.own()
            self._pending = await devices.pending()
        except CerbyError as error:
            self.query_one(Table).empty = ("Your sessions are not known", error.whole())
        self._show()

    def _show(self) -> None:
        now, table = self.desk.now(), self.query_one(Table)
        rows = [pending_row(one, now) for one in self._pending]
        rows += [session_row(one, now, self.desk.zone) for one in self._own]
        table.show(rows)
        self.query_one(TableHead).refresh()
        trusted = sum(one.status == "Approved" for one in self._own)
        asking = f" · {len(self._pending)} pending approval" if self._pending else ""
        self.query_one(TopBar).note = f"{words.count_of(trusted, 'trusted session')}{asking}"
        self.moved()

    def _chosen(self) -> TrustedSession | PendingSession | None:
        for table in self.query(Table):
            row = table.selected
            key = row.key if row else b""
            asking = next((one for one in self._pending if one.id == key), None)
            return asking or next((one for one in self._own if one.device == key), None)
        return None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Requests are answered, sessions removed."""
        chosen = self._chosen()
        if action in ("approve", "deny"):
            return isinstance(chosen, PendingSession)
        if action == "remove_device":
            return isinstance(chosen, TrustedSession) and chosen.status != "Removed"
        return super().check_action(action, parameters)

    @on(RowMoved)
    def moved(self) -> None:
        """Other acts may be possible now."""
        self.query_one(Table).opens = isinstance(self._chosen(), PendingSession)
        self.refresh_bindings()

    @on(RowOpened)
    def opened(self, event: RowOpened) -> None:
        """Answer a request."""
        event.stop()
        self.action_approve()

    def action_approve(self) -> None:
        """Begin to answer: the same popup as everywhere."""
        from cerby_tui.screens.approval import ApprovalScreen

        chosen = self._chosen()
        if isinstance(chosen, PendingSession):
            self.app.push_screen(ApprovalScreen(self.desk, chosen), lambda _done: self._read())

    async def action_deny(self) -> None:
        """Do not trust it."""
        chosen = self._chosen()
        if isinstance(chosen, PendingSession) and await self.done(self.desk.session.devices.deny(chosen.id)):
            self.say("Denied: the device is not trusted.")
            self._read()

    def action_remove_device(self) -> None:
        """Remove the selected session, after it was said what that means."""
        from cerby_tui.screens.confirm import ConfirmScreen

        chosen = self._chosen()
        if not isinstance(chosen, TrustedSession):
            return
        name = "this device" if chosen.this else terminal_text.line(chosen.name)

        async def answered(yes: bool | None) -> None:
            if yes:
                self.say(f"Removing {name}…")
                if await self.done(self.desk.session.devices.remove(chosen.device)):
                    self.say(f"{terminal_text.line(chosen.name)} is no trusted session any more.")
                    self._read()

        warnings = [terminal_text.line(said) for said in self.desk.session.devices.warnings(chosen.device)]
        said = "\n\n".join([terminal_text.line(chosen.name), *warnings])
        self.app.push_screen(ConfirmScreen("Remove device?", said, yes="Remove device", no="Cancel"), answered)
