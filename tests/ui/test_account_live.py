"""The page of an account over a real service: what one person does on it, the others see, and what is lost goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from cerby_tui.screens.account import AccountScreen
from cerby_tui.screens.account_history import HistoryPane
from cerby_tui.screens.account_users import UsersPane
from cerby_tui.screens.activity import ActivityScreen
from cerby_tui.screens.cards import CardsScreen
from cerby_tui.screens.leavers import LeaverScreen
from cerby_tui.session import Session
from cerby_tui.values import CardFilter, Item
from cerby_tui.widgets.bars import BottomBar
from cerby_tui.widgets.table import Table
from tests.crowd import Crowd, gather
from tests.devices import until
from tests.fakes import FrozenClock
from tests.rig import ServiceRig
from tests.ui.gallery import WIDE, app_over, keys, open_account, settle, shown

ALL = CardFilter()


@pytest.fixture
async def crowd(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> Crowd:
    """Ada owns the workspace, Bob is a User, Cleo a Guest."""
    return await gather(rig, tmp_path, clock, ("owner", "user", "guest"))


@pytest.fixture
async def opened(crowd: Crowd) -> AsyncIterator[list[Session]]:
    """A session of each; one is started by the app, the others sync only when asked."""
    async with AsyncExitStack() as stack:
        sessions = [one.open() for one in crowd.people]
        for session in sessions:
            stack.push_async_callback(session.close)
        yield sessions


async def soon(pilot: Pilot[Any], condition: Callable[[], bool]) -> None:
    """Wait until the screen is as it should be: it follows the vault by itself."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - the app says nothing of its screens
            await asyncio.sleep(0.02)
    await settle(pilot)


async def live(pilot: Pilot[Any], session: Session) -> None:
    """The app's session is in contact."""
    await until(session, lambda: session.status().state == "live")
    await settle(pilot)


async def test_shared_from_the_users_tab(crowd: Crowd, opened: list[Session], clock: FrozenClock) -> None:
    """Shared on the Users tab with a User and a Guest, each has the account in the role that was shown; u ends it."""
    ada, bob, cleo = opened
    account = await ada.add_account(Item("Shop", username="root", password="one"))
    async with app_over(ada, clock).run_test(size=WIDE) as pilot:
        await live(pilot, ada)
        await open_account(pilot, "Shop")
        await keys(pilot, "3", "s", "ctrl+t", "enter", "down", "enter", "ctrl+s")
        await until(ada, lambda: ada.status().waiting == 0)
        for session in (bob, cleo):
            await session.sync_now()
        assert [session.card(account).role for session in (bob, cleo)] == ["owner", "collaborator"]
        await soon(pilot, lambda: "not sent yet" not in shown(pilot))
        await keys(pilot, "u")
        await until(ada, lambda: ada.status().waiting == 0)
        for session in (bob, cleo):
            await session.sync_now()
            assert session.cards(ALL) == []


async def test_comes_and_goes_while_one_looks(crowd: Crowd, opened: list[Session], clock: FrozenClock) -> None:
    """A shared account comes up by itself, and its page goes by itself when the person is taken off."""
    ada, bob, _cleo = opened
    account = await ada.add_account(Item("Shop"))
    await ada.sync_now()
    async with app_over(bob, clock).run_test(size=WIDE) as pilot:
        await live(pilot, bob)
        await ada.sharing.share(account, crowd[1].user, "owner")
        await ada.sync_now()
        await soon(pilot, lambda: "Shop" in shown(pilot))
        await keys(pilot, "enter", "3", "s")
        await ada.sharing.remove(account, crowd[1].user)
        await ada.sync_now()
        await soon(pilot, lambda: isinstance(pilot.app.screen, CardsScreen))
        assert pilot.app.screen.query_one(BottomBar).notice == "You no longer have access to Shop."
        assert "Shop" not in "\n".join(shown(pilot).splitlines()[:-3])


async def test_demoted_while_one_looks(crowd: Crowd, opened: list[Session], clock: FrozenClock) -> None:
    """An Owner who becomes a Collaborator loses the tabs of Owners while looking at one, and the password."""
    ada, bob, _cleo = opened
    account = await ada.add_account(Item("Shop", password="one-secret"))
    await ada.sharing.share(account, crowd[1].user, "owner")
    await ada.sync_now()
    await bob.sync_now()
    async with app_over(bob, clock).run_test(size=WIDE) as pilot:
        await live(pilot, bob)
        await keys(pilot, "enter", "4", "j", "space")
        assert pilot.app.screen.query_one(HistoryPane).display
        await ada.sharing.share(account, crowd[1].user, "collaborator")
        await ada.sync_now()
        await soon(pilot, lambda: not pilot.app.screen.query_one(HistoryPane).display)
        assert "4 History" not in shown(pilot) and "one-secret" not in shown(pilot)
        assert isinstance(pilot.app.screen, AccountScreen)
        assert not pilot.app.screen.query_one(UsersPane).display


async def test_last_used_and_activity(crowd: Crowd, opened: list[Session], clock: FrozenClock) -> None:
    """What somebody looked at stands in the log of the account's Owner, and as the last use on the Users tab."""
    ada, bob, _cleo = opened
    account = await ada.add_account(Item("Shop", password="one"))
    await ada.sharing.share(account, crowd[1].user, "owner")
    await ada.sync_now()
    await bob.sync_now()
    bob.activity.note("viewed", account, "password")
    await bob.sync_now()
    async with app_over(ada, clock).run_test(size=WIDE) as pilot:
        await live(pilot, ada)
        await keys(pilot, "A")
        assert isinstance(pilot.app.screen, ActivityScreen)
        await soon(pilot, lambda: "Password Retrieved" in shown(pilot))
        await keys(pilot, "v")
        await soon(pilot, lambda: "follow from one another" in pilot.app.screen.query_one(BottomBar).notice)
        await keys(pilot, "escape", "enter", "3")
        used = pilot.app.screen.query_one(UsersPane).table
        await soon(pilot, lambda: [row.cells[3].text for row in used.rows] != ["–", "–"])


async def test_list_after_a_removal(crowd: Crowd, opened: list[Session], clock: FrozenClock) -> None:
    """Somebody taken off an account who had seen its password stands in the list with it, until it is ticked off."""
    ada, bob, _cleo = opened
    account = await ada.add_account(Item("Shop", password="one"))
    await ada.sharing.share(account, crowd[1].user, "owner")
    await ada.sync_now()
    await bob.sync_now()
    bob.activity.note("copied", account, "password")
    await bob.sync_now()
    await ada.sharing.remove(account, crowd[1].user)
    await ada.sync_now()
    async with app_over(ada, clock).run_test(size=WIDE) as pilot:
        await live(pilot, ada)
        await keys(pilot, "L")
        assert [row.cells[0].text for row in pilot.app.screen.query_one(Table).rows] == ["Bob Example"]
        await keys(pilot, "enter")
        assert isinstance(pilot.app.screen, LeaverScreen)
        await soon(pilot, lambda: "copied a secret" in shown(pilot))
        await keys(pilot, "space")
        await soon(pilot, lambda: "0 of 1 account left to change" in shown(pilot))
        await keys(pilot, "escape")
        await soon(pilot, lambda: "✓ all changed" in shown(pilot))
