"""The cards screen: moving, filtering, sorting, badges, and what the newest code looks like."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from cerby_tui.screens.account import AccountScreen
from cerby_tui.screens.cards import CardsScreen
from cerby_tui.values import CardFilter, SyncStatus
from cerby_tui.widgets.bars import BottomBar, TopBar
from cerby_tui.widgets.card_grid import CardGrid
from cerby_tui.widgets.entry import SearchEntry
from tests.fakes import NOON, FrozenClock
from tests.ui.gallery import (
    HOSTILE,
    LOOKS,
    NARROW,
    PLAIN_LOOKS,
    WIDE,
    Look,
    StillSession,
    app_over,
    keys,
    settle,
    shown,
)


def grid(pilot: Pilot[Any]) -> CardGrid:
    """The grid of cards."""
    return pilot.app.screen.query_one(CardGrid)


def selected(pilot: Pilot[Any]) -> str:
    """The label of the selected card."""
    card = grid(pilot).selected
    return card.label if card else ""


def labels(pilot: Pilot[Any]) -> list[str]:
    """The labels of all cards, in order."""
    return [card.label for card in grid(pilot).cards]


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_grid(snap_compare: Any, still: StillSession, clock: FrozenClock, look: Look) -> None:
    """Accounts as cards in every theme and size; the selected one has heavy lines, so colour is not needed."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "j", "l")
        assert selected(pilot) == labels(pilot)[grid(pilot).per_row + 1]

    assert snap_compare(app_over(still, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_list(snap_compare: Any, still: StillSession, clock: FrozenClock, look: Look) -> None:
    """The same accounts as lines."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "v", "j", "j")
        assert (grid(pilot).per_row, selected(pilot)) == (1, labels(pilot)[2])

    assert snap_compare(app_over(still, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_filtered(snap_compare: Any, still: StillSession, clock: FrozenClock, look: Look) -> None:
    """Words in any order, matches marked, the number of hits above."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "slash", *"page com")
        assert labels(pilot) == ["Company page"]
        assert pilot.app.screen.query_one(TopBar).note.startswith("1 account ")

    assert snap_compare(app_over(still, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_offline(snap_compare: Any, still: StillSession, clock: FrozenClock, look: Look) -> None:
    """Offline is said in words, with how many changes wait and when the service was heard last."""
    still.shown = SyncStatus("offline", last_contact=NOON - 3_600_000)

    async def act(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        card = grid(pilot).selected
        assert card
        await still.edit_account(card.id, {"username": "changed"})
        await settle(pilot)
        assert "◌ offline · 1 waiting · last 11:00" in shown(pilot)
        assert "↑ waiting" in shown(pilot)

    assert snap_compare(app_over(still, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("pressed", ["jlhk", ["down", "right", "left", "up"]])
async def test_moves_by_letters_and_arrows(still: StillSession, clock: FrozenClock, pressed: list[str]) -> None:
    """hjkl and the arrows go down, right, left and up."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        seen = []
        for key in pressed:
            await keys(pilot, key)
            seen.append(grid(pilot).index)
        assert seen == [3, 4, 3, 0]


async def test_first_last_and_half_pages(still: StillSession, clock: FrozenClock) -> None:
    """G is the last card, gg the first, and Ctrl+D, Ctrl+U go half a screen."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        seen = []
        for key in ("G", "g", "g", "ctrl+d", "ctrl+u"):
            await keys(pilot, key)
            seen.append(grid(pilot).index)
        last = grid(pilot).count - 1
        assert seen == [last, last, 0, 6, 0]


async def test_escape_clears_before_it_leaves(still: StillSession, clock: FrozenClock) -> None:
    """Esc in the filter line takes the words away and goes back to the cards, which is the last place."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "slash", *"bank", "escape")
        assert (grid(pilot).count, grid(pilot).has_focus) == (26, True)
        await keys(pilot, "escape")
        assert isinstance(pilot.app.screen, CardsScreen)


async def test_no_results(still: StillSession, clock: FrozenClock) -> None:
    """An empty list says why it is empty and names the next key."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "slash", *"zzzz")
        assert "No results found" in shown(pilot)
        assert "No account matches “zzzz”. Esc clears the filter." in shown(pilot)


async def test_filters_by_app_and_collection(still: StillSession, clock: FrozenClock) -> None:
    """The chosen app and collection are named above the cards, and x in the dialog takes them away again."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "f", "j", "space", "enter")
        assert labels(pilot) == ["Production cloud"]
        assert "App: Amazon Web Services" in shown(pilot)
        await keys(pilot, "f", "x", "enter")
        assert grid(pilot).count == 26


async def test_deleted_accounts(still: StillSession, clock: FrozenClock) -> None:
    """Deleted accounts are seen only under their filter."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        card = next(card for card in grid(pilot).cards if card.label == "Payroll")
        await still.delete_account(card.id)
        await settle(pilot)
        assert "Payroll" not in labels(pilot)
        await keys(pilot, "f", "G", "space", "enter")
        assert labels(pilot) == ["Payroll"]
        assert "Deleted accounts" in shown(pilot)


async def test_sorts(still: StillSession, clock: FrozenClock) -> None:
    """s goes through the orders, and the bar says which one it is."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        clock.advance(60)
        payroll = next(card for card in still.cards(CardFilter()) if card.label == "Payroll")
        await still.edit_account(payroll.id, {"username": "new"})
        await keys(pilot, "s")
        assert labels(pilot)[0] == "Payroll"
        assert "newest activity first" in pilot.app.screen.query_one(TopBar).note


async def test_newest_code_ticks(still: StillSession, clock: FrozenClock) -> None:
    """The age of a fresh code counts up by itself; after ten minutes the code is no longer put forward."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        assert "12 s ago" in shown(pilot)
        clock.advance(7)
        await pilot.app._tick()  # the app's own second
        assert "19 s ago" in shown(pilot)
        clock.advance(590)
        await keys(pilot, "l")  # somebody is there, so it is not locked
        clock.advance(10)
        await pilot.app._tick()
        assert "last code 10 min ago" in shown(pilot)


async def test_copies_the_newest_code(still: StillSession, clock: FrozenClock) -> None:
    """c copies the code of the selected card, says which way it went, and has read its message."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "slash", *"brand", "enter", "c")
        assert "Code sent to the clipboard" in shown(pilot)
        card = grid(pilot).selected
        assert card and card.unread == 1


async def test_selection_stays_on_its_account(still: StillSession, clock: FrozenClock) -> None:
    """When cards come or move, the same account stays selected."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "slash", *"payroll", "enter")
        await keys(pilot, "escape")
        assert selected(pilot) == "Payroll"
        account = grid(pilot).cards[-1].id
        await still.set_favourite(account, True)
        await settle(pilot)
        assert selected(pilot) == "Payroll"
        assert labels(pilot)[0] == still.card(account).label


async def test_opens_and_comes_back(still: StillSession, clock: FrozenClock) -> None:
    """Enter opens the selected account, Esc comes back to the same card with the filter still set."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "slash", *"page", "enter", "l", "enter")
        assert isinstance(pilot.app.screen, AccountScreen)
        await keys(pilot, "escape")
        assert pilot.app.screen.query_one(SearchEntry).value == "page"
        assert (labels(pilot), selected(pilot)) == (["Brand page", "Company page"], "Company page")


async def test_hostile_label_is_only_text(still: StillSession, clock: FrozenClock) -> None:
    """Markup, escape sequences and overrides in a label are shown and not obeyed."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "slash", *"mall", "enter", "v")
        assert labels(pilot) == [HOSTILE]
        text = shown(pilot)
        assert "[red]Mall[/] ␛[31mory␛[0m" in text
        assert not set("\x1b\x9b\u202e") & set(text)


@pytest.mark.parametrize("size", [(59, 24), (80, 15), (20, 5)])
async def test_too_small(still: StillSession, clock: FrozenClock, size: tuple[int, int]) -> None:
    """Below 60x16 one line says the size that is needed, and nothing else is drawn."""
    async with app_over(still, clock).run_test(size=size) as pilot:
        await settle(pilot)
        assert f"Needs 60x16, has {size[0]}x{size[1]}." in " ".join(shown(pilot).split())
        await pilot.resize_terminal(*NARROW)
        await settle(pilot)
        assert "Accounts" in shown(pilot)


async def test_help_is_always_the_last_hint(still: StillSession, clock: FrozenClock) -> None:
    """At every width the footer ends with `? all keys`, and no hint is cut."""
    for width in (60, 80, 100, 120, 200):
        async with app_over(still, clock).run_test(size=(width, 24)) as pilot:
            await settle(pilot)
            footer = shown(pilot).splitlines()[-1]
            assert footer.endswith("? all keys")
            assert pilot.app.screen.query_one(BottomBar).hints[-1] == ("?", "all keys")
