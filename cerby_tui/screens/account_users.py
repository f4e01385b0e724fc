"""The *Users* tab of an account: who is on it, in which role, how they came by it, and what can be done about it."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from typing import ClassVar

from msgspec.structs import replace
from textual import on
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widget import Widget

from cerby_tui import terminal_text, words
from cerby_tui.activity import ActivityFilter
from cerby_tui.commands import bindings
from cerby_tui.errors import CerbyError, OfflineError, RefusedError
from cerby_tui.messages import Noticed, RowMoved, RowOpened
from cerby_tui.screens.account_rights import Rights
from cerby_tui.screens.choose import Choice, ChooseScreen
from cerby_tui.screens.confirm import ConfirmScreen
from cerby_tui.screens.desk import Desk
from cerby_tui.sharing import LEAVES, RESTS
from cerby_tui.team_values import Member
from cerby_tui.values import Card
from cerby_tui.widgets.remark import Remark
from cerby_tui.widgets.table import Cell, Column, Row, Table, TableHead
from cerby_wire.activity import PAGE, SEEN_EVENTS
from cerby_wire.headers import AccountRole
from cerby_wire.roles import ACCOUNT_OWNERS

COLUMNS = (
    Column("Account members", 18, 3),
    Column("Cerby role", 12),
    Column("Shared via", 10, yields=2),
    Column("Last used", 11, yields=1),
    Column("Status", 16, 1),
)
SOLE_OWNER = "{} the only Owner of this account. Make somebody else an Owner first."
ROLES = (
    Choice("owner", "Owner", "Edits, shares, sees the password, has phone numbers made."),
    Choice("collaborator", "Collaborator", "Logs in, copies what is no secret, gets the codes."),
)
LEFT = "You leave the account as soon as another Owner is online. u takes it back."
KNOWS = "What they have read or copied they may still know: change it at its site."


def member_row(one: Member, now: int) -> Row:
    """Somebody on the account as a row of the table."""
    cells = (
        Cell(one.name, "title", tag="you" if one.you else ""),
        Cell(words.account_role(one.role)),
        Cell("Account", "muted"),
        Cell(words.ago(one.last_used, now), "muted"),
        status_of(one),
    )
    return Row(one.user, cells, faint=one.workspace_role is None)


def status_of(one: Member) -> Cell:
    """How somebody's place on the account stands."""
    if one.waiting:
        return Cell("↑ not sent yet", "warn")
    if one.workspace_role is None:
        return Cell("Removed", "muted")
    if one.stale:
        return Cell({LEAVES: "Leaving", RESTS: "Suspended"}.get(one.stale, "New key waits"), "warn")
    return Cell("Active", "good")


