"""What the service refuses beyond the rules that everybody can check, because it knows how things stand today.

Clients judge an entry at the positions that it cites, so that it stays valid for ever. A service that is honest does
not take one in from somebody who has lost the right to it meanwhile.
"""

from __future__ import annotations

from cerby_service.database import Writing, people, streams
from cerby_wire.entries import read_header
from cerby_wire.errors import Refused, Stale
from cerby_wire.headers import AccountAdopt, Entry, EpochFields, Header, WorkspaceRemove, WorkspaceSetRole
from cerby_wire.roles import ACCOUNT_OWNERS
from cerby_wire.state import AccountState, PersonalState, State, UserState, WorkspaceState

ONLY_OWNER = "That person is the only Owner of accounts, which have to be handed over in the same act."


def check(
    writing: Writing,
    workspace: WorkspaceState | None,
    sender: bytes,
    before: State | None,
    state: State,
    entry: Entry,
) -> None:
    """Whether `sender` may bring this entry, which the shared rules accept. Raises Refused."""
    header = read_header(entry)
    hands_over = isinstance(header.act, AccountAdopt) and header.author == sender
    if not (hands_over or may_see(state, sender) or (before is not None and may_see(before, sender))):
        raise Refused("not_allowed", "The sender may not see this stream.")
    match state:
        case PersonalState() if before is None:
            _check_first(writing, state)
        case UserState():
            _check_devices(writing, workspace, state, header)


def check_today(workspace: WorkspaceState | None, state: State, header: Header) -> None:
    """Whether the entry would still be right at the newest workspace position. Raises Refused, Stale.

    Not asked of entries that a restored backup had lost: they were right when they were written.
    """
    if not isinstance(state, AccountState) or workspace is None:
        return
    if workspace.role_at(header.author, workspace.n) not in ACCOUNT_OWNERS:
        raise Refused("not_allowed", "Its author may not own accounts any more.")
    if header.device in workspace.suspended(header.author, workspace.n):
        raise Refused("device_suspended", "An administrator has suspended that session.")
    lists = isinstance(getattr(header.act, "epoch", None), EpochFields)
    for listed in state.members.values() if lists else ():
        role = workspace.role_at(listed.user, workspace.n)
        if role is None or (listed.role == "owner" and role not in ACCOUNT_OWNERS):
            raise Stale("workspace_moved_on", "Somebody on the list has lost that role meanwhile.")


def may_see(state: State | None, user: bytes) -> bool:
    """Whether somebody may see the stream that this is the state of."""
    match state:
        case AccountState():
            return user in state.members
        case PersonalState():
            return user == state.user
    return state is not None


def lowered(entry: Entry) -> bytes:
    """The person whom an entry leaves unable to own accounts; empty for none."""
    match read_header(entry).act:
        case WorkspaceRemove(user=user):
            return user
        case WorkspaceSetRole(user=user, role=role) if role not in ACCOUNT_OWNERS:
            return user
    return b""


def check_not_alone(writing: Writing, workspace: bytes, user: bytes) -> None:
    """Whether every account of somebody has another Owner. Raises Refused `only_owner`."""
    if streams.sole_owned(writing, workspace, user):
        raise Refused("only_owner", ONLY_OWNER)


def _check_first(writing: Writing, state: PersonalState) -> None:
    if streams.personal_of(writing, state.workspace, state.user) is not None:
        raise Refused("personal_exists", "That person has a personal stream already.")


def _check_devices(writing: Writing, workspace: WorkspaceState | None, state: UserState, header: Header) -> None:
    """No suspended session writes to the chain, and no device is in two of them. Raises Refused."""
    if workspace is None:
        return
    if header.device in workspace.suspended(state.stream, workspace.n):
        raise Refused("device_suspended", "That session is suspended; another one of its person has to write this.")
    for device in state.active_devices(state.n):
        known = people.find_device(writing, device)
        if known is not None and (known.workspace, known.user) != (workspace.stream, state.stream):
            raise Refused("device_elsewhere", "That session belongs to somebody else, or to another workspace.")
