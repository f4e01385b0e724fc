"""The Shared Inbox: every message of every account the person can reach, newest first, live."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from msgspec.structs import replace
from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input

from cerby_tui import terminal_text, words
from cerby_tui.commands import bindings
from cerby_tui.messages import CopyWanted, RowOpened
from cerby_tui.screens.base import Place, sheet
from cerby_tui.values import Changed, InboxFilter, Message
from cerby_tui.widgets.bars import TopBar
from cerby_tui.widgets.entry import SearchEntry
from cerby_tui.widgets.message_table import MessageHead, MessageTable, Source
from cerby_tui.widgets.summary import Summary

FIRST = (
    "No messages yet",
    "",
    "Texts that are sent to the phone numbers of your accounts appear here by themselves.",
    "Open an account and press p on its phone number to have one made.",
)


class InboxScreen(Place):
    """All messages."""

    CSS_PATH = sheet("inbox")
    BINDINGS: ClassVar[list[BindingType]] = bindings("inbox")

    def body(self) -> Iterable[Widget]:
        """A line for searching, the titles, the messages."""
        with Horizontal(id="filters"):
            yield SearchEntry(self._filter.words, placeholder="/ search messages")
            yield Summary()
        table = MessageTable(Source(self._count, self._page), self.desk.now, self.desk.zone)
        yield MessageHead(table)
        yield table

    def on_mount(self) -> None:
        """Show what the vault holds."""
        self.query_one(TopBar).trail = ("Accounts", "Shared Inbox")
        self.query_one(MessageTable).focus()
        self._read(from_top=True)

    @property
    def _filter(self) -> InboxFilter:
        return self.desk.memory.inbox

    def _change_filter(self, filter_: InboxFilter) -> None:
        self.desk.memory.inbox = filter_
        self._read(from_top=True)

    def _count(self) -> int:
        return self.desk.session.count_messages(self._filter)

    def _page(self, offset: int, limit: int) -> list[Message]:
        return self.desk.session.messages(self._filter, limit=limit, offset=offset)

    def _read(self, *, from_top: bool = False) -> None:
        table = self.query_one(MessageTable)
        table.empty = self._why_empty()
        table.read(self._filter.words, from_top=from_top)
        self.query_one(TopBar).note = words.count_of(table.count, "message")
        self.query_one(Summary).show(self._summary())

    def _why_empty(self) -> tuple[str, ...]:
        chosen = self._filter
        if chosen.words:
            typed = terminal_text.line(chosen.words)
            return ("No results found", f"No message matches “{typed}”. Esc clears the search.")
        if chosen != InboxFilter():
            return ("No results found", "No message passes the filters. Esc clears them.")
        return FIRST

    def _summary(self) -> list[str]:
        chosen, session = self._filter, self.desk.session
        names = dict(session.apps()) if chosen.apps else {}
        labels = [session.card(account).label for account in chosen.accounts]
        parts = [
            ("App", [names.get(app, app) for app in chosen.apps]),
            ("Account", labels),
            ("Collection", list(chosen.collections)),
            ("Type", [kind.upper() for kind in chosen.kinds]),
        ]
        said = [f"{title}: {', '.join(values)}" for title, values in parts if values]
        return [*said, "with a code"] if chosen.with_code else said

    def reread(self, changed: Changed) -> None:
        """Messages came or were read; the selection stays where it is."""
        self._read()

    def tick(self, countdown: str) -> None:
        """What was fresh may be stale."""
        super().tick(countdown)
        self.query_one(MessageTable).tick()

    def account_in_focus(self) -> bytes | None:
        """The account of the selected message."""
        message = self.query_one(MessageTable).selected
        return message.key.account if message else None

    def action_search(self) -> None:
        """Type into the search line."""
        self.set_focus(self.query_one(SearchEntry))  # at once: the next key belongs to it

    @on(Input.Changed)
    def search_typed(self, event: Input.Changed) -> None:
        """Search with every key."""
        if event.value != self._filter.words:
            self._change_filter(replace(self._filter, words=event.value))

    @on(SearchEntry.Left)
    def search_left(self, event: SearchEntry.Left) -> None:
        """Back to the messages; Esc takes the words away as well."""
        if event.cleared:
            self.query_one(SearchEntry).value = ""
        self.query_one(MessageTable).focus()

    def action_back(self) -> None:
        """Esc first clears what filters, then leaves."""
        if self._filter != InboxFilter():
            self.query_one(SearchEntry).value = ""
            self._change_filter(InboxFilter())
        else:
            self.dismiss(None)

    @on(RowOpened)
    def open_message(self) -> None:
        """The whole message."""
        if message := self.query_one(MessageTable).selected:
            from cerby_tui.screens.message import MessageScreen

            self.app.push_screen(MessageScreen(self.desk, message.key, self._filter))

    def action_copy_code(self) -> None:
        """The code of the selected message."""
        message = self.query_one(MessageTable).selected
        if message and message.code:
            self.post_message(CopyWanted(message.code.text, "Code"))
            self.desk.session.activity.note("copied", message.key.account, "code")
            if not message.read:
                self.run_worker(self.attempt(self.desk.session.mark_read([message.key])))
        elif message:
            self.say("No code was recognised in this message. Enter shows it whole.", "warning")

    def action_open_account(self) -> None:
        """The page of the account that the message was sent to."""
        if message := self.query_one(MessageTable).selected:
            from cerby_tui.screens.account import AccountScreen

            self.app.push_screen(AccountScreen(self.desk, message.key.account))

    def action_choose_filters(self) -> None:
        """By app, account, collection and type."""
        from cerby_tui.screens.filters import FiltersScreen, inbox_sections

        self.app.push_screen(FiltersScreen(inbox_sections(self.desk.session, self._filter)), self._filters_chosen)

    def _filters_chosen(self, chosen: dict[str, tuple[str, ...]] | None) -> None:
        if chosen is None:
            return
        self._change_filter(
            replace(
                self._filter,
                apps=chosen["App"],
                accounts=tuple(bytes.fromhex(account) for account in chosen["Account"]),
                collections=chosen["Collection"],
                kinds=chosen["Type"],
                with_code=bool(chosen["Content"]),
            )
        )
