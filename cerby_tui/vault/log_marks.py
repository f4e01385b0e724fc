"""The hashes of the activity log as they were once seen here: whoever rewrites the log cannot rewrite these."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from cerby_tui.vault.database import Database
from cerby_tui.vault.meta import Meta
from cerby_wire.activity import ActivityHead

MARKED = "activity"


class Verified(Struct, frozen=True):
    """When the whole log was verified last (UTC ms, 0 never), and the generation of the service's database it is of."""

    at: int = 0
    generation: bytes = b""


class LogMarks:
    """The `log` table: hashes by line. Writing methods join a transaction that is open."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._meta = Meta(database)

    def verified(self) -> Verified:
        """The last verification."""
        return self._meta.read(MARKED, Verified) or Verified()

    def newest(self) -> int:
        """The highest line whose hash is known here; 0 for none."""
        return int(self._database.value("SELECT max(n) FROM log") or 0)

    def hash(self, n: int) -> bytes:
        """The hash that line `n` had; empty if it is not known here."""
        return bytes(self._database.value("SELECT hash FROM log WHERE n = ?", (n,)) or b"")

    def remember(self, head: ActivityHead) -> None:
        """The service said that the log stands there; what was known before is never overwritten."""
        with self._database.transaction():
            if not self.verified().generation:
                self._meta.write(MARKED, Verified(0, head.generation))
            self._put([(head.n, head.hash)] if head.n else [])

    def keep(self, hashes: Iterable[tuple[int, bytes]], verified: Verified) -> None:
        """All lines were verified."""
        with self._database.transaction():
            self._put(hashes)
            self._meta.write(MARKED, verified)

    def forget(self, first: int) -> None:
        """The service came back from a backup that ends before line `first`."""
        self._database.execute("DELETE FROM log WHERE n >= ?", (first,))

    def _put(self, hashes: Iterable[tuple[int, bytes]]) -> None:
        self._database.many("INSERT OR IGNORE INTO log (n, hash) VALUES (?, ?)", list(hashes))
