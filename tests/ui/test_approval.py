"""Trust this session?: comes up wherever one is, takes the typed code, and says how it ended, whatever happens."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Static

from cerby_tui.errors import OfflineError, RefusedError, TimedOut, UsageError
from cerby_tui.screens.account_form import AccountForm
from cerby_tui.screens.approval import ApprovalScreen
from cerby_tui.screens.base import NEEDED
from cerby_tui.screens.cards import CardsScreen
from cerby_tui.screens.message import MessageScreen
from cerby_tui.values import Changed
from cerby_tui.widgets.bars import BottomBar
from cerby_tui.widgets.entry import Entry
from tests.fakes import FrozenClock
from tests.ui.gallery import HOSTILE, LOOKS, NARROW, PLAIN_LOOKS, WIDE, Look, app_over, keys, settle, shown, words_of
from tests.ui.team import REQUEST, Team

BAD = set("\x1b\x07\x9b\u202e")
CODE = "9430-5256"


async def ring(pilot: Pilot[Any], team: Team, *requests: Any) -> None:
    """The service rings: these devices ask now."""
    team.devices.waiting = list(requests)
    pilot.app.gate.put(Changed(requests=True))
    await settle(pilot)


async def take(pilot: Pilot[Any], team: Team, request: Any = REQUEST) -> None:
    """A device asks, and the person goes on to the code."""
    await ring(pilot, team, request)
    await keys(pilot, "right", "right", "enter")


def up(pilot: Pilot[Any]) -> bool:
    """Whether the popup is on top."""
    return isinstance(pilot.app.screen, ApprovalScreen)


def popup(pilot: Pilot[Any]) -> str:
    """What the popup says."""
    return " ".join(words_of(each) for each in pilot.app.screen.query(Static))


def asked(team: Team, name: str) -> list[tuple[Any, ...]]:
    """The calls of one name."""
    return [each for each in team.devices.asked if each[0] == name]


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_asks(snap_compare: Any, team: Team, clock: FrozenClock, look: Look) -> None:
    """When, from where, how long still, and when to approve; neither answer has the focus."""

    async def act(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        await ring(pilot, team, REQUEST)
        assert up(pilot) and "It asked 20 s ago from 203.0.113.7" in popup(pilot)

    assert snap_compare(app_over(team.session, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_code(snap_compare: Any, team: Team, clock: FrozenClock, look: Look) -> None:
    """The code is typed, and the name that the device gives itself can be changed; a hostile one is text."""
    team.devices.named = HOSTILE

    async def act(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        await take(pilot, team)
        await keys(pilot, *CODE)
        assert not BAD & set(shown(pilot))

    assert snap_compare(app_over(team.session, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_wrong_code(snap_compare: Any, team: Team, clock: FrozenClock, look: Look) -> None:
    """A wrong code is said, with what it may mean; the field is empty again and the name stays."""
    wrong = "That is not the code of the device that asks. 4 more wrong ones end it."
    safe, step = "Nothing was changed; the device is not trusted.", "If you copied it right, somebody is in between."
    team.devices.fails["approve"] = [UsageError(wrong, safe=safe, next_step=step)]

    async def act(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        await take(pilot, team)
        await keys(pilot, *"12345678", "enter")
        assert pilot.app.screen.query_one("#code", Entry).value == ""

    assert snap_compare(app_over(team.session, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_limit(snap_compare: Any, team: Team, clock: FrozenClock, look: Look) -> None:
    """With twenty sessions one has to go first: those that were away for longest are offered first."""
    team.devices.fails["approve"] = [RefusedError("too_many_devices", "You have 20 trusted sessions.")]

    async def act(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        await take(pilot, team)
        await keys(pilot, *CODE, "enter")
        assert "Choose one to remove" in shown(pilot)

    assert snap_compare(app_over(team.session, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_approved(snap_compare: Any, team: Team, clock: FrozenClock, look: Look) -> None:
    """At the end the person is told to confirm it on the new device."""

    async def act(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        await take(pilot, team)
        await keys(pilot, *CODE, "enter")
        assert asked(team, "approve") == [("approve", REQUEST.id, "94305256", "new-laptop")]
        assert "Confirm on it that it was approved here." in popup(pilot)

    assert snap_compare(app_over(team.session, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("way", [(), ("i", "enter"), ("M",), ("T",), ("W",), ("f12",), ("D",)])
async def test_comes_up_everywhere(team: Team, clock: FrozenClock, way: tuple[str, ...]) -> None:
    """Wherever one is, a dialog included, the popup comes up, and Esc leads back to just there."""
    async with app_over(team.session, clock).run_test(size=NARROW) as pilot:
        await keys(pilot, *way)
        before = pilot.app.screen
        await ring(pilot, team, REQUEST)
        assert up(pilot)
        await keys(pilot, "escape")
        assert pilot.app.screen is before
        assert "waits for 4:40 in My trusted devices" in pilot.app.notices.log[-1].sentence


async def test_never_in_the_middle_of_a_word(team: Team, clock: FrozenClock) -> None:
    """Where somebody types it is said at once, and comes up when they pause; what they type goes where they typed."""
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "a", *"new acc")
        await ring(pilot, team, REQUEST)
        assert isinstance(pilot.app.screen, AccountForm)
        assert "A device asks" in pilot.app.screen.query_one(BottomBar).notice
        await keys(pilot, *"ount")
        clock.advance(1.5)
        await pilot.app._tick()
        assert isinstance(pilot.app.screen, AccountForm)
        clock.advance(1)
        await pilot.app._tick()
        await settle(pilot)
        assert up(pilot)
        await keys(pilot, "escape")
        assert pilot.app.focused and getattr(pilot.app.focused, "value", "") == "new account"


async def test_stray_keys_answer_nothing(team: Team, clock: FrozenClock) -> None:
    """Enter and letters that were meant for something else neither approve nor deny."""
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await settle(pilot)
        await ring(pilot, team, REQUEST)
        await keys(pilot, "enter", "a", "d", "y", "n", "space", "enter")
        assert up(pilot)
        assert not asked(team, "take") and not asked(team, "deny")


async def test_comes_up_once(team: Team, clock: FrozenClock) -> None:
    """Left for later, the same request does not come up again; another one does, after it if both wait."""
    other = replace(REQUEST, id=b"request-2", address="198.51.100.4")
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await settle(pilot)
        await ring(pilot, team, REQUEST)
        await keys(pilot, "escape")
        await ring(pilot, team, REQUEST)
        assert isinstance(pilot.app.screen, CardsScreen)
        await ring(pilot, team, REQUEST, other)
        assert up(pilot) and "198.51.100.4" in shown(pilot)


async def test_denied(team: Team, clock: FrozenClock) -> None:
    """Deny is one key away from the question, and says that nothing is trusted."""
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await settle(pilot)
        await ring(pilot, team, REQUEST)
        await keys(pilot, "right", "enter")
        assert asked(team, "deny") and "Denied: the device is not trusted." in shown(pilot)
        await keys(pilot, "enter")
        assert isinstance(pilot.app.screen, CardsScreen)


@pytest.mark.parametrize(
    ("after", "pending", "said"),
    [
        (1, [], "It was answered on another of your sessions"),
        (1, [replace(REQUEST, taken_elsewhere=True)], "It is being answered on another"),
        (300, [], "The request has ended after five minutes."),
    ],
)
async def test_ended_elsewhere(team: Team, clock: FrozenClock, after: float, pending: list[Any], said: str) -> None:
    """What happens on another session, or on the new device, is said at once, and nothing is approved any more."""
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await settle(pilot)
        await take(pilot, team)
        clock.advance(after)
        await ring(pilot, team, *pending)
        assert said in popup(pilot)
        await keys(pilot, *CODE, "enter")
        assert not asked(team, "approve")


async def test_expires(team: Team, clock: FrozenClock) -> None:
    """After five minutes the popup ends by itself."""
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await settle(pilot)
        await ring(pilot, team, REQUEST)
        clock.advance(281)
        await pilot.app.screen.count_down()
        await settle(pilot)
        assert "The request has ended after five minutes." in popup(pilot)


async def test_slowed_down(team: Team, clock: FrozenClock) -> None:
    """After a wrong try the next one waits: nothing can be typed until then, and the time left is counted."""
    wait = RefusedError("slow_down", "Wait 4 seconds.", retry_after=4)
    team.devices.fails["approve"] = [wait]
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await settle(pilot)
        await take(pilot, team)
        await keys(pilot, *CODE, "enter", *CODE, "enter")
        assert len(asked(team, "approve")) == 1
        clock.advance(2)
        await pilot.app.screen.count_down()
        assert "The next try is possible in 0:02." in shown(pilot)
        clock.advance(3)
        await pilot.app.screen.count_down()
        await keys(pilot, *CODE, "enter")
        assert len(asked(team, "approve")) == 2


@pytest.mark.parametrize(
    "error",
    [
        RefusedError("too_many_tries", "Five wrong codes were typed within an hour."),
        RefusedError("request_denied", "The request was denied."),
        RefusedError("request_expired", "The request was expired."),
    ],
)
async def test_ends_for_good(team: Team, clock: FrozenClock, error: RefusedError) -> None:
    """What cannot be mended ends the request, with the sentence that says why."""
    team.devices.fails["approve"] = [error]
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await settle(pilot)
        await take(pilot, team)
        await keys(pilot, *CODE, "enter")
        assert error.sentence in shown(pilot) and not pilot.app.screen.query(Entry)


async def test_name_taken(team: Team, clock: FrozenClock) -> None:
    """A name that another session has, in any case, is asked for anew; the code that was typed stays."""
    team.devices.named = "Office Terminal"
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await settle(pilot)
        await take(pilot, team)
        await keys(pilot, *CODE, "enter")
        assert "You have a session called Office Terminal." in shown(pilot) and not asked(team, "approve")
        await keys(pilot, "2", "enter")
        assert asked(team, "approve") == [("approve", REQUEST.id, "94305256", "Office Terminal2")]


async def test_room_is_made(team: Team, clock: FrozenClock) -> None:
    """The session that was chosen is removed after a question, and the new one approved with the code as typed."""
    team.devices.fails["approve"] = [RefusedError("too_many_devices", "You have 20 trusted sessions.")]
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await settle(pilot)
        await take(pilot, team)
        await keys(pilot, *CODE, "enter", "enter", "n")
        assert not asked(team, "remove")
        await keys(pilot, "enter", "y")
        assert asked(team, "remove") == [("remove", b"device-3")]
        assert asked(team, "approve")[-1] == ("approve", REQUEST.id, "94305256", "new-laptop")
        assert "is a trusted session now" in shown(pilot)


async def test_code_is_typed_later(team: Team, clock: FrozenClock) -> None:
    """A request that was left at the code goes on there, with the name that the device gave itself."""
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await settle(pilot)
        await take(pilot, team)
        await keys(pilot, "escape")
        team.devices.waiting = [replace(REQUEST, taken_here=True)]
        await keys(pilot, "T", "enter", *CODE, "enter")
        assert len(asked(team, "take")) == 1
        assert asked(team, "approve") == [("approve", REQUEST.id, "94305256", "new-laptop")]


async def test_other_device_is_silent(team: Team, clock: FrozenClock) -> None:
    """When the new device never shows a code, the popup says so."""
    team.devices.fails["take"] = [TimedOut("The new device did not say who it is.")]
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await settle(pilot)
        await take(pilot, team)
        assert "The new device did not say who it is." in shown(pilot)


async def test_offline(team: Team, clock: FrozenClock) -> None:
    """Out of contact nothing is claimed, and it can be tried again."""
    team.devices.fails["take"] = [OfflineError("The service cannot be reached.")]
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await settle(pilot)
        await take(pilot, team)
        assert "✗ The service cannot be reached." in shown(pilot)
        await keys(pilot, "right", "right", "enter", *CODE, "enter")
        assert asked(team, "approve")


async def test_busy_is_not_left(team: Team, clock: FrozenClock) -> None:
    """While it is being approved Esc leaves nothing half done."""
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await settle(pilot)
        await take(pilot, team)
        await keys(pilot, *CODE)
        team.devices.gate = asyncio.Event()
        for key in ("enter", "escape", "enter"):
            await pilot.press(key)
            await pilot.pause()
        assert up(pilot)
        team.devices.gate.set()
        await settle(pilot)
        assert len(asked(team, "approve")) == 1


async def test_message_stays_below(team: Team, clock: FrozenClock) -> None:
    """What was being read is still there afterwards."""
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "i", "enter")
        await take(pilot, team)
        await keys(pilot, *CODE, "enter", "enter")
        assert isinstance(pilot.app.screen, MessageScreen)


async def test_smallest_terminal(team: Team, clock: FrozenClock) -> None:
    """On the smallest terminal that is drawn on, what has the focus is always in sight."""
    async with app_over(team.session, clock).run_test(size=NEEDED) as pilot:
        await settle(pilot)
        await take(pilot, team)
        for _ in range(5):
            focused, box = pilot.app.focused, pilot.app.screen.query_one(".box")
            assert focused and box.content_region.contains_region(focused.region)
            await keys(pilot, "tab")
