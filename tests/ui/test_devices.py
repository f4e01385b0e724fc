"""My trusted devices, and a member's page with theirs: removed with warnings, suspended, never approved."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from cerby_tui.errors import OfflineError
from cerby_tui.screens.approval import ApprovalScreen
from cerby_tui.screens.devices import DevicesScreen
from cerby_tui.screens.member import MemberScreen
from cerby_tui.values import Changed
from cerby_tui.widgets.bars import BottomBar, TopBar
from cerby_tui.widgets.table import Table
from tests.fakes import FrozenClock
from tests.ui.gallery import HOSTILE, LOOKS, PLAIN_LOOKS, WIDE, Look, StillSession, app_over, keys, settle, shown
from tests.ui.team import ADA, BOB, CLEO, REQUEST, Team

BAD = set("\x1b\x07\x9b\u202e")
WARNINGS = ["It is your last trusted session. After it, only your recovery kit opens your accounts.",
            "You are the last Owner of 3 accounts: nobody else could manage them."]  # fmt: skip


def names(pilot: Pilot[Any]) -> list[str]:
    """The first column."""
    return [row.cells[0].text for row in pilot.app.screen.query_one(Table).rows]


def offered(pilot: Pilot[Any]) -> set[str]:
    """The ids of the commands that work now."""
    return {command for command, _key in pilot.app.screen.active_commands()}


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_devices(snap_compare: Any, team: Team, clock: FrozenClock, look: Look) -> None:
    """One's own sessions with how they came, when, last contact and status; a device that asks stands above them."""
    team.devices.waiting = [replace(REQUEST, taken_elsewhere=True)]

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "T", "j", "j")
        assert names(pilot)[:2] == ["A device at 203.0.113.7", "ada-laptop"]
        assert pilot.app.screen.query_one(TopBar).note == "3 trusted sessions · 1 pending approval"
        assert not BAD & set(shown(pilot))

    assert snap_compare(app_over(team.session, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_remove_dialog(snap_compare: Any, team: Team, clock: FrozenClock, look: Look) -> None:
    """Before a session is removed everything is said that one should know."""
    team.devices.warned = WARNINGS

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "T", "x")
        assert "Remove device?" in shown(pilot) and "Remove device  " in shown(pilot)

    assert snap_compare(app_over(team.session, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_member(snap_compare: Any, team: Team, clock: FrozenClock, look: Look) -> None:
    """A member's page: address, state, role, dates, and their sessions without the names they gave them."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "M", "slash", *"cleo", "enter", "enter", "j")
        assert isinstance(pilot.app.screen, MemberScreen)
        assert "cleo@example.org · Active · User" in shown(pilot)
        assert "Session 2" in shown(pilot)

    assert snap_compare(app_over(team.session, clock, look), terminal_size=look.size, run_before=act)


async def test_removal_is_asked_and_done(team: Team, clock: FrozenClock) -> None:
    """x and y remove the selected session; removed ones are kept, faint, and cannot be removed again."""
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "T", "j", "x", "enter")
        assert ("remove", b"device-2") not in team.devices.asked
        await keys(pilot, "x", "y")
        assert ("remove", b"device-2") in team.devices.asked
        assert pilot.app.screen.query_one(BottomBar).notice == "office terminal is no trusted session any more."
        assert "remove-device" not in offered(pilot)


async def test_hostile_device_name_is_text(team: Team, clock: FrozenClock) -> None:
    """A device's name is neither markup nor a sequence, in the table and in the question."""
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "T", "j", "j", "x")
        assert "[red]Mall[/] ␛[31mory␛[0m" in shown(pilot)
        assert not BAD & set(shown(pilot))
    assert HOSTILE in [one.name for one in team.devices.sessions]


async def test_offline_says_why(team: Team, clock: FrozenClock) -> None:
    """What cannot be asked is said, not shown as nothing."""
    team.devices.fails["own"] = [OfflineError("The service cannot be reached.")]
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "T")
        assert "Your sessions are not known" in shown(pilot) and "cannot be reached" in shown(pilot)


async def test_requests_come_and_go(team: Team, clock: FrozenClock) -> None:
    """A device that asks appears at once, is denied with d, and goes by itself when its time is over."""
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "T")
        assert isinstance(pilot.app.screen, DevicesScreen) and len(names(pilot)) == 4
        team.devices.waiting = [replace(REQUEST, taken_elsewhere=True)]
        pilot.app.gate.put(Changed(requests=True))
        await settle(pilot)
        assert len(names(pilot)) == 5
        await keys(pilot, "k", "k", "d")
        assert ("deny", REQUEST.id) in team.devices.asked and len(names(pilot)) == 4
        team.devices.waiting = [replace(REQUEST, taken_elsewhere=True)]
        pilot.app.gate.put(Changed(requests=True))
        await settle(pilot)
        clock.advance(300)
        await pilot.app._tick()
        assert len(names(pilot)) == 4


async def test_enter_answers_a_request(team: Team, clock: FrozenClock) -> None:
    """Enter on a device that asks opens the same popup as everywhere."""
    team.devices.waiting = [REQUEST]
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "T", "enter")
        assert isinstance(pilot.app.screen, ApprovalScreen)


async def test_suspend(team: Team, clock: FrozenClock) -> None:
    """An administrator suspends a session of somebody else after a question, and can approve none."""
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "M", "slash", *"cleo", "enter", "enter")
        assert "suspend-session" in offered(pilot)
        assert not {"approve-session", "deny-session", "remove-device"} & offered(pilot)
        await keys(pilot, "s", "n")
        assert ("suspend", CLEO.user, b"device-1") not in team.devices.asked
        await keys(pilot, "s", "y")
        assert ("suspend", CLEO.user, b"device-1") in team.devices.asked
        assert "Suspended" in shown(pilot) and "suspend-session" not in offered(pilot)


@pytest.mark.parametrize(("me", "whom", "sees", "suspends"), [(BOB, "ada", True, False), (CLEO, "bob", False, False)])
async def test_page_for_roles(
    still: StillSession, clock: FrozenClock, me: Any, whom: str, sees: bool, suspends: bool
) -> None:
    """Admins see the Owner's sessions and cannot suspend them; Users see nobody's."""
    team = Team(still, me)
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "M", "slash", *whom, "enter", "enter")
        assert (len(names(pilot)) > 0) is sees
        assert ("suspend-session" in offered(pilot)) is suspends
        assert bool([each for each in team.devices.asked if each[0] == "of"]) is sees


async def test_page_of_somebody_who_left(team: Team, clock: FrozenClock) -> None:
    """When a member is gone meanwhile, the page says so and offers nothing any more."""
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "M", "slash", *"cleo", "enter", "enter")
        team.people._change(CLEO.user, status="removed")
        pilot.app.gate.put(Changed(everything=True))
        await settle(pilot)
        assert "Removed · was User" in shown(pilot)
        assert not {"change-role", "remove-member", "suspend-session"} & offered(pilot)
    assert ADA.you
