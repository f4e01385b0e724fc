"""States that the gallery does not have: nothing there yet, a clash, an alarm, a deleted account, no room to draw."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from textual.pilot import Pilot

from cerby_tui.codes.extract import extract
from cerby_tui.home import Home
from cerby_tui.screens.account import AccountScreen
from cerby_tui.screens.cards import CardsScreen
from cerby_tui.screens.inbox import InboxScreen
from cerby_tui.sync.beginning import writing_parts
from cerby_tui.sync.plan import Broken
from cerby_tui.values import CardFilter, Item
from cerby_tui.vault.vault import open_database
from tests.fakes import FrozenClock
from tests.stage import Founder, Numbered, Text, build
from tests.ui.gallery import NARROW, PLAIN_LOOKS, Look, StillSession, app_over, keys, open_account, settle, shown

CLASHES = [{"field": "username", "value": "[red]grace[/]\x1b[31m"}, {"field": "password", "value": "theirs-7"}]
ALARM = "This was written by somebody else"


def vault(home: Home, clock: FrozenClock, stage: Callable[[Founder], object]) -> StillSession:
    """A vault with what `stage` makes."""
    founder = Founder()
    stage(founder)
    build(home, founder, clock)
    return StillSession(home, founder.device, clock)


def odd(founder: Founder) -> None:
    """An account that two people changed at once, one whose stream will be stopped, and a deleted one."""
    founder.account(Item("Shared login", "airtable", "Airtable", username="ada", password="mine-1"),
                    unknown={"clashes": CLASHES})  # fmt: skip
    stopped = founder.account(Item("Stopped", "sandbox-ads", "Sandbox Ads"), Numbered("+12065550190"))
    founder.message(stopped, Text("Your code is 481920", age=12))
    founder.delete(founder.account(Item("Old shop", "shopify", "Shopify"), Numbered("+12065550191")))


@pytest.fixture
def empty(home: Home, clock: FrozenClock) -> Iterator[StillSession]:
    """A workspace without any account."""
    session = vault(home, clock, lambda founder: None)
    yield session
    asyncio.run(session.close())


@pytest.fixture
def states(home: Home, clock: FrozenClock) -> Iterator[StillSession]:
    """The three odd accounts."""
    session = vault(home, clock, odd)
    stopped = next(card.id for card in session.cards(CardFilter()) if card.label == "Stopped")
    database = open_database(home, session._device.database_key)
    writing = writing_parts(database, session._device, extract, clock)
    writing.applying.stop([Broken(stopped, "account", "item-author", f"{ALARM}.")])
    writing.vault.refresh([stopped])
    database.close()
    yield session
    asyncio.run(session.close())


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_first_cards(snap_compare: Any, empty: StillSession, clock: FrozenClock, look: Look) -> None:
    """Cards without an account invite to the next step, and name its key."""

    async def act(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        assert isinstance(pilot.app.screen, CardsScreen)
        assert "Press a to add the first one" in shown(pilot)

    assert snap_compare(app_over(empty, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_first_messages(snap_compare: Any, empty: StillSession, clock: FrozenClock, look: Look) -> None:
    """An inbox without a message says what will appear in it, and how that begins."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "i", "enter", "c", "a", "j", "G")
        assert isinstance(pilot.app.screen, InboxScreen)
        assert "No messages yet" in shown(pilot)

    assert snap_compare(app_over(empty, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_alarm_and_clash(snap_compare: Any, states: StillSession, clock: FrozenClock, look: Look) -> None:
    """On the cards a clash is counted and an alarm stands where the code was; the deleted account is not there."""

    async def act(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        assert "2 clashes" in shown(pilot) and "▲ alarm: This was written" in shown(pilot)
        assert "Old shop" not in shown(pilot)

    assert snap_compare(app_over(states, clock, look), terminal_size=look.size, run_before=act)


async def test_alarm_on_the_page(states: StillSession, clock: FrozenClock) -> None:
    """The page of an account whose stream stopped says so: newer changes are not shown."""
    async with app_over(states, clock).run_test(size=NARROW) as pilot:
        await open_account(pilot, "Stopped")
        assert "▲ alarm: This was" in shown(pilot)  # as far as there is room beside the tabs


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_deleted(snap_compare: Any, states: StillSession, clock: FrozenClock, look: Look) -> None:
    """A deleted account can be read and restored, and nothing else."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "f", "G", "space", "enter", "enter")
        assert isinstance(pilot.app.screen, AccountScreen)
        assert "R restore" in shown(pilot).splitlines()[-1]
        assert "D delete" not in shown(pilot)

    assert snap_compare(app_over(states, clock, look), terminal_size=look.size, run_before=act)


def test_no_room(snap_compare: Any, states: StillSession, clock: FrozenClock) -> None:
    """On 50x14 there is one sentence: the size that is needed, and the one there is."""

    async def act(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        assert "Needs 60x16, has 50x14." in " ".join(shown(pilot).split())
        assert "Shared login" not in shown(pilot)

    assert snap_compare(app_over(states, clock), terminal_size=(50, 14), run_before=act)
