"""The keys that the vault holds: generations of the user seed and the account keys by epoch."""

from __future__ import annotations

from cerby_tui.vault.database import Database


class VaultKeys:
    """The `seeds` and `account_keys` tables; the file around them is encrypted under the device's own key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __repr__(self) -> str:
        return "VaultKeys(…)"

    def seeds(self) -> dict[int, bytes]:
        """Every generation of the user seed that this device has opened."""
        return dict(self._database.rows("SELECT generation, seed FROM seeds"))

    def keep_seed(self, generation: int, seed: bytes) -> None:
        """Store a generation of the user seed."""
        self._database.execute("INSERT OR IGNORE INTO seeds (generation, seed) VALUES (?, ?)", (generation, seed))

    def of_account(self, account: bytes) -> dict[int, bytes]:
        """The keys of an account by epoch."""
        sql = "SELECT epoch, key FROM account_keys WHERE account = ?"
        return dict(self._database.rows(sql, (account,)))

    def keep_account_key(self, account: bytes, epoch: int, key: bytes) -> None:
        """Store the key of one epoch."""
        sql = "INSERT OR IGNORE INTO account_keys (account, epoch, key) VALUES (?, ?, ?)"
        self._database.execute(sql, (account, epoch, key))
