"""Who is in a workspace, in which role, with which devices; every entry must have seen all before it."""

from __future__ import annotations

from msgspec.structs import replace

from cerby_wire import roles
from cerby_wire.encoding import encode
from cerby_wire.errors import require, require_fresh
from cerby_wire.headers import (
    Policy,
    Position,
    WorkspaceChain,
    WorkspaceGenesis,
    WorkspaceInvite,
    WorkspaceJoin,
    WorkspacePolicy,
    WorkspaceRemove,
    WorkspaceRole,
    WorkspaceSetRole,
    WorkspaceSuspend,
    WorkspaceTransfer,
    WorkspaceUninvite,
)
from cerby_wire.primitives import verify
from cerby_wire.state import ChainSince, Invite, Person, RoleSince, Suspension, WorkspaceState
from cerby_wire.trial import Trial, check_no_body, held, known_chain, mistaken

LONGEST_OFFLINE = 90 * 86400


def judge_workspace(trial: Trial) -> WorkspaceState:
    """Rules 5 and 6 for a workspace. Raises Refused, Stale, Behind."""
    act, author = trial.header.act, trial.header.author
    check_no_body(trial)
    if isinstance(act, WorkspaceGenesis):
        return _with_chain(trial, _genesis(trial, act))
    state = held(trial, WorkspaceState)
    require_fresh(trial.header.seen.n == state.n, "stale", "The workspace has moved on since its author looked.")
    check_not_suspended(trial, state, state.n)
    role = state.role_at(author, state.n)
    if isinstance(act, WorkspaceJoin):
        return _with_chain(trial, _join(trial, state, act, role))
    require(role is not None, "not_allowed", "Its author is not in the workspace.")
    return _with_chain(trial, _member_act(trial, state, role))


def check_not_suspended(trial: Trial, state: WorkspaceState, n: int) -> None:
    """The session that wrote it stood under no order at position `n` of the workspace. Raises Refused."""
    suspended = trial.header.device in state.suspended(trial.header.author, n)
    require(not suspended, "device_suspended", "An administrator has suspended that session.")


def _member_act(trial: Trial, state: WorkspaceState, role: WorkspaceRole | None) -> WorkspaceState:
    """What a member may do, by their role."""
    match trial.header.act:
        case WorkspacePolicy() as act:
            return _policy(state, act, role)
        case WorkspaceInvite() as act:
            return _invite(trial, state, act, role)
        case WorkspaceUninvite() as act:
            return _uninvite(trial, state, act, role)
        case WorkspaceSetRole() as act:
            return _set_role(trial, state, act, role)
        case WorkspaceTransfer() as act:
            return _transfer(trial, state, act, role)
        case WorkspaceRemove() as act:
            return _remove(trial, state, act, role)
        case WorkspaceSuspend() as act:
            return _suspend(trial, state, act, role)
        case WorkspaceChain():
            return _chain(trial, state)
    raise mistaken(trial)


def _genesis(trial: Trial, act: WorkspaceGenesis) -> WorkspaceState:
    require(len(act.nonce) == 16, "bad_nonce", "A genesis carries 16 random bytes.")
    _check_profile(act.profile)
    _check_policy(act.policy)
    founder = Person(roles=(RoleSince(1, "owner"),), profile=act.profile)
    return WorkspaceState(trial.stream, 0, b"", act.policy, {trial.header.author: founder})


def _policy(state: WorkspaceState, act: WorkspacePolicy, role: WorkspaceRole | None) -> WorkspaceState:
    require(role in roles.ADMINISTRATORS, "not_allowed", "Only administrators change the policy.")
    _check_policy(act.policy)
    return replace(state, policy=act.policy)


def _invite(trial: Trial, state: WorkspaceState, act: WorkspaceInvite, role: WorkspaceRole | None) -> WorkspaceState:
    allowed = roles.may_invite(role, act.role, state.policy)
    require(allowed, "not_allowed", "Its author may not invite to that role.")
    require(len(act.nonce) == 16, "bad_nonce", "An invite carries 16 random bytes.")
    require(len(act.key) == 32, "bad_signing_key", "A public signing key has 32 bytes.")
    _check_profile(act.profile)
    unused = all(act.key != invite.key for invite in state.invites.values())
    require(unused, "invite_key_repeated", "Another open invite has the same key.")
    invite = Invite(trial.n, trial.header.author, act.key, act.role, act.profile)
    return replace(state, invites={**state.invites, trial.hash: invite})


def _uninvite(
    trial: Trial, state: WorkspaceState, act: WorkspaceUninvite, role: WorkspaceRole | None
) -> WorkspaceState:
    invite = _open_invite(state, act.invite)
    own = invite.inviter == trial.header.author
    allowed = own or (role in roles.ADMINISTRATORS and roles.may_grant(role, invite.role))
    require(allowed, "not_allowed", "Its author may not withdraw that invite.")
    return _without_invite(state, act.invite)


def _join(trial: Trial, state: WorkspaceState, act: WorkspaceJoin, role: WorkspaceRole | None) -> WorkspaceState:
    header, invite = trial.header, _open_invite(state, act.invite)
    require(role is None, "already_a_member", "That person is in the workspace already.")
    require(act.role == invite.role, "another_role", "The invite is for another role.")
    _check_profile(act.profile)
    proven = join_proof(state.stream, act.invite, act.role, header.author, header.chain)
    verify(invite.key, "join", proven, act.proof)
    inviter = state.role_at(invite.inviter, state.n)
    still = roles.may_invite(inviter, invite.role, state.policy)
    require(still, "inviter_may_no_longer", "Whoever wrote the invite may not give that role any more.")
    came = replace(state.people.get(header.author, Person()), profile=act.profile)
    known = replace(_without_invite(state, act.invite), people={**state.people, header.author: came})
    return _with_role(trial, known, header.author, act.role)


