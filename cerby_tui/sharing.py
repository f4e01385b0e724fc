"""Who is on an account, and in which role."""

from __future__ import annotations

from msgspec.structs import replace

from cerby_tui.changing import Changing
from cerby_tui.errors import UsageError
from cerby_tui.ground import Ground
from cerby_tui.people import People
from cerby_tui.team_values import Colleague, Member
from cerby_tui.vault import content as contents
from cerby_tui.vault.lately import read_lately
from cerby_tui.vault.outbox import Outbox, Pending
from cerby_tui.vault.people_notes import leaving, off_for_now
from cerby_tui.vault.resting import ever_suspended
from cerby_tui.vault.shares import Roles, Wanted, stored_roles, with_shares
from cerby_tui.vault.streams import Streams
from cerby_wire import roles
from cerby_wire.epochs import outdated
from cerby_wire.headers import AccountRole
from cerby_wire.state import AccountState

GONE = "No longer in the workspace: the account's key is renewed by the next Owner who is online."
DEMOTED = "May no longer own accounts: the account's key is renewed by the next Owner who is online."
LEAVES = "Leaves the account as soon as another Owner is online."
RESTS = "Off the account until their suspended session is removed; then they are back with this role."
SESSION = "One of their sessions is suspended or was removed: the account's key is renewed by the next Owner online."


class Sharing:
    """People of accounts. Changes are taken at once and wait in the outbox like every other change."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._people = People(ground)
        self._changing = Changing(ground.writing.vault, ground.device, ground.clock, ground.journal.note)

    def members(self, account: bytes) -> list[Member]:
        """Everybody on an account, waiting changes included: Owners first, then by name. Raises UsageError."""
        state, rows = self._held(account)
        people = with_shares(stored_roles(state, self._ground.identity.user), rows)
        touched = {user for row in rows if row.act == "share" for user in row.changes}
        touched |= {self._ground.identity.user} if state is None else set()
        rests, notes = self._noted(state)
        known = self._people.some(rests | people)
        found = [_member(known[user], role, user in touched, notes.get(user, "")) for user, role in people.items()]
        resting = {user: role for user, role in rests.items() if user not in people and user not in touched}
        found += [_member(known[user], role, False, RESTS) for user, role in resting.items()]
        used = read_lately(self._ground.reader).used.get(account, {})
        found = [replace(one, last_used=used.get(one.user, 0)) for one in found]
        return sorted(found, key=lambda member: (member.role != "owner", member.name.casefold(), member.user))

    def _noted(self, state: AccountState | None) -> tuple[Roles, dict[bytes, str]]:
        """Who is off for now, and what is to be said of those who are on it."""
        if state is None:
            return {}, {}
        streams, around = Streams(self._ground.reader), self._ground.around()
        raw = self._ground.reader.value("SELECT item FROM accounts WHERE account = ?", (state.stream,))
        content = contents.decode(raw) if raw else {}
        rests = off_for_now(state, streams, content, around) if ever_suspended(around) else {}
        return rests, dict.fromkeys(leaving(state, streams, content), LEAVES) | self._stale(state)

    def candidates(self, account: bytes) -> list[tuple[Colleague, tuple[AccountRole, ...]]]:
        """Colleagues who are not on the account, with the account roles that they can have."""
        on_it = {member.user for member in self.members(account)}
        found = [one for one in self._people.members() if one.user not in on_it and one.status == "active"]
        return [(one, roles_of(one)) for one in found]

    async def share(self, account: bytes, user: bytes, role: AccountRole) -> None:
        """Put somebody on an account, or change their role on it. Raises UsageError, RefusedError, StorageFull."""
        await self._want(account, {user: role})

    async def share_with(self, account: bytes, people: Wanted) -> None:
        """Put several people on an account at once: one change, taken back as one. Raises like `share`."""
        await self._want(account, people)

    async def remove(self, account: bytes, user: bytes) -> None:
        """Take somebody off an account, oneself included. Raises UsageError, RefusedError, StorageFull."""
        await self._want(account, {user: None})

    async def _want(self, account: bytes, people: Wanted) -> None:
        if await self._ground.call(self._changing.share, account, dict(people)):
            self._ground.changed(account)

    def _held(self, account: bytes) -> tuple[AccountState | None, list[Pending]]:
        """The account as it is held, and what waits for it. Raises UsageError if it is not here."""
        if self._ground.reader.value("SELECT count(*) FROM accounts WHERE account = ?", (account,)) == 0:
            raise UsageError("There is no such account here.")
        state = self._ground.around().state(account)
        rows = Outbox(self._ground.reader).pending(account)
        return state if isinstance(state, AccountState) else None, rows

    def _stale(self, state: AccountState) -> dict[bytes, str]:
        """Why the key of an account waits to be renewed, by the person it is for."""
        around = self._ground.around()
        workspace = around.workspace()
        found = {}
        for user in outdated(state, around):
            role = workspace.role_at(user, workspace.n) if workspace else None
            demoted = state.members[user].role == "owner" and role not in roles.ACCOUNT_OWNERS
            found[user] = GONE if role is None else DEMOTED if demoted else SESSION
        return found


def _member(one: Colleague, role: AccountRole, waiting: bool, stale: str) -> Member:
    held = None if one.status == "removed" else one.role
    return Member(one.user, one.name, one.email, role, held, you=one.you, waiting=waiting, stale=stale)


def roles_of(colleague: Colleague) -> tuple[AccountRole, ...]:
    """The account roles that somebody can have, by their workspace role."""
    return ("owner", "collaborator") if colleague.role in roles.ACCOUNT_OWNERS else ("collaborator",)
