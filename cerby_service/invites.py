"""Invites: written by whoever may, listed for whoever may see them, and shown to whoever holds the secret.

What makes an invite good is the entry in the workspace stream; what the service adds is the address it is for, and its
end. The secret is never here: a letter only says that there is an invite and from whom to get it.
"""

from __future__ import annotations

from collections.abc import Iterator

from starlette.requests import Request
from starlette.routing import Route

from cerby_service.auth import Caller
from cerby_service.clock import DAY, HOUR, Clock
from cerby_service.database import Database, Reading, Writing, invites, people, profiles, streams
from cerby_service.database.invites import InviteRow
from cerby_service.errors import Refusal
from cerby_service.http import Http
from cerby_service.keeping import Keeper
from cerby_service.mail import Mailer
from cerby_service.permitted import may
from cerby_service.verifications import normal_address
from cerby_wire import roles
from cerby_wire.encoding import decode
from cerby_wire.entries import device_id, entry_hash, read_header
from cerby_wire.errors import NewerVersion, Refused
from cerby_wire.headers import WorkspaceInvite, WorkspaceRole
from cerby_wire.inviting import (
    INVITATIONS,
    INVITES,
    SALT_LENGTH,
    AskInvitation,
    InvitationAnswer,
    InviteList,
    InviteProof,
    InviteView,
    InviteWritten,
    WriteInvite,
    check_invite_proof,
)
from cerby_wire.records import Profile, profile_hash
from cerby_wire.shapes import PULL_LIMIT, PushEntry, StoredEntry
from cerby_wire.state import WorkspaceState, decode_state

LIFE = 7 * DAY
GUEST_LIFE = 3 * DAY
AN_HOUR = 60
"""So many letters to people outside may one person cause in an hour."""
SENTENCES = {
    "used": ("invite_used", "This invite was used already: it is good for one person, once."),
    "withdrawn": ("invite_withdrawn", "This invite was withdrawn. Ask whoever invited you for a new one."),
}
UNKNOWN = "This service knows no such invite."
EXPIRED = "This invite has expired. Ask whoever invited you for a new one."
MAY_NO_LONGER = "Whoever wrote this invite may not invite to that role any more. Ask somebody else for a new one."


