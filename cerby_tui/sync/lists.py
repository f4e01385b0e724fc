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


def resting(user: bytes, around: Surroundings) -> bool:
    """Whether somebody cannot be listed only until a suspended session is gone from their chain."""
    workspace = around.workspace()
    role = workspace.role_at(user, workspace.n) if workspace else None
    return role is not None and listing(user, "collaborator", around) is None


def keeps_an_owner(people: Mapping[bytes, AccountRole], me: bytes, around: Surroundings) -> bool:
    """Whether one of these people can be listed as an Owner: today, or oneself as soon as one's chain is in order."""
    workspace = around.workspace()
    mine = workspace.role_at(me, workspace.n) if workspace else None
    if people.get(me) == "owner" and mine in roles.ACCOUNT_OWNERS and resting(me, around):
        return True
    return "owner" in listable(people, around).values()


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
