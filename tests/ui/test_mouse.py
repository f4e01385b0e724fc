"""Everything that keys do, the mouse does too."""

from __future__ import annotations

from typing import Any

from textual.pilot import Pilot

from cerby_tui.screens.account import AccountScreen
from cerby_tui.widgets.card_grid import CardGrid
from cerby_tui.widgets.field import Field
from cerby_tui.widgets.tabs import TabLine
from tests.fakes import FrozenClock
from tests.ui.gallery import WIDE, StillSession, app_over, keys, open_account, settle


async def click(pilot: Pilot[Any], kind: type, offset: tuple[int, int]) -> None:
    """Click into a widget."""
    await pilot.click(kind, offset=offset)
    await settle(pilot)


async def test_click_selects_and_opens(still: StillSession, clock: FrozenClock) -> None:
    """A click on a card selects it, a click on the selected one opens it."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await click(pilot, CardGrid, (50, 8))
        grid = pilot.app.screen.query_one(CardGrid)
        assert grid.index == 4
        label = grid.cards[4].label
        await click(pilot, CardGrid, (50, 8))
        assert isinstance(pilot.app.screen, AccountScreen)
        assert pilot.app.screen.account.card.label == label


async def test_click_beside_the_cards_does_nothing(still: StillSession, clock: FrozenClock) -> None:
    """Below the last card there is nothing to select."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "slash", *"payroll", "enter")
        await click(pilot, CardGrid, (50, 20))
        assert pilot.app.screen.query_one(CardGrid).index == 0


async def test_tabs_by_mouse(still: StillSession, clock: FrozenClock) -> None:
    """A click on a tab shows it."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await open_account(pilot, "Brand page")
        await click(pilot, TabLine, (16, 0))
        assert pilot.app.screen.query_one(TabLine).current == "inbox"
        await click(pilot, TabLine, (3, 0))
        assert pilot.app.screen.query_one(TabLine).current == "general"


async def test_double_click_edits(still: StillSession, clock: FrozenClock) -> None:
    """A double click on a field edits it."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await open_account(pilot, "Payroll")
        username = next(field for field in pilot.app.screen.query(Field) if field.spec.name == "username")
        await pilot.click(username, offset=(40, 0), times=2)
        await settle(pilot)
        assert username.editor is not None
