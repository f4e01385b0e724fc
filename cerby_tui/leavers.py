"""What somebody who left, or a session that was removed, may still know: to be changed at its site, one by one."""

from __future__ import annotations

from cerby_tui.ground import Ground
from cerby_tui.team_values import Held, Leaver


class Leavers:
    """Lists of what to change after a removal, for the accounts that this person owns."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def all(self) -> list[Leaver]:
        """Everybody, and every session, that was removed and was on an account of ours, the newest first."""
        raise NotImplementedError

    async def held(self, key: bytes) -> list[Held]:
        """What one of them may still know, the riskiest first; without the service what the vault knows."""
        raise NotImplementedError

    async def tick(self, key: bytes, account: bytes, *, changed: bool) -> None:
        """Note that the account's secrets were changed at its site, or not. Raises UsageError, StorageFull."""
        raise NotImplementedError
