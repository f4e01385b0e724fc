"""Small single values of the vault: who we are, where the service is, how far we have read."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from cerby_tui.vault.database import Database

T = TypeVar("T")


class Identity(msgspec.Struct, frozen=True):
    """Who this vault belongs to and whose word it takes; written once, at enrolment."""

    origin: str
    service_key: bytes
    workspace: bytes
    user: bytes
    device: bytes
    personal: bytes
    name: str
    email: str
    device_name: str


class Progress(msgspec.Struct, frozen=True):
    """How far this vault has followed the service. Times in UTC milliseconds; `offset` is service minus local clock.

    `behind`: something before the cursor is missing still, so the cursor stays where it is. `workspace` is the position
    of the workspace when everything before the cursor was here: what was known of everybody by then.
    """

    generation: bytes = b""
    cursor: str = ""
    contact: int = 0
    offset: int = 0
    behind: bool = False
    workspace: int = 0


class Meta:
    """Typed access to the `meta` table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, name: str, kind: type[T]) -> T | None:
        """The stored value, or None."""
        raw = self._database.value("SELECT value FROM meta WHERE name = ?", (name,))
        return None if raw is None else msgspec.msgpack.decode(raw, type=kind)

    def write(self, name: str, value: object) -> None:
        """Store a value; joins a transaction that is open."""
        raw = msgspec.msgpack.encode(value)
        with self._database.transaction():
            self._database.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (name, raw))

    def forget(self, name: str) -> None:
        """Remove a value; joins a transaction that is open."""
        self._database.execute("DELETE FROM meta WHERE name = ?", (name,))

    @property
    def identity(self) -> Identity:
        """Who this vault belongs to."""
        found = self.read("identity", Identity)
        if found is None:
            raise LookupError("the vault has no identity yet")
        return found

    @property
    def progress(self) -> Progress:
        """How far this vault has followed the service."""
        return self.read("progress", Progress) or Progress()

    @progress.setter
    def progress(self, value: Progress) -> None:
        self.write("progress", value)
