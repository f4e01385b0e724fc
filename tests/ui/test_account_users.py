"""The Users tab: who is on an account; sharing, roles, removal; what each kind of person sees of the page at all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.pilot import Pilot

from cerby_tui import words
from cerby_tui.activity import ActivityFilter
from cerby_tui.cli.inbox import _inbox
from cerby_tui.errors import RefusedError
from cerby_tui.screens.account import AccountScreen
from cerby_tui.screens.account_users import UsersPane
from cerby_tui.screens.cards import CardsScreen
from cerby_tui.screens.choose import ChoiceList, ChooseScreen
from cerby_tui.screens.loud import LoudScreen
from cerby_tui.screens.share import PeopleList, ShareScreen
from cerby_tui.team_values import Happening
from cerby_tui.values import Item, News
from cerby_tui.widgets.bars import BottomBar
from cerby_tui.widgets.field import Field
from cerby_tui.widgets.tabs import TabLine
from tests.fakes import NOON, FrozenClock
from tests.ui.gallery import (
    HOSTILE,
    PLAIN_LOOKS,
    WIDE,
    Look,
    StillSession,
    app_over,
    comes_soon,
    keys,
    open_account,
    settle,
    shown,
)
from tests.ui.office import Office

Enter = Callable[[str], StillSession]
BAD = set("\x1b\x07\x9b\u202e")


async def to_users(pilot: Pilot[Any], place: int = 0) -> UsersPane:
    """The Users tab of the shared account, with the person at that place selected."""
    await open_account(pilot, "Payroll")
    await keys(pilot, "3", *["j"] * place)
    return pilot.app.screen.query_one(UsersPane)


def said(pilot: Pilot[Any]) -> str:
    """The newest notice."""
    return pilot.app.screen.query_one(BottomBar).notice


def people(session: StillSession, office: Office) -> dict[str, str]:
    """Names and roles on the shared account, waiting changes included."""
    return {one.name: one.role for one in session.sharing.members(office.payroll.id)}


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_users(snap_compare: Any, enter: Enter, clock: FrozenClock, look: Look) -> None:
    """Everybody on the account, Owners first, with role, how it came to them, and how it stands."""

    async def act(pilot: Pilot[Any]) -> None:
        pane = await to_users(pilot, 3)
        rows = [(row.cells[0].text, row.cells[1].text) for row in pane.table.rows]
        assert rows[:2] == [("Ada Example", "Owner"), ("Bob Example", "Owner")]
        assert rows[2:] == [(f"{name} Example", "Collaborator") for name in ("Cleo", "Dan", "Gil")]
        assert "dan@example.org · Login-Only" in shown(pilot)

    assert snap_compare(app_over(enter("Ada"), clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_share_dialog(snap_compare: Any, enter: Enter, office: Office, clock: FrozenClock, look: Look) -> None:
    """Who is not on the account yet can be ticked; Login-Only and Guests stand last, as Collaborators."""

    async def act(pilot: Pilot[Any]) -> None:
        await to_users(pilot)
        session = pilot.app.screen.desk.session  # type: ignore[attr-defined]
        for name in ("Dan", "Gil", "Cleo"):
            await session.sharing.remove(office.payroll.id, office.user(name))
        await keys(pilot, "s", "ctrl+t", "down", "enter", "down", "enter")
        assert isinstance(pilot.app.screen, ShareScreen)
        text = shown(pilot)
        assert "Login-Only: Collaborator" in text and "Guest User: Collaborator" in text
        assert text.count("[x]") == 2 and not BAD & set(text)

    assert snap_compare(app_over(enter("Ada"), clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_role_dialog(snap_compare: Any, enter: Enter, clock: FrozenClock, look: Look) -> None:
    """The two roles with what they mean, the present one marked."""

    async def act(pilot: Pilot[Any]) -> None:
        await to_users(pilot, 2)
        await keys(pilot, "e")
        assert isinstance(pilot.app.screen, ChooseScreen)
        selected = pilot.app.screen.query_one(ChoiceList).selected
        assert selected and (selected.title, selected.now) == ("Collaborator", True)

    assert snap_compare(app_over(enter("Ada"), clock, look), terminal_size=look.size, run_before=act)


async def test_share(enter: Enter, office: Office, clock: FrozenClock) -> None:
    """Typing finds, Enter ticks, Ctrl+S confirms: the person stands on the account as not sent yet; u takes it back."""
    session = enter("Ada")
    async with app_over(session, clock).run_test(size=WIDE) as pilot:
        pane = await to_users(pilot)
        await keys(pilot, "s", *"zz")
        assert pilot.app.screen.query_one(PeopleList).count == 0
        await keys(pilot, "backspace", "backspace", *"mal", "enter", "ctrl+s")
        assert people(session, office)[HOSTILE] == "collaborator"
        assert "Shared with 1 person" in said(pilot)
        row = next(row for row in pane.table.rows if row.cells[0].text == HOSTILE)
        assert row.cells[4].text == "↑ not sent yet" and not BAD & set(shown(pilot))
        await keys(pilot, "u")
        assert HOSTILE not in people(session, office)


async def test_share_with_nobody(enter: Enter, office: Office, clock: FrozenClock) -> None:
    """Confirming without a tick says what to do, Esc shares with nobody."""
    session = enter("Ada")
    async with app_over(session, clock).run_test(size=WIDE) as pilot:
        await to_users(pilot)
        await keys(pilot, "s", "ctrl+s")
        assert "Nobody is ticked yet" in said(pilot)
        await keys(pilot, "enter", "enter", "escape")
        assert session.status().waiting == 0


async def test_everybody_is_on_it(enter: Enter, office: Office, clock: FrozenClock) -> None:
    """When nobody is left to share with, the dialog says so instead of standing there empty."""
    session = enter("Ada")
    await session.sharing.share(office.payroll.id, office.user("Mal"), "owner")
    async with app_over(session, clock).run_test(size=WIDE) as pilot:
        await to_users(pilot)
        await keys(pilot, "s")
        assert "Everybody is on this account" in shown(pilot)


async def test_change_role(enter: Enter, office: Office, clock: FrozenClock) -> None:
    """e and a choice change the role; choosing the one in force changes nothing."""
    session = enter("Ada")
    async with app_over(session, clock).run_test(size=WIDE) as pilot:
        await to_users(pilot, 2)
        await keys(pilot, "e", "enter")
        assert session.status().waiting == 0
        await keys(pilot, "enter", "k", "enter")
        assert people(session, office)["Cleo Example"] == "owner"
        assert "Cleo Example is Owner now." in said(pilot)


@pytest.mark.parametrize(("place", "why"), [(3, "Dan Example is Login-Only"), (4, "Gil Example is Guest User")])
async def test_collaborators_by_role(enter: Enter, clock: FrozenClock, place: int, why: str) -> None:
    """Login-Only people and Guests can be Collaborators only, and it is said why."""
    async with app_over(enter("Ada"), clock).run_test(size=WIDE) as pilot:
        await to_users(pilot, place)
        await keys(pilot, "e")
        assert isinstance(pilot.app.screen, AccountScreen)
        assert said(pilot) == f"{why} and can be a Collaborator only."


async def test_remove(enter: Enter, office: Office, clock: FrozenClock) -> None:
    """x asks, says what removing does and does not do, and takes the person off."""
    session = enter("Ada")
    async with app_over(session, clock).run_test(size=WIDE) as pilot:
        await to_users(pilot, 2)
        await keys(pilot, "x")
        assert "What they have read or copied they may still" in shown(pilot)
        await keys(pilot, "n")
        assert "Cleo Example" in people(session, office)
        await keys(pilot, "x", "y")
        assert "Cleo Example" not in people(session, office)


@pytest.mark.parametrize("key", ["x", "e"])
async def test_sole_owner_stays(enter: Enter, office: Office, clock: FrozenClock, key: str) -> None:
    """The only Owner can neither leave nor be demoted; no dialog opens, the reason and the way out are said."""
    session = enter("Ada")
    await session.sharing.remove(office.payroll.id, office.user("Bob"))
    async with app_over(session, clock).run_test(size=WIDE) as pilot:
        await to_users(pilot)
        await keys(pilot, key)
        assert isinstance(pilot.app.screen, AccountScreen)
        assert said(pilot) == "You are the only Owner of this account. Make somebody else an Owner first."


async def test_leaving(enter: Enter, office: Office, clock: FrozenClock) -> None:
    """An Owner who is not the only one may leave: it is asked, said when it will happen, and can be taken back."""
    session = enter("Bob")
    async with app_over(session, clock).run_test(size=WIDE) as pilot:
        await to_users(pilot, 1)
        await keys(pilot, "x")
        assert "Leave this account?" in shown(pilot)
        await keys(pilot, "y")
        assert "as soon as another Owner is online" in said(pilot)
        assert pilot.app.screen.query_one(UsersPane).table.rows[1].cells[4].text == "Leaving"
        await keys(pilot, "u")
        assert said(pilot) == "Taken back: leaving Payroll."
        rows = pilot.app.screen.query_one(UsersPane).table
        await comes_soon(lambda: rows.rows[1].cells[4].text == "Active")


@pytest.mark.parametrize(
    ("who", "tabs", "inbox"),
    [
        ("Ada", ["General", "Inbox (2 new)", "Users", "History"], True),
        ("Cleo", ["General", "Inbox (2 new)"], True),
        ("Dan", ["General"], False),
        ("Gil", ["General"], False),
    ],
)
async def test_who_sees_what(enter: Enter, clock: FrozenClock, who: str, tabs: list[str], inbox: bool) -> None:
    """Owners have all tabs, Collaborators no people and no history, Login-Only and Guests no messages either."""
    async with app_over(enter(who), clock).run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert isinstance(pilot.app.screen, CardsScreen)
        assert ("shared-inbox" in dict(pilot.app.screen.active_commands())) == inbox
        await open_account(pilot, "Payroll")
        assert [title for _tab, title in pilot.app.screen.tabs()] == tabs  # type: ignore[attr-defined]
        password = next(field for field in pilot.app.screen.query(Field) if field.spec.name == "password")
        assert ("reveal" in password.spec.actions) == (who == "Ada")
        await keys(pilot, "2", "3", "4")
        assert pilot.app.screen.query_one(TabLine).current == {"Ada": "history", "Cleo": "inbox"}.get(who, "general")
        await keys(pilot, "i")
        assert isinstance(pilot.app.screen, AccountScreen) != inbox


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_guest(snap_compare: Any, enter: Enter, clock: FrozenClock, look: Look) -> None:
    """A Guest's page: details, a masked password, the fresh code and its key; no inbox, no people, no history."""

    async def act(pilot: Pilot[Any]) -> None:
        await open_account(pilot, "Payroll")
        assert "account-code" in dict(pilot.app.screen.active_commands())

    assert snap_compare(app_over(enter("Gil"), clock, look), terminal_size=look.size, run_before=act)