class UsersPane(Vertical):
    """The people of one account. For its Owners; nobody else is shown it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("users")

    def __init__(self, desk: Desk, account: bytes, may: Rights) -> None:
        super().__init__(id="users")
        self._desk, self._account, self._may = desk, account, may
        self._members: list[Member] = []
        self._card: Card | None = None
        self._used: dict[bytes, int] = {}

    def compose(self) -> Iterable[Widget]:
        """The table under its titles, and a line for the selected person."""
        table = Table(COLUMNS)
        yield TableHead(table)
        yield table
        yield Remark()

    @property
    def table(self) -> Table:
        """The table of people."""
        return self.query_one(Table)

    def read(self) -> None:
        """Read the people anew."""
        try:
            self._card = self._desk.session.card(self._account)
            self._members = self._desk.session.sharing.members(self._account)
        except CerbyError:
            self._members = []  # it is gone; the page says so
        self._show()
        self.run_worker(self._ask_used(), exclusive=True, group="used")

    def _show(self) -> None:
        members = [replace(one, last_used=self._used.get(one.user, one.last_used)) for one in self._members]
        self.table.show([member_row(one, self._desk.now()) for one in members])
        self._remark()

    async def _ask_used(self) -> None:
        """When each of them last looked at something or copied it: the activity log knows, if it can be asked."""
        wanted = ActivityFilter(events=SEEN_EVENTS, accounts=(self._account,), limit=PAGE)
        try:
            lines = await self._desk.session.activity.lines(wanted)
        except (OfflineError, RefusedError):
            return
        except CerbyError as error:
            self._say(error.whole(), "error")
            return
        self._used = {line.user: line.at for line in sorted(lines, key=lambda line: line.at)}
        self._show()

    @property
    def selected(self) -> Member | None:
        """The selected person."""
        for table in self.query(Table):
            row = table.selected
            return next((one for one in self._members if row and one.user == row.key), None)
        return None

    def _remark(self) -> None:
        one = self.selected
        if one:
            parts = [one.email, words.workspace_role(one.workspace_role or ""), one.stale]
            self.query_one(Remark).show(" · ".join(part for part in parts if part), "warn" if one.stale else "muted")
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Owners manage; a deleted account has to be restored first."""
        if action in ("share", "account_role", "remove_person"):
            here = self._card is not None and not self._card.deleted and self._may("share_account")
            return here and (action == "share" or self.selected is not None)
        return super().check_action(action, parameters)

    @on(RowMoved)
    def moved(self) -> None:
        """What is to be said of the selected person."""
        self._remark()

    @on(RowOpened)
    async def opened(self, event: RowOpened) -> None:
        """Enter: the role, as a click on it does elsewhere."""
        event.stop()
        await self.run_action("account_role")

    def _say(self, sentence: str, severity: str = "warning") -> None:
        self.post_message(Noticed(sentence, "error" if severity == "error" else "warning"))

    def _alone(self, one: Member) -> bool:
        """Whether somebody is the last Owner, who must stay; it is said why."""
        owners = [each.user for each in self._members if each.role == "owner" and each.workspace_role in ACCOUNT_OWNERS]
        if owners == [one.user]:
            self._say(SOLE_OWNER.format("You are" if one.you else f"{terminal_text.line(one.name)} is"))
            return True
        return False

    def action_share(self) -> None:
        """Put people on the account."""
        from cerby_tui.screens.share import ShareScreen

        if self._card is None:
            return
        candidates = self._desk.session.sharing.candidates(self._account)
        self.app.push_screen(ShareScreen(self._card.label, candidates), self._shared)

    def _shared(self, people: dict[bytes, AccountRole] | None) -> None:
        if people:
            sharing = self._desk.session.sharing
            said = f"Shared with {words.count_of(len(people), 'person', 'people')}. u takes it back."
            self._do(sharing.share_with(self._account, people), said)

    def action_account_role(self) -> None:
        """Owner or Collaborator."""
        one = self.selected
        if one is None:
            return
        if one.workspace_role not in ACCOUNT_OWNERS:
            role = words.workspace_role(one.workspace_role) if one.workspace_role else "no longer in the workspace"
            self._say(f"{terminal_text.line(one.name)} is {role} and can be a Collaborator only.")
            return
        if self._alone(one):
            return
        choices = [Choice(each.value, each.title, each.detail, now=each.value == one.role) for each in ROLES]
        title = f"Role of {terminal_text.line(one.name)} on this account"
        self.app.push_screen(ChooseScreen(title, choices), lambda role: self._chosen(one, role))

    def _chosen(self, one: Member, role: bytes | str | None) -> None:
        if role in ("owner", "collaborator") and role != one.role:
            wanted: AccountRole = "owner" if role == "owner" else "collaborator"
            said = f"{terminal_text.line(one.name)} is {words.account_role(wanted)} now. u takes it back."
            self._do(self._desk.session.sharing.share(self._account, one.user, wanted), said)

    def action_remove_person(self) -> None:
        """Take somebody off the account, after a question."""
        one = self.selected
        if one is None or self._alone(one):
            return
        name = terminal_text.line(one.name)
        if one.you:
            lost = "It vanishes from all of your devices as soon as another Owner is online."
            question = ConfirmScreen("Leave this account?", lost, yes="Leave")
        else:
            lost = f"They lose it and its messages at once, and its key is renewed. {KNOWS}"
            question = ConfirmScreen(f"Remove {name} from this account?", lost, yes="Remove from account")

        def answered(yes: bool | None) -> None:
            if yes:
                said = LEFT if one.you else f"{name} was taken off the account. u takes it back."
                self._do(self._desk.session.sharing.remove(self._account, one.user), said)

        self.app.push_screen(question, answered)

    def _do(self, act: Awaitable[None], said: str) -> None:
        self.run_worker(self._done(act, said), exclusive=True, group="people")

    async def _done(self, act: Awaitable[None], said: str) -> None:
        try:
            await act
        except CerbyError as error:
            self._say(error.whole(), "error")
        else:
            self.read()
            self.post_message(Noticed(said))
