"""The page of an account: its fields and what can be done with each, editing in place, tabs, deleting."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from cerby_tui.clipboard import osc52
from cerby_tui.screens.account import AccountScreen
from cerby_tui.screens.confirm import ConfirmScreen
from cerby_tui.screens.number_dialog import NumberDialog
from cerby_tui.values import CardFilter, CustomField
from cerby_tui.widgets.bars import BottomBar
from cerby_tui.widgets.field import Field
from cerby_tui.widgets.tabs import TabLine
from tests.fakes import FrozenClock
from tests.ui.gallery import (
    LOOKS,
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


def field(pilot: Pilot[Any], name: str) -> Field:
    """A field by its name."""
    return next(each for each in pilot.app.screen.query(Field) if each.spec.name == name)


def account_named(session: StillSession, label: str) -> bytes:
    """The id of an account."""
    return next(card.id for card in session.cards(CardFilter()) if card.label == label)


async def focus(pilot: Pilot[Any], name: str) -> Field:
    """Go to a field."""
    found = field(pilot, name)
    found.focus()
    await settle(pilot)
    return found


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_general(snap_compare: Any, still: StillSession, clock: FrozenClock, look: Look) -> None:
    """The fields of an account with a number and a fresh code; the phone number has the focus."""

    async def act(pilot: Pilot[Any]) -> None:
        await open_account(pilot, "Brand page")
        assert field(pilot, "phone").has_focus
        assert "managed · VoIP" in shown(pilot)

    assert snap_compare(app_over(still, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_inbox_tab(snap_compare: Any, still: StillSession, clock: FrozenClock, look: Look) -> None:
    """The messages of this account alone."""

    async def act(pilot: Pilot[Any]) -> None:
        await open_account(pilot, "Brand page")
        await keys(pilot, "2")
        assert pilot.app.screen.query_one(TabLine).current == "inbox"
        assert "G-493027 is your Sandbox Social" in shown(pilot) or look.size[0] < 100

    assert snap_compare(app_over(still, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_editing(snap_compare: Any, still: StillSession, clock: FrozenClock, look: Look) -> None:
    """A field is edited where it stands."""

    async def act(pilot: Pilot[Any]) -> None:
        await open_account(pilot, "Payroll")
        await focus(pilot, "username")
        await keys(pilot, "e", *"-new")
        editor = field(pilot, "username").editor
        assert editor and editor.value == "people@saltmarsh.example-new"

    assert snap_compare(app_over(still, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_hostile(snap_compare: Any, still: StillSession, clock: FrozenClock, look: Look) -> None:
    """An account whose every field tries to be something else than text."""

    async def act(pilot: Pilot[Any]) -> None:
        await open_account(pilot, "mall")
        await focus(pilot, "label")
        text = shown(pilot)
        assert "[red]Mall[/]" in text
        assert not set("\x1b\x9b\u202e\u2066") & set(text)

    assert snap_compare(app_over(still, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_takes_no_number(snap_compare: Any, still: StillSession, clock: FrozenClock, look: Look) -> None:
    """An app that takes no phone number has no button, and says why."""

    async def act(pilot: Pilot[Any]) -> None:
        await open_account(pilot, "Production cloud")
        why = "Amazon Web Services takes no phone number, so there is none to create."
        assert why == field(pilot, "phone").spec.why
        assert "Amazon Web Services takes no phone" in shown(pilot)
        await keys(pilot, "p")
        assert isinstance(pilot.app.screen, AccountScreen)

    assert snap_compare(app_over(still, clock, look), terminal_size=look.size, run_before=act)


async def test_create_number_is_offered(still: StillSession, clock: FrozenClock) -> None:
    """An Owner of an account without a number finds `p Create phone number` on the field, and p opens the dialog."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await open_account(pilot, "Newsletter")
        assert "create_number" not in field(pilot, "phone").spec.actions
        await keys(pilot, "escape")
        await open_account(pilot, "Payroll")
        assert "p Create phone number" in shown(pilot)
        await pilot.press("p")
        await pilot.pause()
        assert isinstance(pilot.app.screen, NumberDialog)


async def test_managed_number_is_not_typed_over(still: StillSession, clock: FrozenClock) -> None:
    """A managed number can be copied and not edited, and the page says so."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await open_account(pilot, "Brand page")
        await keys(pilot, "e")
        assert field(pilot, "phone").editor is None
        assert "it cannot be typed over" in field(pilot, "phone").spec.why


async def test_edit_is_kept(still: StillSession, clock: FrozenClock) -> None:
    """Enter says Done: the value is in the vault and counted as waiting."""
    account = account_named(still, "Payroll")
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await open_account(pilot, "Payroll")
        await focus(pilot, "username")
        await keys(pilot, "e", *"X", "enter")
        assert still.account(account).item.username == "people@saltmarsh.exampleX"
        assert field(pilot, "username").editor is None
        assert still.status().waiting == 1


async def test_refused_edit_stays_open(still: StillSession, clock: FrozenClock) -> None:
    """A value that cannot be kept stays in its editor, and the reason is said."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await open_account(pilot, "Payroll")
        await focus(pilot, "label")
        await keys(pilot, "e", "ctrl+u", "enter")
        assert field(pilot, "label").editor is not None
        assert "An account needs a name." in pilot.app.screen.query_one(BottomBar).notice


async def test_cancel_asks_only_when_something_changed(still: StillSession, clock: FrozenClock) -> None:
    """Esc leaves an untouched editor at once, and asks `Discard your changes?` otherwise."""
    account = account_named(still, "Payroll")
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await open_account(pilot, "Payroll")
        await focus(pilot, "username")
        await keys(pilot, "e", "escape")
        assert field(pilot, "username").editor is None
        await keys(pilot, "e", "X", "escape")
        assert isinstance(pilot.app.screen, ConfirmScreen)
        assert "Discard your changes?" in shown(pilot)
        await keys(pilot, "y")
        assert field(pilot, "username").editor is None
        assert still.account(account).item.username == "people@saltmarsh.example"