async def test_codes_of_guests_go_stale(enter: Enter, clock: FrozenClock) -> None:
    """A Guest gets a code while it is fresh; then neither the page nor the card shows or copies it."""
    async with app_over(enter("Gil"), clock).run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert "730114" in shown(pilot).replace(" ", "")
        clock.advance(words.CODE_FRESH / 1000 + 1)
        await keys(pilot, "ctrl+r")
        await open_account(pilot, "Payroll")
        assert "730114" not in shown(pilot)
        assert "account-code" not in dict(pilot.app.screen.active_commands())
        await keys(pilot, "escape")
        assert "730114" not in shown(pilot)


@pytest.mark.parametrize(("who", "found"), [("Cleo", True), ("Gil", False)])
async def test_messages_in_the_palette(enter: Enter, clock: FrozenClock, who: str, found: bool) -> None:
    """The palette finds the messages of those who browse them, and of nobody else."""
    async with app_over(enter(who), clock).run_test(size=WIDE) as pilot:
        await settle(pilot)
        await keys(pilot, "colon", *"verification")
        assert ("Messages" in shown(pilot)) == found


async def test_command_line_has_no_inbox_either(enter: Enter, capsys: pytest.CaptureFixture[str]) -> None:
    """`cerby-tui inbox` is refused to a Guest with a sentence that says what there is instead."""
    session = enter("Gil")

    class Opened:
        as_json = False

        @asynccontextmanager
        async def session(self) -> AsyncIterator[StillSession]:
            yield session

    with pytest.raises(RefusedError, match="no Shared Inbox") as caught:
        await _inbox(Opened(), "", (), (), (), False, 10)  # type: ignore[arg-type]
    assert "cerby-tui code show" in caught.value.next_step
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_handed_over(snap_compare: Any, enter: Enter, clock: FrozenClock, look: Look) -> None:
    """An account that was handed over says that its old content is closed; its number goes on."""

    async def act(pilot: Pilot[Any]) -> None:
        await open_account(pilot, "Handed over")
        assert "handed over" in shown(pilot).splitlines()[2]
        await keys(pilot, "k", "k", "k", "k", "k", "k")

    assert snap_compare(app_over(enter("Ada"), clock, look), terminal_size=look.size, run_before=act)


