"""All members: people, guests, open invites; roles, the Owner's seat, removal with heirs."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from cerby_tui.errors import OfflineError, RefusedError
from cerby_tui.screens.cards import CardsScreen
from cerby_tui.screens.heirs import HeirsScreen, TransferScreen
from cerby_tui.screens.inviting import InviteScreen, NewInviteScreen
from cerby_tui.screens.members import MembersScreen
from cerby_tui.widgets.bars import BottomBar
from cerby_tui.widgets.button import Press
from cerby_tui.widgets.table import Column, Table, widths
from tests.fakes import FrozenClock
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
    words_of,
)
from tests.ui.team import ADA, BOB, CLEO, DAN, GUEST, HOSTILE_USER, INVITE, Team

BAD = set("\x1b\x07\x9b\u202e")


async def to(pilot: Pilot[Any], name: str) -> None:
    """Select somebody on the screen of all members."""
    await keys(pilot, "slash", *name, "enter")


def names(pilot: Pilot[Any]) -> list[str]:
    """The first column."""
    return [row.cells[0].text for row in pilot.app.screen.query_one(Table).rows]


def said(pilot: Pilot[Any]) -> str:
    """The newest notice."""
    return pilot.app.screen.query_one(BottomBar).notice


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_members(snap_compare: Any, team: Team, clock: FrozenClock, look: Look) -> None:
    """Everybody with role, accounts, status and dates; whoever left stands faint at the end, hostile names are text."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "M", "j")
        assert names(pilot) == [HOSTILE, "Ada Founder", "Bob Keeper", "Cleo Marks", "Dan Short", "Una Gone"]
        assert not BAD & set(shown(pilot))

    assert snap_compare(app_over(team.session, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_open_invites(snap_compare: Any, team: Team, clock: FrozenClock, look: Look) -> None:
    """Who was invited to which role, by whom, and until when; one that has expired says so."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "M", "3")
        assert "expired" in shown(pilot) and "in 7 days" in shown(pilot)
        assert not BAD & set(shown(pilot))

    assert snap_compare(app_over(team.session, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_role_dialog(snap_compare: Any, team: Team, clock: FrozenClock, look: Look) -> None:
    """Only the roles that one may give, the present one marked."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "M")
        await to(pilot, "cleo")
        await keys(pilot, "e")
        assert "Workspace role of Cleo Marks" in shown(pilot)

    assert snap_compare(app_over(team.session, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_removal_dialog(snap_compare: Any, team: Team, clock: FrozenClock, look: Look) -> None:
    """The accounts that somebody alone owns are named, an heir is chosen for each, old content stays closed."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "M")
        await to(pilot, "bob")
        await keys(pilot, "x", "enter", "enter")
        assert isinstance(pilot.app.screen, HeirsScreen)
        assert "2 accounts have no other Owner" in shown(pilot)
        assert not BAD & set(shown(pilot))

    assert snap_compare(app_over(team.session, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_transfer_dialog(snap_compare: Any, team: Team, clock: FrozenClock, look: Look) -> None:
    """The seat is handed over with a typed word."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "M")
        await to(pilot, "bob")
        await keys(pilot, "O", *"trans")
        assert isinstance(pilot.app.screen, TransferScreen)

    assert snap_compare(app_over(team.session, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_invite_dialog(snap_compare: Any, team: Team, clock: FrozenClock, look: Look) -> None:
    """An address and a role are asked for."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "M", "n", *"new@example.org")
        assert isinstance(pilot.app.screen, NewInviteScreen)

    assert snap_compare(app_over(team.session, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_invite_string(snap_compare: Any, team: Team, clock: FrozenClock, look: Look) -> None:
    """The string is shown whole, once, with what to do with it."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "M", "n", *"new@example.org", "enter")
        assert isinstance(pilot.app.screen, InviteScreen)
        string = words_of(pilot.app.screen.query_one("#string"))
        assert string.replace(" ", "") == INVITE

    assert snap_compare(app_over(team.session, clock, look), terminal_size=look.size, run_before=act)


async def test_guests_have_a_tab(team: Team, clock: FrozenClock) -> None:
    """Guests are not among the members, but on their own tab; tabs say how many there are."""
    async with app_over(team.session, clock).run_test(size=NARROW) as pilot:
        await keys(pilot, "M")
        assert GUEST.name not in names(pilot)
        assert "Members 5" in shown(pilot) and "Guests 1" in shown(pilot) and "Open invites 2" in shown(pilot)
        await keys(pilot, "2")
        assert names(pilot) == [GUEST.name]


async def test_filter(team: Team, clock: FrozenClock) -> None:
    """/ filters by name, address and role as one types; Esc clears, then leaves."""
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "M", "slash", *"admin", "enter")
        assert names(pilot) == [BOB.name]
        await keys(pilot, "slash", "ctrl+u", *"cleo@ex", "enter")
        assert names(pilot) == [CLEO.name]
        await keys(pilot, "slash", "ctrl+u", *"nobody", "enter")
        assert "Nobody matches “nobody”" in shown(pilot)
        await keys(pilot, "escape")
        assert isinstance(pilot.app.screen, MembersScreen) and len(names(pilot)) == 6
        await keys(pilot, "escape")
        assert isinstance(pilot.app.screen, CardsScreen)


async def test_role_is_changed(team: Team, clock: FrozenClock) -> None:
    """Enter on another role gives it, and the table shows it."""
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "M")
        await to(pilot, "cleo")
        await keys(pilot, "e", "up", "enter")
        assert team.people.asked == [("set_role", CLEO.user, "admin", {})]
        assert said(pilot) == "Cleo Marks is Admin now."
        assert "Admin" in shown(pilot)


async def test_demotion_asks_for_heirs(team: Team, clock: FrozenClock) -> None:
    """A role that may own no accounts is given only once each account that they alone own has an heir."""
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "M")
        await to(pilot, "cleo")
        await keys(pilot, "e", "down", "enter")
        assert "Make Cleo Marks Login-Only?" in shown(pilot)
        assert pilot.app.screen.query_one("#yes", Press).disabled
        await keys(pilot, "a", "enter", "right", "enter")
        heirs = dict.fromkeys((one.account for one in team.people.owned), ADA.user)
        assert team.people.asked[-1] == ("set_role", CLEO.user, "login_only", heirs)


async def test_removal_with_heirs(team: Team, clock: FrozenClock) -> None:
    """Each account goes to the person chosen for it; who is on it already stands first."""
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "M")
        await to(pilot, "bob")
        await keys(pilot, "x", "enter")
        assert "on this account already" in shown(pilot)
        await keys(pilot, "enter", "down", "enter", "enter", "right", "enter")
        assert team.people.asked[-1] == ("remove", BOB.user, {b"account-1": CLEO.user, b"account-2": ADA.user})
        assert said(pilot) == "Bob Keeper was removed from the workspace. 2 accounts handed over."
        assert "Removed" in shown(pilot)


async def test_removal_without_accounts(team: Team, clock: FrozenClock) -> None:
    """Without such accounts one question remains, and its safe answer has the focus."""
    team.people.owned = []
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "M")
        await to(pilot, "dan")
        await keys(pilot, "x", "enter")
        assert [each[0] for each in team.people.asked] == ["sole_owned"]
        await keys(pilot, "x", "tab", "enter")
        assert team.people.asked[-1] == ("remove", DAN.user, {})


async def test_removal_offline(team: Team, clock: FrozenClock) -> None:
    """Without the service nobody can say what only they own: nothing is asked and nothing removed."""
    team.people.fails["sole_owned"] = [OfflineError("The service cannot be reached.")]
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "M")
        await to(pilot, "bob")
        await keys(pilot, "x")
        assert isinstance(pilot.app.screen, MembersScreen)
        assert said(pilot) == "The service cannot be reached."


