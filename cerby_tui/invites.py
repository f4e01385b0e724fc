"""Invites: one pasteable string for one person, good once."""

from __future__ import annotations

from cerby_tui.ground import Ground
from cerby_tui.team_values import Invitation, NewInvite
from cerby_wire.headers import WorkspaceRole


class Invites:
    """Invites of the workspace. All acts need the service."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def roles(self) -> tuple[WorkspaceRole, ...]:
        """The roles that this person may invite to, the highest first; empty if none."""
        raise NotImplementedError

    async def open(self) -> list[Invitation]:
        """The open invites that this person may see, the newest first. Raises OfflineError, RefusedError."""
        raise NotImplementedError

    async def invite(self, email: str, role: WorkspaceRole) -> NewInvite:
        """Write an invite and have the person told by mail. Raises UsageError, OfflineError, RefusedError."""
        raise NotImplementedError

    async def withdraw(self, invite: bytes) -> None:
        """Withdraw an open invite. Raises OfflineError, RefusedError."""
        raise NotImplementedError
