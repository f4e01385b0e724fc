"""Who is on an account once the waiting shares are counted in: stored people, and what this person wants of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cerby_tui.vault.outbox import Pending
from cerby_wire.headers import AccountRole
from cerby_wire.state import AccountState

Roles = dict[bytes, AccountRole]
Wanted = Mapping[bytes, AccountRole | None]
"""By person the role they are to have; None takes them off the account."""


def stored_roles(state: AccountState | None, founder: bytes) -> Roles:
    """The people of an account as its stream has them; of one that is not founded yet, whoever founds it."""
    if state is None:
        return {founder: "owner"}
    return {user: listed.role for user, listed in state.members.items()}


def with_shares(roles: Mapping[bytes, AccountRole], rows: Iterable[Pending]) -> Roles:
    """The people once waiting shares are applied in the order they were made."""
    found = dict(roles)
    for row in rows:
        if row.act == "share":
            found = applied(found, row.changes)
    return found


def applied(roles: Mapping[bytes, AccountRole], wanted: Wanted) -> Roles:
    """The people with what is wanted of some of them."""
    merged: dict[bytes, AccountRole | None] = {**roles, **wanted}
    return {user: role for user, role in merged.items() if role is not None}
