"""Who is off an account only for as long as one of their sessions is suspended: told from the streams alone; pure.

An Owner's client that renews a key has to leave out whoever still has a suspended session in their chain. Once that
session is gone from it, they come back with the role they had, whichever client notices first.
"""

from __future__ import annotations

from collections.abc import Iterable

from cerby_wire.epochs import listing
from cerby_wire.headers import AccountRole, EpochFields, Header
from cerby_wire.state import Person
from cerby_wire.trial import Surroundings

Roles = dict[bytes, AccountRole]


def resting(headers: Iterable[Header], around: Surroundings) -> Roles:
    """The people who were left out for a suspended session and were not back since, with the role they had."""
    found: Roles = {}
    before: Roles = {}
    for header in headers:
        epoch = getattr(header.act, "epoch", None)
        if not isinstance(epoch, EpochFields):
            continue
        now = {listed.user: listed.role for listed in epoch.members}
        for user in before.keys() - now.keys():
            if _under_order(user, header.ws.n, around):
                found[user] = before[user]
        found = {user: role for user, role in found.items() if user not in now}
        before = now
    return found


def may_return(around: Surroundings) -> set[bytes]:
    """Everybody who ever had a suspended session and has none in their chain now."""
    workspace = around.workspace()
    people = workspace.people if workspace else {}
    ordered = {user for user, person in people.items() if person.suspensions}
    return {user for user in ordered if listing(user, "collaborator", around) is not None}


def ever_suspended(around: Surroundings) -> bool:
    """Whether any session in the workspace was ever suspended: else nobody rests anywhere."""
    workspace = around.workspace()
    return workspace is not None and any(person.suspensions for person in workspace.people.values())


def wants_to_leave(headers: Iterable[Header], wishes: Iterable[str]) -> set[bytes]:
    """The Owners who asked to be taken off an account, and were on it ever since they did (`user:epoch`)."""
    epochs = [
        (epoch.epoch, {listed.user for listed in epoch.members})
        for header in headers
        if isinstance(epoch := getattr(header.act, "epoch", None), EpochFields)
    ]
    asked = [wish for wish in map(_wish, wishes) if wish is not None]
    return {user for user, since in asked if all(user in listed for n, listed in epochs if n >= since)}


def _wish(said: str) -> tuple[bytes, int] | None:
    """Who asked to leave, and in which epoch; None for what another Owner's program wrote that is no wish."""
    user, _, since = said.partition(":")
    try:
        return bytes.fromhex(user), int(since)
    except ValueError:
        return None


def _under_order(user: bytes, n: int, around: Surroundings) -> bool:
    """Whether somebody was in the workspace at its entry `n` with a suspended session in their chain."""
    workspace, person = around.workspace(), around.user(user)
    if workspace is None or person is None or workspace.role_at(user, n) is None:
        return False
    chain = workspace.chain_at(user, n).n
    suspended = workspace.people.get(user, Person()).suspensions
    return any(order.n <= n and person.device_active(order.device, chain) for order in suspended)