async def test_transfer_needs_the_word(team: Team, clock: FrozenClock) -> None:
    """Anything but the whole word hands nothing over."""
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "M")
        await to(pilot, "bob")
        await keys(pilot, "O", *"transfe", "enter")
        assert team.people.asked == []
        await keys(pilot, "r", "enter")
        assert team.people.asked == [("transfer", BOB.user)]
        assert "Bob Keeper is the Owner of the workspace now" in said(pilot)


def offered(pilot: Pilot[Any]) -> set[str]:
    """The ids of the commands that work now."""
    return {command for command, _key in pilot.app.screen.active_commands()}


async def test_guard_rails(still: StillSession, clock: FrozenClock) -> None:
    """An Admin acts on Users, never on the Owner or themselves, and cannot hand over the seat."""
    team = Team(still, BOB)
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "M")
        await to(pilot, "cleo")
        assert {"change-role", "remove-member", "new-invite"} <= offered(pilot)
        await keys(pilot, "escape")
        for name in ("ada", "bob"):
            await to(pilot, name)
            assert not {"change-role", "remove-member", "transfer-seat"} & offered(pilot)
            await keys(pilot, "e", "x", "O", "escape")
        assert team.people.asked == []


@pytest.mark.parametrize(("me", "seen"), [(DAN, False), (GUEST, False), (CLEO, True)])
async def test_hidden_for_roles(still: StillSession, clock: FrozenClock, me: Any, seen: bool) -> None:
    """Login-Only people and guests have no list of members; Users see it, but change nobody and invite nobody."""
    Team(still, me)
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert ("members" in offered(pilot)) is seen
        assert "workspace-settings" not in offered(pilot)
        await keys(pilot, "M")
        assert isinstance(pilot.app.screen, MembersScreen if seen else CardsScreen)
        assert not {"change-role", "remove-member", "new-invite"} & offered(pilot)


