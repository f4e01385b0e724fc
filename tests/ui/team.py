"""A team for the screens: people, invites and sessions as values, and façades that do as they are told.

What the façades are asked to do is written down in `asked`; `fails` holds what the next call of a name raises. Tests
that need the real ones take the real service (`tests.crowd`).
"""

from __future__ import annotations

import asyncio
from typing import Any

from msgspec.structs import replace

from cerby_tui.devices import Devices
from cerby_tui.errors import CerbyError
from cerby_tui.invites import Invites
from cerby_tui.people import People
from cerby_tui.team_values import Colleague, Invitation, NewInvite, PendingSession, SoleOwned, TrustedSession
from cerby_wire.headers import Policy, WorkspaceRole
from cerby_wire.permissions import MESSAGE_BROWSERS, Action, allowed
from cerby_wire.roles import MATRIX, may_change, may_invite
from tests.fakes import NOON
from tests.ui.gallery import HOSTILE, StillSession

DAY, HOUR, MINUTE = 86_400_000, 3_600_000, 60_000
LADDER: tuple[WorkspaceRole, ...] = ("super_admin", "admin", "user", "login_only", "guest")
INVITE = "cerby-invite-" + "0123456789abcdefghjkmnpqrstvwxyz" * 6


def colleague(name: str, role: WorkspaceRole, **given: Any) -> Colleague:
    """Somebody who joined ten days ago."""
    address = f"{name.split()[0].lower()}@example.org"
    facts = {"email": address, "joined": NOON - 10 * DAY, "last_activity": NOON - 2 * HOUR, "accounts": 3} | given
    return Colleague(name.encode(), name, role=role, **facts)


ADA = colleague("Ada Founder", "owner", you=True, accounts=26, last_activity=NOON)
BOB = colleague("Bob Keeper", "admin", accounts=12)
CLEO = colleague("Cleo Marks", "user")
DAN = colleague("Dan Short", "login_only", accounts=1, last_activity=0)
HOSTILE_USER = colleague(HOSTILE, "user", email="\x1b]0;evil\x07@example.org")
GUEST = colleague("Gil Guest", "guest", accounts=1)
GONE = replace(colleague("Una Gone", "user", accounts=0), status="removed")
PEOPLE = (ADA, BOB, CLEO, DAN, HOSTILE_USER, GUEST, GONE)
OWNED = (
    SoleOwned(b"account-1", "", "+12065550107", (CLEO.user,)),
    SoleOwned(b"account-2", "[b]Payroll[/b] \x1b[31m", "", ()),
)
INVITES = (
    Invitation(b"invite-1", "new@example.org", "user", "Ada Founder", NOON - HOUR, NOON + 6 * DAY + 23 * HOUR),
    Invitation(b"invite-2", "\x1b[2Jlate@example.org", "guest", HOSTILE, NOON - 4 * DAY, NOON - DAY),
)
SESSIONS = (
    TrustedSession(b"device-1", ADA.user, "ada-laptop", "First session", this=True, enrolled=NOON - 40 * DAY),
    TrustedSession(b"device-2", ADA.user, "office terminal", "Approved", False, NOON - 20 * DAY, NOON - HOUR),
    TrustedSession(b"device-3", ADA.user, HOSTILE, "Recovery key", False, NOON - 9 * DAY, NOON - 8 * DAY),
    TrustedSession(b"device-4", ADA.user, "old box", "Approved", False, NOON - 400 * DAY, 0, "Removed"),
)
REQUEST = PendingSession(b"request-1", NOON - 20_000, NOON + 280_000, "203.0.113.7")


class Told:
    """What a façade was asked, and what the next call raises."""

    def __init__(self, me: Colleague = ADA) -> None:
        self.me_now = me
        self.asked: list[tuple[Any, ...]] = []
        self.fails: dict[str, list[CerbyError]] = {}
        self.gate: asyncio.Event | None = None

    async def _do(self, *asked: Any) -> None:
        self.asked.append(asked)
        if self.gate:
            await self.gate.wait()
        if errors := self.fails.get(asked[0]):
            raise errors.pop(0)


