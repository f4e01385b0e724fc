"""What is said and what is offered at the foot of the screen: notices go along, hostile text is text, keys are true."""

from __future__ import annotations

from typing import Any

from textual.pilot import Pilot

from cerby_tui.screens.log import LogScreen
from cerby_tui.widgets.bars import BottomBar
from tests.fakes import FrozenClock
from tests.ui.gallery import HOSTILE, LONG, NARROW, StillSession, app_over, keys, settle, shown


def footer(pilot: Pilot[Any]) -> str:
    """The line of keys."""
    return shown(pilot).splitlines()[-1]


async def test_notice_goes_along(still: StillSession, clock: FrozenClock) -> None:
    """What was said on one screen is on the next one at once, and still there on the way back."""
    async with app_over(still, clock).run_test(size=NARROW) as pilot:
        pilot.app.say("Something happened.")
        await keys(pilot, "f12")
        assert isinstance(pilot.app.screen, LogScreen)
        assert pilot.app.screen.query_one(BottomBar).notice == "Something happened."
        await keys(pilot, "escape")
        assert "✓ Something happened." in shown(pilot)


async def test_hostile_notice_is_text(still: StillSession, clock: FrozenClock) -> None:
    """Foreign text in a notice is neither markup nor a sequence, and however long, it leaves the keys in sight."""
    async with app_over(still, clock).run_test(size=NARROW) as pilot:
        pilot.app.say(f"{HOSTILE} {LONG}", "error")
        await settle(pilot)
        assert "✗ [red]Mall[/] ␛[31mory␛[0m" in shown(pilot)
        assert not set("\x1b\x07\x9b\u202e") & set(shown(pilot))
        assert footer(pilot).endswith("? all keys")


async def test_no_key_leads_to_where_one_is(still: StillSession, clock: FrozenClock) -> None:
    """In the Shared Inbox no key for it is offered, nor one for the waiting changes among them."""
    async with app_over(still, clock).run_test(size=NARROW) as pilot:
        await settle(pilot)
        assert "i inbox" in footer(pilot)
        for key, hint in (("i", "i inbox"), ("o", "o waiting")):
            await keys(pilot, key)
            assert hint not in footer(pilot)
            assert footer(pilot).endswith("? all keys")


async def test_demo_menu_is_in_sight(still: StillSession, clock: FrozenClock) -> None:
    """In the demo the key of its menu is in the footer, on the smallest usual terminal too."""
    async with app_over(still, clock, demo=[None]).run_test(size=NARROW) as pilot:
        await settle(pilot)
        assert "t demo" in footer(pilot)
