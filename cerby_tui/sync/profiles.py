"""Names of people: profiles that each person's device has signed and the workspace cites by their hash.

The service hands them out, but could neither invent nor change one.
"""

from __future__ import annotations

from collections.abc import Callable

from cerby_tui.sync.api import Api
from cerby_tui.values import Changed
from cerby_tui.vault.vault import Vault
from cerby_wire import roles
from cerby_wire.encoding import decode
from cerby_wire.errors import Refused
from cerby_wire.inviting import PROFILES
from cerby_wire.inviting import Profiles as Answer
from cerby_wire.records import Profile, open_record, profile_hash
from cerby_wire.shapes import SignedRecord
from cerby_wire.state import UserState, WorkspaceState

KNOWN = "profiles"
"""Under this name the vault keeps whose profile is held, and by which hash."""


def verified_profile(signed: SignedRecord, person: UserState, cited: bytes) -> Profile:
    """The profile, if a device that was ever in the person's chain signed it and the workspace cites it. Refused."""
    profile = decode(signed.raw, Profile)
    record = person.devices.get(profile.device)
    if profile.user != person.stream or record is None or record.recovery:
        raise Refused("another_profile", "The profile was not signed by a device of that person.")
    profile = open_record(signed, Profile, record.public.sign)
    if profile_hash(profile.email, profile.name, profile.salt) != cited:
        raise Refused("another_profile", "The profile is not the one that the workspace cites.")
    return profile


class Profiles:
    """Fills the names of people. Runs on the sync thread, after the streams are in."""

    def __init__(self, vault: Vault, api: Api, tell: Callable[[Changed], None]) -> None:
        self._vault = vault
        self._api = api
        self._tell = tell
        self._asked: tuple[int, frozenset[bytes]] = (0, frozenset())

    async def run(self) -> None:
        """Ask for the names that are missing, once for each state of things. Raises OfflineError, RefusedError."""
        workspace = self._vault.streams.state(self._vault.identity.workspace)
        if not isinstance(workspace, WorkspaceState):
            return
        missing = self._missing(workspace)
        asked = (workspace.n, missing)
        if not missing or asked == self._asked:
            return
        answer = await self._api.ask("GET", PROFILES, None, Answer)
        self._asked = asked
        self._take(workspace, answer.profiles)

    def _missing(self, workspace: WorkspaceState) -> frozenset[bytes]:
        """Whose name this person may see and is not held."""
        known = self._known()
        me = self._vault.identity.user
        everybody = workspace.role_at(me, workspace.n) in roles.ACCOUNT_OWNERS
        wanted = set(workspace.people) if everybody else self._company() | {me}
        cited = {user: workspace.people[user].profile for user in wanted if user in workspace.people}
        return frozenset(user for user, hashed in cited.items() if hashed and known.get(user) != hashed)

    def _company(self) -> set[bytes]:
        """Everybody on an account that is held."""
        accounts = [
            stream for stream, one in self._vault.streams.held().items() if one.kind == "account" and not one.lost
        ]
        states = [self._vault.streams.account(stream) for stream in accounts]
        return {user for state in states if state is not None for user in state.members}

    def _known(self) -> dict[bytes, bytes]:
        return self._vault.meta.read(KNOWN, dict[bytes, bytes]) or {}

    def _take(self, workspace: WorkspaceState, profiles: list[SignedRecord]) -> None:
        """Keep what holds; what does not is not believed, and the person goes without a name."""
        known, fresh = self._known(), False
        with self._vault.database.transaction():
            for signed in profiles:
                found = self._judged(workspace, signed)
                if found is None:
                    continue
                hashed = workspace.people[found.user].profile
                if known.get(found.user) != hashed:
                    row = {"user": found.user, "name": found.name, "email": found.email}
                    self._vault.database.put("people", row, instead="INSERT OR REPLACE")
                    known[found.user] = hashed
                    fresh = True
            if fresh:
                self._vault.meta.write(KNOWN, known)
        if fresh:
            self._tell(Changed(everything=True))

    def _judged(self, workspace: WorkspaceState, signed: SignedRecord) -> Profile | None:
        """A profile that holds, of somebody who is known here."""
        try:
            user = decode(signed.raw, Profile).user
            person = self._vault.streams.user(user)
            if person is None or user not in workspace.people:
                return None
            return verified_profile(signed, person, workspace.people[user].profile)
        except Refused:
            return None
