"""What this person viewed and copied, signed and waiting until the service has it."""

from __future__ import annotations

from collections.abc import Iterable

from cerby_tui.vault.database import Database
from cerby_wire.shapes import SignedRecord


class SeenQueue:
    """The `seen` table. Used on the sync thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: bytes, signed: SignedRecord, now: int) -> None:
        """Keep a signed event. Raises StorageFull, VaultDamaged."""
        row = {"id": name, "raw": signed.raw, "signature": signed.signature, "since": now}
        self._database.put("seen", row, instead="INSERT OR IGNORE")

    def waiting(self, most: int) -> dict[bytes, SignedRecord]:
        """The oldest that wait, by their ids."""
        sql = "SELECT id, raw, signature FROM seen ORDER BY rowid LIMIT ?"
        return {name: SignedRecord(raw, signature) for name, raw, signature in self._database.rows(sql, (most,))}

    def drop(self, names: Iterable[bytes]) -> None:
        """The service has these."""
        with self._database.transaction():
            self._database.many("DELETE FROM seen WHERE id = ?", [(name,) for name in names])
