"""The small places: questions, waiting changes, the log of notices, the demo menu, settings."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from cerby_tui.config import Loaded, Settings, ThemeFile
from cerby_tui.errors import UsageError
from cerby_tui.screens.cards import CardsScreen
from cerby_tui.screens.confirm import ConfirmScreen
from cerby_tui.screens.demo import DemoScreen
from cerby_tui.screens.desk import DemoAct
from cerby_tui.screens.log import LogScreen
from cerby_tui.screens.outbox import OutboxScreen, WaitingList
from cerby_tui.values import CardFilter, SyncStatus, Waiting
from cerby_tui.widgets.bars import BottomBar, TopBar
from tests.fakes import NOON, FrozenClock
from tests.ui.gallery import (
    DARK,
    HOSTILE,
    NARROW,
    PLAIN_LOOKS,
    WIDE,
    Look,
    StillSession,
    app_over,
    keys,
    open_account,
    settle,
    shown,
)


class RefusedSession(StillSession):
    """One change waits, another could not be saved."""

    def waiting(self) -> list[Waiting]:
        """The two, and what is really waiting."""
        refused = Waiting(99, b"x", HOSTILE, "password, notes", NOON - 60_000, "You are no Owner of it any more.")
        return [*super().waiting(), refused]


@pytest.fixture
def refused(still: StillSession) -> StillSession:
    """The still session with a change that could not be saved."""
    still.__class__ = RefusedSession
    return still


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_outbox(snap_compare: Any, refused: StillSession, clock: FrozenClock, look: Look) -> None:
    """Waiting changes, and first of all those that could not be saved, with the reason."""
    refused.shown = SyncStatus("offline", last_contact=NOON)

    async def act(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        await refused.edit_account(refused.cards(CardFilter())[3].id, {"username": "new"})
        await keys(pilot, "o")
        assert isinstance(pilot.app.screen, OutboxScreen)
        assert "✗ could not be saved: You are no Owner of it any more." in shown(pilot)
        assert pilot.app.screen.query_one(TopBar).note == "1 waiting · 1 could not be saved"

    assert snap_compare(app_over(refused, clock, look), terminal_size=look.size, run_before=act)


async def test_discard_is_asked_and_done(still: StillSession, clock: FrozenClock) -> None:
    """x throws a waiting change away after a question; then the card is as it was."""
    account = still.cards(CardFilter())[3].id
    before = still.account(account).item.username
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await still.edit_account(account, {"username": "new"})
        await keys(pilot, "o", "x")
        assert "Discard this change?" in shown(pilot)
        await keys(pilot, "n")
        assert still.account(account).item.username == "new"
        await keys(pilot, "x", "y")
        assert still.account(account).item.username == before
        assert pilot.app.screen.query_one(WaitingList).count == 0
        assert "Nothing is waiting" in shown(pilot)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_confirm(snap_compare: Any, still: StillSession, clock: FrozenClock, look: Look) -> None:
    """A question, what follows from yes, and the safe answer selected."""

    async def act(pilot: Pilot[Any]) -> None:
        await open_account(pilot, "Brand page")
        await keys(pilot, "D")
        assert isinstance(pilot.app.screen, ConfirmScreen)
        assert pilot.app.screen.query_one("#no").has_focus

    assert snap_compare(app_over(still, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize(("pressed", "deleted"), [("enter", False), ("escape", False), ("n", False), ("y", True)])
async def test_safe_answer_is_the_default(still: StillSession, clock: FrozenClock, pressed: str, deleted: bool) -> None:
    """Enter, Esc and n leave everything as it is; only y, or going to the other answer, acts."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await open_account(pilot, "Payroll")
        account = pilot.app.screen.account_in_focus()
        await keys(pilot, "D", pressed)
        assert still.card(account).deleted is deleted


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_log(snap_compare: Any, still: StillSession, clock: FrozenClock, look: Look) -> None:
    """What the app said is read again in its log, newest first."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "c", "escape")
        pilot.app.say(f"Something failed for {HOSTILE}.", "error")
        await keys(pilot, "f12")
        assert isinstance(pilot.app.screen, LogScreen)
        assert "[red]Mall[/]" in shown(pilot)

    assert snap_compare(app_over(still, clock, look), terminal_size=look.size, run_before=act)


async def test_notices_go_and_stay_in_the_log(still: StillSession, clock: FrozenClock) -> None:
    """A notice stays at least four seconds, then goes by itself; the log keeps it."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        pilot.app.say("Something happened.")
        for passed, visible in ((4.0, True), (2.0, False)):
            clock.advance(passed)
            await pilot.app._tick()
            assert (pilot.app.screen.query_one(BottomBar).notice == "Something happened.") is visible
        assert [each.sentence for each in pilot.app.notices.log] == ["Something happened."]


