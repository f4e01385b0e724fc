"""What screens and commands read from the vault: synchronous, from the disk alone, on a connection of its own."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cerby_tui.errors import UsageError
from cerby_tui.values import (
    Account,
    Card,
    CardFilter,
    Code,
    InboxFilter,
    ManagedNumber,
    Message,
    MessageKey,
    Waiting,
)
from cerby_tui.vault import content as contents
from cerby_tui.vault.database import Database, Row
from cerby_tui.vault.outbox import Outbox
from cerby_tui.vault.search import match_expression

Where = tuple[str, list[object]]

ORDER = {
    "label": "sort_label, account",
    "recent": "recent DESC, sort_label, account",
    "app": "app_name = '', app_name COLLATE NOCASE, sort_label, account",
}
_MESSAGE = (
    "SELECT messages.account, generation, idx, accounts.label, cards.app, cards.app_name, sender, recipient, text,"
    " received_at, kind, code, confidence, domain, read, parts, missing FROM messages"
    " JOIN cards ON cards.account = messages.account JOIN accounts ON accounts.account = messages.account "
)
_COUNT = "SELECT count(*) FROM messages JOIN cards ON cards.account = messages.account "
_NEWEST_FIRST = " ORDER BY received_at DESC, idx DESC"
_decode_card = msgspec.msgpack.Decoder(Card).decode


class Reading:
    """Every question about cards, messages and numbers that can be answered without asking anybody."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._outbox = Outbox(database)

    def cards(self, wanted: CardFilter) -> list[Card]:
        """The cards that a filter lets through, in its order."""
        where, values = _cards_where(wanted)
        sql = f"SELECT card FROM cards WHERE {where} ORDER BY {ORDER[wanted.sort]}"  # noqa: S608 - constants
        return [_decode_card(row[0]) for row in self._database.rows(sql, values)]

    def card(self, account: bytes) -> Card:
        """One card. Raises UsageError if there is none."""
        raw = self._database.value("SELECT card FROM cards WHERE account = ?", (account,))
        if raw is None:
            raise UsageError("There is no such account here.", safe="Nothing was changed.")
        return _decode_card(raw)

    def account(self, account: bytes) -> Account:
        """Everything about one account. Raises UsageError if there is none."""
        card = self.card(account)
        sql = "SELECT item, versions, modified_by FROM accounts WHERE account = ?"
        raw, versions, modified_by = self._database.rows(sql, (account,))[0]
        content = contents.decode(raw)
        return Account(card, contents.to_item(content), contents.clashes(content), versions, modified_by)

    def apps(self) -> list[tuple[str, str]]:
        """Slug and name of every app that a card uses, by name."""
        where = "WHERE deleted = 0 AND app != '' ORDER BY app_name COLLATE NOCASE"
        sql = f"SELECT DISTINCT app, app_name FROM cards {where}"  # noqa: S608 - constants
        return [(slug, name) for slug, name in self._database.rows(sql)]

    def collections(self) -> list[str]:
        """Every collection that a card is in, by name."""
        sql = (
            "SELECT DISTINCT collection FROM filed JOIN cards ON cards.account = filed.account WHERE cards.deleted = 0"
            " ORDER BY collection COLLATE NOCASE"
        )
        return [row[0] for row in self._database.rows(sql)]

    def messages(self, wanted: InboxFilter, *, limit: int = 200, offset: int = 0) -> list[Message]:
        """A page of messages, newest first."""
        where, values = _messages_where(wanted)
        sql = f"{_MESSAGE} WHERE {where} {_NEWEST_FIRST} LIMIT ? OFFSET ?"
        return [_message(row) for row in self._database.rows(sql, [*values, limit, offset])]

    def count_messages(self, wanted: InboxFilter) -> int:
        """How many messages a filter lets through."""
        where, values = _messages_where(wanted)
        return int(self._database.value(f"{_COUNT} WHERE {where}", values))

    def message(self, key: MessageKey) -> Message:
        """One message. Raises UsageError if there is none."""
        sql = f"{_MESSAGE} WHERE messages.account = ? AND generation = ? AND idx = ?"
        rows = self._database.rows(sql, (key.account, key.generation, key.index))
        if not rows:
            raise UsageError("There is no such message here.")
        return _message(rows[0])

    def newest_code(self, account: bytes) -> Message | None:
        """The newest message of an account that holds a code."""
        found = self.messages(InboxFilter(accounts=(account,), with_code=True), limit=1)
        return found[0] if found else None

    def numbers(self) -> list[tuple[Card, ManagedNumber]]:
        """Every managed number with its card, by label."""
        return [(card, card.number) for card in self.cards(CardFilter()) if card.number]

    def waiting(self) -> list[Waiting]:
        """Changes that are not sent yet, and those that could not be saved."""
        return self._outbox.waiting()

    def find(self, name: str) -> Card:
        """The one card that a person means by `name`. Raises UsageError if none or several fit."""
        wanted = name.strip().casefold()
        cards = self.cards(CardFilter())
        for fits in (_exactly, _starts, _contains):
            found = [card for card in cards if fits(card, wanted)] if wanted else []
            if len(found) == 1:
                return found[0]
            if found:
                labels = ", ".join(sorted({card.label for card in found})[:5])
                raise UsageError(
                    f"{len(found)} accounts are meant by “{name}”: {labels}.",
                    next_step="Give more of the label, or the number of the account.",
                )
        raise UsageError(f"No account is called “{name}”.", next_step="See: cerby-tui accounts")


