"""*All members*: the people of the workspace, guests, and the invites that nobody has used yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input

from cerby_tui import terminal_text, words
from cerby_tui.commands import bindings
from cerby_tui.errors import CerbyError
from cerby_tui.messages import RowMoved, RowOpened
from cerby_tui.screens.administering import Administering
from cerby_tui.screens.base import sheet
from cerby_tui.screens.desk import Desk
from cerby_tui.team_values import Colleague, Invitation, NewInvite
from cerby_tui.values import Changed
from cerby_tui.widgets.bars import TopBar
from cerby_tui.widgets.entry import SearchEntry
from cerby_tui.widgets.table import Cell, Column, Row, Table, TableHead
from cerby_tui.widgets.tabs import TabLine

PEOPLE = (
    Column("Account members", 18, 3),
    Column("Workspace role", 14),
    Column("Accounts", 8, yields=1),
    Column("Status", 8),
    Column("Joined date", 11, yields=3),
    Column("Last activity", 13, yields=2),
)
INVITES = (
    Column("Invited", 24, 3),
    Column("Workspace role", 14),
    Column("Invited by", 14, 1, yields=1),
    Column("Sent", 11, yields=2),
    Column("Expires", 12),
)
TABS = (("members", "Members"), ("guests", "Guests"), ("invites", "Open invites"))
NO_GUESTS = ("No guests", "People from outside are invited with n, and get the role Guest User.")
NO_INVITES = ("No open invites", "Press n to invite somebody.")
ASKING = ("Asking the service…", "")


def person_row(one: Colleague, now: int, zone: tzinfo | None) -> Row:
    """Somebody as a row of the table."""
    here = one.status == "active"
    status = Cell("Active", "good") if here else Cell("Removed", "muted")
    cells = (
        Cell(one.name, "title", tag="you" if one.you else ""),
        Cell(words.workspace_role(one.role)),
        Cell(f"{one.accounts:,}"),
        status,
        Cell(words.date(one.joined, zone), "muted"),
        Cell(words.ago(one.last_activity, now), "muted"),
    )
    return Row(one.user, cells, faint=not here)


def invite_row(one: Invitation, now: int) -> Row:
    """An invite as a row of the table."""
    over = now >= one.expires
    ends = Cell("expired", "warn") if over else Cell(f"in {words.span_left(one.expires, now)}", "muted")
    cells = (
        Cell(one.email, "title"),
        Cell(words.workspace_role(one.role)),
        Cell(one.inviter, "muted"),
        Cell(words.ago(one.created, now), "muted"),
        ends,
    )
    return Row(one.id, cells)


class MembersScreen(Administering):
    """Everybody, in three tabs. Enter opens somebody's page."""

    CSS_PATH = sheet("members")
    BINDINGS: ClassVar[list[BindingType]] = bindings("members", "member", without=("suspend-session",))

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._people: list[Colleague] = []
        self._invites: list[Invitation] | None = None
        self._refused = ""
        self._inviting = False

    def body(self) -> Iterable[Widget]:
        """Tabs, a line for filtering, the table."""
        yield TabLine(TABS)
        with Horizontal(id="filters"):
            yield SearchEntry(placeholder="/ filter members")
        table = Table(PEOPLE)
        yield TableHead(table)
        yield table

    def on_mount(self) -> None:
        """Show what the vault holds, and ask the service for the invites."""
        self.query_one(TopBar).trail = ("Accounts", "All members")
        self.query_one(Table).focus()
        self._read()
        self._ask_invites()

    @property
    def _tab(self) -> str:
        return self.query_one(TabLine).current

    # --- reading

    def reread(self, changed: Changed) -> None:
        """Somebody came, went, or has another role."""
        self._read()
        self._ask_invites()

    def _read(self) -> None:
        self.learn_powers()
        self._inviting = self.desk.may("invite_guest") or self.desk.may("invite_member")
        self._people = self.desk.session.people.members()
        self._show()

    def _ask_invites(self) -> None:
        if self._inviting:
            self.run_worker(self._fetch_invites(), exclusive=True, group="invites")

    async def _fetch_invites(self) -> None:
        try:
            self._invites = await self.desk.session.invites.open()
            self._refused = ""
        except CerbyError as error:
            self._refused = error.whole()
        self._show()

    def _show(self) -> None:
        members = [one for one in self._people if one.role != "guest"]
        guests = [one for one in self._people if one.role == "guest"]
        tabs, table = self.query_one(TabLine), self.query_one(Table)
        counts = {"members": _active(members), "guests": _active(guests), "invites": len(self._invites or ())}
        for tab, title in TABS:
            unknown = tab == "invites" and self._invites is None
            tabs.rename(tab, title if unknown else f"{title} {counts[tab]:,}")
        now, typed = self.desk.now(), self.query_one(SearchEntry).value
        if self._tab == "invites":
            table.empty = self._why_no_invites(typed)
            found: Sequence[Row] = [invite_row(one, now) for one in self._invites or () if _fits(_of(one), typed)]
            table.show(found, INVITES)
        else:
            table.empty = NO_GUESTS if not typed else _nothing(typed)
            shown = members if self._tab == "members" else guests
            found = [person_row(one, now, self.desk.zone) for one in shown if _fits(_of(one), typed)]
            table.show(found, PEOPLE)
        self.query_one(TableHead).refresh()
        self.query_one(TopBar).note = words.count_of(_active(self._people), "person", "people")
        self.refresh_bindings()

    def _why_no_invites(self, typed: str) -> tuple[str, ...]:
        if not self._inviting:
            return ("Nothing to see here", "Your role does not invite.")
        if self._refused:
            return ("The open invites are not known", self._refused)
        if self._invites is None:
            return ASKING
        return _nothing(typed) if typed else NO_INVITES

    # --- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Inviting is for those who may; withdrawing needs an invite."""
        if action == "invite":
            return self._inviting
        if action == "withdraw":
            chosen = self._chosen_invite()
            return chosen is not None and self.desk.session.invites.may_withdraw(chosen.id)
        if action == "tab":
            return parameters != (self._tab,) if self.query(TabLine) else False
        return super().check_action(action, parameters)

    def person_in_focus(self) -> Colleague | None:
        """The selected person."""
        for table in self.query(Table):
            row = table.selected
            return next((one for one in self._people if row and one.user == row.key), None)
        return None

    def _chosen_invite(self) -> Invitation | None:
        for table in self.query(Table):
            row = table.selected
            if self._tab == "invites" and row:
                return next((one for one in self._invites or () if one.id == row.key), None)
        return None

    @on(RowMoved)
    def moved(self) -> None:
        """Other acts may be possible now."""
        self.refresh_bindings()

    @on(RowOpened)
    def open_person(self) -> None:
        """The page of the selected person."""
        if person := self.person_in_focus():
            from cerby_tui.screens.member import MemberScreen

            self.app.push_screen(MemberScreen(self.desk, person.user))

    @on(TabLine.Clicked)
    def tab_clicked(self, event: TabLine.Clicked) -> None:
        """The mouse."""
        self.action_tab(event.tab)

    def action_tab(self, tab: str) -> None:
        """Another tab."""
        self.query_one(TabLine).current = tab
        self.query_one(Table).focus()
        self._show()

    def action_search(self) -> None:
        """Type into the filter line."""
        self.set_focus(self.query_one(SearchEntry))

    @on(Input.Changed)
    def filter_typed(self) -> None:
        """Filter with every key."""
        self._show()

    @on(SearchEntry.Left)
    def search_left(self, event: SearchEntry.Left) -> None:
        """Back to the table; Esc takes the words away as well."""
        if event.cleared:
            self.query_one(SearchEntry).value = ""
        self.query_one(Table).focus()

    def action_back(self) -> None:
        """Esc clears the filter first."""
        entry = self.query_one(SearchEntry)
        if entry.value:
            entry.value = ""
        else:
            self.dismiss(None)

    def action_invite(self) -> None:
        """Invite somebody."""
        from cerby_tui.screens.inviting import NewInviteScreen

        self.app.push_screen(NewInviteScreen(self.desk.session), self._invited)

    def _invited(self, made: NewInvite | None) -> None:
        if made:
            from cerby_tui.screens.inviting import InviteScreen

            self.action_tab("invites")
            self._ask_invites()
            self.app.push_screen(InviteScreen(made, self.desk.now()))

    def action_withdraw(self) -> None:
        """Withdraw the selected invite, after a question."""
        from cerby_tui.screens.confirm import ConfirmScreen

        invite = self._chosen_invite()
        if invite is None:
            return

        async def answered(yes: bool | None) -> None:
            if yes and await self.done(self.desk.session.invites.withdraw(invite.id)):
                self.say(f"The invite of {terminal_text.line(invite.email)} was withdrawn.")
                self._ask_invites()

        said = f"The string that {terminal_text.line(invite.email)} was given will open nothing any more."
        self.app.push_screen(ConfirmScreen("Withdraw this invite?", said, yes="Withdraw"), answered)


def _active(people: Sequence[Colleague]) -> int:
    return sum(one.status == "active" for one in people)


def _of(one: Colleague | Invitation) -> str:
    if isinstance(one, Invitation):
        return f"{one.email} {words.workspace_role(one.role)} {one.inviter}"
    return f"{one.name} {one.email} {words.workspace_role(one.role)}"


def _fits(text: str, typed: str) -> bool:
    return all(word in text.casefold() for word in typed.casefold().split())


def _nothing(typed: str) -> tuple[str, ...]:
    return ("No results found", f"Nobody matches “{terminal_text.line(typed)}”. Esc clears the filter.")
