"""Who is on an account, and in which role."""

from __future__ import annotations

from cerby_tui.ground import Ground
from cerby_tui.team_values import Colleague, Member
from cerby_wire.headers import AccountRole


class Sharing:
    """People of accounts. Changes are taken at once and wait in the outbox like every other change."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def members(self, account: bytes) -> list[Member]:
        """Everybody on an account, waiting changes included: Owners first, then by name. Raises UsageError."""
        raise NotImplementedError

    def candidates(self, account: bytes) -> list[tuple[Colleague, tuple[AccountRole, ...]]]:
        """Colleagues who are not on the account, with the account roles that they can have."""
        raise NotImplementedError

    async def share(self, account: bytes, user: bytes, role: AccountRole) -> None:
        """Put somebody on an account, or change their role on it. Raises UsageError, RefusedError, StorageFull."""
        raise NotImplementedError

    async def remove(self, account: bytes, user: bytes) -> None:
        """Take somebody off an account, oneself included. Raises UsageError, RefusedError, StorageFull."""
        raise NotImplementedError
