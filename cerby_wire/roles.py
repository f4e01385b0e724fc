"""Who may give, change or take which workspace role: one table, checked at the entry's position (protocol.md §1).

Nobody grants a role above their own, nobody touches somebody above themselves, and the Owner's seat moves only by
`transfer`. Workspace roles alone give no access to any account; whether somebody may own accounts follows from them.
"""

from __future__ import annotations

from typing import NamedTuple

from cerby_wire.headers import Policy, WorkspaceRole


class Powers(NamedTuple):
    """What a workspace role may do to others: roles it grants, and people it may change, suspend or remove."""

    grants: frozenset[WorkspaceRole]
    changes: frozenset[WorkspaceRole]


_NOBODY: frozenset[WorkspaceRole] = frozenset()
_GUESTS: frozenset[WorkspaceRole] = frozenset({"guest"})
_UP_TO_USER: frozenset[WorkspaceRole] = frozenset({"user", "login_only", "guest"})
_UP_TO_ADMIN: frozenset[WorkspaceRole] = _UP_TO_USER | {"admin"}
_UP_TO_SUPER_ADMIN: frozenset[WorkspaceRole] = _UP_TO_ADMIN | {"super_admin"}

MATRIX: dict[WorkspaceRole, Powers] = {
    "owner": Powers(grants=_UP_TO_SUPER_ADMIN, changes=_UP_TO_SUPER_ADMIN),
    "super_admin": Powers(grants=_UP_TO_SUPER_ADMIN, changes=_UP_TO_SUPER_ADMIN),
    "admin": Powers(grants=_UP_TO_ADMIN, changes=_UP_TO_ADMIN),
    "user": Powers(grants=_GUESTS, changes=_NOBODY),
    "login_only": Powers(grants=_NOBODY, changes=_NOBODY),
    "guest": Powers(grants=_NOBODY, changes=_NOBODY),
}

_LADDER: tuple[WorkspaceRole, ...] = ("guest", "login_only", "user", "admin", "super_admin", "owner")
ACCOUNT_OWNERS: frozenset[WorkspaceRole] = frozenset({"user", "admin", "super_admin", "owner"})
ADMINISTRATORS: frozenset[WorkspaceRole] = frozenset({"admin", "super_admin", "owner"})
HEIRS: frozenset[WorkspaceRole] = frozenset({"user", "admin", "super_admin"})
"""Who may receive the Owner's seat."""


def may_grant(author: WorkspaceRole | None, role: WorkspaceRole) -> bool:
    """Whether somebody with the role `author` may give `role`."""
    return author is not None and role in MATRIX[author].grants


def may_change(author: WorkspaceRole | None, role: WorkspaceRole | None) -> bool:
    """Whether somebody with the role `author` may change, suspend or remove a person whose role is `role`."""
    return author is not None and role in MATRIX[author].changes


def may_invite(author: WorkspaceRole | None, role: WorkspaceRole, policy: Policy) -> bool:
    """Whether somebody with the role `author` may invite to `role` under this policy."""
    return author is not None and at_least(author, policy.inviters) and may_grant(author, role)


def at_least(role: WorkspaceRole, other: WorkspaceRole) -> bool:
    """Whether `role` is `other` or stands above it."""
    return _LADDER.index(role) >= _LADDER.index(other)
