"""Setting up this device as the first of somebody who was invited; no administrator has to be online.

name ──▶ passphrase ──▶ invite ──▶ code ──▶ kit ──▶ done
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from cerby_tui import authoring
from cerby_tui.authoring import Author
from cerby_tui.enrolling.base import Step
from cerby_tui.enrolling.fetching import fetch, shared_lengths
from cerby_tui.enrolling.invitation import Invitation, find_invitation
from cerby_tui.enrolling.known import Known
from cerby_tui.enrolling.mailed import Mailed
from cerby_tui.enrolling.replay import replay
from cerby_tui.errors import Alarm, RefusedError, UsageError
from cerby_tui.keys import DeviceKeys
from cerby_tui.vault.meta import Identity
from cerby_tui.words import WORKSPACE_ROLES
from cerby_wire.encoding import decode
from cerby_wire.entries import stream_id
from cerby_wire.errors import Refused
from cerby_wire.headers import Entry, WorkspaceRole
from cerby_wire.inviting import JOINS, Join, Joined, prove_invite
from cerby_wire.ledger import Ledger
from cerby_wire.records import Profile, profile_hash
from cerby_wire.shapes import StartVerification, Verification
from cerby_wire.texts import InviteString, parse_invite

if TYPE_CHECKING:
    from cerby_tui.sync.api import Api

MOST_TRIES = 5
"""How often the workspace may move on under a join before it is left to another time."""


class JoiningKnown(Known, frozen=True, kw_only=True):
    """What is known of a join. `request` is kept so that it stays the same; only its join entry may be rewritten."""

    invite: InviteString | None = None
    role: WorkspaceRole = "guest"
    inviter_name: str = ""
    inviter_email: str = ""
    verification: bytes = b""
    request: Join | None = None
    joined: bool = False

    def __repr__(self) -> str:
        return "JoiningKnown(…)"


class Joining(Mailed[JoiningKnown]):
    """The first device of an invited person."""

    way = "join"
    kind = JoiningKnown
    asking = "invite"

    def _first(self, device_name: str, recovery: bytes) -> JoiningKnown:
        return JoiningKnown(way=self.way, device_name=device_name, recovery=recovery)

    def _own_step(self, known: JoiningKnown) -> Step:
        return "code" if known.verification else "invite"

    def _settled(self, known: JoiningKnown) -> bool:
        return known.joined

    @property
    def invited_by(self) -> str:
        """Who invited, and to what, in words; empty before the invite was looked at."""
        known = self._known
        if known is None or not known.verification:
            return ""
        name = known.inviter_name or "Somebody whose name the service does not show"
        address = f" ({known.inviter_email})" if known.inviter_email else ""
        return f"{name}{address} invited you as {WORKSPACE_ROLES[known.role]}."

    async def request_code(self, invite: str, email: str, name: str) -> Verification:
        """Have a six-digit code sent to `email`, which has to be the address that was invited.

        Raises UsageError for a mistyped invite, OfflineError, RefusedError, Alarm if another service answers, or if
        what it shows is not what the invite speaks of. Nothing is spent.
        """
        try:
            parsed = parse_invite(invite)
        except Refused as refused:
            raise UsageError(f"That is not an invite. {refused.sentence}", next_step=_step_for(refused)) from None
        device, known = self._ready()
        email, name = email.strip(), name.strip()
        if not name:
            raise UsageError("Please say your name: colleagues will see it.")
        async with self._line(parsed.origin) as api:
            found = await find_invitation(api, device, parsed)
            proof = prove_invite(authoring.invite_key(parsed.secret), parsed.workspace, device.id)
            asked = StartVerification(
                email,
                device.public,
                purpose="join",
                workspace=proof.workspace,
                key=proof.key,
                proof=proof.signature,
            )
            verification = await api.start_verification(asked)
        same = (known.email, known.name, known.invite) == (email, name, parsed)
        known = replace(known, request=known.request if same else None, email=email, name=name, invite=parsed)
        known = replace(known, origin=parsed.origin, service_key=found.service_key, role=found.role)
        known = replace(known, inviter_name=found.inviter_name, inviter_email=found.inviter_email)
        self._keep(replace(known, verification=verification.id))
        return verification

    async def another_code(self) -> Verification:
        """Have another code sent to the same address. Raises like `request_code`."""
        _device, known = self._ready()
        if known.invite is None:
            raise UsageError("The invite has to be pasted first.")
        return await self.request_code(known.invite.encode(), known.email, known.name)

    async def confirm(self, code: str) -> None:
        """Join with the code and write the vault. Raises OfflineError, RefusedError, Alarm."""
        _device, known = self._ready()
        async with self._line(known.origin) as api:
            if not known.joined:
                await self._join(api, code.strip())
            await self._settle(api)

    async def _join(self, api: Api, code: str) -> None:
        """Send the request whose answer was lost, or else one with this code."""
        _device, known = self._ready()
        if known.request is not None and known.request.code:
            try:
                await self._send(api)
            except RefusedError:
                known = replace(known, request=replace(known.request, code=""))
                self._keep(known)
            else:
                return
        for _ in range(MOST_TRIES):
            await self._write(api, code)
            try:
                await self._send(api)
            except RefusedError as refused:
                self._set_code("")
                if refused.code != "stale":
                    raise
            else:
                return
        raise RefusedError(
            "stale", "The workspace keeps changing.", safe=UNUSED, next_step="Try again in a moment with the same code."
        )

    async def _write(self, api: Api, code: str) -> None:
        """Write the join onto the workspace as it stands now, and keep it before it is sent."""
        device, known = self._ready()
        if known.invite is None:
            raise UsageError("The invite has to be pasted first.")
        found = await find_invitation(api, device, known.invite)
        request = known.request or _begin(known, device, found)
        request = replace(request, join=_join_entry(request, known.invite, device, found))
        request = replace(request, code=code, verification=known.verification)
        self._keep(replace(known, request=request, user=stream_id(request.user)))

    async def _send(self, api: Api) -> None:
        """Send the request that is kept."""
        _device, known = self._ready()
        await api.ask("POST", JOINS, known.request, Joined)
        self._keep(replace(known, joined=True))

    def _set_code(self, code: str) -> None:
        _device, known = self._ready()
        if known.request is not None:
            self._keep(replace(known, request=replace(known.request, code=code)))

    async def _settle(self, api: Api) -> None:
        """First lease and vault of somebody who has joined. Raises OfflineError, RefusedError, Alarm."""
        device, known = self._ready()
        identity = _identity(known, device)
        heads = await api.heads("")
        entries = await fetch(api, shared_lengths(heads))
        workspace = replay(known.service_key, entries).workspace()
        there = workspace is not None and workspace.stream == identity.workspace
        if workspace is None or not there or identity.user not in workspace.people:
            raise Alarm("not_joined", "The service shows a workspace without this person.")
        await self._write_vault(identity, heads.lease, entries)


UNUSED = "Nothing was used up."


def _step_for(refused: Refused) -> str:
    """What to do about a string that is no invite."""
    if refused.rule == "token_instead":
        return "To create a workspace with it, go back and choose that."
    if refused.rule == "newer_version":
        return "Install the newest version of cerby-tui."
    return "Paste the whole of it."


def _begin(known: JoiningKnown, device: DeviceKeys, found: Invitation) -> Join:
    """The person's beginnings, which stay the same however often the join is rewritten."""
    if known.invite is None:
        raise UsageError("The invite has to be pasted first.")
    ledger = Ledger(known.service_key)
    user, seed = authoring.user_genesis(device, DeviceKeys.from_recovery(known.recovery).public)
    ledger.add(user)
    person = stream_id(user)
    profile, _hashed = authoring.profile(device, person, known.name, known.email)
    author = replace(Author.of(device, person, ledger), workspace=known.invite.workspace)
    personal = authoring.personal_genesis(author)
    name = authoring.device_name(seed, person, device.id, known.device_name)
    proof = prove_invite(authoring.invite_key(known.invite.secret), known.invite.workspace, device.id)
    return Join(proof, known.verification, "", user, user, personal, profile, name)


def _join_entry(request: Join, invite: InviteString, device: DeviceKeys, found: Invitation) -> Entry:
    """The entry that makes the person a member, on top of the workspace as it was found."""
    ledger = found.ledger.copy()
    person = ledger.add(request.user).stream
    profile = decode(request.profile.raw, Profile)
    hashed = profile_hash(profile.email, profile.name, profile.salt)
    key = authoring.invite_key(invite.secret)
    entry = authoring.join(Author.of(device, person, ledger), key, found.id, found.role, hashed)
    ledger.add(entry)
    return entry


def _identity(known: JoiningKnown, device: DeviceKeys) -> Identity:
    """Who the vault will belong to."""
    if known.request is None or known.invite is None:
        raise UsageError("The workspace was not joined yet.")
    return Identity(
        origin=known.origin,
        service_key=known.service_key,
        workspace=known.invite.workspace,
        user=known.user,
        device=device.id,
        personal=stream_id(known.request.personal),
        name=known.name,
        email=known.email,
        device_name=known.device_name,
    )
