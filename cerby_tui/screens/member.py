"""A member's page: who they are and, for administrators, their trusted sessions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from cerby_tui import terminal_text, words
from cerby_tui.commands import bindings
from cerby_tui.errors import CerbyError
from cerby_tui.messages import RowMoved
from cerby_tui.screens.administering import Administering
from cerby_tui.screens.base import sheet
from cerby_tui.screens.desk import Desk
from cerby_tui.screens.session_table import SESSIONS, session_row
from cerby_tui.team_values import Colleague, TrustedSession
from cerby_tui.values import Changed
from cerby_tui.widgets.bars import TopBar
from cerby_tui.widgets.table import Table, TableHead

ASKING = ("Asking the service…", "")
NO_SESSIONS = ("No trusted sessions", "Nothing of this person can reach the workspace.")
FOR_ADMINISTRATORS = "Only administrators see the trusted sessions of others."


class MemberScreen(Administering):
    """Facts above, sessions below. A session of somebody else is suspended, never approved."""

    CSS_PATH = sheet("members")
    BINDINGS: ClassVar[list[BindingType]] = bindings("member")

    def __init__(self, desk: Desk, user: bytes) -> None:
        super().__init__(desk)
        self._user = user
        self._person: Colleague | None = None
        self._sessions: list[TrustedSession] | None = None
        self._refused = ""

    def body(self) -> Iterable[Widget]:
        """Facts; sessions for those who may see them."""
        yield Static(id="facts", markup=False)
        table = Table(SESSIONS)
        table.opens = False
        yield Static("Trusted devices", id="about", markup=False)
        yield TableHead(table)
        yield table

    def on_mount(self) -> None:
        """Show what is known, and ask for the sessions."""
        self._read()
        self.query_one(Table).focus()

    def reread(self, changed: Changed) -> None:
        """Their role, or their sessions, may have changed."""
        self._read()

    def person_in_focus(self) -> Colleague | None:
        """The person of this page."""
        return self._person

    def _may_see(self) -> bool:
        return self.desk.may("see_other_sessions")

    def _read(self) -> None:
        self.learn_powers()
        person = self._person = self.desk.session.people.by_user().get(self._user)
        if person is None:
            self.dismiss(None)
            return
        self.query_one(TopBar).trail = ("Accounts", "All members", person.name)
        self.query_one("#facts", Static).update(Content("\n".join(self._facts(person))))
        self._show()
        if self._may_see():
            self.run_worker(self._fetch(), exclusive=True, group="sessions")

    def _facts(self, person: Colleague) -> list[str]:
        now, here = self.desk.now(), person.status == "active"
        role, address = words.workspace_role(person.role), terminal_text.line(person.email)
        state = ["Active" if here else "Removed", role if here else f"was {role}"]
        if person.you:
            state.append("this is you")
        seen = words.count_of(person.accounts, "account")
        return [
            " · ".join([address or "no address known", *state]),
            f"Joined {words.date(person.joined, self.desk.zone)} · last activity {words.ago(person.last_activity, now)}"
            f" · on {seen} you can see",
        ]

    async def _fetch(self) -> None:
        try:
            self._sessions = await self.desk.session.devices.of(self._user)
            self._refused = ""
        except CerbyError as error:
            self._refused = error.whole()
        self._show()

    def _show(self) -> None:
        table, now = self.query_one(Table), self.desk.now()
        table.empty = self._why_empty()
        table.show([session_row(one, now, self.desk.zone) for one in self._sessions or ()])
        self.query_one(TableHead).refresh()
        self.refresh_bindings()

    def _why_empty(self) -> tuple[str, ...]:
        if not self._may_see():
            return ("Nothing to see here", FOR_ADMINISTRATORS)
        if self._refused:
            return ("Their sessions are not known", self._refused)
        return ASKING if self._sessions is None else NO_SESSIONS

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A live session of somebody whom one may change can be suspended."""
        if action == "suspend":
            chosen = self._chosen()
            return bool(chosen and chosen.status == "Approved" and super().check_action(action, parameters))
        return super().check_action(action, parameters)

    def _chosen(self) -> TrustedSession | None:
        for table in self.query(Table):
            row = table.selected
            return next((one for one in self._sessions or () if row and one.device == row.key), None)
        return None

    @on(RowMoved)
    def moved(self) -> None:
        """Other acts may be possible now."""
        self.refresh_bindings()

    def action_suspend(self) -> None:
        """Suspend the selected session, after it was said what that means."""
        from cerby_tui.screens.confirm import ConfirmScreen

        chosen, person = self._chosen(), self.person_in_focus()
        if chosen is None or person is None:
            return
        name, whose = terminal_text.line(chosen.name), terminal_text.line(person.name)

        async def answered(yes: bool | None) -> None:
            if yes and await self.done(self.desk.session.devices.suspend(self._user, chosen.device)):
                self.say(f"{name} of {whose} is suspended. The keys of the accounts it reached are renewed.")
                self._read()

        said = (
            f"{name} of {whose} gets nothing any more, at once. The keys of the accounts it reached are renewed. "
            "It cannot take back what was seen there, and only a new approval brings it back."
        )
        self.app.push_screen(ConfirmScreen("Suspend this trusted session?", said, yes="Suspend"), answered)