def _exactly(card: Card, wanted: str) -> bool:
    number = card.number.e164 if card.number else ""
    return wanted in (card.label.casefold(), card.id.hex(), number)


def _starts(card: Card, wanted: str) -> bool:
    return card.label.casefold().startswith(wanted) or (len(wanted) >= 6 and card.id.hex().startswith(wanted))


def _contains(card: Card, wanted: str) -> bool:
    return all(word in f"{card.label} {card.app_name} {card.app}".casefold() for word in wanted.split())


def _among(column: str, values: Sequence[object]) -> Where:
    return f"{column} IN ({', '.join('?' * len(values))})", list(values)


def _in_collections(column: str, collections: Sequence[str]) -> Where:
    sql, values = _among("collection", collections)
    return f"{column} IN (SELECT account FROM filed WHERE {sql})", values  # noqa: S608 - constants and marks


def _all(parts: list[Where]) -> Where:
    return " AND ".join(sql for sql, _ in parts), [value for _, values in parts for value in values]


def _cards_where(wanted: CardFilter) -> Where:
    parts: list[Where] = [("deleted = ?", [wanted.deleted])]
    if expression := match_expression(wanted.words):
        found = "SELECT rowid FROM accounts_fts WHERE accounts_fts MATCH ?"
        sql = f"account IN (SELECT account FROM accounts WHERE rowid IN ({found}))"  # noqa: S608 - constants
        parts.append((sql, [expression]))
    if wanted.apps:
        parts.append(_among("app", wanted.apps))
    if wanted.collections:
        parts.append(_in_collections("account", wanted.collections))
    return _all(parts)


def _messages_where(wanted: InboxFilter) -> Where:
    parts: list[Where] = [("hidden = 0 AND cards.deleted = 0", [])]
    if expression := match_expression(wanted.words):
        found = "SELECT rowid FROM messages_fts WHERE messages_fts MATCH ?"
        parts.append((f"messages.rowid IN ({found})", [expression]))
    if wanted.apps:
        parts.append(_among("cards.app", wanted.apps))
    if wanted.accounts:
        parts.append(_among("messages.account", wanted.accounts))
    if wanted.collections:
        parts.append(_in_collections("messages.account", wanted.collections))
    if wanted.kinds:
        parts.append(_among("kind", wanted.kinds))
    if wanted.with_code:
        parts.append(("code != ''", []))
    return _all(parts)


def _message(row: Row) -> Message:
    account, generation, index, label, app, app_name, sender, to, text, received_at, kind = row[:11]
    code, confidence, domain, read, parts, missing = row[11:]
    return Message(
        MessageKey(account, generation, index),
        label,
        app,
        app_name,
        sender,
        to,
        text,
        received_at,
        kind,
        Code(code, confidence, domain) if code else None,
        bool(read),
        parts,
        missing,
    )
