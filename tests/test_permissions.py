"""Who may do what, cell by cell, written down a second time as the tables of the documents have it."""

from typing import get_args

import pytest

from cerby_wire import permissions, roles
from cerby_wire.headers import AccountRole, Policy, WorkspaceRole
from cerby_wire.permissions import RULES, AccountAction, Action, WorkspaceAction, allowed

COLUMNS: tuple[WorkspaceRole, ...] = ("guest", "login_only", "user", "admin", "super_admin", "owner")

WORKSPACE: dict[WorkspaceAction, str] = {
    "add_account": "--YYYY",
    "receive_owner": "--YYYY",
    "receive_collaborator": "YYYYYY",
    "manage_own_sessions": "YYYYYY",
    "approve_own_session": "YYYYYY",
    "approve_other_session": "------",
    "see_other_sessions": "---YYY",
    "suspend_other_session": "---YYY",
    "use_own_recovery_kit": "YYYYYY",
    "see_own_activity": "YYYYYY",
    "see_workspace_activity": "---YYY",
    "see_members": "--YYYY",
    "export_members": "---YYY",
    "invite_guest": "--YYYY",
    "invite_member": "---YYY",
    "see_invites": "---YYY",
    "change_roles": "---YYY",
    "remove_member": "---YYY",
    "configure_workspace": "---YYY",
    "hand_over_accounts": "---YYY",
    "transfer_ownership": "-----Y",
    "see_all_accounts": "------",
}
# Per action: what a Collaborator may in each workspace role, and what an Owner may. Nobody may without an account role.
ACCOUNT: dict[AccountAction, tuple[str, str]] = {
    "log_in": ("YYYYYY", "YYYYYY"),
    "view_details": ("YYYYYY", "YYYYYY"),
    "view_secrets": ("------", "--YYYY"),
    "copy_secrets": ("------", "--YYYY"),
    "edit_account": ("------", "--YYYY"),
    "see_account_members": ("------", "--YYYY"),
    "share_account": ("------", "--YYYY"),
    "manage_mfa": ("------", "--YYYY"),
    "create_number": ("------", "--YYYY"),
    "release_number": ("------", "--YYYY"),
    "browse_messages": ("--YYYY", "--YYYY"),
    "forward_sms": ("------", "------"),
    "delete_message": ("------", "------"),
    "see_account_activity": ("------", "--YYYY"),
    "delete_account": ("------", "--YYYY"),
    "restore_account": ("------", "--YYYY"),
}


def row(action: Action, account_role: AccountRole | None = None, policy: Policy | None = None) -> str:
    """An action as a row of the table."""
    return "".join("Y" if allowed(action, role, account_role, policy) else "-" for role in COLUMNS)


@pytest.mark.parametrize("action", get_args(WorkspaceAction))
def test_every_cell_of_the_workspace(action: WorkspaceAction) -> None:
    """The table of workspace roles; an account role neither adds nor takes anything there."""
    assert [WORKSPACE[action]] * 3 == [row(action), row(action, "collaborator"), row(action, "owner")]


@pytest.mark.parametrize("action", get_args(AccountAction))
def test_every_cell_of_an_account(action: AccountAction) -> None:
    """The table of account roles; whoever has none may nothing, be they Owner of the workspace."""
    assert ("------", *ACCOUNT[action]) == (row(action), row(action, "collaborator"), row(action, "owner"))


def test_every_action_has_a_rule() -> None:
    """No action is forgotten in the table, and none is in it that nobody asks for."""
    assert set(RULES) == {*get_args(WorkspaceAction), *get_args(AccountAction)}


def test_whoever_left_may_nothing() -> None:
    """Without a workspace role not even an Owner of an account may anything."""
    assert not any(allowed(action, None, "owner") for action in RULES)


def test_the_policy_narrows_who_invites() -> None:
    """The policy raises or lowers who invites guests, but gives nobody what their role does not."""
    assert row("invite_guest", policy=Policy(inviters="owner")) == "-----Y"
    assert row("invite_guest", policy=Policy(inviters="admin")) == "---YYY"
    assert row("invite_guest", policy=Policy(inviters="user")) == "--YYYY"
    assert row("invite_member", policy=Policy(inviters="user")) == "---YYY"


def test_the_policy_narrows_nothing_else() -> None:
    """Whatever it says of inviting, every other row stays as it is."""
    strict = Policy(inviters="owner")
    for action in RULES:
        if not action.startswith("invite_"):
            assert row(action, "owner", strict) == row(action, "owner"), action


def test_inviting_agrees_with_what_the_streams_accept() -> None:
    """What the table says of inviting is what the acceptance rules say of the entry."""
    for inviters in ("user", "admin", "super_admin", "owner"):
        policy = Policy(inviters=inviters)
        guests = "".join("Y" if roles.may_invite(role, "guest", policy) else "-" for role in COLUMNS)
        users = "".join("Y" if roles.may_invite(role, "user", policy) else "-" for role in COLUMNS)
        assert (guests, users) == (row("invite_guest", policy=policy), row("invite_member", policy=policy))


def test_a_guest_on_the_list_of_owners_counts_as_a_collaborator() -> None:
    """Between somebody's demotion and the next list they are shown and refused as a Collaborator."""
    assert permissions.effective("guest", "owner") == "collaborator"
    assert permissions.effective("user", "owner") == "owner"
    assert permissions.effective("guest", None) is None
