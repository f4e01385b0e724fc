"""The screens of a team over a real service and real vaults: each does what it says, and others see it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Static

from cerby_tui.errors import RefusedError, SessionRemoved
from cerby_tui.screens.approval import ApprovalScreen
from cerby_tui.screens.farewell import FarewellScreen
from cerby_tui.screens.inviting import InviteScreen
from cerby_tui.session import Session
from cerby_tui.values import CardFilter, Item
from cerby_tui.widgets.table import Table
from cerby_wire.texts import parse_invite
from tests.crowd import Crowd, gather
from tests.devices import enrol, until
from tests.fakes import FrozenClock
from tests.newcomers import newcomer, raised, wait_for
from tests.rig import ServiceRig
from tests.ui.gallery import WIDE, app_over, keys, settle, shown, words_of


@pytest.fixture
async def crowd(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> Crowd:
    """Ada owns the workspace, Bob is a User; both have two devices."""
    return await gather(rig, tmp_path, clock, ("owner", "user"), devices=2)


@pytest.fixture
async def opened(crowd: Crowd) -> AsyncIterator[list[Session]]:
    """A session of Ada, which the app starts, and one of Bob, which syncs only when asked."""
    async with AsyncExitStack() as stack:
        sessions = [one.open() for one in crowd.people]
        for session in sessions:
            stack.push_async_callback(session.close)
        yield sessions


def names(pilot: Pilot[Any]) -> list[str]:
    """The first column."""
    return [row.cells[0].text for row in pilot.app.screen.query_one(Table).rows]


def said(pilot: Pilot[Any]) -> str:
    """Every fixed word on the screen on top."""
    return " ".join(words_of(each) for each in pilot.app.screen.query(Static))


async def shows_soon(pilot: Pilot[Any], screen: type[Screen[Any]]) -> None:
    """Wait until a screen is on top that comes up by itself."""
    async with asyncio.timeout(20):
        while not isinstance(pilot.app.screen, screen):  # noqa: ASYNC110 - the app says nothing of its screens
            await asyncio.sleep(0.02)
    await settle(pilot)


async def live(pilot: Pilot[Any], session: Session) -> None:
    """The app's session is in contact."""
    await until(session, lambda: session.status().state == "live")
    await settle(pilot)


async def test_role(crowd: Crowd, opened: list[Session], clock: FrozenClock) -> None:
    """A role given on the screen is the one that the other person then has."""
    ada, bob = opened
    async with app_over(ada, clock).run_test(size=WIDE) as pilot:
        await live(pilot, ada)
        await keys(pilot, "M")
        assert names(pilot) == ["Ada Example", "Bob Example"]
        await keys(pilot, "j", "e", "up", "enter")
        await bob.sync_now()
        assert bob.people.me().role == "admin"
        assert "Bob Example is Admin now." in shown(pilot)


async def test_removal(crowd: Crowd, opened: list[Session], clock: FrozenClock) -> None:
    """Somebody is removed; what they alone owned goes to the heir that was chosen, and their session ends."""
    ada, bob = opened
    account = await bob.add_account(Item("Trips", password="s3cret"))
    await bob.sync_now()
    async with app_over(ada, clock).run_test(size=WIDE) as pilot:
        await live(pilot, ada)
        await keys(pilot, "M", "j", "x")
        assert "1 account has no other Owner" in shown(pilot)
        await keys(pilot, "enter", "enter", "right", "enter")
        assert "1 account handed over." in shown(pilot)
        assert ada.people.by_user()[crowd[1].user].status == "removed"
    with pytest.raises(SessionRemoved):
        await bob.sync_now()
    assert [card.id for card in ada.cards(CardFilter())] == [account]


async def test_invite(opened: list[Session], clock: FrozenClock) -> None:
    """An invite written on the screen is a real one: its string can be read, it is listed, and it can be withdrawn."""
    ada, _bob = opened
    async with app_over(ada, clock).run_test(size=WIDE) as pilot:
        await live(pilot, ada)
        await keys(pilot, "M", "n", *"new@example.org", "enter")
        assert isinstance(pilot.app.screen, InviteScreen)
        parse_invite(words_of(pilot.app.screen.query_one("#string")))
        await keys(pilot, "c", "escape")
        assert names(pilot) == ["new@example.org"]
        await keys(pilot, "w", "y")
        assert names(pilot) == [] and await ada.invites.open() == []