async def test_notice_never_covers_the_focus(still: StillSession, clock: FrozenClock) -> None:
    """Even three lines of notice stand below the selected card."""
    async with app_over(still, clock).run_test(size=NARROW) as pilot:
        await keys(pilot, "G")
        pilot.app.say("A long story. " * 30, "error")
        await settle(pilot)
        bar = pilot.app.screen.query_one(BottomBar)
        assert bar.size.height == 4
        assert pilot.app.focused.region.bottom <= bar.region.y


def acts(played: list[bytes | None]) -> tuple[DemoAct, ...]:
    """Two acts of a demo: one works, one says why it cannot."""

    async def text_again(account: bytes | None) -> str:
        played.append(account)
        return "A code is on its way."

    async def refuse(_account: bytes | None) -> str:
        raise UsageError("Select an account first.")

    return (DemoAct("Text a code again", "The app texts a verification code.", text_again),
            DemoAct("Refuse", "Says why not.", refuse))  # fmt: skip


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_demo_menu(snap_compare: Any, still: StillSession, clock: FrozenClock, look: Look) -> None:
    """What the other side can be made to do."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "t")
        assert isinstance(pilot.app.screen, DemoScreen)

    assert snap_compare(app_over(still, clock, look, demo=acts([])), terminal_size=look.size, run_before=act)


async def test_demo_plays_for_the_selected_account(still: StillSession, clock: FrozenClock) -> None:
    """Enter plays the act for the card that was selected and says what came of it; a refusal is said too."""
    played: list[bytes | None] = []
    async with app_over(still, clock, demo=acts(played)).run_test(size=WIDE) as pilot:
        await keys(pilot, "l", "t", "enter")
        assert played == [still.cards(CardFilter())[1].id]
        assert pilot.app.screen.query_one(BottomBar).notice == "A code is on its way."
        await keys(pilot, "t", "j", "enter")
        assert pilot.app.screen.query_one(BottomBar).notice == "Select an account first."


async def test_no_demo_menu_outside_the_demo(still: StillSession, clock: FrozenClock) -> None:
    """Outside the demo the key does nothing and is nowhere offered."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "t")
        assert isinstance(pilot.app.screen, CardsScreen)
        assert "demo" not in shown(pilot).splitlines()[-1]


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_settings(snap_compare: Any, still: StillSession, clock: FrozenClock, look: Look) -> None:
    """The themes, the one in use marked."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "comma")
        assert "in use" in shown(pilot)

    assert snap_compare(app_over(still, clock, look), terminal_size=look.size, run_before=act)


async def test_theme_is_tried_on_and_kept(still: StillSession, clock: FrozenClock) -> None:
    """Moving tries a theme on, Esc goes back, Enter keeps it in the settings."""
    saved: list[tuple[str, object]] = []
    app = app_over(still, clock, save_setting=lambda name, value: saved.append((name, value)))
    async with app.run_test(size=WIDE) as pilot:
        await keys(pilot, "comma", "j")
        assert app.theme == "light"
        await keys(pilot, "escape")
        assert (app.theme, saved) == ("dark", [])
        await keys(pilot, "comma", "j", "j", "enter")
        assert (app.theme, saved) == ("contrast", [("theme", "contrast")])


@pytest.mark.parametrize("theme", ["contrast", "terminal"])
def test_other_themes(snap_compare: Any, still: StillSession, clock: FrozenClock, theme: str) -> None:
    """High contrast, and the terminal's own sixteen colours."""
    app = app_over(still, clock, Look(theme, WIDE))

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "l")
        assert app.theme == theme

    assert snap_compare(app, terminal_size=WIDE, run_before=act)


async def test_own_theme(still: StillSession, clock: FrozenClock) -> None:
    """A theme of one's own is listed and used; one with a colour that does not exist is named and left out."""
    themes = {"sea": ThemeFile(primary="#00ccaa"), "broken": ThemeFile(primary="no colour")}
    app = app_over(still, clock, config=Loaded(Settings(theme="sea"), themes=themes))
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert (app.theme, app.theme_variables["edge-focus"].lower()) == ("sea", "#00ccaa")
        await keys(pilot, "comma")
        assert "sea" in shown(pilot)
        assert "broken" not in app.theme_titles
        assert any("The theme broken has a colour" in each.sentence for each in app.notices.log)


async def test_config_is_taken_over_live(still: StillSession, clock: FrozenClock) -> None:
    """Another configuration changes theme and keys at once; what is broken in it is said and breaks nothing."""
    app = app_over(still, clock)
    async with app.run_test(size=WIDE) as pilot:
        app.apply_config(Loaded(Settings(theme="light"), keys={"shared-inbox": "z"}))
        await settle(pilot)
        assert (app.theme, "z inbox" in shown(pilot)) == ("light", True)
        app.apply_config(Loaded(Settings(theme="light"), problems=("keymap.toml is not taken over: no TOML.",)))
        await settle(pilot)
        assert "keymap.toml is not taken over" in pilot.app.screen.query_one(BottomBar).notice
    assert DARK.theme == "dark"
