"""Refusing what the table of permissions does not allow."""

from __future__ import annotations

from typing import cast

from cerby_service.auth import Caller
from cerby_service.database import Reading, streams
from cerby_service.errors import Refusal
from cerby_wire.headers import AccountRole, Policy, WorkspaceRole
from cerby_wire.permissions import Action, allowed


def may(caller: Caller, action: Action, account_role: str | None = None, policy: Policy | None = None) -> bool:
    """Whether the caller may, by the one table."""
    return allowed(action, cast(WorkspaceRole, caller.role), cast("AccountRole | None", account_role), policy)


def permit(caller: Caller, action: Action, policy: Policy | None = None) -> None:
    """Raise Refusal `forbidden` unless the caller's workspace role allows it."""
    if not may(caller, action, policy=policy):
        raise Refusal("forbidden", "Your role in the workspace does not allow that.", rule="not_allowed")


def permit_on(reading: Reading, caller: Caller, action: Action, account: bytes) -> None:
    """Raise Refusal unless the caller may do it on an account: `not_found` for one they may not see, or `not_owner`."""
    role = streams.role_on(reading, caller.workspace, account, caller.user)
    if role is None:
        raise Refusal("not_found", "There is no such account, or it was not saved at the service yet.")
    if not may(caller, action, role):
        raise Refusal("not_owner", "Only an Owner of the account can do that.")
