"""One whole message: its code in large figures, every line of its text, and where it came from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from cerby_tui import words
from cerby_tui.commands import bindings, only
from cerby_tui.errors import CerbyError
from cerby_tui.messages import CopyWanted
from cerby_tui.screens.base import Place, sheet
from cerby_tui.screens.desk import Desk
from cerby_tui.terminal_text import line, visible
from cerby_tui.values import Changed, InboxFilter, Message, MessageKey
from cerby_tui.widgets.bars import TopBar
from cerby_tui.widgets.big_code import BigCode
from cerby_tui.widgets.message_table import TYPES

NEIGHBOURS = 500


class MessageScreen(Place):
    """One message; with a filter, the messages around it are a key away."""

    CSS_PATH = sheet("message")
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("message"), *only("copy-message-code", "message-account")]

    def __init__(self, desk: Desk, key: MessageKey, among: InboxFilter | None = None) -> None:
        super().__init__(desk)
        self._key = key
        self._among = among
        self.message: Message = desk.session.message(key)

    def body(self) -> Iterable[Widget]:
        """Facts, code, text."""
        with VerticalScroll(id="message", can_focus=False):
            yield Static(id="facts")
            yield BigCode(self.desk.now)
            yield Static(id="text")

    def on_mount(self) -> None:
        """Show it; having seen it whole is having read it."""
        self._show()

    def _show(self) -> None:
        message = self.message
        self.query_one(TopBar).trail = ("Shared Inbox", message.account_label)
        self.query_one("#facts", Static).update(Content(self._facts()))
        self.query_one(BigCode).show(message.code.text if message.code else "", message.received_at)
        self.query_one(BigCode).display = message.code is not None
        missing = f"\n\n({words.count_of(message.missing_parts, 'part')} of this message did not arrive yet.)"
        self.query_one("#text", Static).update(
            Content(visible(message.text) + (missing if message.missing_parts else ""))
        )
        self.refresh_bindings()
        self.desk.session.activity.note("viewed", self._key.account, "message")
        if not message.read:
            self.run_worker(self.attempt(self.desk.session.mark_read([message.key])))

    def _facts(self) -> str:
        message = self.message
        app = f" · {line(message.app_name)}" if message.app_name else ""
        rows = (
            ("Account", line(message.account_label) + app),
            ("From", line(message.sender)),
            ("To", words.phone_number(line(message.to))),
            ("Type", TYPES[message.kind]),
            ("Date", words.whole_time(message.received_at, self.desk.zone)),
        )
        return "\n".join(f"{title:<10}{value}" for title, value in rows)

    def reread(self, changed: Changed) -> None:
        """A part may have arrived, or access may be gone."""
        try:
            message = self.desk.session.message(self._key)
        except CerbyError:
            self.gone(f"You no longer have access to the messages of {line(self.message.account_label)}.")
            return
        if message != self.message:
            self.message = message
            self._show()

    def tick(self, countdown: str) -> None:
        """The age goes on."""
        super().tick(countdown)
        self.query_one(BigCode).tick()

    def account_in_focus(self) -> bytes | None:
        """The account that the message was sent to."""
        return self._key.account

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A message without a code has none to copy; neighbours need a list."""
        if action == "copy_code":
            return self.message.code is not None
        if action in ("next_message", "previous_message"):
            return self._among is not None
        return super().check_action(action, parameters)

    def action_copy_code(self) -> None:
        """The code alone."""
        if self.message.code:
            self.post_message(CopyWanted(self.message.code.text, "Code"))
            self.desk.session.activity.note("copied", self._key.account, "code")

    def action_copy_text(self) -> None:
        """The text as it came, not as it is shown."""
        self.post_message(CopyWanted(self.message.text, "Message"))
        self.desk.session.activity.note("copied", self._key.account, "message")

    def action_open_account(self) -> None:
        """The page of the account."""
        from cerby_tui.screens.account import AccountScreen

        self.app.push_screen(AccountScreen(self.desk, self._key.account))

    def action_next_message(self) -> None:
        """The next older one."""
        self._go(1)

    def action_previous_message(self) -> None:
        """The next newer one."""
        self._go(-1)

    def _go(self, step: int) -> None:
        """The neighbour in the list, looked for among the newest few hundred."""
        if self._among is None:
            return
        messages = self.desk.session.messages(self._among, limit=NEIGHBOURS)
        keys = [message.key for message in messages]
        wanted = keys.index(self._key) + step if self._key in keys else -1
        if 0 <= wanted < len(messages):
            self._key, self.message = keys[wanted], messages[wanted]
            self._show()
        else:
            self.say("There is no further message in this list.")
