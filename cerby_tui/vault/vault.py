"""The vault as one object: everything that writes to it, on one connection."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import msgspec

from cerby_tui.home import Home
from cerby_tui.vault import marks
from cerby_tui.vault.accounts import Accounts, Apps
from cerby_tui.vault.content import Content
from cerby_tui.vault.database import Database
from cerby_tui.vault.inbox import Extract, Inbox, Opened
from cerby_tui.vault.keys import VaultKeys
from cerby_tui.vault.marks import FAVOURITES_SLOT, MARKS, READ_SLOT, STARRED, Marks
from cerby_tui.vault.meta import Meta
from cerby_tui.vault.migrations import migrate
from cerby_tui.vault.outbox import Outbox
from cerby_tui.vault.records import Records
from cerby_tui.vault.streams import Streams
from cerby_wire.shapes import StoredMessage
from cerby_wire.state import AccountState, PersonalState

VIEWS = "views"
VIEW_VERSION = 1
"""Raised when a view is worked out in another way; an older vault is then rebuilt when it is opened."""


class Opener(Protocol):
    """Opens what the vault holds sealed."""

    def item(self, state: AccountState) -> Content | None:
        """The newest version of a card; None if its key is not held or it does not open."""

    def private(self, state: PersonalState, slot: int) -> Any:
        """The newest version of a private thing; None for none."""

    def message(self, stored: StoredMessage) -> Opened | None:
        """A message; None if its key is not held."""


def open_database(home: Home, key: bytes) -> Database:
    """A connection to the vault file, brought up to date. Raises UsageError, VaultDamaged."""
    database = Database(home.vault, key)
    try:
        migrate(database)
    except BaseException:
        database.close()
        raise
    return database


class Vault:
    """Streams, keys and outbox, and the views worked out from them."""

    def __init__(self, database: Database, opener: Opener, apps: Apps, extract: Extract) -> None:
        self.database = database
        self.meta = Meta(database)
        self.identity = self.meta.identity
        self.streams = Streams(database)
        self.records = Records(database)
        self.keys = VaultKeys(database)
        self.outbox = Outbox(database)
        self.opener = opener
        self.inbox = Inbox(database, extract)
        self.accounts = Accounts(database, self.identity.user, opener.item, apps)

    def __repr__(self) -> str:
        return "Vault(…)"

    def read_marks(self) -> Marks:
        """What was read, here or elsewhere."""
        found: Marks = self.private(READ_SLOT).get(MARKS, {})
        for one in self.outbox.pending(self.identity.personal):
            if one.act == "read":
                found = marks.union(found, one.changes)
        return found

    def favourites(self) -> dict[bytes, bool]:
        """The accounts somebody starred or unstarred, with the newest wish."""
        found: dict[bytes, bool] = self.private(FAVOURITES_SLOT).get(STARRED, {})
        for one in self.outbox.pending(self.identity.personal):
            if one.act == "favourite":
                found = found | one.changes
        return found

    def private(self, slot: int) -> dict[str, Any]:
        """A private thing as it is stored, without what waits in the outbox; keys of newer programs included."""
        raw = self.database.value("SELECT content FROM slots WHERE slot = ?", (slot,))
        return msgspec.msgpack.decode(raw, type=dict[str, Any]) if raw else {}

    def refresh(self, accounts: Iterable[bytes]) -> None:
        """Work cards out anew."""
        favourites = self.favourites()
        for account in accounts:
            self.accounts.refresh(account, favourites)

    def refresh_private(self) -> set[bytes]:
        """Take over read marks and favourites from the private stream; returns the accounts that they touch."""
        before = self.favourites()
        state = self.streams.personal(self.identity.personal)
        for slot in state.slots if state else ():
            found = self.opener.private(state, slot) if state else None
            if isinstance(found, dict):
                row = {"slot": slot, "content": msgspec.msgpack.encode(found)}
                self.database.put("slots", row, instead="INSERT OR REPLACE")
        after = self.favourites()
        starred = {account for account in before | after if before.get(account) != after.get(account)}
        return starred | self.inbox.mark(self.read_marks())

    def show_messages(self, messages: Iterable[StoredMessage]) -> list[Opened]:
        """Open messages and put them into the view; returns those that are new there."""
        read = self.read_marks()
        opened = (self.opener.message(message) for message in messages)
        return [one for one in opened if one and self.inbox.insert(one, read)]

    def forget_texts(self, before: int) -> set[bytes]:
        """Forget the texts of messages that came before that time (UTC ms); returns the accounts that they were of."""
        old = self.database.rows("SELECT account, generation, idx FROM messages WHERE received_at < ?", (before,))
        forget = "UPDATE records SET sealed = x'' WHERE account = ? AND generation = ? AND idx = ?"
        self.database.many(forget, [tuple(row) for row in old])
        self.database.execute("DELETE FROM messages WHERE received_at < ?", (before,))
        touched = {row[0] for row in old}
        self.refresh(touched)
        return touched

    def rebuild(self) -> None:
        """Work out every view from streams, records and outbox, in one transaction."""
        with self.database.transaction():
            for table in ("slots", "accounts", "cards", "filed", "messages"):
                self.database.execute(f"DELETE FROM {table}")  # noqa: S608 - the names above
            self.refresh_private()
            accounts = {stream for stream, held in self.streams.held().items() if held.kind == "account"}
            for account in sorted(accounts):
                self.show_messages(self.records.of_account(account))
            self.refresh(sorted(accounts | (set(self.outbox.streams()) - {self.identity.personal})))
            self.meta.write(VIEWS, VIEW_VERSION)

    def rebuild_if_older(self) -> None:
        """Rebuild views that another version of this program worked out."""
        if self.meta.read(VIEWS, int) != VIEW_VERSION:
            self.rebuild()
