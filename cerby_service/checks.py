"""Whether what is stored still is what was accepted: files, database, hash chains of streams and messages."""

from __future__ import annotations

from collections.abc import Iterator

from cerby_service.database import Reading, messages, streams
from cerby_service.database.streams import StreamRow
from cerby_wire.entries import next_head
from cerby_wire.records import message_head


def problems(reading: Reading) -> Iterator[str]:
    """A sentence for every stream whose chain does not lead to its head."""
    for row in streams.every(reading):
        if _entries_head(reading, row) != row.head:
            yield f"The {row.kind} stream {row.id.hex()} does not lead to its head."
        if row.message_index and not _messages_hold(reading, row):
            yield f"The messages of account {row.id.hex()} do not lead to their head."


def _entries_head(reading: Reading, row: StreamRow) -> bytes:
    """The head after every stored entry; empty for a stream with a gap."""
    head, n = b"", 0
    for stored in streams.entries_after(reading, row.workspace, row.id, 0):
        if stored.n != n + 1:
            return b""
        head, n = next_head(head, stored.entry), stored.n
    return head if n == row.n else b""


def _messages_hold(reading: Reading, row: StreamRow) -> bool:
    """Whether the newest message is the one that the account names."""
    newest = row.messages
    stored = messages.message_at(reading, row.workspace, row.id, newest.generation, newest.index)
    return stored is not None and message_head(stored.record) == newest.head
