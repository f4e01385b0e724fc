"""What leavers may still know: everybody who was removed, a list for each, ticked off one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from cerby_tui.errors import UsageError
from cerby_tui.screens.account import AccountScreen
from cerby_tui.screens.leavers import LeaverScreen, LeaversScreen
from cerby_tui.team_values import Held, Leaver
from cerby_tui.widgets.table import Table
from tests.fakes import NOON, FrozenClock
from tests.ui.gallery import HOSTILE, PLAIN_LOOKS, WIDE, Look, StillSession, app_over, keys, settle, shown
from tests.ui.office import Office

BAD = set("\x1b\x07\x9b\u202e")
HOUR, DAY = 3_600_000, 86_400_000


class Lists:
    """The lists as they are told; a tick stays."""

    def __init__(self, account: bytes) -> None:
        self.leavers = [
            Leaver(b"p-una", "Una Example", "person", "Ada Example", NOON - HOUR, 3),
            Leaver(b"s-bob", "Session 3F2A91 of Bob Example", "session", "Bob Example", NOON - DAY, 1),
            Leaver(b"a-mal", HOSTILE, "account", HOSTILE, 0, 0),
        ]
        self.items = [
            Held(account, "Payroll", 3, "Copied the password on 30 Dec, read the notes."),
            Held(b"account-2", HOSTILE, 2, "Opened it \x1b[31mtwice."),
            Held(b"account-3", "Old shop", 1, "Had the key.", NOON - HOUR),
        ]
        self.fails: UsageError | None = None

    def all(self) -> list[Leaver]:
        """Stands for `Leavers.all`."""
        left = sum(not one.changed_at for one in self.items)
        return [replace(self.leavers[0], open=left), *self.leavers[1:]]

    async def held(self, _key: bytes) -> list[Held]:
        """Stands for `Leavers.held`."""
        if self.fails:
            raise self.fails
        return self.items

    async def tick(self, _key: bytes, account: bytes, *, changed: bool) -> None:
        """Stands for `Leavers.tick`."""
        at = NOON if changed else 0
        self.items = [replace(one, changed_at=at) if one.account == account else one for one in self.items]


@pytest.fixture
def ada(enter: Any) -> Iterator[StillSession]:
    """The session of Ada."""
    yield enter("Ada")


@pytest.fixture
def lists(ada: StillSession, office: Office) -> Lists:
    """Lists that the session of Ada reads."""
    found = Lists(office.payroll.id)
    ada.__dict__["leavers"] = found
    return found


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_leavers(snap_compare: Any, ada: StillSession, lists: Lists, clock: FrozenClock, look: Look) -> None:
    """Everybody who was removed, and every session, by whom and when, and how much is left to change."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "L", "j")
        assert isinstance(pilot.app.screen, LeaversScreen)
        assert "✓ all changed" in shown(pilot) and not BAD & set(shown(pilot))

    assert snap_compare(app_over(ada, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_list(snap_compare: Any, ada: StillSession, lists: Lists, clock: FrozenClock, look: Look) -> None:
    """What one of them may still know, the riskiest first, under what removing cannot undo."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "L", "enter")
        assert isinstance(pilot.app.screen, LeaverScreen)
        text = " ".join(shown(pilot).split())
        assert "It cannot undo what was read, copied or kept before" in text and not BAD & set(text)
        assert [row.cells[0].text for row in pilot.app.screen.query_one(Table).rows] == [
            "copied a secret", "opened it", "could have"
        ]  # fmt: skip

    assert snap_compare(app_over(ada, clock, look), terminal_size=look.size, run_before=act)


async def test_ticking_off(ada: StillSession, lists: Lists, clock: FrozenClock) -> None:
    """Space ticks off what was changed at its site and takes it back; the count goes with it."""
    async with app_over(ada, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "L", "enter", "space")
        assert "1 of 3 accounts left to change" in shown(pilot)
        assert lists.items[0].changed_at == NOON
        await keys(pilot, "space")
        assert "2 of 3 accounts left to change" in shown(pilot)
        await keys(pilot, "j", "space")
        ada._ground.changed(everything=True)
        await keys(pilot, "escape")
        assert pilot.app.screen.query_one(Table).rows[0].cells[4].text == "1 account"


async def test_opens_the_account(ada: StillSession, lists: Lists, clock: FrozenClock) -> None:
    """Enter opens the account, where the new password is to be written."""
    async with app_over(ada, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "L", "enter", "enter")
        assert isinstance(pilot.app.screen, AccountScreen)


async def test_account_that_is_gone(ada: StillSession, lists: Lists, clock: FrozenClock) -> None:
    """An account of the list that is not here any more is said to be gone."""
    async with app_over(ada, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "L", "enter", "j", "enter")
        assert isinstance(pilot.app.screen, LeaverScreen)
        assert "There is no such account here." in shown(pilot)


async def test_list_that_cannot_be_shown(ada: StillSession, lists: Lists, clock: FrozenClock) -> None:
    """When the list cannot be had the reason stands in its place."""
    lists.fails = UsageError("Nobody of that name has left.")
    async with app_over(ada, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "L", "enter")
        assert "Nobody of that name has left." in shown(pilot)
        assert "tick-off" not in dict(pilot.app.screen.active_commands())


async def test_for_owners_only(enter: Any, clock: FrozenClock) -> None:
    """Whoever cannot own accounts has no lists and no key to them."""
    async with app_over(enter("Gil"), clock).run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert "leavers" not in dict(pilot.app.screen.active_commands())
        assert "activity" in dict(pilot.app.screen.active_commands())


async def test_really_removed(enter: Any, office: Office, clock: FrozenClock) -> None:
    """Somebody who was really removed, from an account that was really theirs, stands in the list."""
    session = enter("Ada")
    async with app_over(session, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "L")
        assert [row.cells[0].text for row in pilot.app.screen.query_one(Table).rows] == ["Una Example"]
