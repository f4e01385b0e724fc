"""A new account key: for whom it may be, and what has to be said about everybody it is for."""

from __future__ import annotations

from msgspec.structs import replace

from cerby_wire import roles
from cerby_wire.errors import require
from cerby_wire.headers import AccountRole, EpochFields, Listed, Position
from cerby_wire.primitives import digest
from cerby_wire.state import AccountState, UserState, WorkspaceState
from cerby_wire.trial import Surroundings, Trial, known_chain, workspace_of
from cerby_wire.wraps import Previous, check_kem, check_wraps


def next_epoch(trial: Trial, state: AccountState, epoch: EpochFields, previous: Previous) -> AccountState:
    """The account under its next key, wrapped to all its readers. Raises Refused, Behind."""
    require(epoch.epoch == state.epoch + 1, "epoch_not_next", "The epoch is not the next one.")
    require(len(epoch.commit) == 32, "bad_commit", "A commitment has 32 bytes.")
    inbox_hash = digest("inbox", epoch.inbox)
    require(epoch.commit not in state.used, "commit_repeated", "An earlier key comes back.")
    require(inbox_hash not in state.used, "inbox_repeated", "An earlier inbox key comes back.")
    check_kem(epoch.inbox)
    users = [listed.user for listed in epoch.members]
    require(users == sorted(set(users)), "members_not_ordered", "The list names somebody twice or out of order.")
    require(any(listed.role == "owner" for listed in epoch.members), "no_owner", "There is always an Owner.")
    for listed in epoch.members:
        _check_listed(trial, state, listed)
    changed = replace(
        state,
        epoch=epoch.epoch,
        epoch_at=trial.n,
        commit=epoch.commit,
        inbox=epoch.inbox,
        members={listed.user: listed for listed in epoch.members},
        used=(*state.used, epoch.commit, inbox_hash),
        chains=state.chains | {listed.user: listed.chain.n for listed in epoch.members},
    )
    check_wraps(trial, changed.readers(), previous)
    return changed


def _check_listed(trial: Trial, state: AccountState, listed: Listed) -> None:
    """A person on the list, judged at the workspace position that the entry cites."""
    workspace, n = workspace_of(trial), trial.header.ws.n
    role = workspace.role_at(listed.user, n)
    require(role is not None, "listed_outsider", "Somebody listed is not in the workspace.")
    can_own = listed.role != "owner" or role in roles.ACCOUNT_OWNERS
    require(can_own, "cannot_own", "Guests and Login-Only people cannot own accounts.")
    floor = max(workspace.chain_at(listed.user, n).n, state.chains.get(listed.user, 0))
    person = known_chain(trial, listed.user, listed.chain, floor)
    generation = person.generation_at(listed.chain.n).generation
    require(listed.generation == generation, "another_generation", "The key is wrapped to another seed of theirs.")
    free = not _under_order(workspace, n, person, listed.chain.n)
    require(free, "listed_suspended", "Somebody listed has a suspended session in their chain still.")


def _under_order(workspace: WorkspaceState, n: int, person: UserState, chain: int) -> bool:
    """Whether a suspended session of that person would still get the key."""
    return any(person.device_active(device, chain) for device in workspace.suspended(person.stream, n))


def listing(user: bytes, role: AccountRole, around: Surroundings) -> Listed | None:
    """How `user` can be listed today, by the newest of what is held; None if they cannot be."""
    workspace, person = around.workspace(), around.user(user)
    if workspace is None or person is None:
        return None
    held = workspace.role_at(user, workspace.n)
    if held is None or _under_order(workspace, workspace.n, person, person.n):
        return None
    as_owner = role == "owner" and held in roles.ACCOUNT_OWNERS
    return Listed(
        user,
        "owner" if as_owner else "collaborator",
        Position(person.n, person.head),
        person.generation_at(person.n).generation,
    )


def outdated(state: AccountState, around: Surroundings) -> tuple[bytes, ...]:
    """The people who make an account stale: gone, demoted, suspended, or with a newer seed than was wrapped to."""
    found = []
    for user, listed in state.members.items():
        today = listing(user, listed.role, around)
        if today is None or today.role != listed.role or today.generation != listed.generation:
            found.append(user)
    return tuple(found)
