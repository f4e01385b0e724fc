"""One whole message: the code in large figures with its age, the text line by line, neighbours, copying."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from cerby_tui.clipboard import osc52
from cerby_tui.screens.account import AccountScreen
from cerby_tui.screens.message import MessageScreen
from cerby_tui.values import InboxFilter
from cerby_tui.widgets.bars import BottomBar
from cerby_tui.widgets.big_code import BigCode
from tests.fakes import FrozenClock
from tests.ui.gallery import CODE, LONG, LOOKS, PLAIN_LOOKS, WIDE, Look, StillSession, app_over, keys, shown, words_of


def screen(pilot: Pilot[Any]) -> MessageScreen:
    """The message on screen."""
    found = pilot.app.screen
    assert isinstance(found, MessageScreen)
    return found


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_with_code(snap_compare: Any, still: StillSession, clock: FrozenClock, look: Look) -> None:
    """The code is large and its age stands below it."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "i", "enter")
        assert screen(pilot).message.text == CODE
        assert "12 s ago" in shown(pilot)

    assert snap_compare(app_over(still, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_hostile(snap_compare: Any, still: StillSession, clock: FrozenClock, look: Look) -> None:
    """1,600 characters of markup, escape sequences, emoji and right-to-left text are only text."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "i", "j", "enter")
        assert screen(pilot).message.text == LONG
        assert "Lorem [b]ipsum[/b] dolor sit amet, ␛]52;c;AAAA␇consectetur" in " ".join(shown(pilot).split())
        assert not set("\x1b\x07") & set(shown(pilot))

    assert snap_compare(app_over(still, clock, look), terminal_size=look.size, run_before=act)


async def test_reading_marks_as_read(still: StillSession, clock: FrozenClock) -> None:
    """Having a message open whole is having read it."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "i", "enter")
        assert still.message(screen(pilot).message.key).read


async def test_copies_code_or_text(still: StillSession, clock: FrozenClock) -> None:
    """c copies the code alone, y the whole text as it came, escape sequences and all."""
    sent: list[str] = []
    app = app_over(still, clock)
    async with app.run_test(size=WIDE) as pilot:
        app._to_terminal = sent.append  # type: ignore[method-assign]
        await keys(pilot, "i", "enter", "c", "j", "y")
        assert sent == [osc52("G-481920", {}), osc52(LONG, {})]


async def test_without_code_offers_no_code(still: StillSession, clock: FrozenClock) -> None:
    """Where no code was recognised there is no key for one and no large figure: nothing is guessed."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "i", "j", "enter")
        assert "copy code" not in shown(pilot).splitlines()[-1]
        assert not pilot.app.screen.query_one(BigCode).display


async def test_goes_through_the_list(still: StillSession, clock: FrozenClock) -> None:
    """j and k go to the older and the newer message of the list it was opened from, and say where the list ends."""
    messages = still.messages(InboxFilter())
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "i", "enter", "j", "j", "k")
        assert screen(pilot).message.key == messages[1].key
        await keys(pilot, "k", "k")
        assert screen(pilot).message.key == messages[0].key
        assert "no further message" in pilot.app.screen.query_one(BottomBar).notice


async def test_age_ticks_and_grows_stale(still: StillSession, clock: FrozenClock) -> None:
    """The age counts up; after ten minutes the code is said to be probably no longer valid."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "i", "enter")
        clock.advance(30)
        assert "42 s ago" in words_of(pilot.app.screen.query_one(BigCode))
        clock.advance(600)
        assert "probably no longer valid" in words_of(pilot.app.screen.query_one(BigCode))


async def test_leads_to_the_account(still: StillSession, clock: FrozenClock) -> None:
    """a opens the account that the message was sent to."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "i", "enter", "a")
        assert isinstance(pilot.app.screen, AccountScreen)
