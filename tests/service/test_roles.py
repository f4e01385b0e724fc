"""Every cell of the table of permissions, on the real HTTP surface: workspace role, account role, action.

Each is tried by somebody in that role, with a program that checks nothing. The service lets happen what the table
allows, and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from cerby_tui import authoring
from cerby_wire.headers import Policy
from cerby_wire.permissions import RULES, Action, allowed
from tests.fakes import FrozenClock
from tests.rig import service_rig
from tests.service.attempts import Attempt
from tests.service.member import Member
from tests.service.troupe import ON_ACCOUNT, ROLES, Troupe, kept_by_service

CLIENT_ONLY = {"export_members", "view_secrets", "copy_secrets", "see_account_members", "browse_messages"}
"""A client that may log in can technically read and list what is in the account; the documents say so."""
WIDER: dict[Action, Action] = {"see_account_activity": "see_workspace_activity"}
"""What somebody may by their workspace role beside what they may by their role on an account."""


@pytest.fixture(scope="module")
def troupe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Troupe]:
    """Everybody, at a service of their own."""
    with service_rig(tmp_path_factory.mktemp("roles"), clock=FrozenClock().now) as rig:
        owner = Member(rig)

        async def found() -> None:
            await owner.found()
            await owner.api.close()

        asyncio.run(found())
        yield Troupe(owner)


@pytest.mark.parametrize("action", kept_by_service())
async def test_every_cell(troupe: Troupe, action: Action) -> None:
    """Eighteen people try it: six workspace roles, each with no role, as a Collaborator and as an Owner."""
    found, wanted = {}, {}
    async with troupe.on_stage():
        for role in ROLES:
            for on_account in ON_ACCOUNT:
                attempt = Attempt(troupe, troupe.actors[role], on_account)
                found[role, on_account] = await getattr(attempt, action)()
                wanted[role, on_account] = allowed(action, role, on_account) or allowed(WIDER.get(action, action), role)

    assert found == wanted


@pytest.mark.parametrize("inviters", ["owner", "super_admin", "admin", "user"])
async def test_who_invites_follows_the_policy(troupe: Troupe, inviters: str) -> None:
    """The same table, narrowed by the workspace's policy."""
    policy = Policy(inviters=inviters)  # type: ignore[arg-type]
    troupe.put(authoring.policy(troupe.owner.author(), policy))
    try:
        async with troupe.on_stage():
            for role in ROLES:
                attempt = Attempt(troupe, troupe.actors[role], None)
                assert await attempt.invite_guest() == allowed("invite_guest", role, policy=policy), role
                assert await attempt.invite_member() == allowed("invite_member", role, policy=policy), role
    finally:
        troupe.put(authoring.policy(troupe.owner.author(), Policy(inviters="user")))


def test_what_only_clients_keep_is_written_down() -> None:
    """Everything else in the table has an attempt, so that nothing is forgotten here."""
    assert {action for action, rule in RULES.items() if rule.kept_by == "client"} == CLIENT_ONLY
    assert not [action for action in kept_by_service() if not hasattr(Attempt, action)]
