"""Invites: one pasteable string for one person, good once."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cerby_tui import authoring
from cerby_tui.authoring import Author
from cerby_tui.errors import RefusedError, UsageError
from cerby_tui.ground import Ground
from cerby_tui.team_values import Invitation, NewInvite
from cerby_tui.vault.around import Around
from cerby_wire import roles
from cerby_wire.headers import Entry, WorkspaceRole
from cerby_wire.inviting import INVITES, SALT_LENGTH, InviteList, InviteView, InviteWritten, WriteInvite
from cerby_wire.records import fingerprint, profile_hash
from cerby_wire.state import WorkspaceState
from cerby_wire.texts import InviteString

if TYPE_CHECKING:
    from cerby_tui.sync.online import Online

SECRET_LENGTH = 16
MOST_TRIES = 5
"""How often the workspace may move on while an entry is written, before it is left to the person."""
ORDER: tuple[WorkspaceRole, ...] = ("super_admin", "admin", "user", "login_only", "guest")


class Invites:
    """Invites of the workspace. All acts need the service."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def roles(self) -> tuple[WorkspaceRole, ...]:
        """The roles that this person may invite to, the highest first; empty if none."""
        workspace = self._ground.around().workspace()
        if workspace is None:
            return ()
        mine = workspace.role_at(self._ground.identity.user, workspace.n)
        return tuple(role for role in ORDER if roles.may_invite(mine, role, workspace.policy))

    def may_withdraw(self, invite: bytes) -> bool:
        """Whether this person may withdraw an open invite: one of their own, or one that they could have written."""
        workspace = self._ground.around().workspace()
        found = workspace.invites.get(invite) if workspace else None
        if workspace is None or found is None:
            return False
        me = self._ground.identity.user
        mine = workspace.role_at(me, workspace.n)
        return found.inviter == me or (mine in roles.ADMINISTRATORS and roles.may_grant(mine, found.role))

    async def open(self) -> list[Invitation]:
        """The open invites that this person may see, the newest first. Raises OfflineError, RefusedError."""
        online = await self._ground.online()
        answer = await self._ground.run(online.api.ask("GET", INVITES, None, InviteList))
        return [self._shown(view) for view in answer.invites]

    async def invite(self, email: str, role: WorkspaceRole) -> NewInvite:
        """Write an invite and have the person told by mail. Raises UsageError, OfflineError, RefusedError."""
        email = email.strip()
        if not email:
            raise UsageError("Whom do you want to invite? An e-mail address is needed.")
        if role not in self.roles():
            raise UsageError("You may not invite anybody to that role.")
        online = await self._ground.online()
        written, text = await self._ground.run(self._write(online, email, role))
        return NewInvite(self._shown(written.invite), text, written.mailed)

    async def withdraw(self, invite: bytes) -> None:
        """Withdraw an open invite. Raises OfflineError, RefusedError."""
        online = await self._ground.online()
        await self._ground.run(self._withdraw(online, invite))

    async def _write(self, online: Online, email: str, role: WorkspaceRole) -> tuple[InviteWritten, str]:
        """On the sync thread: the entry on top of the workspace as it stands, again if that has moved on."""
        identity = self._ground.identity
        secret, salt = os.urandom(SECRET_LENGTH), os.urandom(SALT_LENGTH)
        key, hashed = authoring.invite_key(secret), profile_hash(email, "", salt)
        for _ in range(MOST_TRIES):
            entry = authoring.invite(self._author(), key, role, hashed)
            try:
                asked = WriteInvite(entry, email, salt)
                written = await online.api.ask("POST", INVITES, asked, InviteWritten)
            except RefusedError as refused:
                if refused.code != "stale":
                    raise
                await online.acts.sync_now()
                continue
            await online.acts.sync_now()
            string = InviteString(
                identity.origin, fingerprint(identity.service_key), identity.workspace, identity.user, secret
            )
            return written, string.encode()
        raise _moving()

    async def _withdraw(self, online: Online, invite: bytes) -> None:
        def write(author: Author, workspace: WorkspaceState) -> Entry:
            if invite not in workspace.invites:
                raise RefusedError("invite_not_open", "That invite is not open any more: it was used or withdrawn.")
            return authoring.uninvite(author, invite)

        await online.governing.act(write)

    def _author(self) -> Author:
        """This person, with the newest positions held; on the sync thread."""
        ground, vault = self._ground, self._ground.writing.vault
        return Author.of(ground.device, ground.identity.user, Around(vault.database, vault.identity))

    def _shown(self, view: InviteView) -> Invitation:
        name = self._ground.reader.value("SELECT name FROM people WHERE user = ?", (view.inviter,))
        inviter = str(name or "") or f"Person {view.inviter[:3].hex().upper()}"
        return Invitation(view.id, view.email, view.role, inviter, view.created, view.expires)


def _moving() -> RefusedError:
    return RefusedError("stale", "The workspace keeps changing.", next_step="Try again in a moment.")