async def test_invite_is_written_and_copied(team: Team, clock: FrozenClock) -> None:
    """The address and the role that were chosen are sent; c copies the whole string; then the invite is listed."""
    sent: list[str] = []
    app = app_over(team.session, clock)
    async with app.run_test(size=WIDE) as pilot:
        app._to_terminal = sent.append  # type: ignore[method-assign]
        await keys(pilot, "M", "n", *"new@example.org", "down", "down", "enter")
        assert team.invites.asked[-1] != ("invite", "new@example.org", "user")
        assert ("invite", "new@example.org", "login_only") in team.invites.asked
        await keys(pilot, "c", "escape")
        assert len(sent) == 1
        assert names(pilot)[0] == "new@example.org"


async def test_string_not_copied_is_warned_about(team: Team, clock: FrozenClock) -> None:
    """Leaving without having copied it takes a second Esc, because it is never shown again."""
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "M", "n", *"new@example.org", "enter", "escape")
        assert isinstance(pilot.app.screen, InviteScreen)
        assert "was not copied and is not shown again" in said(pilot)
        await keys(pilot, "escape")
        assert isinstance(pilot.app.screen, MembersScreen)


async def test_invite_refused(team: Team, clock: FrozenClock) -> None:
    """What the service refuses is said in the dialog, and what was typed stays."""
    team.invites.fails["invite"] = [RefusedError("mail_failed", "No mail can be sent.", next_step="Try again.")]
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "M", "n", "enter")
        assert "Type the e-mail address" in shown(pilot)
        await keys(pilot, *"new@example.org", "enter")
        assert "✗ No mail can be sent. Try again." in shown(pilot)
        await keys(pilot, "enter")
        assert isinstance(pilot.app.screen, InviteScreen)


async def test_withdraw(team: Team, clock: FrozenClock) -> None:
    """w withdraws the selected invite, after a question."""
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "M", "3", "w", "n")
        assert ("withdraw", b"invite-1") not in team.invites.asked
        await keys(pilot, "w", "y")
        assert ("withdraw", b"invite-1") in team.invites.asked
        assert len(names(pilot)) == 1


async def test_invites_offline(team: Team, clock: FrozenClock) -> None:
    """Without the service the people are there, and the invites' tab says why it is empty."""
    team.invites.fails["open"] = [OfflineError("The service cannot be reached.")]
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "M")
        assert len(names(pilot)) == 6
        await keys(pilot, "3")
        assert "The open invites are not known" in shown(pilot) and "cannot be reached" in shown(pilot)


async def test_selection_stays(team: Team, clock: FrozenClock) -> None:
    """When somebody else comes first, the person who was selected stays selected."""
    async with app_over(team.session, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "M", "j", "j")
        table = pilot.app.screen.query_one(Table)
        before = table.selected
        team.people.everybody.append(HOSTILE_USER.__class__(b"new", "Aaron", "", "user"))
        pilot.app.screen._read()
        assert table.selected and before and table.selected.key == before.key and table.index == 3


def test_columns_give_way() -> None:
    """The column that yields first goes first; what is left over is shared out."""
    columns = (Column("a", 10, 1), Column("b", 10, yields=1), Column("c", 10, yields=2))
    assert widths(columns, 40) == [14, 10, 10]
    assert widths(columns, 30) == [16, 10, 0]
    assert widths(columns, 20) == [18, 0, 0]
