"""What an invite leads to, judged before anything is spent: the workspace, who invited, into which role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from cerby_tui import authoring
from cerby_tui.enrolling.replay import replay
from cerby_tui.errors import Alarm, RefusedError
from cerby_tui.keys import DeviceKeys
from cerby_tui.sync.profiles import verified_profile
from cerby_wire import roles
from cerby_wire.errors import Refused
from cerby_wire.headers import WorkspaceRole
from cerby_wire.inviting import INVITATIONS, AskInvitation, InvitationAnswer, prove_invite
from cerby_wire.ledger import Ledger
from cerby_wire.records import fingerprint
from cerby_wire.shapes import SignedRecord, StoredEntry
from cerby_wire.state import Invite, WorkspaceState
from cerby_wire.texts import InviteString

if TYPE_CHECKING:
    from cerby_tui.sync.api import Api

NOTHING_SENT = "Nothing was sent, and the invite is not used up."
UNTOUCHED = "The invite is not used up."


class Invitation(Struct, frozen=True):
    """An invite that holds. `id` is the hash of its entry; name and address are the inviter's, as they signed them."""

    ledger: Ledger
    service_key: bytes
    id: bytes
    role: WorkspaceRole
    inviter_name: str
    inviter_email: str

    def __repr__(self) -> str:
        return f"Invitation({self.role!r})"


async def find_invitation(api: Api, device: DeviceKeys, invite: InviteString) -> Invitation:
    """Ask the service that the invite names. Raises OfflineError, RefusedError, UsageError, Alarm."""
    about = await api.about()
    if fingerprint(about.service_key) != invite.fingerprint:
        raise Alarm("service_key", "This is not the service that the invite comes from.", safe=NOTHING_SENT)
    key = authoring.invite_key(invite.secret)
    proof = prove_invite(key, invite.workspace, device.id)
    entries: list[StoredEntry] = []
    after: dict[bytes, int] = {}
    while True:
        answer = await api.ask("POST", INVITATIONS, AskInvitation(device.public, proof, after), InvitationAnswer)
        entries += answer.entries
        after |= {one.stream: one.n for one in answer.entries}
        # Streams may have grown between two pages: it is enough once nothing is missing, not once a page was whole.
        if not answer.entries or (not answer.more and len(answer.entries) == len(entries)):
            break
    ledger = replay(about.service_key, entries)
    return _judged(ledger, invite, key.public, about.service_key, answer.inviter)


def _judged(
    ledger: Ledger, invite: InviteString, key: bytes, service_key: bytes, profile: SignedRecord | None
) -> Invitation:
    """The invite in the stream, if it is the one that the string speaks of. Raises RefusedError, Alarm."""
    workspace = ledger.workspace()
    if workspace is None or workspace.stream != invite.workspace:
        sentence = "The service shows another workspace than the one that you were invited to."
        raise Alarm("another_workspace", sentence, safe=UNTOUCHED)
    found = [(name, one) for name, one in workspace.invites.items() if one.key == key]
    if not found:
        raise Alarm("no_such_invite", "The service shows no invite that this string belongs to.", safe=UNTOUCHED)
    name, one = found[0]
    if one.inviter != invite.inviter:
        sentence = "The invite was written by somebody else than the person whose string this is."
        raise Alarm("another_inviter", sentence, safe=UNTOUCHED)
    if not roles.may_invite(workspace.role_at(one.inviter, workspace.n), one.role, workspace.policy):
        raise RefusedError(
            "inviter_may_no_longer",
            "Whoever wrote this invite may not invite to that role any more.",
            next_step="Ask somebody else for a new one.",
        )
    called, address = _inviter(ledger, workspace, one, profile)
    return Invitation(ledger, service_key, name, one.role, called, address)


def _inviter(
    ledger: Ledger, workspace: WorkspaceState, invite: Invite, profile: SignedRecord | None
) -> tuple[str, str]:
    """What the inviter is called; nothing, if what the service says of them does not hold."""
    person = ledger.user(invite.inviter)
    if person is None or profile is None:
        return "", ""
    try:
        signed = verified_profile(profile, person, workspace.people[invite.inviter].profile)
    except Refused:
        return "", ""
    return signed.name, signed.email
