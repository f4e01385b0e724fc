"""What the sandbox remembers: sold numbers in a file of its own, messages in memory only: no text is on disk."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from pathlib import Path

from msgspec import Struct

MOST_MESSAGES = 2_000


class Sold(Struct, frozen=True):
    """A number that was bought. `created` is UTC seconds."""

    sid: str
    e164: str
    friendly_name: str
    sms_url: str
    app: str
    created: int


class Message(Struct, frozen=True):
    """A message to a sold number. `sent` is UTC seconds, `error` Twilio's code of a failed webhook or 0."""

    sid: str
    sender: str
    to: str
    text: str
    sent: int
    error: int = 0

    def __repr__(self) -> str:
        return f"Message({self.sid})"


class SandboxStore:
    """Safe to use from any thread. The file keeps a rollback journal, which every SQLite library does soundly."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS sold (sid TEXT PRIMARY KEY, e164 TEXT NOT NULL UNIQUE,"
            " friendly_name TEXT NOT NULL, sms_url TEXT NOT NULL, app TEXT NOT NULL, created INTEGER NOT NULL)"
        )
        self._messages: deque[Message] = deque(maxlen=MOST_MESSAGES)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def sell(self, sold: Sold) -> bool:
        """Sell a number; False if it is sold already."""
        values = (sold.sid, sold.e164, sold.friendly_name, sold.sms_url, sold.app, sold.created)
        with self._lock:
            done = self._connection.execute("INSERT OR IGNORE INTO sold VALUES (?, ?, ?, ?, ?, ?)", values)
            return done.rowcount == 1

    def change(self, sid: str, friendly_name: str, sms_url: str) -> None:
        """Change a sold number."""
        with self._lock:
            self._connection.execute(
                "UPDATE sold SET friendly_name = ?, sms_url = ? WHERE sid = ?", (friendly_name, sms_url, sid)
            )

    def release(self, sid: str) -> bool:
        """Take a number back; False if there is none such."""
        with self._lock:
            return self._connection.execute("DELETE FROM sold WHERE sid = ?", (sid,)).rowcount == 1

    def sold(self) -> list[Sold]:
        """Every sold number, oldest first."""
        with self._lock:
            return [Sold(*row) for row in self._connection.execute("SELECT * FROM sold ORDER BY created, sid")]

    def by_number(self, e164: str) -> Sold | None:
        """The sold number with that E.164."""
        return next((one for one in self.sold() if one.e164 == e164), None)

    def by_sid(self, sid: str) -> Sold | None:
        """The sold number with that id."""
        return next((one for one in self.sold() if one.sid == sid), None)

    def add_message(self, message: Message) -> None:
        """Remember a message, in memory."""
        with self._lock:
            self._messages.append(message)

    def messages(self, to: str, since: int) -> list[Message]:
        """Messages to a number (or to any) sent at `since` or later, newest first."""
        with self._lock:
            return [one for one in reversed(self._messages) if (not to or one.to == to) and one.sent >= since]
