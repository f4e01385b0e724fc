"""Who may do what: one table for the screens, which hide, and for the service, which refuses (docs/protocol.md §1).

An act on an account needs a workspace role *and* an account role; a workspace role alone opens no account. On whom an
administrator may act is the matrix of `cerby_wire.roles`; this table says who may act at all.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

from cerby_wire import roles
from cerby_wire.headers import AccountRole, Policy, WorkspaceRole

WorkspaceAction = Literal[
    "add_account",
    "receive_owner",
    "receive_collaborator",
    "manage_own_sessions",
    "approve_own_session",
    "approve_other_session",
    "see_other_sessions",
    "suspend_other_session",
    "use_own_recovery_kit",
    "see_own_activity",
    "see_workspace_activity",
    "see_members",
    "export_members",
    "invite_guest",
    "invite_member",
    "see_invites",
    "change_roles",
    "remove_member",
    "configure_workspace",
    "hand_over_accounts",
    "transfer_ownership",
    "see_all_accounts",
]
AccountAction = Literal[
    "log_in",
    "view_details",
    "view_secrets",
    "copy_secrets",
    "edit_account",
    "see_account_members",
    "share_account",
    "manage_mfa",
    "create_number",
    "release_number",
    "browse_messages",
    "forward_sms",
    "delete_message",
    "see_account_activity",
    "delete_account",
    "restore_account",
]
Action = WorkspaceAction | AccountAction

EVERYBODY: frozenset[WorkspaceRole] = frozenset(get_args(WorkspaceRole))
NOBODY: frozenset[WorkspaceRole] = frozenset()
OWNER_OF_WORKSPACE: frozenset[WorkspaceRole] = frozenset({"owner"})

MESSAGE_BROWSERS = roles.ACCOUNT_OWNERS
"""The inbox rule. Messages are browsed by Users and above who are on the account, in either account role. Guests and
Login-Only people get the code when they log in (`log_in`), and no inbox."""

_INVITING = ("invite_guest", "invite_member")
_OWNERS: frozenset[AccountRole] = frozenset({"owner"})
_EITHER: frozenset[AccountRole] = frozenset(get_args(AccountRole))


class Rule(NamedTuple):
    """Who may: with one of these workspace roles, and on an account also with one of these account roles.

    `kept_by` says who can see to it. What a person may log in with, their client can technically read: such rules
    only the client keeps.
    """

    workspace: frozenset[WorkspaceRole]
    account: frozenset[AccountRole] | None = None
    kept_by: Literal["service", "client"] = "service"


RULES: dict[Action, Rule] = {
    "add_account": Rule(roles.ACCOUNT_OWNERS),
    "receive_owner": Rule(roles.ACCOUNT_OWNERS),
    "receive_collaborator": Rule(EVERYBODY),
    "manage_own_sessions": Rule(EVERYBODY),
    "approve_own_session": Rule(EVERYBODY),
    "approve_other_session": Rule(NOBODY),
    "see_other_sessions": Rule(roles.ADMINISTRATORS),
    "suspend_other_session": Rule(roles.ADMINISTRATORS),
    "use_own_recovery_kit": Rule(EVERYBODY),
    "see_own_activity": Rule(EVERYBODY),
    "see_workspace_activity": Rule(roles.ADMINISTRATORS),
    "see_members": Rule(roles.ACCOUNT_OWNERS),
    "export_members": Rule(roles.ADMINISTRATORS, kept_by="client"),
    "invite_guest": Rule(roles.ACCOUNT_OWNERS),
    "invite_member": Rule(roles.ADMINISTRATORS),
    "see_invites": Rule(roles.ADMINISTRATORS),
    "change_roles": Rule(roles.ADMINISTRATORS),
    "remove_member": Rule(roles.ADMINISTRATORS),
    "configure_workspace": Rule(roles.ADMINISTRATORS),
    "hand_over_accounts": Rule(roles.ADMINISTRATORS),
    "transfer_ownership": Rule(OWNER_OF_WORKSPACE),
    "see_all_accounts": Rule(NOBODY),
    "log_in": Rule(EVERYBODY, _EITHER),
    "view_details": Rule(EVERYBODY, _EITHER),
    "view_secrets": Rule(roles.ACCOUNT_OWNERS, _OWNERS, "client"),
    "copy_secrets": Rule(roles.ACCOUNT_OWNERS, _OWNERS, "client"),
    "edit_account": Rule(roles.ACCOUNT_OWNERS, _OWNERS),
    "see_account_members": Rule(roles.ACCOUNT_OWNERS, _OWNERS, "client"),
    "share_account": Rule(roles.ACCOUNT_OWNERS, _OWNERS),
    "manage_mfa": Rule(roles.ACCOUNT_OWNERS, _OWNERS),
    "create_number": Rule(roles.ACCOUNT_OWNERS, _OWNERS),
    "release_number": Rule(roles.ACCOUNT_OWNERS, _OWNERS),
    "browse_messages": Rule(MESSAGE_BROWSERS, _EITHER, "client"),
    "forward_sms": Rule(NOBODY, _EITHER),
    "delete_message": Rule(NOBODY, _EITHER),
    "see_account_activity": Rule(roles.ACCOUNT_OWNERS, _OWNERS),
    "delete_account": Rule(roles.ACCOUNT_OWNERS, _OWNERS),
    "restore_account": Rule(roles.ACCOUNT_OWNERS, _OWNERS),
}


def allowed(
    action: Action,
    workspace_role: WorkspaceRole | None,
    account_role: AccountRole | None = None,
    policy: Policy | None = None,
) -> bool:
    """Whether somebody may; no workspace role means that they are not in the workspace. `policy` narrows inviting."""
    rule = RULES[action]
    if workspace_role is None or workspace_role not in rule.workspace:
        return False
    if action in _INVITING and policy is not None:
        return roles.at_least(workspace_role, policy.inviters)
    return rule.account is None or effective(workspace_role, account_role) in rule.account


def effective(workspace_role: WorkspaceRole, account_role: AccountRole | None) -> AccountRole | None:
    """The account role that counts: somebody who may not own accounts is a Collaborator, whatever a list says."""
    may_own = workspace_role in roles.ACCOUNT_OWNERS
    return account_role if may_own or account_role is None else "collaborator"