class StillPeople(Told, People):
    """People as they are told."""

    def __init__(self, session: StillSession, me: Colleague = ADA) -> None:
        Told.__init__(self, me)
        People.__init__(self, session._ground)
        self.everybody = [replace(one, you=one.user == me.user) for one in PEOPLE]
        self.owned: list[SoleOwned] = list(OWNED)
        self.wanted = Policy()

    def me(self) -> Colleague:
        return next(one for one in self.everybody if one.you)

    def members(self) -> list[Colleague]:
        return sorted(self.everybody, key=lambda one: (one.status != "active", one.name.casefold()))

    def by_user(self) -> dict[bytes, Colleague]:
        return {one.user: one for one in self.everybody}

    def may(self, action: Action, account: bytes | None = None) -> bool:
        return allowed(action, self.me().role, "owner" if account else None, self.wanted)

    def browses(self) -> bool:
        return self.me().role in MESSAGE_BROWSERS

    def assignable(self, user: bytes) -> tuple[WorkspaceRole, ...]:
        mine, theirs = self.me(), self.by_user()[user]
        if theirs.you or not may_change(mine.role, theirs.role):
            return ()
        return tuple(role for role in LADDER if role in MATRIX[mine.role].grants and role != "guest")

    def policy(self) -> Policy:
        return self.wanted

    async def set_policy(self, policy: Policy) -> None:
        await self._do("set_policy", policy)
        self.wanted = policy

    async def set_role(self, user: bytes, role: WorkspaceRole, heirs: dict[bytes, bytes] | None = None) -> None:
        await self._do("set_role", user, role, heirs)
        self._change(user, role=role)

    async def transfer(self, user: bytes) -> None:
        await self._do("transfer", user)
        self._change(self.me().user, role="super_admin")
        self._change(user, role="owner")

    async def sole_owned(self, user: bytes) -> list[SoleOwned]:
        await self._do("sole_owned", user)
        return self.owned

    async def remove(self, user: bytes, heirs: dict[bytes, bytes]) -> None:
        await self._do("remove", user, heirs)
        self._change(user, status="removed")

    def _change(self, user: bytes, **changes: Any) -> None:
        self.everybody = [replace(one, **changes) if one.user == user else one for one in self.everybody]


class StillInvites(Told, Invites):
    """Invites as they are told."""

    def __init__(self, session: StillSession, me: Colleague = ADA) -> None:
        Told.__init__(self, me)
        Invites.__init__(self, session._ground)
        self.now_open: list[Invitation] = list(INVITES)

    def roles(self) -> tuple[WorkspaceRole, ...]:
        return tuple(role for role in LADDER if may_invite(self.me_now.role, role, Policy()))

    def may_withdraw(self, invite: bytes) -> bool:
        return self.me_now.role != "user"

    async def open(self) -> list[Invitation]:
        await self._do("open")
        return list(self.now_open)

    async def invite(self, email: str, role: WorkspaceRole) -> NewInvite:
        await self._do("invite", email, role)
        made = Invitation(b"invite-3", email, role, self.me_now.name, NOON, NOON + 7 * DAY)
        self.now_open.insert(0, made)
        return NewInvite(made, INVITE, mailed=True)

    async def withdraw(self, invite: bytes) -> None:
        await self._do("withdraw", invite)
        self.now_open = [one for one in self.now_open if one.id != invite]


class StillDevices(Told, Devices):
    """Sessions as they are told."""

    def __init__(self, session: StillSession, me: Colleague = ADA) -> None:
        Told.__init__(self, me)
        Devices.__init__(self, session._ground)
        self.sessions: list[TrustedSession] = list(SESSIONS)
        self.waiting: list[PendingSession] = []
        self.named = "new-laptop"
        self.warned: list[str] = []

    async def own(self) -> list[TrustedSession]:
        await self._do("own")
        return list(self.sessions)

    async def of(self, user: bytes) -> list[TrustedSession]:
        await self._do("of", user)
        return [replace(one, name=f"Session {one.device.decode()[-1]}", this=False) for one in self.sessions]

    def warnings(self, device: bytes) -> list[str]:
        return self.warned

    async def remove(self, device: bytes) -> None:
        await self._do("remove", device)
        self._change(device, "Removed")

    async def suspend(self, user: bytes, device: bytes) -> None:
        await self._do("suspend", user, device)
        self._change(device, "Suspended")

    async def pending(self) -> list[PendingSession]:
        await self._do("pending")
        return list(self.waiting)

    async def take(self, request: bytes) -> str:
        await self._do("take", request)
        return self.named

    async def approve(self, request: bytes, code: str, name: str) -> None:
        await self._do("approve", request, code, name)
        self.waiting = [one for one in self.waiting if one.id != request]

    async def deny(self, request: bytes) -> None:
        await self._do("deny", request)
        self.waiting = [one for one in self.waiting if one.id != request]

    def _change(self, device: bytes, status: Any) -> None:
        self.sessions = [replace(one, status=status) if one.device == device else one for one in self.sessions]


class Team:
    """A still session whose façades do as they are told."""

    def __init__(self, session: StillSession, me: Colleague = ADA) -> None:
        self.session = session
        self.people = StillPeople(session, me)
        self.invites = StillInvites(session, me)
        self.devices = StillDevices(session, me)
        session.__dict__.update(people=self.people, invites=self.invites, devices=self.devices)
