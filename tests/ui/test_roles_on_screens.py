"""What the screens offer, for every workspace role and every account role: each row is written out, not computed.

Other screens test what an offered key does; the service's half of the same table is in `service/test_roles.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest

from cerby_tui.screens.account import AccountScreen
from cerby_wire.headers import AccountRole, WorkspaceRole
from tests.fakes import FrozenClock
from tests.ui.gallery import WIDE, app_over, keys, open_account
from tests.ui.office import Office, Shared

NAMES: dict[WorkspaceRole, str] = {
    "owner": "Ona", "super_admin": "Sue", "admin": "Ann", "user": "Ute", "login_only": "Lou", "guest": "Guy",
}  # fmt: skip
EVERYBODY: frozenset[WorkspaceRole] = frozenset(NAMES)
OWNERS: frozenset[WorkspaceRole] = frozenset({"owner", "super_admin", "admin", "user"})
ADMINS: frozenset[WorkspaceRole] = frozenset({"owner", "super_admin", "admin"})

OF_THE_WORKSPACE: dict[str, frozenset[WorkspaceRole]] = {
    "add-account": OWNERS,
    "shared-inbox": OWNERS,
    "members": OWNERS,
    "leavers": OWNERS,
    "workspace-settings": ADMINS,
    "devices": EVERYBODY,
    "recovery-kit": EVERYBODY,
    "activity": EVERYBODY,
    "copy-code": EVERYBODY,
}
"""Keys on the cards screen, and who is offered them."""

OF_AN_OWNER = {
    "tab-users", "tab-history", "edit", "reveal", "create-number", "add-field", "delete-account", "remove-field",
}  # fmt: skip
"""Keys on an account's page that its Owners alone are offered."""
OF_BROWSERS = "tab-inbox"
OF_MEMBERS = {"share-account", "account-role", "remove-from-account"}
"""Keys on its Users tab."""
PAIRS: tuple[tuple[WorkspaceRole, AccountRole], ...] = tuple(
    (workspace, account)
    for workspace in NAMES
    for account in ("owner", "collaborator")
    if account == "collaborator" or workspace in OWNERS
)
"""Guests and Login-Only people own no account; the streams refuse it."""


class Roles(Office):
    """Somebody in each workspace role: Collaborator of *Joint*, and Owner of *Own* where that can be."""

    NAMES: ClassVar[dict[str, WorkspaceRole]] = {**{name: role for role, name in NAMES.items()}, "Joe": "user"}

    def accounts(self) -> list[Shared]:
        """*Joint* belongs to somebody else; each *Own* to one person."""
        card = {"password": "first-1", "fields": [{"name": "PIN", "value": "4711"}]}
        joint = self.begin("Joe", card | {"label": "Joint"})
        self.share(
            "Joe",
            joint,
            {self.user("Joe"): "owner"} | dict.fromkeys(map(self.user, NAMES.values()), "collaborator"),  # type: ignore[arg-type]
        )
        return [joint, *(self.begin(NAMES[role], card | {"label": "Own"}) for role in NAMES if role in OWNERS)]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Roles:
    """The vaults of everybody, written once."""
    roles = Roles(tmp_path_factory.mktemp("roles"))
    roles.write(FrozenClock())
    return roles


def offered(screen: Any) -> set[str]:
    """The commands that work just now."""
    return {name for name, _key in screen.active_commands()}


@pytest.mark.parametrize("role", NAMES)
async def test_places(template: Roles, tmp_path: Path, clock: FrozenClock, role: WorkspaceRole) -> None:
    """On the cards, a workspace role is offered just its places and acts."""
    async with app_over(template.session(NAMES[role], tmp_path, clock), clock).run_test(size=WIDE) as pilot:
        await pilot.pause()
        found = offered(pilot.app.screen)
        assert found & set(OF_THE_WORKSPACE) == {name for name, roles in OF_THE_WORKSPACE.items() if role in roles}


@pytest.mark.parametrize(("role", "on_account"), PAIRS)
async def test_account_page(
    template: Roles, tmp_path: Path, clock: FrozenClock, role: WorkspaceRole, on_account: AccountRole
) -> None:
    """On an account's page, with every field in focus once, just what both roles allow is offered."""
    session = template.session(NAMES[role], tmp_path, clock)
    async with app_over(session, clock).run_test(size=WIDE) as pilot:
        await open_account(pilot, "Own" if on_account == "owner" else "Joint")
        page = pilot.app.screen
        assert isinstance(page, AccountScreen)
        found = offered(page)
        for _field in range(14):
            await keys(pilot, "down")
            found |= offered(page)
        assert found & OF_AN_OWNER == (OF_AN_OWNER if on_account == "owner" else set())
        assert (OF_BROWSERS in found) == (role in OWNERS)
        await keys(pilot, "3")
        assert offered(page) & OF_MEMBERS == (OF_MEMBERS if on_account == "owner" else set())


@pytest.mark.parametrize("role", NAMES)
async def test_secrets_of_a_collaborator(
    template: Roles, tmp_path: Path, clock: FrozenClock, role: WorkspaceRole
) -> None:
    """Whatever somebody is in the workspace: as a Collaborator they neither see nor copy a password."""
    async with app_over(template.session(NAMES[role], tmp_path, clock), clock).run_test(size=WIDE) as pilot:
        await open_account(pilot, "Joint")
        for _field in range(14):
            await keys(pilot, "space", "c", "down")
            assert "first-1" not in pilot.app.clipboard
            assert not any("first-1" in line.text for line in pilot.app.screen._compositor.render_strips())
