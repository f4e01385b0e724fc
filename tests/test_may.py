"""What an open session says that its person may: the one table, with their own roles, account by account."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from cerby_tui.values import Item
from cerby_wire.headers import AccountRole, Policy, WorkspaceRole
from cerby_wire.permissions import RULES, allowed
from cerby_wire.roles import ACCOUNT_OWNERS
from tests.crowd import gather
from tests.fakes import FrozenClock
from tests.rig import ServiceRig

ROLES: tuple[WorkspaceRole, ...] = get_args(WorkspaceRole)
POLICY = Policy(inviters="super_admin")


async def test_every_cell_as_a_session_has_it(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> None:
    """Six workspace roles, each without an account, as its Collaborator and, where that can be, as its Owner."""
    crowd = await gather(rig, tmp_path, clock, (*ROLES, "user"), policy=POLICY)
    helper = crowd[len(ROLES)].open()
    accounts: dict[AccountRole, bytes] = {}
    for account_role in get_args(AccountRole):
        accounts[account_role] = await helper.add_account(Item(account_role))
        able = ACCOUNT_OWNERS if account_role == "owner" else frozenset(ROLES)
        people = {person.user: account_role for person in crowd.people[: len(ROLES)] if person.role in able}
        await helper.sharing.share_with(accounts[account_role], people)
    hidden = await helper.add_account(Item("hidden"))
    await helper.sync_now()
    await helper.close()
    for person in crowd.people[: len(ROLES)]:
        session = person.open()
        await session.sync_now()
        for action in RULES:
            assert session.people.may(action) == allowed(action, person.role, policy=POLICY), action
            assert session.people.may(action, accounts["collaborator"]) == allowed(
                action, person.role, "collaborator", POLICY
            ), action
            if person.role in ACCOUNT_OWNERS:
                assert session.people.may(action, accounts["owner"]) == allowed(action, person.role, "owner", POLICY)
        assert session._database.value("SELECT count(*) FROM streams WHERE id = ?", (hidden,)) == 0
        await session.close()
