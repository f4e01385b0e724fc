"""A field that two people changed at once: side by side, keep mine or theirs, whichever side mine stands on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from cerby_tui.screens.account import AccountScreen
from cerby_tui.screens.compare import ClashScreen
from cerby_tui.widgets.field import Field
from tests.fakes import FrozenClock
from tests.ui.gallery import NARROW, PLAIN_LOOKS, WIDE, Look, StillSession, app_over, keys, open_account, settle, shown
from tests.ui.office import Office

Enter = Callable[[str], StillSession]
ADAS, BOBS = "Ask Ada.", "Ask [b]Bob[/b].\x1b[31m"


async def to_clash(pilot: Pilot[Any], name: str) -> Field:
    """Open the shared account and focus a field of it."""
    await open_account(pilot, "Payroll")
    field = next(each for each in pilot.app.screen.query(Field) if each.spec.name == name)
    field.focus()
    await settle(pilot)
    return field


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_on_the_page(snap_compare: Any, enter: Enter, clock: FrozenClock, look: Look) -> None:
    """The page says who changed the field at once with whom, whose value stands, and shows the other; secrets stay."""

    async def act(pilot: Pilot[Any]) -> None:
        field = await to_clash(pilot, "notes")
        assert (
            field.spec.clash == f"You and Ada Example changed this at once. Ada Example's value stands; yours: {BOBS}"
        )
        assert "\x1b" not in shown(pilot) and "bobs-3" not in shown(pilot)

    assert snap_compare(app_over(enter("Bob"), clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_side_by_side(snap_compare: Any, enter: Enter, clock: FrozenClock, look: Look) -> None:
    """Both values beside each other, one's own at the left."""

    async def act(pilot: Pilot[Any]) -> None:
        await to_clash(pilot, "notes")
        await keys(pilot, "s")
        assert isinstance(pilot.app.screen, ClashScreen)
        line = next(line for line in shown(pilot).splitlines() if "Yours" in line)
        assert line.index("Yours") < line.index("Ada Example's")
        assert "\x1b" not in shown(pilot)

    assert snap_compare(app_over(enter("Bob"), clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize(
    ("who", "key", "kept"),
    [("Bob", "m", BOBS), ("Bob", "t", ADAS), ("Ada", "m", ADAS), ("Ada", "t", BOBS)],
)
@pytest.mark.parametrize("where", [(), ("s",)], ids=["on the page", "side by side"])
async def test_mine_is_mine(
    enter: Enter, office: Office, clock: FrozenClock, where: tuple[str, ...], who: str, key: str, kept: str
) -> None:
    """m keeps what this person wrote and t what the other wrote, wherever each stands; the other clash stays."""
    session = enter(who)
    async with app_over(session, clock).run_test(size=WIDE) as pilot:
        await to_clash(pilot, "notes")
        await keys(pilot, *where, key)
        account = session.account(office.payroll.id)
        assert account.item.notes == kept
        assert [clash.field for clash in account.clashes] == ["password"]
        assert session.status().waiting == 1


async def test_a_third_person_keeps_left_or_right(enter: Enter, clock: FrozenClock, office: Office) -> None:
    """Who wrote neither value has no `mine`: both are named, and 1 and 2 keep the left or the right one."""
    session = enter("Ada")
    async with app_over(session, clock).run_test(size=NARROW) as pilot:
        await to_clash(pilot, "notes")
        screen = pilot.app.screen
        assert isinstance(screen, AccountScreen)
        sides = screen.sides["notes"]
        screen.sides = {"notes": type(sides)(type(sides.kept)("Bob Example"), type(sides.kept)("Cleo Example"))}
        screen.run_worker(screen._show_fields())
        await settle(pilot)
        await keys(pilot, "m", "s")
        assert "Bob Example's" in shown(pilot) and "Cleo Example's" in shown(pilot)
        await keys(pilot, "m", "t")
        assert session.account(office.payroll.id).clashes[0].field == "notes"
        await keys(pilot, "2")
        assert session.account(office.payroll.id).item.notes == BOBS


async def test_secrets_are_shown_on_demand(enter: Enter, clock: FrozenClock) -> None:
    """Two passwords are masked side by side until Space shows them."""
    async with app_over(enter("Bob"), clock).run_test(size=WIDE) as pilot:
        await to_clash(pilot, "password")
        await keys(pilot, "s")
        assert "bobs-3" not in shown(pilot) and "second-2" not in shown(pilot)
        await keys(pilot, "space")
        assert "bobs-3" in shown(pilot) and "second-2" in shown(pilot)
        await keys(pilot, "space")
        assert "bobs-3" not in shown(pilot)


async def test_collaborators_settle_nothing(enter: Enter, clock: FrozenClock, office: Office) -> None:
    """A Collaborator reads both values of what is no secret, and has no key to end the clash."""
    session = enter("Cleo")
    async with app_over(session, clock).run_test(size=WIDE) as pilot:
        field = await to_clash(pilot, "notes")
        assert field.spec.actions == {"copy_value"}
        assert "Ada Example and Bob Example changed this at once" in field.spec.clash
        await keys(pilot, "m", "t", "s")
        assert isinstance(pilot.app.screen, AccountScreen)
        assert len(session.account(office.payroll.id).clashes) == 2
