"""The lock screen: asks one thing, says what is wrong and what to do, opens the cards."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from cerby_tui.errors import LeaseOver, LockedError, WrongPassphrase
from cerby_tui.screens.cards import CardsScreen
from cerby_tui.screens.finder import HelpScreen
from cerby_tui.screens.unlock import UnlockScreen
from cerby_tui.session import Session, open_session
from cerby_tui.system_keyring import SystemKeyring
from cerby_tui.widgets.card_grid import CardGrid
from tests.fakes import FrozenClock
from tests.stage import PASSPHRASE
from tests.ui.gallery import LOOKS, PLAIN_LOOKS, WIDE, Look, StillSession, app_over, keys, settle, shown

HINT = "This is a demo. Its passphrase is: herring lantern orbit"
LEASE = LeaseOver(
    "This device was out of contact for longer than the workspace allows.",
    safe="The vault stays as it is.",
    next_step="Connect to the network and unlock again.",
)


class Opener:
    """Opens the real vault of a session, or raises what it is told to."""

    def __init__(self, session: StillSession, error: LockedError | None = None) -> None:
        self._home, self._clock, self.error = session._home, session._clock, error
        self.opened: list[Session] = []

    def __call__(self, passphrase: str) -> Session:
        if self.error:
            raise self.error
        session = open_session(self._home, passphrase, clock=self._clock, keyring=SystemKeyring(allowed=()))
        session.start = lambda: None  # type: ignore[method-assign]
        self.opened.append(session)
        return session


def locked_app(opener: Opener, clock: FrozenClock, look: Look, **parts: Any) -> Any:
    """The app at its lock screen."""
    return app_over(None, clock, look, open_session=opener, **parts)


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_locked(snap_compare: Any, still: StillSession, clock: FrozenClock, look: Look) -> None:
    """One question, and nothing of what is in the vault."""

    async def act(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        assert pilot.app.screen.query_one(Input).has_focus
        assert "Company bank" not in shown(pilot)

    assert snap_compare(locked_app(Opener(still), clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_lease_is_over(snap_compare: Any, still: StillSession, clock: FrozenClock, look: Look) -> None:
    """A vault whose lease is over stays locked, and says what to do."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, *"herring", "enter")
        assert "Connect to the network and unlock again." in " ".join(shown(pilot).split())

    assert snap_compare(locked_app(Opener(still, LEASE), clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_refused(snap_compare: Any, still: StillSession, clock: FrozenClock, look: Look) -> None:
    """After a wrong passphrase the field is empty and ready, and below it stands that it was wrong."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, *"not it", "enter")
        assert "✗" in shown(pilot) and "not it" not in shown(pilot)
        assert pilot.app.screen.query_one(Input).has_focus

    assert snap_compare(locked_app(Opener(still), clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_demo(snap_compare: Any, still: StillSession, clock: FrozenClock, look: Look) -> None:
    """In the demo the passphrase is no secret and stands below the field."""

    async def act(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        assert HINT in " ".join(shown(pilot).split())

    assert snap_compare(locked_app(Opener(still), clock, look, hint=HINT), terminal_size=look.size, run_before=act)


async def test_right_passphrase_opens_the_cards(still: StillSession, clock: FrozenClock) -> None:
    """The passphrase opens the real vault, the cards appear, and whoever must know is told."""
    opener, told = Opener(still), []
    app = locked_app(opener, clock, Look("dark", WIDE), on_unlocked=told.append)
    async with app.run_test(size=WIDE) as pilot:
        await keys(pilot, *PASSPHRASE, "enter")
        assert isinstance(pilot.app.screen, CardsScreen)
        assert pilot.app.screen.query_one(CardGrid).count == 26
        assert told == opener.opened
        assert "f filters" in shown(pilot)
    await opener.opened[0].close()


async def test_wrong_passphrase_says_so(still: StillSession, clock: FrozenClock) -> None:
    """A wrong passphrase is said to be wrong, the field is empty and ready, and nothing was typed into the screen."""
    async with locked_app(Opener(still), clock, Look("dark", WIDE)).run_test(size=WIDE) as pilot:
        await keys(pilot, *"not it", "enter")
        assert isinstance(pilot.app.screen, UnlockScreen)
        field = pilot.app.screen.query_one(Input)
        assert (field.value, field.has_focus, field.disabled) == ("", True, False)
        assert "passphrase" in shown(pilot) and "✗" in shown(pilot)
        assert "not it" not in shown(pilot)


async def test_typed_passphrase_is_masked(still: StillSession, clock: FrozenClock) -> None:
    """What is typed is never shown."""
    async with locked_app(Opener(still), clock, Look("dark", WIDE)).run_test(size=WIDE) as pilot:
        await keys(pilot, *"herring")
        assert "herring" not in shown(pilot)


async def test_tries_one_passphrase_at_a_time(still: StillSession, clock: FrozenClock) -> None:
    """While one passphrase is tried, no other can be entered."""
    release = asyncio.Event()
    loop = asyncio.get_running_loop()
    tried: list[str] = []

    def slow(passphrase: str) -> Session:
        tried.append(passphrase)
        asyncio.run_coroutine_threadsafe(release.wait(), loop).result()
        raise WrongPassphrase("no")

    async with app_over(None, clock, open_session=slow).run_test(size=WIDE) as pilot:
        for key in ("a", "enter", "b", "enter"):
            await pilot.press(key)
        assert "Opening the vault…" in shown(pilot)
        release.set()
        await settle(pilot)
        assert tried == ["a"]


async def test_vault_keys_are_not_there_yet(still: StillSession, clock: FrozenClock) -> None:
    """Help works on the lock screen and lists nothing that needs an open vault."""
    async with locked_app(Opener(still), clock, Look("dark", WIDE)).run_test(size=WIDE) as pilot:
        await keys(pilot, "f1")
        assert isinstance(pilot.app.screen, HelpScreen)
        assert "Find anything" not in shown(pilot)
        assert "Quit" in shown(pilot)
