"""What an accepted entry says in the activity log: pure."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from cerby_service.database import Draft
from cerby_wire.activity import Cited
from cerby_wire.encoding import encode
from cerby_wire.entries import device_id, entry_hash, read_header
from cerby_wire.headers import (
    AccountAdopt,
    AccountDelete,
    AccountGenesis,
    AccountItem,
    AccountMembers,
    AccountNumber,
    AccountRestore,
    Act,
    Entry,
    UserAdd,
    UserGenesis,
    UserRecovery,
    UserRevoke,
    WorkspaceGenesis,
    WorkspaceInvite,
    WorkspaceJoin,
    WorkspacePolicy,
    WorkspaceRemove,
    WorkspaceSetRole,
    WorkspaceSuspend,
    WorkspaceTransfer,
    WorkspaceUninvite,
)
from cerby_wire.state import AccountState, State, UserState

Told = Iterator[tuple[str, bytes, str]]
"""Event, whom or which session it concerns, and a detail."""


def drawn(workspace: bytes, entry: Entry, state: State, before: State | None) -> list[Draft]:
    """The lines of an entry that leads from `before` to `state`; most entries have one, private ones none."""
    header = read_header(entry)
    account = state.stream if isinstance(state, AccountState) else b""
    cited = encode(Cited(state.stream, state.n, entry_hash(entry)))
    line = Draft(workspace, "", header.author or state.stream, header.device, account, raw=cited)
    told = _told(header.act, state, before, header.author)
    return [replace(line, event=event, subject=subject, detail=detail) for event, subject, detail in told]


def _told(act: Act, state: State, before: State | None, author: bytes) -> Told:
    match state:
        case UserState():
            yield from _of_user(act, state, before)
        case AccountState():
            yield from _of_account(act, state, before, author)
        case _:
            yield from _of_workspace(act)


def _of_user(act: Act, state: UserState, before: State | None) -> Told:
    match act:
        case UserGenesis():
            yield "Secure Device Created", device_id(act.device), "first session"
            yield "Recovery Key Created", device_id(act.recovery), ""
        case UserAdd():
            yield "Secure Device Created", device_id(act.device), "approved"
        case UserRevoke():
            yield "Secure Device Removed", act.device, ""
        case UserRecovery():
            old = before.recovery(before.n) if isinstance(before, UserState) else b""
            if act.device is not None:
                yield "Recovery Key Used", old, ""
                yield "Secure Device Created", device_id(act.device), "recovery key"
            else:
                yield "Recovery Key Discarded", old, ""
            yield "Recovery Key Created", device_id(act.recovery), ""


def _of_workspace(act: Act) -> Told:
    match act:
        case WorkspaceGenesis():
            yield "Workspace Created", b"", ""
        case WorkspacePolicy():
            yield "Workspace Settings Changed", b"", ""
        case WorkspaceInvite():
            yield "Invite Created", b"", act.role
        case WorkspaceUninvite():
            yield "Invite Withdrawn", b"", ""
        case WorkspaceJoin():
            yield "Member Joined", b"", act.role
        case WorkspaceSetRole():
            yield "Workspace Role Changed", act.user, act.role
        case WorkspaceTransfer():
            yield "Ownership Transferred", act.user, ""
        case WorkspaceRemove():
            yield "Member Removed", act.user, ""
        case WorkspaceSuspend():
            yield "Secure Device Suspended", act.user, act.device.hex()


def _of_account(act: Act, state: AccountState, before: State | None, author: bytes) -> Told:
    match act:
        case AccountGenesis():
            yield "Existing Account Added", b"", ""
            yield from (("Sharing Of Account", user, one.role) for user, one in state.members.items() if user != author)
        case AccountItem() if act.version > 1:
            yield "Account Updated", b"", ""
        case AccountNumber():
            bound = "Added To" if act.bound else "Removed From"
            yield f"Phone Number {bound} The Account", b"", ""
        case AccountDelete():
            yield "Account Deleted", b"", ""
        case AccountRestore():
            yield "Account Restored", b"", ""
        case AccountAdopt():
            yield "Account Handed Over", next(iter(state.owners()), b""), ""
            yield from _changed(state, before)
        case AccountMembers():
            changes = list(_changed(state, before))
            yield from changes or [("Account Key Renewed", b"", "")]


def _changed(state: AccountState, before: State | None) -> Told:
    """Who came to an account, who left it, and whose role is another one."""
    was = before.members if isinstance(before, AccountState) else {}
    for user, one in state.members.items():
        if user not in was:
            yield "Sharing Of Account", user, one.role
        elif was[user].role != one.role:
            yield "Account Role Changed", user, one.role
    for user in was:
        if user not in state.members:
            yield "Account Access Removed", user, ""
