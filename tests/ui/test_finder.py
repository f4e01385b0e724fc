"""Help and palette: keys of the focused place first, filter by typing, Enter runs; accounts and messages are found."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from cerby_tui.config import Loaded, Settings
from cerby_tui.screens.account import AccountScreen
from cerby_tui.screens.finder import Finding, FindingList, HelpScreen, PaletteScreen
from cerby_tui.screens.inbox import InboxScreen
from cerby_tui.screens.log import LogScreen
from cerby_tui.screens.message import MessageScreen
from tests.fakes import FrozenClock
from tests.ui.gallery import PLAIN_LOOKS, WIDE, Look, StillSession, app_over, keys, open_account, settle, shown


def found(pilot: Pilot[Any]) -> list[Finding]:
    """What is listed."""
    return list(pilot.app.screen.query_one(FindingList).findings)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_help(snap_compare: Any, still: StillSession, clock: FrozenClock, look: Look) -> None:
    """All keys that work on the cards, with what they do."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "question_mark")
        assert isinstance(pilot.app.screen, HelpScreen)

    assert snap_compare(app_over(still, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_palette(snap_compare: Any, still: StillSession, clock: FrozenClock, look: Look) -> None:
    """Accounts, commands and messages for a word."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "colon", *"brand")
        assert found(pilot)[0].title == "Brand page"

    assert snap_compare(app_over(still, clock, look), terminal_size=look.size, run_before=act)


async def test_keys_of_the_focused_place_come_first(still: StillSession, clock: FrozenClock) -> None:
    """On a field its own keys lead, then those of its page; those of everywhere come last."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await open_account(pilot, "Payroll")
        await keys(pilot, "question_mark")
        groups = list(dict.fromkeys(each.group for each in found(pilot)))
        assert (groups[:2], groups[-1]) == (["Fields", "Account"], "Everywhere")
        assert "Create phone number" in [each.title for each in found(pilot)]


async def test_absent_actions_are_absent_in_help(still: StillSession, clock: FrozenClock) -> None:
    """What cannot be done here is not listed either."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await open_account(pilot, "Production cloud")
        await keys(pilot, "question_mark")
        titles = [each.title for each in found(pilot)]
        assert not {"Create phone number", "Restore account", "Demo: what can happen"} & set(titles)


async def test_help_filters_and_runs(still: StillSession, clock: FrozenClock) -> None:
    """Typing filters by words in any order; Enter runs what is selected, where one was before."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "f1", *"inbox shared", "enter")
        assert isinstance(pilot.app.screen, InboxScreen)


async def test_runs_on_the_focused_field(still: StillSession, clock: FrozenClock) -> None:
    """A field's action runs on the field that had the focus."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await open_account(pilot, "Brand page")
        await keys(pilot, "question_mark", *"copy value", "escape", "question_mark", *"copy the value", "enter")
        assert "Phone Number Linked to Account sent to the clipboard" in shown(pilot)


async def test_palette_leads_to_account_and_message(still: StillSession, clock: FrozenClock) -> None:
    """An account and a message are opened from anywhere, also out of an input by Ctrl+P."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "slash", "ctrl+p", *"payroll", "enter")
        assert isinstance(pilot.app.screen, AccountScreen)
        await keys(pilot, "ctrl+p", *"harbor office", "enter")
        assert isinstance(pilot.app.screen, MessageScreen)


async def test_arrows_select_while_typing(still: StillSession, clock: FrozenClock) -> None:
    """↑ and ↓ move through the list although the focus is in the line."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "colon", "down", "down", "up")
        assert pilot.app.screen.query_one(FindingList).index == 1


async def test_key_map_is_shown_and_obeyed(still: StillSession, clock: FrozenClock) -> None:
    """A key from the person's key map replaces ours: in what it does, in the footer and in help."""
    config = Loaded(Settings(), keys={"shared-inbox": "z", "lock": "f8"})
    async with app_over(still, clock, config=config).run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert "z inbox" in shown(pilot).splitlines()[-1]
        await keys(pilot, "question_mark", *"shared inbox")
        assert found(pilot)[0].key == "z"
        await keys(pilot, "escape", "z")
        assert isinstance(pilot.app.screen, InboxScreen)


async def test_unknown_key_map_entry_is_said(still: StillSession, clock: FrozenClock) -> None:
    """A key map that names no command is reported with the nearest one, and the rest of it holds."""
    app = app_over(still, clock)
    async with app.run_test(size=WIDE) as pilot:
        app.apply_config(Loaded(Settings(), keys={"shard-inbox": "z"}))
        await keys(pilot, "f12")
        assert isinstance(pilot.app.screen, LogScreen)
        assert "names 'shard-inbox', which is no command: did you mean 'shared-inbox'?" in " ".join(
            shown(pilot).split()
        )


async def test_no_screenshot_command(still: StillSession, clock: FrozenClock) -> None:
    """The palette never offers to write the screen into a file."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "colon", *"screenshot")
        assert isinstance(pilot.app.screen, PaletteScreen)
        assert found(pilot) == []