async def test_new_label_after_handing_over(enter: Enter, office: Office, clock: FrozenClock) -> None:
    """The new Owner gives the account a label; what it held before stays closed, its history begins anew."""
    session = enter("Ada")
    async with app_over(session, clock).run_test(size=WIDE) as pilot:
        await open_account(pilot, "Handed over")
        next(field for field in pilot.app.screen.query(Field) if field.spec.name == "label").focus()
        await settle(pilot)
        await keys(pilot, "e", "ctrl+u", *"Shop", "enter")
        assert session.card(office.handed_over.id).label == "Shop"
        assert not session.card(office.handed_over.id).closed


async def test_last_used(enter: Enter, office: Office, clock: FrozenClock) -> None:
    """When each person last looked at something of the account, as the activity log says."""
    session = enter("Ada")
    hour = 3_600_000
    seen = [Happening(n, NOON - n * hour, "Code Copied", "Bob Example", user=office.user("Bob")) for n in (2, 5)]

    async def lines(wanted: ActivityFilter) -> list[Happening]:
        return seen if wanted.accounts == (office.payroll.id,) and "Code Copied" in wanted.events else []

    session.activity.lines = lines  # type: ignore[method-assign]
    async with app_over(session, clock).run_test(size=WIDE) as pilot:
        pane = await to_users(pilot)
        assert [row.cells[3].text for row in pane.table.rows] == ["–", "2 h ago", "–", "–", "–"]