async def test_policy(opened: list[Session], clock: FrozenClock) -> None:
    """Settings that were saved are signed, and everybody follows them."""
    ada, bob = opened
    async with app_over(ada, clock).run_test(size=WIDE) as pilot:
        await live(pilot, ada)
        await keys(pilot, "W", "j", "left", "ctrl+s")
        assert "The workspace settings are saved." in shown(pilot)
        await bob.sync_now()
        assert bob.policy().idle_lock == 300


async def test_sessions_of_others(crowd: Crowd, opened: list[Session], clock: FrozenClock) -> None:
    """An administrator sees somebody's sessions, suspends one, and it ends."""
    ada, bob = opened
    async with app_over(ada, clock).run_test(size=WIDE) as pilot:
        await live(pilot, ada)
        await keys(pilot, "M", "j", "enter")
        assert len(names(pilot)) == 2
        table = pilot.app.screen.query_one(Table)
        table.index = next(at for at, row in enumerate(table.rows) if row.key == crowd[1].keys[0].id)
        await keys(pilot, "s", "y")
        assert "Suspended" in shown(pilot)
    with pytest.raises(SessionRemoved):
        await bob.sync_now()


async def test_own_session_is_removed(crowd: Crowd, opened: list[Session], clock: FrozenClock) -> None:
    """A session removed on the screen is over."""
    ada, _bob = opened
    other = crowd[0].open(1)
    async with app_over(ada, clock).run_test(size=WIDE) as pilot:
        await live(pilot, ada)
        await keys(pilot, "T")
        assert names(pilot)[0] == "Ada Example 1" and "This device" in shown(pilot)
        await keys(pilot, "j", "x", "y")
        assert "Removed" in shown(pilot)
    with pytest.raises(SessionRemoved):
        await other.sync_now()
    await other.close()


async def test_removed_elsewhere(crowd: Crowd, opened: list[Session], clock: FrozenClock) -> None:
    """The app of a session that another one removes shows who did it and what was not sent; the vault is gone."""
    ada, _bob = opened
    second = crowd[0].open(1)
    async with app_over(second, clock).run_test(size=WIDE) as pilot:
        await live(pilot, second)
        await ada.sync_now()
        await ada.devices.remove(crowd[0].keys[1].id)
        await shows_soon(pilot, FarewellScreen)
        assert "By you, on Ada Example 1" in said(pilot)
    await second.close()
    assert not crowd[0].devices[1].home.vault.exists()


@pytest.fixture
async def alone(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Session]:
    """The session of somebody whose address nobody else of the service has."""
    device = await enrol(rig, tmp_path / "first", clock, email=f"{tmp_path.name}@example.org")
    session = device.open()
    yield session
    await session.close()


async def test_approval(alone: Session, rig: ServiceRig, clock: FrozenClock, tmp_path: Path) -> None:
    """A device asks: the popup comes up by itself, the code it shows is typed, and it is a session afterwards."""
    phone = newcomer(tmp_path / "phone", clock)
    async with app_over(alone, clock).run_test(size=WIDE) as pilot:
        await live(pilot, alone)
        await keys(pilot, "i")
        await phone.ask(rig.origin, alone.who()[1])
        await shows_soon(pilot, ApprovalScreen)
        await asyncio.gather(keys(pilot, "right", "right", "enter"), wait_for(phone, "code"))
        await keys(pilot, *"00000000", "enter")
        assert "That is not the code of the device that asks." in said(pilot)
        clock.advance(3)
        await keys(pilot, *phone.code(), "enter")
        assert "phone is a trusted session now." in said(pilot)
        await wait_for(phone, "confirm")
        assert "phone" in [one.name for one in await alone.devices.own()]


async def test_request_while_nobody_listened(
    alone: Session, rig: ServiceRig, clock: FrozenClock, tmp_path: Path
) -> None:
    """A device that asked before the app was opened is shown as soon as it is in contact; denying it ends it there."""
    phone = newcomer(tmp_path / "phone", clock)
    await phone.ask(rig.origin, alone.who()[1])
    async with app_over(alone, clock).run_test(size=WIDE) as pilot:
        await shows_soon(pilot, ApprovalScreen)
        await keys(pilot, "right", "enter")
        assert "Denied: the device is not trusted." in said(pilot)
        refused = await raised(phone.look(), RefusedError)
        assert "denied" in str(refused)
