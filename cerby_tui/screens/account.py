"""The page of one account: its fields, its messages, and what is made of its phone number."""

from __future__ import annotations

from collections.abc import Iterable

from textual import on
from textual.containers import Horizontal, VerticalScroll
from textual.widget import Widget

from cerby_tui import words
from cerby_tui.errors import CerbyError
from cerby_tui.messages import CopyWanted, RowOpened
from cerby_tui.screens.account_acts import AccountActs
from cerby_tui.screens.account_fields import fields_of
from cerby_tui.screens.association import steps_of, why_no_codes
from cerby_tui.screens.base import WIDE, sheet
from cerby_tui.screens.desk import Desk
from cerby_tui.terminal_text import line as one_line
from cerby_tui.values import Account, Changed, InboxFilter
from cerby_tui.widgets.account_side import AccountSide, Steps
from cerby_tui.widgets.bars import TopBar
from cerby_tui.widgets.big_code import BigCode
from cerby_tui.widgets.field import Field, FieldSpec
from cerby_tui.widgets.message_table import MessageHead, MessageTable, Source
from cerby_tui.widgets.tabs import TabLine

TABS = (("general", "General"), ("inbox", "Inbox"))
"""The tabs of the page; each names the container that it shows."""


class AccountScreen(AccountActs):
    """Everything about one account."""

    CSS_PATH = sheet("account")

    def __init__(self, desk: Desk, account: bytes, tab: str = "general") -> None:
        super().__init__(desk)
        self.account_id = account
        self.account: Account = desk.session.account(account)
        self._tab = tab
        self._messages = InboxFilter(accounts=(account,))

    def body(self) -> Iterable[Widget]:
        """The tabs, and below them what the current one shows."""
        yield TabLine(TABS)
        with Horizontal(id="general"):
            with VerticalScroll(id="fields", can_focus=False):
                yield from (self._field(spec) for spec in fields_of(self.account))
            yield AccountSide(self.desk.now)
        with VerticalScroll(id="inbox", can_focus=False):
            table = MessageTable(self._source(), self.desk.now, self.desk.zone, with_account=False)
            table.empty = ("No messages yet", why_no_codes(self.account.card))
            yield MessageHead(table)
            yield table

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
        """Read the account again if it was touched."""
        if not (changed.everything or self.account_id in changed.accounts or changed.new_messages):
            return
        try:
            self.account = self.desk.session.account(self.account_id)
        except CerbyError as error:
            self.say(error.whole(), "warning")
            self.dismiss(None)
            return
        self.query_one(MessageTable).read()
        self.run_worker(self._show_fields(), exclusive=True, group="fields")
        self._show()

    async def _show_fields(self) -> None:
        specs = fields_of(self.account)
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
        self.focus_field(focused)

    def _show(self) -> None:
        card = self.account.card
        self.query_one(TopBar).trail = ("Accounts", card.label)
        tabs = self.query_one(TabLine)
        tabs.rename("inbox", f"Inbox ({card.unread} new)" if card.unread else "Inbox")
        tabs.note = self._note()
        newest = self.desk.session.newest_code(self.account_id)
        code = newest.code.text if newest and newest.code else ""
        self.query_one(BigCode).show(code, newest.received_at if newest else 0, why_no_codes(card))
        heading, steps, sentence = steps_of(self.account, self.desk)
        self.query_one(Steps).show(heading, steps, sentence)

    def _note(self) -> str:
        card = self.account.card
        if card.alarm:
            return f"▲ alarm: {one_line(card.alarm)}; what came after is not shown"
        if card.deleted:
            return "deleted: R restores it"
        if card.code and self.app.size.width < WIDE:  # known before the classes of the size are set
            return f"{words.code_groups(one_line(card.code.text))} · {words.age(card.code_at, self.desk.now())}"
        by = f" by {one_line(self.account.modified_by)}" if self.account.modified_by else ""
        role = "You own it" if card.role == "owner" else "You are a Collaborator"
        return f"{role} · last modified{by}" if by else role

    def tick(self, countdown: str) -> None:
        """Ages go on."""
        super().tick(countdown)
        self.query_one(BigCode).tick()
        self.query_one(TabLine).note = self._note()

    def action_tab(self, tab: str) -> None:
        """Show another tab."""
        self.query_one(TabLine).current = tab
        self.refresh_bindings()
        for name, _title in TABS:
            self.query_one(f"#{name}").display = name == tab
        if tab == "inbox":
            self.query_one(MessageTable).focus()
        else:
            self.focus_field("phone")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Messages have codes to copy on their own tab."""
        if action == "copy_code":
            return any(tabs.current == "inbox" for tabs in self.query(TabLine))
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