def join_proof(workspace: bytes, invite: bytes, role: WorkspaceRole, user: bytes, chain: Position) -> bytes:
    """The bytes that the invite key signs under the label `join`: this person, with these devices, into this role."""
    return encode((workspace, invite, role, user, chain))


def _set_role(trial: Trial, state: WorkspaceState, act: WorkspaceSetRole, role: WorkspaceRole | None) -> WorkspaceState:
    before = state.role_at(act.user, state.n)
    allowed = roles.may_change(role, before)
    require(allowed, "not_allowed", "Its author may not change the role of that person.")
    require(roles.may_grant(role, act.role), "not_allowed", "Its author may not give that role.")
    require(act.role != before, "nothing_changes", "That person has the role already.")
    return _with_role(trial, state, act.user, act.role)


def _transfer(
    trial: Trial, state: WorkspaceState, act: WorkspaceTransfer, role: WorkspaceRole | None
) -> WorkspaceState:
    require(role == "owner", "not_allowed", "Only the Owner hands over the Owner's seat.")
    fit = state.role_at(act.user, state.n) in roles.HEIRS
    require(fit, "cannot_be_owner", "That person cannot take the Owner's seat.")
    return _with_role(trial, _with_role(trial, state, act.user, "owner"), trial.header.author, "super_admin")


def _remove(trial: Trial, state: WorkspaceState, act: WorkspaceRemove, role: WorkspaceRole | None) -> WorkspaceState:
    before = state.role_at(act.user, state.n)
    leaves = act.user == trial.header.author and before != "owner"
    allowed = leaves or roles.may_change(role, before)
    require(allowed, "not_allowed", "Its author may not remove that person.")
    return _with_role(trial, state, act.user, None)


def _suspend(trial: Trial, state: WorkspaceState, act: WorkspaceSuspend, role: WorkspaceRole | None) -> WorkspaceState:
    own = act.user == trial.header.author
    allowed = own or roles.may_change(role, state.role_at(act.user, state.n))
    require(allowed, "not_allowed", "Its author may not suspend sessions of that person.")
    # A person ends the very session they write from this way: no device makes the seed that shuts itself out.
    chain = trial.header.chain if own else state.chain_at(act.user, state.n)
    there = known_chain(trial, act.user, chain, 0).device_active(act.device, chain.n)
    require(there, "no_such_device", "That person has no such session.")
    new = act.device not in state.suspended(act.user, state.n)
    require(new, "nothing_changes", "That session is suspended already.")
    person = state.people[act.user]
    orders = (*person.suspensions, Suspension(trial.n, act.device))
    return replace(state, people={**state.people, act.user: replace(person, suspensions=orders)})


def _chain(trial: Trial, state: WorkspaceState) -> WorkspaceState:
    newer = trial.header.chain.n > state.chain_at(trial.header.author, state.n).n
    require(newer, "nothing_changes", "That state of the author's devices is known already.")
    return state


def _check_policy(policy: Policy) -> None:
    """The policy asks for nothing that would undo what it is for."""
    offline = 0 < policy.offline_allowance <= LONGEST_OFFLINE
    require(offline, "bad_policy", "The offline allowance is between a second and 90 days.")
    require(policy.idle_lock > 0, "bad_policy", "The idle lock is at least a second.")
    require(policy.clipboard > 0, "bad_policy", "The clipboard is cleared after at least a second.")
    require(policy.retention >= 0, "bad_policy", "The retention of messages is not negative.")
    require(policy.inviters in roles.ACCOUNT_OWNERS, "bad_policy", "Only Users and above can be the ones who invite.")


def _check_profile(profile: bytes) -> None:
    require(len(profile) == 32, "bad_profile", "A profile is cited by its 32-byte hash.")


def _open_invite(state: WorkspaceState, invite: bytes) -> Invite:
    """The invite under that entry hash. Raises Refused if it was used, withdrawn or never written."""
    require(invite in state.invites, "invite_not_open", "There is no such open invite.")
    return state.invites[invite]


def _without_invite(state: WorkspaceState, invite: bytes) -> WorkspaceState:
    return replace(state, invites={name: kept for name, kept in state.invites.items() if name != invite})


def _with_role(trial: Trial, state: WorkspaceState, user: bytes, role: WorkspaceRole | None) -> WorkspaceState:
    """The workspace with a role that begins at this entry."""
    person = state.people.get(user, Person())
    changed = replace(person, roles=(*person.roles, RoleSince(trial.n, role)))
    return replace(state, people={**state.people, user: changed})


def _with_chain(trial: Trial, state: WorkspaceState) -> WorkspaceState:
    """The workspace with the author's chain raised to what the entry cites."""
    user, chain = trial.header.author, trial.header.chain
    if chain.n <= state.chain_at(user, trial.n).n:
        return state
    person = state.people[user]
    changed = replace(person, chains=(*person.chains, ChainSince(trial.n, chain)))
    return replace(state, people={**state.people, user: changed})
