"""Who is in the workspace, in which role, and what the workspace asks of its members' clients."""

from __future__ import annotations

from cerby_tui.ground import Ground
from cerby_tui.team_values import Colleague, SoleOwned
from cerby_wire.headers import Policy, WorkspaceRole
from cerby_wire.permissions import Action, allowed
from cerby_wire.state import AccountState


class People:
    """Members of the workspace. Reading asks only the disk; acts need the service and are answered when they stand."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def me(self) -> Colleague:
        """The person of this session."""
        raise NotImplementedError

    def members(self) -> list[Colleague]:
        """Everybody who is or was in the workspace, those who are first, then by name."""
        raise NotImplementedError

    def name(self, user: bytes) -> str:
        """What somebody is called; a short form of their id where no name is known here."""
        raise NotImplementedError

    def assignable(self, user: bytes) -> tuple[WorkspaceRole, ...]:
        """The roles that this person may give `user`; empty if none, or for oneself."""
        raise NotImplementedError

    def may(self, action: Action, account: bytes | None = None) -> bool:
        """Whether this person may do it, with their workspace role and their role on `account`, as far as known here.

        Screens show what they may and leave out the rest; the service refuses by the same table.
        """
        around, me = self._ground.around(), self._ground.identity.user
        workspace = around.workspace()
        if workspace is None:
            return False
        state = around.state(account) if account is not None else None
        listed = state.members.get(me) if isinstance(state, AccountState) else None
        role = listed.role if listed is not None else None
        return allowed(action, workspace.role_at(me, workspace.n), role, workspace.policy)

    def policy(self) -> Policy:
        """What the workspace asks of its members' clients."""
        raise NotImplementedError

    async def set_policy(self, policy: Policy) -> None:
        """Sign another policy. Raises OfflineError, RefusedError."""
        raise NotImplementedError

    async def set_role(self, user: bytes, role: WorkspaceRole, heirs: dict[bytes, bytes] | None = None) -> None:
        """Change somebody's workspace role; `heirs` as in `remove`. Raises OfflineError, RefusedError."""
        raise NotImplementedError

    async def transfer(self, user: bytes) -> None:
        """Hand the Owner's seat over. Raises OfflineError, RefusedError."""
        raise NotImplementedError

    async def sole_owned(self, user: bytes) -> list[SoleOwned]:
        """The accounts that `user` alone owns, for an administrator to hand over. Raises OfflineError, RefusedError."""
        raise NotImplementedError

    async def remove(self, user: bytes, heirs: dict[bytes, bytes]) -> None:
        """Remove somebody; `heirs` names the new Owner of each account they alone own, in the same act.

        Raises OfflineError, RefusedError.
        """
        raise NotImplementedError
