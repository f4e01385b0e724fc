"""An account card: its people under one key per epoch, the sealed card, its number (docs/protocol.md §1).

Author and all listed people are judged at the workspace position that the entry cites, never at "current". Membership
and key change are one signed act.
"""

from __future__ import annotations

from msgspec.structs import replace

from cerby_wire import records, roles
from cerby_wire.accept_workspace import check_not_suspended
from cerby_wire.encoding import decode
from cerby_wire.epochs import next_epoch
from cerby_wire.errors import require, require_fresh
from cerby_wire.headers import (
    NO_MESSAGES,
    AccountAdopt,
    AccountDelete,
    AccountGenesis,
    AccountItem,
    AccountMembers,
    AccountNumber,
    AccountRestore,
    EpochFields,
    WorkspaceRole,
)
from cerby_wire.shapes import SignedRecord
from cerby_wire.state import AccountState, NumberBound
from cerby_wire.trial import Trial, check_no_body, held, mistaken, workspace_of


def judge_account(trial: Trial) -> AccountState:
    """Rules 5 and 6 for an account. Raises Refused, Stale, Behind."""
    act, header = trial.header.act, trial.header
    role = _author_role(trial)
    if isinstance(act, AccountGenesis):
        return _genesis(trial, act)
    state = held(trial, AccountState)
    require_fresh(header.ws.n >= state.ws, "workspace_runs_backwards", "A newer state of the workspace was cited.")
    cited = _with_citations(trial, state)
    if isinstance(act, AccountAdopt):
        require(role in roles.ADMINISTRATORS, "not_allowed", "Only administrators hand over an account.")
    else:
        require(header.author in state.owners(), "not_allowed", "Only Owners of the account write to it.")
    if isinstance(act, AccountItem):
        return _item(trial, cited, act)
    current = header.seen.n >= state.control
    require_fresh(current, "stale", "People, keys or number have changed since its author looked.")
    return replace(_control(trial, cited), control=trial.n)


def _author_role(trial: Trial) -> WorkspaceRole | None:
    """The author's workspace role at the position cited, which lets them own accounts. Raises Refused."""
    workspace, n = workspace_of(trial), trial.header.ws.n
    check_not_suspended(trial, workspace, n)
    role = workspace.role_at(trial.header.author, n)
    require(role in roles.ACCOUNT_OWNERS, "not_allowed", "Its author may not own accounts in this workspace.")
    return role


def _control(trial: Trial, state: AccountState) -> AccountState:
    """Everything that is not an item."""
    match trial.header.act:
        case AccountMembers() as act:
            return _members(trial, state, act)
        case AccountNumber() as act:
            return _number(trial, state, act)
        case AccountDelete() as act:
            return _delete(trial, state, act)
        case AccountRestore() as act:
            return _restore(trial, state, act)
        case AccountAdopt() as act:
            return _adopt(trial, state, act)
    raise mistaken(trial)


def _genesis(trial: Trial, act: AccountGenesis) -> AccountState:
    require(len(act.nonce) == 16, "bad_nonce", "A genesis carries 16 random bytes.")
    require(trial.header.msgs == NO_MESSAGES, "unused_field", "There are no messages before the genesis.")
    nothing = AccountState(trial.stream, 0, b"", trial.header.workspace, 0, b"", b"", {})
    account = next_epoch(trial, _with_citations(trial, nothing), act.epoch, "none")
    require(trial.header.author in account.owners(), "author_not_listed", "Who begins an account is one of its Owners.")
    return replace(account, control=trial.n)


def _members(trial: Trial, state: AccountState, act: AccountMembers) -> AccountState:
    changed = next_epoch(trial, state, act.epoch, "sealed")
    stays = trial.header.author in changed.members
    require(stays, "author_not_listed", "Nobody makes the key that shuts them out.")
    return changed


def _delete(trial: Trial, state: AccountState, act: AccountDelete) -> AccountState:
    require(not state.deleted, "deleted", "The account is deleted already.")
    _check_same_people(state, act.epoch)
    return next_epoch(trial, replace(state, deleted=True), act.epoch, "sealed")


def _restore(trial: Trial, state: AccountState, act: AccountRestore) -> AccountState:
    require(state.deleted, "not_deleted", "Only a deleted account can be restored.")
    _check_same_people(state, act.epoch)
    return next_epoch(trial, replace(state, deleted=False), act.epoch, "sealed")


def _adopt(trial: Trial, state: AccountState, act: AccountAdopt) -> AccountState:
    """The old key is left behind: what was sealed before stays closed, number and new messages go on."""
    workspace, n = workspace_of(trial), trial.header.ws.n
    orphaned = all(workspace.role_at(owner, n) not in roles.ACCOUNT_OWNERS for owner in state.owners())
    require(orphaned, "owner_remains", "The account has an Owner still.")
    owners = [listed.user for listed in act.epoch.members if listed.role == "owner"]
    require(len(owners) == 1, "one_new_owner", "An account is handed to one new Owner.")
    known = all(listed.user in state.members for listed in act.epoch.members if listed.role == "collaborator")
    require(known, "adopt_adds", "Handing over an account lets nobody else in.")
    return next_epoch(trial, state, act.epoch, "none")


def _check_same_people(state: AccountState, epoch: EpochFields) -> None:
    same = {(listed.user, listed.role) for listed in epoch.members} == {
        (listed.user, listed.role) for listed in state.members.values()
    }
    require(same, "another_list", "Deleting and restoring leave the list of people as it is.")


def _item(trial: Trial, state: AccountState, act: AccountItem) -> AccountState:
    require_fresh(not state.deleted, "deleted", "The account is deleted.")
    follows = act.version == state.item_version + 1 and act.previous == state.item_hash
    require_fresh(follows, "version_conflict", "The version does not follow the newest one.")
    in_force = act.epoch == state.epoch
    require_fresh(in_force, "epoch_not_in_force", "It is sealed under another key than the one in force.")
    require(trial.entry.body != b"", "empty_body", "There is nothing in it.")
    return replace(
        state,
        item_version=act.version,
        item_hash=trial.hash,
        item_author=trial.header.author,
        item_at=trial.n,
    )


def _number(trial: Trial, state: AccountState, act: AccountNumber) -> AccountState:
    check_no_body(trial)
    if not act.bound:
        require(state.number == (act.number, act.e164), "another_number", "Another number, or none, is bound.")
        require(act.record == b"", "unused_field", "To unbind a number takes no record.")
        return replace(state, number=None)
    require_fresh(not state.deleted, "deleted", "The account is deleted.")
    require(state.number is None, "number_bound", "A number is bound already.")
    signed = decode(act.record, SignedRecord)
    record = records.open_record(signed, records.Number, trial.around.service_key())
    ours = (record.workspace, record.account) == (state.workspace, state.stream)
    require(ours, "another_account", "The number was committed for another account.")
    same = (record.id, record.e164) == (act.number, act.e164)
    require(same, "another_number", "The record is of another number.")
    return replace(state, number=NumberBound(act.number, act.e164))


def _with_citations(trial: Trial, state: AccountState) -> AccountState:
    """The account with what its author cited: their chain, the workspace, the newest message."""
    header = trial.header
    newer = header.msgs.index > state.msgs.index or header.msgs.generation != state.msgs.generation
    return replace(
        state,
        chains=state.chains | {header.author: header.chain.n},
        ws=header.ws.n,
        msgs=header.msgs if header.msgs.index and newer else state.msgs,
    )
