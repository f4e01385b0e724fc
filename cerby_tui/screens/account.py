"""The page of one account: its fields, its messages, its people, its history, and what is made of its phone number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace
from textual import on
from textual.containers import Horizontal, VerticalScroll
from textual.widget import Widget

from cerby_tui.errors import CerbyError
from cerby_tui.messages import CopyWanted, RowOpened
from cerby_tui.screens.account_acts import AccountActs
from cerby_tui.screens.account_fields import fields_of
from cerby_tui.screens.account_history import HistoryPane
from cerby_tui.screens.account_note import note_of
from cerby_tui.screens.account_rights import Rights
from cerby_tui.screens.account_users import UsersPane
from cerby_tui.screens.association import steps_of, why_no_codes
from cerby_tui.screens.base import sheet
from cerby_tui.screens.desk import Desk
from cerby_tui.team_values import Sides
from cerby_tui.terminal_text import line as one_line
from cerby_tui.values import Account, Changed, InboxFilter
from cerby_tui.widgets.account_side import AccountSide, Steps
from cerby_tui.widgets.bars import TopBar
from cerby_tui.widgets.big_code import BigCode
from cerby_tui.widgets.field import Field, FieldSpec
from cerby_tui.widgets.message_table import MessageHead, MessageTable, Source
from cerby_tui.widgets.tabs import TabLine
from cerby_wire.permissions import Action

LOST = "You no longer have access to {}."
TABS: tuple[tuple[str, str, Action | None], ...] = (
    ("general", "General", None),
    ("inbox", "Inbox", "browse_messages"),
    ("users", "Users", "see_account_members"),
    ("history", "History", "view_secrets"),
)
"""The tabs of the page, and what one must be allowed to do to have them; each names the container that it shows."""


class AccountScreen(AccountActs):
    """Everything about one account."""

    CSS_PATH = sheet("account")

    def __init__(self, desk: Desk, account: bytes, tab: str = "general") -> None:
        super().__init__(desk)
        self.account_id = account
        self.may = Rights(desk, account)
        self.account: Account = desk.session.account(account)
        self.sides: Mapping[str, Sides] = {}
        self._take(self.account)
        self._tab = tab
        self._messages = InboxFilter(accounts=(account,))

    def _take(self, account: Account) -> None:
        """What counts is the role that the workspace's rules leave somebody, whatever a list says."""
        self.may.forget()
        owner = account.card.role == "owner" and self.may("edit_account")
        card = account.card if owner else replace(account.card, role="collaborator")
        self.account = replace(account, card=card)
        self.sides = self.desk.session.history.sides(self.account_id) if account.clashes else {}

    def tabs(self) -> list[tuple[str, str]]:
        """The tabs that this person has, with their titles."""
        return [(tab, self._title(tab, title)) for tab, title, needed in TABS if needed is None or self.may(needed)]

    def _title(self, tab: str, title: str) -> str:
        unread = self.account.card.unread
        return f"{title} ({unread} new)" if tab == "inbox" and unread else title

    def body(self) -> Iterable[Widget]:
        """The tabs, and below them what the current one shows."""
        yield TabLine(self.tabs())
        with Horizontal(id="general"):
            with VerticalScroll(id="fields", can_focus=False):
                yield from (self._field(spec) for spec in fields_of(self.account, self.sides))
            yield AccountSide(self.desk.now)
        with VerticalScroll(id="inbox", can_focus=False):
            table = MessageTable(self._source(), self.desk.now, self.desk.zone, with_account=False)
            table.empty = ("No messages yet", why_no_codes(self.account.card))
            yield MessageHead(table)
            yield table
        yield UsersPane(self.desk, self.account_id, self.may)
        yield HistoryPane(self.desk, self.account_id, self.may)

    def _source(self) -> Source:
        session, wanted = self.desk.session, self._messages
        return Source(
            count=lambda: session.count_messages(wanted),
            page=lambda offset, limit: session.messages(wanted, limit=limit, offset=offset),
        )

    def _field(self, spec: FieldSpec) -> Field:
        field = Field(spec, self.suggest_apps if spec.kind == "app" else None)
        field.first = spec.name == "label"
        return field

    def on_mount(self) -> None:
        """Begin at the phone number, which is what most people come for."""
        self._show()
        self.query_one(MessageTable).read()
        self.action_tab(self._tab)
        self.desk.session.activity.note("viewed", self.account_id, "account")

    def account_in_focus(self) -> bytes | None:
        """This account."""
        return self.account_id

    def reread(self, changed: Changed) -> None:
        """Read the account again if it was touched, or if what this person may do has changed."""
        if not (changed.everything or self.account_id in changed.accounts or changed.new_messages):
            return
        try:
            self._take(self.desk.session.account(self.account_id))
        except CerbyError:
            self.gone(LOST.format(one_line(self.account.card.label)))
            return
        self.query_one(MessageTable).read()
        self.run_worker(self._show_fields(), exclusive=True, group="fields")
        self._show()
        tabs = self.query_one(TabLine)
        tabs.show(self.tabs())
        if tabs.current != self._tab:
            self.action_tab(tabs.current)
        self._read_pane()
        self.refresh_bindings()

    async def _show_fields(self) -> None:
        specs = fields_of(self.account, self.sides)
        fields = list(self.query(Field))
        if [field.spec.name for field in fields] == [spec.name for spec in specs]:
            for field, spec in zip(fields, specs, strict=True):
                field.show(spec)
            return
        focused = self.focused.spec.name if isinstance(self.focused, Field) else ""
        box = self.query_one("#fields")
        async with self.batch():
            await box.remove_children(Field)
            await box.mount_all([self._field(spec) for spec in specs])
        if focused:
            self.focus_field(focused)

    def _show(self) -> None:
        card = self.account.card
        self.query_one(TopBar).trail = ("Accounts", card.label)
        self._show_note()
        newest = self.desk.session.code_now(self.account_id)
        code = newest.code.text if newest and newest.code else ""
        self.query_one(BigCode).show(code, newest.received_at if newest else 0, why_no_codes(card))
        heading, steps, sentence = steps_of(self.account, self.desk)
        self.query_one(Steps).show(heading, steps, sentence)

    def _show_note(self) -> None:
        self.query_one(TabLine).note = note_of(self.account, self.desk, self.app.size.width)

    def tick(self, countdown: str) -> None:
        """Ages go on."""
        super().tick(countdown)
        self.query_one(BigCode).tick()
        self._show_note()

    def action_tab(self, tab: str) -> None:
        """Show another tab."""
        tabs = self.query_one(TabLine)
        tabs.show(self.tabs())
        tabs.current = tab if tab in dict(self.tabs()) else "general"
        self._tab = tabs.current
        for name, _title, _needed in TABS:
            self.query_one(f"#{name}").display = name == self._tab
        self._read_pane()
        if self._tab == "general":
            self.focus_field("phone")
        else:
            self.query_one(f"#{self._tab} LineList").focus()
        self.refresh_bindings()

    def _read_pane(self) -> None:
        """Whatever is not looked at is not read."""
        for pane in (*self.query(UsersPane), *self.query(HistoryPane)):
            if pane.id == self._tab:
                pane.read()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Acts of one tab exist on that tab, and tabs for those who have them."""
        current = next((tabs.current for tabs in self.query(TabLine)), "general")
        if action == "tab":
            return parameters[0] in dict(self.tabs()) and parameters[0] != current
        if action == "copy_code":
            return current == "inbox"
        if action == "add_field" and current != "general":
            return False
        return super().check_action(action, parameters)

    def action_copy_code(self) -> None:
        """The code of the selected message."""
        message = self.query_one(MessageTable).selected
        if message and message.code:
            self.post_message(CopyWanted(message.code.text, "Code"))
            self.desk.session.activity.note("copied", self.account_id, "code")
            if not message.read:
                self.run_worker(self.attempt(self.desk.session.mark_read([message.key])))
        elif message:
            self.say("No code was recognised in this message. Enter shows it whole.", "warning")

    @on(TabLine.Clicked)
    def tab_clicked(self, event: TabLine.Clicked) -> None:
        """The mouse does what the figure keys do."""
        self.action_tab(event.tab)

    @on(RowOpened)
    def open_message(self) -> None:
        """The whole message."""
        if message := self.query_one(MessageTable).selected:
            from cerby_tui.screens.message import MessageScreen

            self.app.push_screen(MessageScreen(self.desk, message.key, self._messages))