@pytest.mark.parametrize(
    "at",
    [(), ("3", "s"), ("2", "enter"), ("4", "enter"), ("colon", *"payroll")],
    ids=["on the page", "while sharing", "a message", "a comparison", "found in the palette"],
)
async def test_lost_while_open(enter: Enter, office: Office, clock: FrozenClock, at: tuple[str, ...]) -> None:
    """An account that is taken away leaves the screen at once, with every dialog over it, and it is said."""
    session = enter("Bob")
    async with app_over(session, clock).run_test(size=WIDE) as pilot:
        await open_account(pilot, "Payroll")
        await keys(pilot, *at)
        await session._ground.call(_lose, session, office.payroll.id)
        session._ground.changed(office.payroll.id)
        await settle(pilot)
        await settle(pilot)
        assert isinstance(pilot.app.screen, CardsScreen)
        assert said(pilot) == "You no longer have access to Payroll."
        assert not any("Payroll" in line or "730" in line for line in shown(pilot).splitlines()[3:-3])


async def test_lost_under_loud_news(enter: Enter, office: Office, clock: FrozenClock) -> None:
    """News that must be read stays when the account below it is lost; nothing of the account can be seen any more."""
    session = enter("Bob")
    app = app_over(session, clock)
    async with app.run_test(size=WIDE) as pilot:
        await open_account(pilot, "Payroll")
        app.push_screen(LoudScreen(News("Your recovery key was used.", loud=True), app.desk))  # type: ignore[arg-type]
        await settle(pilot)
        await session._ground.call(_lose, session, office.payroll.id)
        session._ground.changed(office.payroll.id)
        await settle(pilot)
        await settle(pilot)
        assert isinstance(pilot.app.screen, LoudScreen)
        assert "730" not in shown(pilot) and "pay@example.org" not in shown(pilot)
        await keys(pilot, "escape")
        assert isinstance(pilot.app.screen, CardsScreen)


def _lose(session: StillSession, account: bytes) -> None:
    vault = session._ground.writing.vault
    with vault.database.transaction():
        vault.streams.mark_lost(account, lost=True)
        vault.refresh([account])


async def test_new_account_is_shared_at_once(enter: Enter, clock: FrozenClock) -> None:
    """An account that the service does not have yet has its people already: its founder, and whom they add."""
    session = enter("Bob")
    await session.add_account(Item("Brand new"))
    async with app_over(session, clock).run_test(size=WIDE) as pilot:
        await open_account(pilot, "Brand new")
        await keys(pilot, "3", "s", *"cleo", "enter", "ctrl+s")
        pane = pilot.app.screen.query_one(UsersPane)
        assert [row.cells[0].text for row in pane.table.rows] == ["Bob Example", "Cleo Example"]