async def test_one_edit_at_a_time(still: StillSession, clock: FrozenClock) -> None:
    """A second field is not edited before the first is done."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await open_account(pilot, "Payroll")
        await focus(pilot, "username")
        await keys(pilot, "e")
        await focus(pilot, "email")
        await keys(pilot, "e")
        assert field(pilot, "email").editor is None
        assert "Finish Username first" in pilot.app.screen.query_one(BottomBar).notice


async def test_password_is_masked_and_hides_itself(still: StillSession, clock: FrozenClock) -> None:
    """The password is masked, Space shows it, leaving the field hides it again; while typing it is masked too."""
    account = account_named(still, "Payroll")
    secret = still.account(account).item.password
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await open_account(pilot, "Payroll")
        await focus(pilot, "password")
        assert secret not in shown(pilot)
        await keys(pilot, "space")
        assert secret in shown(pilot)
        await keys(pilot, "j")
        assert secret not in shown(pilot)
        await keys(pilot, "k", "e")
        assert secret not in shown(pilot)


async def test_copies_what_is_stored(still: StillSession, clock: FrozenClock) -> None:
    """c copies the value as it is: the password although it is masked, the number as E.164."""
    account = account_named(still, "Brand page")
    sent: list[str] = []
    app = app_over(still, clock)
    async with app.run_test(size=WIDE) as pilot:
        app._to_terminal = sent.append  # type: ignore[method-assign]
        await open_account(pilot, "Brand page")
        await keys(pilot, "c")
        assert sent == [osc52("+12065550102", {})]
        await focus(pilot, "password")
        await keys(pilot, "c")
        assert sent[1:] == [osc52(still.account(account).item.password, {})]
        assert still.account(account).item.copied_at == clock.now()


async def test_checklist(still: StillSession, clock: FrozenClock) -> None:
    """The steps of the association are ticked off: copied by copying, added by d; then d is gone."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await open_account(pilot, "Newsletter")
        assert "○ added in Mailchimp" in shown(pilot)
        await keys(pilot, "c", "d")
        assert "✓ copied" in shown(pilot)
        assert "✓ added in Mailchimp" in shown(pilot)
        assert "number_added" not in field(pilot, "phone").spec.actions


async def test_custom_fields(still: StillSession, clock: FrozenClock) -> None:
    """A custom field is added with name and kind, filled, and removed after a question."""
    account = account_named(still, "Payroll")
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await open_account(pilot, "Payroll")
        await keys(pilot, "a", *"PIN", "ctrl+g", "enter")
        assert CustomField("PIN", hidden=True) in still.account(account).item.fields
        await focus(pilot, "fields.PIN")
        await keys(pilot, "e", *"4471", "enter")
        assert CustomField("PIN", "4471", hidden=True) in still.account(account).item.fields
        assert "4471" not in shown(pilot)
        await keys(pilot, "x", "y")
        assert "PIN" not in [each.name for each in still.account(account).item.fields]


async def test_notes_of_several_lines(still: StillSession, clock: FrozenClock) -> None:
    """Notes are edited as several lines; Ctrl+S is Done, because Enter is a new line."""
    account = account_named(still, "Newsletter")
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await open_account(pilot, "Newsletter")
        await focus(pilot, "notes")
        await keys(pilot, "e", "ctrl+home", *"One", "enter", *"Two ", "ctrl+s")
        assert still.account(account).item.notes.startswith("One\nTwo ")


async def test_app_is_completed_from_the_catalogue(still: StillSession, clock: FrozenClock) -> None:
    """While the app is typed the catalogue suggests; a suggestion brings its slug with it."""
    account = account_named(still, "Warehouse alarm")
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await open_account(pilot, "Warehouse alarm")
        await focus(pilot, "app")
        await keys(pilot, "e", "ctrl+u", *"sla", "down", "enter", "enter")
        assert (still.card(account).app, still.card(account).app_name) == ("slack", "Slack")


async def test_delete_and_restore(still: StillSession, clock: FrozenClock) -> None:
    """Deleting asks and says what happens; the deleted account is read-only and can be brought back."""
    account = account_named(still, "Payroll")
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await open_account(pilot, "Payroll")
        await keys(pilot, "D", "n")
        assert not still.card(account).deleted
        await keys(pilot, "D", "y")
        assert still.card(account).deleted
        await keys(pilot, "f", "G", "space", "enter", "enter")
        assert field(pilot, "username").spec.actions == {"copy_value"}
        await keys(pilot, "R")
        assert not still.card(account).deleted


async def test_copies_the_code_of_a_message(still: StillSession, clock: FrozenClock) -> None:
    """On the Inbox tab c copies the code of the selected message, and the message counts as read."""
    sent: list[str] = []
    app = app_over(still, clock)
    async with app.run_test(size=WIDE) as pilot:
        app._to_terminal = sent.append  # type: ignore[method-assign]
        await open_account(pilot, "Brand page")
        await keys(pilot, "2", "j", "c")
        assert sent == [osc52("G-493027", {})]
        assert "Inbox (1 new)" in shown(pilot)


async def test_tabs_are_named_with_what_is_new(still: StillSession, clock: FrozenClock) -> None:
    """The Inbox tab counts what is unread."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await open_account(pilot, "Brand page")
        assert "Inbox (2 new)" in shown(pilot)
        await keys(pilot, "n")
        assert "Inbox (1 new)" in shown(pilot)
