"""Workspace settings, news that must be read, and the end of a session: pictures, and what happens."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Static

from cerby_tui.errors import RefusedError, SessionRemoved
from cerby_tui.screens.cards import CardsScreen
from cerby_tui.screens.desk import Ending
from cerby_tui.screens.farewell import FarewellScreen
from cerby_tui.screens.loud import LoudScreen
from cerby_tui.screens.policy import DAY, SETTINGS, PolicyScreen
from cerby_tui.team_values import Farewell
from cerby_tui.values import Changed, News
from cerby_tui.widgets.bars import BottomBar
from cerby_wire.headers import Policy
from tests.fakes import NOON, FrozenClock
from tests.ui.gallery import (
    HOSTILE,
    LOOKS,
    PLAIN_LOOKS,
    WIDE,
    Look,
    StillSession,
    app_over,
    keys,
    settle,
    shown,
    words_of,
)
from tests.ui.team import CLEO, Team

BAD = set("\x1b\x07\x9b\u202e")
USED = News(
    "Your recovery kit was used on 24 Nov 2026 to add the session “[b]box[/b]\x1b[31m”. If it was not you, remove that "
    "session at once and make a new kit.",
    "Your recovery kit was used",
    loud=True,
)
RENEWED = News("Keys of 3 accounts were renewed: Bob's session was removed.")
FAREWELL = Farewell("removed", f"{HOSTILE} (office terminal)", NOON - 60_000,
                    tuple(f"Account {n} [b]x[/b]\x1b[31m: password" for n in range(9)),
                    "/home/ada/.local/share/unsent-2026-11-24.cerby")  # fmt: skip


def said(pilot: Pilot[Any]) -> str:
    """Every fixed word on the screen on top."""
    return " ".join(words_of(each) for each in pilot.app.screen.query(Static))


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_policy(snap_compare: Any, team: Team, clock: FrozenClock, look: Look) -> None:
    """What the workspace asks, one value changed and not saved yet."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "W", "j", "left")
        assert isinstance(pilot.app.screen, PolicyScreen)
        assert "5 minutes" in shown(pilot) and "was 10 minutes" in shown(pilot)

    assert snap_compare(app_over(team.session, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_loud(snap_compare: Any, team: Team, clock: FrozenClock, look: Look) -> None:
    """News that must not be missed stay until they are read; foreign words in them are text."""

    async def act(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        pilot.app.gate.put(Changed(news=(USED,)))
        await settle(pilot)
        assert isinstance(pilot.app.screen, LoudScreen)
        assert not BAD & set(shown(pilot))

    assert snap_compare(app_over(team.session, clock, look), terminal_size=look.size, run_before=act)


class EndedSession(StillSession):
    """A session that was ended."""

    over: SessionRemoved | None = None

    @property
    def ended(self) -> SessionRemoved | None:
        """Why, once it is."""
        return self.over


@pytest.fixture
def ending(team: Team) -> EndedSession:
    """The still session, which a test can end."""
    team.session.__class__ = EndedSession
    assert isinstance(team.session, EndedSession)
    return team.session


async def end(pilot: Pilot[Any], session: EndedSession, farewell: Farewell | None) -> None:
    """The session is ended, and the app is told."""
    session.over = SessionRemoved("This trusted session was removed.")
    session.over.farewell = farewell
    pilot.app.gate.put(Changed(status=True))
    await settle(pilot)


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_farewell(snap_compare: Any, ending: EndedSession, clock: FrozenClock, look: Look) -> None:
    """Who removed this session and when, what was not sent, and where that is."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "i", "enter")
        await end(pilot, ending, FAREWELL)
        assert isinstance(pilot.app.screen, FarewellScreen)
        assert "9 changes were not sent" in shown(pilot) and "unsent-2026-11-24.cerby" in shown(pilot)
        assert not BAD & set(shown(pilot))

    assert snap_compare(app_over(ending, clock, look), terminal_size=look.size, run_before=act)


async def test_policy_is_saved(team: Team, clock: FrozenClock) -> None:
    """Values are stepped through and signed together with Ctrl+S; without it nothing changes."""
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "W", "right", "j", "j", "j", "left", "j", "left")
        assert team.people.asked == []
        await keys(pilot, "ctrl+s")
        wanted = replace(Policy(), offline_allowance=30 * DAY, retention=365 * DAY, inviters="user")
        assert team.people.asked == [("set_policy", wanted)]
        assert "not saved" not in shown(pilot)


async def test_policy_discard_is_asked(team: Team, clock: FrozenClock) -> None:
    """Leaving with changes asks; n stays, y leaves them behind."""
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "W", "right", "escape", "n")
        assert isinstance(pilot.app.screen, PolicyScreen)
        await keys(pilot, "escape", "y")
        assert isinstance(pilot.app.screen, CardsScreen) and team.people.asked == []


async def test_policy_refused(team: Team, clock: FrozenClock) -> None:
    """What the service refuses is said, and what was chosen stays to be saved again."""
    team.people.fails["set_policy"] = [RefusedError("forbidden", "You may not do that any more.")]
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "W", "right", "ctrl+s")
        assert pilot.app.screen.query_one(BottomBar).notice == "You may not do that any more."
        assert "1 change not saved" in shown(pilot)


async def test_policy_of_somebody_else_is_taken_over(team: Team, clock: FrozenClock) -> None:
    """A policy that another administrator signed meanwhile is shown; what is being changed here is kept."""
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "W")
        team.people.wanted = replace(Policy(), clipboard=10)
        pilot.app.gate.put(Changed(everything=True))
        await settle(pilot)
        assert "10 seconds" in shown(pilot)


def test_unusual_values_step_to_their_neighbours() -> None:
    """A value that is not among the usual ones moves to the next smaller or greater one, and never beyond the ends."""
    allowance, _idle, _clipboard, retention, _inviters = SETTINGS
    assert [allowance.step(5 * DAY, by) for by in (-1, 1)] == [3 * DAY, 7 * DAY]
    assert [allowance.step(DAY, -1), allowance.step(90 * DAY, 1)] == [DAY, 90 * DAY]
    assert [retention.step(100 * DAY, by) for by in (-1, 1)] == [90 * DAY, 180 * DAY]
    assert retention.step(365 * DAY, 1) == 0


async def test_quiet_news_are_a_notice(team: Team, clock: FrozenClock) -> None:
    """Keys that were renewed are said beside the keys and kept in the log; nothing comes up."""
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await settle(pilot)
        pilot.app.gate.put(Changed(news=(RENEWED,)))
        await settle(pilot)
        assert pilot.app.screen.query_one(BottomBar).notice == RENEWED.sentence
        assert isinstance(pilot.app.screen, CardsScreen)


async def test_loud_news_need_to_be_read(team: Team, clock: FrozenClock) -> None:
    """A stray Enter takes nothing away; several come one after the other; the log keeps them all."""
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await settle(pilot)
        pilot.app.gate.put(Changed(news=(USED, replace(USED, title="Another"))))
        await settle(pilot)
        await keys(pilot, "enter", "space")
        assert isinstance(pilot.app.screen, LoudScreen)
        await keys(pilot, "right", "enter")
        await pilot.app._tick()
        await settle(pilot)
        assert "Another" in said(pilot)
        await keys(pilot, "escape")
        assert isinstance(pilot.app.screen, CardsScreen)
        assert [each.sentence for each in pilot.app.notices.log] == [USED.sentence] * 2


async def test_ended_without_proof_locks(ending: EndedSession, clock: FrozenClock) -> None:
    """When the service only says so, the app locks, and whoever runs it starts anew at the lock screen."""
    app = app_over(ending, clock)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await end(pilot, ending, None)
        assert app.return_value is Ending.LOCKED


async def test_nothing_of_the_vault_stays_on_screen(ending: EndedSession, clock: FrozenClock) -> None:
    """With proof every screen goes, dialogs too; nothing leads back, and Enter begins a fresh process."""
    app = app_over(ending, clock)
    async with app.run_test(size=WIDE) as pilot:
        await keys(pilot, "i", "enter", "question_mark")
        await end(pilot, ending, replace(FAREWELL, unsent=(), export=""))
        assert len(app.screen_stack) == 1 and "Every change of yours had been sent before." in said(pilot)
        await keys(pilot, "i", "M", "T", "colon", "t")
        assert isinstance(app.screen, FarewellScreen)
        await keys(pilot, "enter")
        assert app.return_value is Ending.LOCKED


async def test_lost_changes_are_said(ending: EndedSession, clock: FrozenClock) -> None:
    """Without another session that could open an export, it is said that the changes are gone."""
    async with app_over(ending, clock).run_test(size=WIDE) as pilot:
        await settle(pilot)
        await end(pilot, ending, replace(FAREWELL, what="left", export=""))
        assert "You are no longer in the workspace" in said(pilot) and "so they are gone" in said(pilot)


async def test_found_out_while_unlocking(still: StillSession, clock: FrozenClock) -> None:
    """A session that turns out to be over when it is unlocked says how it ended, instead of asking once more."""

    def over(_passphrase: str) -> StillSession:
        error = SessionRemoved("This trusted session was removed.")
        error.farewell = FAREWELL
        raise error

    async with app_over(None, clock, open_session=over).run_test(size=WIDE) as pilot:
        await keys(pilot, *"herring", "enter")
        assert isinstance(pilot.app.screen, FarewellScreen)
        assert "unsent-2026-11-24.cerby" in said(pilot)


async def test_settings_are_for_administrators(still: StillSession, clock: FrozenClock) -> None:
    """For a User the key does nothing, and nothing offers it."""
    Team(still, CLEO)
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "W")
        assert isinstance(pilot.app.screen, CardsScreen)
        await keys(pilot, "question_mark")
        assert "Workspace settings" not in shown(pilot)
