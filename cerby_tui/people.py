"""Who is in the workspace, in which role, and what the workspace asks of its members' clients."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from msgspec.structs import replace

from cerby_tui.errors import UsageError
from cerby_tui.ground import Ground
from cerby_tui.team_values import Colleague, SoleOwned
from cerby_tui.vault.lately import read_lately
from cerby_tui.vault.streams import Streams
from cerby_wire.headers import Policy, WorkspaceRole
from cerby_wire.permissions import MESSAGE_BROWSERS, Action, allowed
from cerby_wire.roles import MATRIX, may_change
from cerby_wire.state import AccountState, Person, WorkspaceState, decode_state

UNASSIGNED: WorkspaceRole = "guest"
"""What somebody shows as who never had a role that is known here."""


class People:
    """Members of the workspace. Reading asks only the disk; acts need the service and are answered when they stand."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._streams = Streams(ground.reader)
        self._counted: tuple[object, dict[bytes, int]] = (None, {})

    def me(self) -> Colleague:
        """The person of this session."""
        me = self._ground.identity.user
        workspace = self._ground.around().workspace()
        count = self._ground.reader.value("SELECT count(*) FROM cards WHERE deleted = 0")
        me_here = self._colleague(me, workspace, self._names(), {me: int(count)})
        return replace(me_here, last_activity=read_lately(self._ground.reader).people.get(me, 0))

    def members(self) -> list[Colleague]:
        """Everybody who is or was in the workspace, those who are first, then by name."""
        found = self.by_user().values()
        return sorted(found, key=lambda one: (one.status != "active", one.name.casefold(), one.user))

    def by_user(self) -> dict[bytes, Colleague]:
        """Everybody who is or was in the workspace, by their id."""
        workspace = self._ground.around().workspace()
        names, counts = self._names(), self._counts()
        people = workspace.people if workspace else {}
        found = {user: self._colleague(user, workspace, names, counts) for user in people}
        here = read_lately(self._ground.reader).people
        return {user: replace(one, last_activity=here.get(user, 0)) for user, one in found.items()}

    def some(self, users: Iterable[bytes]) -> dict[bytes, Colleague]:
        """These people, by their id, without the number of their accounts."""
        workspace, names = self._ground.around().workspace(), self._names()
        return {user: self._colleague(user, workspace, names, {}) for user in users}

    def name(self, user: bytes) -> str:
        """What somebody is called; a short form of their id where no name is known here."""
        found = self._ground.reader.value("SELECT name FROM people WHERE user = ?", (user,))
        return str(found or "") or short_id(user)

    def find(self, name: str) -> Colleague:
        """The one person in the workspace who is meant by `name`: e-mail address, id or name, or part of the name.

        Raises UsageError if nobody or several people fit.
        """
        wanted = name.strip().casefold()
        there = [one for one in self.members() if one.status == "active"]
        exact = [one for one in there if wanted in (one.email.casefold(), one.name.casefold(), one.user.hex())]
        found = exact or [one for one in there if wanted and wanted in one.name.casefold()]
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(f"{one.name} ({one.email})" for one in found[:5])
            raise UsageError(f"{len(found)} people are meant by “{name}”: {names}.", next_step="Give the address.")
        raise UsageError(f"Nobody in the workspace is called “{name}”.", next_step="See: cerby-tui members")

    def assignable(self, user: bytes) -> tuple[WorkspaceRole, ...]:
        """The roles that this person may give `user`, the highest first; empty if none, or for oneself."""
        workspace, me = self._ground.around().workspace(), self._ground.identity.user
        if workspace is None or user == me:
            return ()
        mine, theirs = workspace.role_at(me, workspace.n), workspace.role_at(user, workspace.n)
        if mine is None or not may_change(mine, theirs):
            return ()
        return tuple(role for role in get_args(WorkspaceRole) if role in MATRIX[mine].grants and role != UNASSIGNED)

    def may(self, action: Action, account: bytes | None = None) -> bool:
        """Whether this person may do that, on this account: what screens and commands offer (the service refuses)."""
        me, around = self._ground.identity.user, self._ground.around()
        workspace = around.workspace()
        if workspace is None:
            return False
        state = around.state(account) if account else None
        members = state.members if isinstance(state, AccountState) else None
        mine = "owner" if account and members is None else members[me].role if members and me in members else None
        return allowed(action, workspace.role_at(me, workspace.n), mine, workspace.policy)

    def browses(self) -> bool:
        """Whether this person browses messages; who does not gets the fresh code of an account and no inbox."""
        workspace = self._ground.around().workspace()
        role = workspace.role_at(self._ground.identity.user, workspace.n) if workspace else None
        return role in MESSAGE_BROWSERS

    def policy(self) -> Policy:
        """What the workspace asks of its members' clients."""
        workspace = self._ground.around().workspace()
        return workspace.policy if workspace else Policy()

    async def set_policy(self, policy: Policy) -> None:
        """Sign another policy. Raises OfflineError, RefusedError."""
        governing = (await self._ground.online()).governing
        await self._ground.run(governing.set_policy(policy))

    async def set_role(self, user: bytes, role: WorkspaceRole, heirs: dict[bytes, bytes] | None = None) -> None:
        """Change somebody's workspace role; `heirs` as in `remove`. Raises OfflineError, RefusedError."""
        governing = (await self._ground.online()).governing
        await self._ground.run(governing.set_role(user, role, heirs or {}))

    async def transfer(self, user: bytes) -> None:
        """Hand the Owner's seat over. Raises OfflineError, RefusedError."""
        governing = (await self._ground.online()).governing
        await self._ground.run(governing.transfer(user))

    async def sole_owned(self, user: bytes) -> list[SoleOwned]:
        """The accounts that `user` alone owns, for an administrator to hand over. Raises OfflineError, RefusedError."""
        governing = (await self._ground.online()).governing
        found = await self._ground.run(governing.sole_owned(user))
        return [SoleOwned(one.account, self._label(one.account), one.e164, one.collaborators) for one in found]

    async def remove(self, user: bytes, heirs: dict[bytes, bytes]) -> None:
        """Remove somebody; `heirs` names the new Owner of each account they alone own, in the same act.

        Raises OfflineError, RefusedError.
        """
        governing = (await self._ground.online()).governing
        await self._ground.run(governing.remove(user, heirs))

    def _label(self, account: bytes) -> str:
        return str(self._ground.reader.value("SELECT label FROM accounts WHERE account = ?", (account,)) or "")

    def _names(self) -> dict[bytes, tuple[str, str]]:
        rows = self._ground.reader.rows("SELECT user, name, email FROM people")
        return {user: (name, email) for user, name, email in rows}

    def _counts(self) -> dict[bytes, int]:
        """How many accounts that are visible here list each person; counted anew when an account changed."""
        stand = self._ground.reader.row("SELECT count(*), sum(n) FROM streams WHERE kind = 'account' AND lost = 0")
        if stand == self._counted[0]:
            return self._counted[1]
        counts: dict[bytes, int] = {}
        for (raw,) in self._ground.reader.rows("SELECT state FROM streams WHERE kind = 'account' AND lost = 0"):
            state = decode_state(raw) if raw else None
            for user in state.members if isinstance(state, AccountState) else ():
                counts[user] = counts.get(user, 0) + 1
        self._counted = (stand, counts)
        return counts

    def _colleague(
        self,
        user: bytes,
        workspace: WorkspaceState | None,
        names: dict[bytes, tuple[str, str]],
        counts: dict[bytes, int],
    ) -> Colleague:
        person = workspace.people.get(user, Person()) if workspace else Person()
        roles = [since.role for since in person.roles if since.role is not None]
        left = bool(person.roles) and person.roles[-1].role is None
        joined = self._streams.stored_at(workspace.stream, person.roles[0].n) if workspace and person.roles else 0
        name, email = names.get(user, ("", ""))
        return Colleague(
            user,
            name or short_id(user),
            email,
            roles[-1] if roles else UNASSIGNED,
            you=user == self._ground.identity.user,
            status="removed" if left else "active",
            joined=joined,
            accounts=counts.get(user, 0),
        )


def short_name(device: bytes) -> str:
    """What a session is called whose name is not known here."""
    return f"Session {device[:2].hex().upper()}"


def short_id(user: bytes) -> str:
    """What somebody is called where no name of theirs is known."""
    return f"Person {user[:3].hex().upper()}"