class Invites:
    """Writes, lists and shows invites."""

    def __init__(self, database: Database, keeper: Keeper, mailer: Mailer, clock: Clock) -> None:
        self._database = database
        self._keeper = keeper
        self._mailer = mailer
        self._clock = clock

    def routes(self, http: Http) -> list[Route]:
        """Our part of the route table."""
        show = http.first_contact(AskInvitation, lambda asked: asked.device, self.show)
        return [
            Route(INVITES, http.signed(self.list), methods=["GET"]),
            Route(INVITES, http.signed_with(WriteInvite, self.write), methods=["POST"]),
            Route(INVITATIONS, show, methods=["POST"]),
        ]

    async def write(self, caller: Caller, _request: Request, asked: WriteInvite) -> InviteWritten:
        """Take an invite, and have the invited person told. Raises Refusal."""
        address = normal_address(asked.email)
        act = _invite_act(asked, address)
        row, fresh, name = await self._database.write(lambda writing: self._write(writing, caller, asked, act, address))
        # Whether or not the letter goes out, the invite stands: its writer passes the string on in any case.
        mailed = fresh and await self._mailer.send_invitation(asked.email.strip(), name, row.expires)
        return InviteWritten(_view(row), mailed)

    async def list(self, caller: Caller, _request: Request) -> InviteList:
        """Open invites: all of them for administrators, for others those that they wrote."""
        rows = await self._database.read(lambda reading: invites.open_ones(reading, caller.workspace))
        everything = may(caller, "see_invites")
        return InviteList([_view(row) for row in rows if everything or row.inviter == caller.user])

    async def show(self, asked: AskInvitation) -> InvitationAnswer:
        """What a new device needs to judge its invite. Raises Refusal."""
        return await self._database.read(lambda reading: self._show(reading, asked))

    def proved(self, reading: Reading, proof: InviteProof, device: bytes) -> InviteRow:
        """The invite whose key spoke for this device, if somebody can still join by it. Raises Refusal."""
        try:
            check_invite_proof(proof, device)
        except Refused as refused:
            raise Refusal("bad_signature", refused.sentence) from None
        row = invites.by_key(reading, proof.workspace, proof.key)
        if row is None:
            raise Refusal("no_such_invite", UNKNOWN)
        if row.state in SENTENCES:
            raise Refusal(*SENTENCES[row.state])
        if self._clock() >= row.expires:
            raise Refusal("invite_expired", EXPIRED)
        workspace = _workspace(reading, row.workspace)
        inviter = workspace.role_at(row.inviter, workspace.n)
        if not roles.may_invite(inviter, _role(row), workspace.policy):
            raise Refusal("inviter_may_no_longer", MAY_NO_LONGER)
        return row

    def _write(
        self, writing: Writing, caller: Caller, asked: WriteInvite, act: WorkspaceInvite, address: str
    ) -> tuple[InviteRow, bool, str]:
        """The row, whether it is new, and what its writer is called."""
        known = invites.find(writing, caller.workspace, entry_hash(asked.entry))
        if known is not None:
            return known, False, ""
        now = self._clock()
        if invites.written_by(writing, caller.workspace, caller.user, now - HOUR) >= AN_HOUR:
            raise Refusal("too_many_requests", "Too many invites in an hour.", retry_after=HOUR // 1000)
        if profiles.is_member(writing, caller.workspace, address):
            raise Refusal("already_a_member", "Somebody with that address is in the workspace already.")
        pushed = self._keeper.push(writing, caller.workspace, caller.user, PushEntry(caller.workspace, asked.entry))
        if pushed.status not in ("accepted", "already"):
            code = "stale" if pushed.status == "stale" else "forbidden"
            raise Refusal(code, pushed.detail, rule=pushed.rule)
        life = GUEST_LIFE if act.role == "guest" else LIFE
        digest, role = entry_hash(asked.entry), str(act.role)
        row = InviteRow(
            caller.workspace, digest, act.key, address, asked.salt, role, caller.user, now, now + life, "open"
        )
        invites.add(writing, row)
        return row, True, _name(writing, caller)

    def _show(self, reading: Reading, asked: AskInvitation) -> InvitationAnswer:
        row = self.proved(reading, asked.proof, device_id(asked.device))
        page: list[StoredEntry] = []
        left = min(asked.budget, PULL_LIMIT)
        inviter = people.profile_of(reading, row.workspace, row.inviter)
        for one in _entries(reading, row, asked):
            left -= len(one.entry.header) + len(one.entry.body)
            if left < 0 and page:
                return InvitationAnswer(row.expires, page, inviter, more=True)
            page.append(one)
        return InvitationAnswer(row.expires, page, inviter)


def _entries(reading: Reading, row: InviteRow, asked: AskInvitation) -> Iterator[StoredEntry]:
    """What the device does not have yet."""
    for stream in invites.shared_streams(reading, row.workspace):
        yield from streams.entries_after(reading, row.workspace, stream, asked.after.get(stream, 0))


def _invite_act(asked: WriteInvite, address: str) -> WorkspaceInvite:
    """The invite in the entry, if it is for that address. Raises Refusal."""
    try:
        act = read_header(asked.entry).act
    except (Refused, NewerVersion):
        act = None
    if not isinstance(act, WorkspaceInvite) or len(asked.salt) != SALT_LENGTH:
        raise Refusal("bad_request", "That is no invite.")
    if act.profile != profile_hash(address, "", asked.salt):
        raise Refusal("bad_request", "The invite is for another address than the one that came with it.")
    return act


def _workspace(reading: Reading, workspace: bytes) -> WorkspaceState:
    row = streams.find(reading, workspace, workspace)
    state = decode_state(row.state) if row else None
    if not isinstance(state, WorkspaceState):
        raise Refusal("no_such_invite", UNKNOWN)
    return state


def _name(reading: Reading, caller: Caller) -> str:
    """What a member is called, as they have signed it; it was verified when it came."""
    signed = people.profile_of(reading, caller.workspace, caller.user)
    return decode(signed.raw, Profile).name if signed else ""


def _role(row: InviteRow) -> WorkspaceRole:
    found: WorkspaceRole = next(role for role in roles.MATRIX if role == row.role)
    return found


def _view(row: InviteRow) -> InviteView:
    return InviteView(row.invite, row.email, _role(row), row.inviter, row.at, row.expires)
