"""The Shared Inbox: newest first, live without moving the selection, filters, search, codes, unread."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from cerby_tui.clipboard import osc52
from cerby_tui.screens.account import AccountScreen
from cerby_tui.screens.inbox import InboxScreen
from cerby_tui.screens.message import MessageScreen
from cerby_tui.session import Session
from cerby_tui.values import CardFilter, InboxFilter, Item, Message
from cerby_tui.widgets.bars import BottomBar, TopBar
from cerby_tui.widgets.message_table import PAGE, MessageTable
from tests.devices import enrol, until
from tests.fakes import FrozenClock
from tests.rig import ServiceRig
from tests.ui.gallery import LOOKS, PLAIN_LOOKS, WIDE, Gallery, Look, StillSession, app_over, keys, settle, shown

NAMES = iter(range(1000))


def table(pilot: Pilot[Any]) -> MessageTable:
    """The messages."""
    return pilot.app.screen.query_one(MessageTable)


def selected(pilot: Pilot[Any]) -> Message:
    """The selected message."""
    message = table(pilot).selected
    assert message
    return message


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_messages(snap_compare: Any, still: StillSession, clock: FrozenClock, look: Look) -> None:
    """Every message, newest first, the fresh code standing out; hostile text is only text."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "i", "j")
        assert isinstance(pilot.app.screen, InboxScreen)
        assert table(pilot).index == 1
        assert not set("\x1b\x9b\u202e") & set(shown(pilot))

    assert snap_compare(app_over(still, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_searched(snap_compare: Any, still: StillSession, clock: FrozenClock, look: Look) -> None:
    """Words inside messages are found and marked, even where the line would have been cut before them."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "i", "slash", *"verification")
        assert table(pilot).count == 2

    assert snap_compare(app_over(still, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_filters(snap_compare: Any, still: StillSession, clock: FrozenClock, look: Look) -> None:
    """The dialog of filters: App, Account, Collection, Type."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "i", "f", "j", "space")
        assert all(section in shown(pilot) for section in ("Type", "App"))

    assert snap_compare(app_over(still, clock, look), terminal_size=look.size, run_before=act)


async def test_newest_first(still: StillSession, clock: FrozenClock) -> None:
    """Rows go from the newest to the oldest, and the bar counts them."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "i")
        times = [message.received_at for at in range(table(pilot).count) if (message := table(pilot).at(at))]
        assert sorted(times, reverse=True) == times
        assert pilot.app.screen.query_one(TopBar).note == f"{len(times)} messages"


async def test_filters_by_each_kind(still: StillSession, clock: FrozenClock) -> None:
    """Type, app, collection and account narrow the list, and are named above it."""
    account = next(card for card in still.cards(CardFilter()) if card.label == "Brand page").id
    wanted = {
        "Type: SMS": InboxFilter(kinds=("sms",)),
        "App: Sandbox Social": InboxFilter(apps=("sandbox-social",)),
        "Collection: Finance": InboxFilter(collections=("Finance",)),
        "Account: Brand page": InboxFilter(accounts=(account,)),
        "with a code": InboxFilter(with_code=True),
    }
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "i")
        for words, chosen in wanted.items():
            pilot.app.screen._change_filter(chosen)
            await settle(pilot)
            assert words in shown(pilot)
            assert table(pilot).count == still.count_messages(chosen) > 0


async def test_filter_dialog_applies(still: StillSession, clock: FrozenClock) -> None:
    """What is ticked in the dialog is what the list shows; Esc there changes nothing."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "i", "f", "j", "space", "escape")
        assert table(pilot).count == still.count_messages(InboxFilter())
        await keys(pilot, "f", "j", "space", "enter")
        assert table(pilot).count == still.count_messages(InboxFilter(with_code=True))


async def test_filters_survive_leaving(still: StillSession, clock: FrozenClock) -> None:
    """Leaving and coming back keeps the search; Esc clears it before it leaves."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "i", "slash", *"budget", "enter", "enter", "escape")
        assert table(pilot).count == 1
        await keys(pilot, "escape")
        assert isinstance(pilot.app.screen, InboxScreen)
        await keys(pilot, "escape")
        assert not isinstance(pilot.app.screen, InboxScreen)


async def test_copies_the_code(still: StillSession, clock: FrozenClock) -> None:
    """c copies the code of the selected message, which counts as read from then on."""
    sent: list[str] = []
    app = app_over(still, clock)
    async with app.run_test(size=WIDE) as pilot:
        app._to_terminal = sent.append  # type: ignore[method-assign]
        await keys(pilot, "i", "c")
        assert sent == [osc52("G-481920", {})]
        assert selected(pilot).read


async def test_no_code_is_said(still: StillSession, clock: FrozenClock) -> None:
    """A message without a code has none to copy, and that is said instead of guessing."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "i", "slash", *"budget", "enter", "c")
        assert "No code was recognised" in pilot.app.screen.query_one(BottomBar).notice


async def test_leads_to_message_and_account(still: StillSession, clock: FrozenClock) -> None:
    """Enter opens the whole message, a the account it was sent to."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "i", "enter")
        assert isinstance(pilot.app.screen, MessageScreen)
        await keys(pilot, "escape", "a")
        assert isinstance(pilot.app.screen, AccountScreen)
        assert pilot.app.screen.account.card.label == "Brand page"


async def test_empty(still: StillSession, clock: FrozenClock) -> None:
    """Without a hit the list says why it is empty and what Esc does."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "i", "slash", *"zzzz")
        assert "No message matches “zzzz”. Esc clears the search." in shown(pilot)


async def test_reads_only_the_pages_it_shows(tmp_path: Path, clock: FrozenClock) -> None:
    """Of many messages only the pages on screen are read, wherever one jumps to."""
    gallery = Gallery(tmp_path / "many", messages=3 * PAGE)
    session = gallery.session(tmp_path, clock)
    async with app_over(session, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "i")
        assert set(table(pilot)._pages) == {0}
        await keys(pilot, "G")
        last = (table(pilot).count - 1) // PAGE
        assert set(table(pilot)._pages) <= {0, last - 1, last}
        assert table(pilot).index == table(pilot).count - 1
    await session.close()


@pytest.fixture
async def live(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Session]:
    """A session at the real service with one account that has a number, and three messages."""
    device = await enrol(rig, tmp_path / "device", clock, email=f"inbox{next(NAMES)}@example.org")
    session = device.open()
    account = await session.add_account(Item("Ads", app="sandbox-ads"))
    offer = await session.offer_number(account)
    await session.commit_number(offer, offer.id.hex())
    for text in ("first", "second", "third"):
        await rig.text(offer.e164, f"The {text} message")
    await session.sync_now()
    yield session
    await session.close()


def number_of(session: Session) -> str:
    """The number of the account."""
    ((_card, number),) = session.numbers()
    return number.e164


async def test_arrives_without_moving_the_selection(live: Session, rig: ServiceRig, clock: FrozenClock) -> None:
    """A message that arrives appears by itself; the selected message stays selected, and stays where it was read."""
    async with app_over(live, clock).run_test(size=WIDE) as pilot:
        await until(live, lambda: live.status().state == "live")
        await keys(pilot, "i", "j")
        before = selected(pilot).key
        await rig.text(number_of(live), "Your code is 593021")
        await until(live, lambda: live.count_messages(InboxFilter()) == 4)
        await settle(pilot)
        assert selected(pilot).key == before
        assert table(pilot).index == 2
        newest = table(pilot).at(0)
        assert newest and newest.code and newest.code.text == "593021"
        assert "Ads: code 593 021." in pilot.app.screen.query_one(BottomBar).notice


async def test_arrives_on_the_card(live: Session, rig: ServiceRig, clock: FrozenClock) -> None:
    """The code of a message that arrives stands on its card at once, without anybody asking."""
    async with app_over(live, clock).run_test(size=WIDE) as pilot:
        await until(live, lambda: live.status().state == "live")
        await rig.text(number_of(live), "Your code is 593021")
        await until(live, lambda: live.count_messages(InboxFilter(with_code=True)) == 1)
        await settle(pilot)
        assert " 593 021 " in shown(pilot)
