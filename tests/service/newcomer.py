"""Somebody who was invited, and every request they send on the way in, for the service's own tests."""

from __future__ import annotations

import os

from cerby_tui import authoring
from cerby_wire.entries import entry_hash
from cerby_wire.headers import WorkspaceRole
from cerby_wire.inviting import (
    INVITATIONS,
    INVITES,
    JOINS,
    AskInvitation,
    InvitationAnswer,
    InviteWritten,
    Join,
    Joined,
    WriteInvite,
    prove_invite,
)
from cerby_wire.records import profile_hash
from cerby_wire.shapes import StartVerification, Verification
from tests.service.member import Member


class Invite:
    """An invite that a member has written at the service."""

    def __init__(self, by: Member, email: str, role: WorkspaceRole = "user") -> None:
        self.by = by
        self.email = email
        self.role: WorkspaceRole = role
        self.key = authoring.invite_key(os.urandom(16))
        self.salt = os.urandom(16)
        self.entry = authoring.invite(by.author(), self.key, role, profile_hash(email, "", self.salt))

    async def send(self, **changes: object) -> InviteWritten:
        """Have the service take it; `changes` are other fields of the request."""
        fields = {"entry": self.entry, "email": self.email, "salt": self.salt} | changes
        written = await self.by.api.ask("POST", INVITES, WriteInvite(**fields), InviteWritten)  # type: ignore[arg-type]
        self.by.ledger.add(self.entry)
        return written


class Newcomer(Member):
    """An invited person at a device that nobody knows yet."""

    def __init__(self, invite: Invite, email: str = "") -> None:
        super().__init__(invite.by.rig, email or invite.email)
        self.invite = invite
        self.workspace = invite.by.workspace
        self.proof = prove_invite(invite.key, self.workspace, self.device.id)

    async def look(self) -> InvitationAnswer:
        """Ask what the invite leads to."""
        return await self.api.ask("POST", INVITATIONS, AskInvitation(self.device.public, self.proof), InvitationAnswer)

    async def code(self, email: str = "") -> Verification:
        """Have a code sent."""
        proof = self.proof
        asked = StartVerification(
            email or self.email,
            self.device.public,
            purpose="join",
            workspace=proof.workspace,
            key=proof.key,
            proof=proof.signature,
        )
        return await self.api.start_verification(asked)

    def joining(self, verification: bytes = b"", code: str = "", name: str = "Bob") -> Join:
        """A whole request to join the workspace as its inviter knows it now."""
        self.ledger = self.invite.by.ledger.copy()
        user, self.keys = authoring.user_genesis(self.device, self.recovery.public)
        self.user = self.ledger.add(user).stream
        profile, hashed = authoring.profile(self.device, self.user, name, self.email)
        invite = entry_hash(self.invite.entry)
        join = authoring.join(self.author(), self.invite.key, invite, self.invite.role, hashed)
        self.ledger.add(join)
        personal = authoring.personal_genesis(self.author())
        self.personal = self.ledger.add(personal).stream
        sealed = authoring.device_name(self.keys, self.user, self.device.id, "laptop")
        return Join(self.proof, verification, code, user, join, personal, profile, sealed)

    async def send(self, join: Join) -> Joined:
        """Send the request."""
        return await self.api.ask("POST", JOINS, join, Joined)

    async def join(self) -> Joined:
        """The whole way: code by mail, the person's beginnings, the join."""
        sent = await self.code()
        return await self.send(self.joining(sent.id, self.rig.code_for(self.email)))
