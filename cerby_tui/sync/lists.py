"""The next list of people of an account: what is wanted, as far as the workspace lets it be today."""

from __future__ import annotations

from collections.abc import Mapping

from cerby_tui.vault.shares import Roles, Wanted
from cerby_wire import roles
from cerby_wire.epochs import listing
from cerby_wire.headers import AccountRole
from cerby_wire.trial import Surroundings

LAST_OWNER = "An account always has an Owner, and nobody else is one here."
OUTSIDER = "That person is not in the workspace."
CANNOT_OWN = "Guests and Login-Only people cannot own accounts."
UNDER_ORDER = "One of that person's sessions is suspended; they can be on accounts again once it is removed."


def listable(people: Mapping[bytes, AccountRole], around: Surroundings) -> Roles:
    """Those who can be on an account today, each in the role they may have there."""
    found = {user: listing(user, role, around) for user, role in people.items()}
    return {user: listed.role for user, listed in found.items() if listed is not None}


def objection(wanted: Wanted, around: Surroundings) -> str:
    """Why somebody cannot have the role that is wanted for them, in a sentence; empty if all can."""
    for user, role in wanted.items():
        if role is not None and (said := _objection(user, role, around)):
            return said
    return ""


def _objection(user: bytes, role: AccountRole, around: Surroundings) -> str:
    workspace = around.workspace()
    held = workspace.role_at(user, workspace.n) if workspace else None
    if held is None:
        return OUTSIDER
    if role == "owner" and held not in roles.ACCOUNT_OWNERS:
        return CANNOT_OWN
    return "" if listing(user, role, around) else UNDER_ORDER
