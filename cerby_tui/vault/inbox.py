"""The view of opened messages: one row per record, the parts of a long message joined under the first of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec
from msgspec import Struct

from cerby_tui.values import Code, MessageKey
from cerby_tui.vault import marks
from cerby_tui.vault.database import Database
from cerby_tui.vault.marks import Marks

Extract = Callable[[str, str], Code | None]
PARTS_WITHIN = 3_600_000
"""Parts of one long message come within an hour (ms); carriers use their reference numbers again later."""
GAP = " … "


class Opened(Struct, frozen=True):
    """An opened message on its way into the view. `received_at` is the service's time, UTC ms."""

    key: MessageKey
    received_at: int
    kind: str
    sender: str
    recipient: str
    text: str
    part: int = 1
    parts: int = 1
    reference: str = ""

    def __repr__(self) -> str:
        return f"Opened({self.key.index})"


class Inbox:
    """The `messages` view. Writing methods join a transaction that is open."""

    def __init__(self, database: Database, extract: Extract) -> None:
        self._database = database
        self._extract = extract

    def insert(self, message: Opened, read: Marks) -> bool:
        """Show a message; False if it is shown already (it is never changed by a second delivery)."""
        key = message.key
        found = self._extract(message.text, message.sender) or Code("", 0.0)
        row: dict[str, object] = {
            "account": key.account,
            "generation": key.generation,
            "idx": key.index,
            "kind": message.kind,
        }
        row |= {"received_at": message.received_at, "sender": message.sender, "recipient": message.recipient}
        row |= {"part_text": message.text, "text": message.text, "read": marks.covers(read, key), "hidden": False}
        row |= {"code": found.text, "confidence": found.confidence, "domain": found.domain}
        row |= {"part": message.part, "parts": message.parts, "missing": message.parts - 1}
        row |= {"reference": message.reference}
        new = self._database.put("messages", row, instead="INSERT OR IGNORE")
        if new and message.parts > 1 and message.reference:
            self._join(message)
        return bool(new)

    def _join(self, message: Opened) -> None:
        key = message.key
        siblings = self._database.rows(
            "SELECT rowid, idx, part, part_text, read FROM messages WHERE account = :account"
            " AND generation = :generation AND sender = :sender AND reference = :reference AND parts = :parts"
            " AND abs(received_at - :received_at) < :within ORDER BY idx",
            msgspec.structs.asdict(message)
            | {"account": key.account, "generation": key.generation, "within": PARTS_WITHIN},
        )
        by_part = {part: text for _row, _index, part, text, _read in siblings}
        whole = joined_parts(by_part, message.parts)
        found = self._extract(whole, message.sender) or Code("", 0.0)
        first, *others = (row[0] for row in siblings)
        self._database.many(
            "UPDATE messages SET text = '', code = '', confidence = 0, domain = '', hidden = 1 WHERE rowid = ?",
            [(row,) for row in others],
        )
        self._database.execute(
            "UPDATE messages SET text = :text, code = :code, confidence = :confidence, domain = :domain, read = :read,"
            " missing = :missing, hidden = 0 WHERE rowid = :rowid",
            {"text": whole, "code": found.text, "confidence": found.confidence, "domain": found.domain, "rowid": first}
            | {"read": any(row[4] for row in siblings), "missing": message.parts - len(by_part)},
        )

    def mark(self, read: Marks) -> set[bytes]:
        """Show messages as read; returns the accounts where something changed."""
        changed = set()
        for account, generations in read.items():
            for generation, ranges in generations.items():
                for first, last in ranges:
                    if self._database.execute(
                        "UPDATE messages SET read = 1 WHERE account = ? AND generation = ? AND idx BETWEEN ? AND ?"
                        " AND read = 0",
                        (account, generation, first, last),
                    ):
                        changed.add(account)
        return changed

    def siblings(self, keys: Iterable[MessageKey]) -> list[MessageKey]:
        """The keys with those of the further parts of the same long messages."""
        found = set()
        for key in keys:
            found.add(key)
            rows = self._database.rows(
                "SELECT other.idx FROM messages one JOIN messages other ON other.account = one.account"
                " AND other.generation = one.generation AND other.sender = one.sender"
                " AND other.reference = one.reference AND abs(other.received_at - one.received_at) < ?"
                " WHERE one.account = ? AND one.generation = ? AND one.idx = ? AND one.reference != ''",
                (PARTS_WITHIN, key.account, key.generation, key.index),
            )
            found |= {MessageKey(key.account, key.generation, row[0]) for row in rows}
        return sorted(found)


def joined_parts(by_part: dict[int, str], parts: int) -> str:
    """The text of a long message from the parts that came, with a mark where one is missing."""
    pieces: list[str] = []
    for part in range(1, parts + 1):
        if part in by_part:
            pieces.append(by_part[part])
        elif not pieces or pieces[-1] != GAP:
            pieces.append(GAP)
    return "".join(pieces).strip()
