"""The view of account cards: what is stored, with the waiting changes merged in, ready to be shown and searched."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal, Protocol
from urllib.parse import urlsplit

import msgspec

from cerby_tui.sync.merge import apply_change
from cerby_tui.values import Card, Code, CustomField, Item, ManagedNumber, Support
from cerby_tui.vault import content as contents
from cerby_tui.vault.content import Content
from cerby_tui.vault.database import Database
from cerby_tui.vault.outbox import Outbox, Pending
from cerby_tui.vault.streams import Streams
from cerby_wire.state import AccountState

CLOSED = "closed content"

_UPDATE = (
    "UPDATE accounts SET label = :label, app = :app, username = :username, contact = :contact, notes = :notes,"
    " extra = :extra, item = :item, versions = :versions, modified_by = :modified_by WHERE account = :account"
)


class Apps(Protocol):
    """What the view asks of the app catalogue."""

    def name(self, slug: str) -> str:
        """The name of an app; empty for one outside the catalogue."""

    def support(self, slug: str) -> Support:
        """Which kind of number the app takes."""


ReadItem = Callable[[AccountState], Content | None]
"""Opens the newest version of a card; None if its key is not held."""


class Accounts:
    """The `accounts`, `cards` and `filed` views. Writing methods join a transaction that is open."""

    def __init__(self, database: Database, user: bytes, read_item: ReadItem, apps: Apps) -> None:
        self._database = database
        self._user = user
        self._read_item = read_item
        self._apps = apps
        self._streams = Streams(database)
        self._outbox = Outbox(database)

    def content(self, account: bytes) -> Content:
        """A card's content with the waiting changes merged in."""
        return merged(self.stored(account), self._outbox.pending(account))

    def stored(self, account: bytes) -> Content:
        """A card's content as the newest verified version has it; empty for none, and for one that was handed over."""
        state = self._streams.account(account)
        found = self._read_item(state) if state and state.item_version else {}
        if found is None and state is not None:
            return {} if self.closed(state) else {"label": CLOSED}
        return found or {}

    def closed(self, state: AccountState) -> bool:
        """Whether a card was handed over without its content, and nobody has written it anew."""
        known = self._read_item(state) if state.item_version else None
        return known is None and self._streams.handed_over(state)

    def closed_label(self, account: bytes) -> str:
        """What a card is called whose label went with its content: by its number, if it has one."""
        number = self._number(account, self._streams.account(account))
        return f"Handed over {number.e164}" if number else f"Handed over {account[:3].hex().upper()}"

    def refresh(self, account: bytes, favourites: dict[bytes, bool]) -> None:
        """Work out one card anew from its stream, the outbox and its messages."""
        state = self._streams.account(account)
        waiting = self._outbox.pending(account)
        content = merged(self.stored(account), waiting)
        if closed := not content and state is not None and self.closed(state):
            content = {"label": self.closed_label(account)}
        lost = self._database.value("SELECT lost FROM streams WHERE id = ?", (account,))
        if lost or not content or not (state is None or self._user in state.readers()):
            self.forget(account)
            return
        item = contents.to_item(content)
        card = self._card(account, state, item, content, waiting, favourites.get(account, False), closed)
        modified_by = self._person(state.item_author) if state else ""
        self._write(card, item, content, state.item_version if state else 0, modified_by)

    def forget(self, account: bytes) -> None:
        """Take a card out of the view."""
        for table in ("accounts", "cards", "filed"):
            self._database.execute(f"DELETE FROM {table} WHERE account = ?", (account,))  # noqa: S608 - names above

    def _card(
        self,
        account: bytes,
        state: AccountState | None,
        item: Item,
        content: Content,
        waiting: list[Pending],
        favourite: bool,
        closed: bool,
    ) -> Card:
        role: Literal["owner", "collaborator"] = state.members[self._user].role if state else "owner"
        code, code_at, unread = self._messages(account)
        stored_at, held = self._streams.stored_at(account, state.n) if state else 0, self._streams.one(account)
        return Card(
            id=account,
            label=item.label,
            app=item.app,
            app_name=self._apps.name(item.app) or item.app_name or host(item.login_url),
            username=item.username,
            role=role,
            support=self._apps.support(item.app),
            number=self._number(account, state),
            own_phone=item.phone,
            collections=item.collections,
            has_totp=bool(item.totp),
            code=code,
            code_at=code_at,
            unread=unread,
            changed_at=max([stored_at, *(one.since for one in waiting)]),
            waiting=bool(waiting),
            deleted=_deleted(state, waiting),
            favourite=favourite,
            alarm=held.stopped if held else "",
            clashes=len(content.get(contents.CLASHES, ())),
            closed=closed,
            alarm_said=held.sentence if held else "",
        )

    def _messages(self, account: bytes) -> tuple[Code | None, int, int]:
        newest = self._database.row(
            "SELECT code, confidence, domain, received_at FROM messages WHERE account = ? AND code != ''"
            " ORDER BY received_at DESC, idx DESC LIMIT 1",
            (account,),
        )
        sql = "SELECT count(*) FROM messages WHERE account = ? AND read = 0 AND hidden = 0"
        unread = int(self._database.value(sql, (account,)))
        return (Code(*newest[:3]), newest[3], unread) if newest else (None, 0, unread)

    def _number(self, account: bytes, state: AccountState | None) -> ManagedNumber | None:
        bound = state.number.id if state and state.number else b""
        row = self._database.row(
            "SELECT id, e164, kind, state, reason, since FROM numbers WHERE account = ? AND (id = ? OR state IN"
            " ('committing', 'unsure', 'active', 'releasing')) ORDER BY id = ? DESC, since DESC LIMIT 1",
            (account, bound, bound),
        )
        return ManagedNumber(*row) if row else None

    def _person(self, user: bytes) -> str:
        return str(self._database.value("SELECT name FROM people WHERE user = ?", (user,)) or "")

    def _write(self, card: Card, item: Item, content: Content, versions: int, modified_by: str) -> None:
        number = card.number.e164 if card.number else ""
        text = {"label": item.label, "app": card.app_name, "username": item.username, "notes": item.notes}
        text |= {"contact": f"{item.email} {item.phone} {number}", "extra": _extra(item)}
        row: dict[str, object] = text | {
            "item": contents.encode(content),
            "versions": versions,
            "modified_by": modified_by,
        }
        if not self._database.execute(_UPDATE, row | {"account": card.id}):
            self._database.put("accounts", row | {"account": card.id})
        shown: dict[str, object] = {
            "account": card.id,
            "sort_label": card.label.casefold(),
            "app": card.app,
            "app_name": card.app_name,
        }
        shown |= {"recent": max(card.changed_at, card.code_at), "deleted": card.deleted}
        shown |= {"card": msgspec.msgpack.encode(card)}
        self._database.put("cards", shown, instead="INSERT OR REPLACE")
        self._database.execute("DELETE FROM filed WHERE account = ?", (card.id,))
        rows = [(card.id, collection) for collection in dict.fromkeys(item.collections)]
        self._database.many("INSERT INTO filed (account, collection) VALUES (?, ?)", rows)


def merged(content: Content, waiting: Iterable[Pending]) -> Content:
    """Content with waiting changes applied in the order they were made."""
    for one in waiting:
        if one.act in ("create", "edit"):
            content = apply_change(content, one.changes)
    return content


def host(url: str) -> str:
    """The host of a login URL, for an app that has no name; empty if there is none."""
    try:
        return urlsplit(url if "//" in url else f"//{url}").hostname or ""
    except ValueError:
        return ""


def _deleted(state: AccountState | None, waiting: list[Pending]) -> bool:
    deleted = bool(state and state.deleted)
    for one in waiting:
        deleted = {"delete": True, "restore": False}.get(one.act, deleted)
    return deleted


def _extra(item: Item) -> str:
    """What else can be found by searching; masked values cannot."""
    shown = [f"{one.name} {one.value}" for one in item.fields if isinstance(one, CustomField) and not one.hidden]
    return " ".join((*shown, *item.collections, item.login_url))
