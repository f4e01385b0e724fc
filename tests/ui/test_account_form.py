"""The form for a new account: every field of the card, suggestions, generator, nothing typed is lost."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from cerby_tui.screens.account import AccountScreen
from cerby_tui.screens.account_form import AccountForm, FormRow
from cerby_tui.screens.cards import CardsScreen
from cerby_tui.screens.confirm import ConfirmScreen
from cerby_tui.screens.generator import GeneratorScreen, made_up
from cerby_tui.values import CardFilter, CustomField
from cerby_tui.widgets.bars import BottomBar
from cerby_tui.widgets.entry import Entry
from tests.fakes import FrozenClock
from tests.ui.gallery import PLAIN_LOOKS, WIDE, Look, StillSession, app_over, keys, settle, shown


async def type_into(pilot: Pilot[Any], name: str, text: str) -> None:
    """Fill in one row."""
    row = pilot.app.screen.query_one(f"#row-{name}", FormRow)
    row.query("Entry, Area").first().focus()
    await keys(pilot, *text)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_form(snap_compare: Any, still: StillSession, clock: FrozenClock, look: Look) -> None:
    """The form while the app is typed: suggestions below it, what the app takes below them."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "a", *"Team wiki", "enter", *"ama", "down")
        assert isinstance(pilot.app.screen, AccountForm)
        assert "Amazon Web Services" in shown(pilot)

    assert snap_compare(app_over(still, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_custom_field_dialog(snap_compare: Any, still: StillSession, clock: FrozenClock, look: Look) -> None:
    """Naming a custom field."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "a", "ctrl+n", *"Customer number", "ctrl+t")
        assert "(•) Long text" in shown(pilot)

    assert snap_compare(app_over(still, clock, look), terminal_size=look.size, run_before=act)


async def test_every_field_arrives(still: StillSession, clock: FrozenClock) -> None:
    """What is typed into the rows is what the vault holds; the page of the new account opens."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "a")
        rows = {"label": "Wiki", "login_url": "https://wiki.example", "username": "ops", "password": "s3cret pass",
                "email": "ops@example.org", "phone": "+1 555 010 0100", "collections": "IT, Legal , IT"}  # fmt: skip
        await type_into(pilot, "app", "Our wiki")
        for name, text in rows.items():
            await type_into(pilot, name, text)
        await type_into(pilot, "notes", "Two")
        await keys(pilot, "enter", *"lines")
        await keys(pilot, "ctrl+n", *"Floor", "enter", *"3rd", "ctrl+s")
        assert isinstance(pilot.app.screen, AccountScreen)
        item = pilot.app.screen.account.item
        assert (item.app, item.app_name) == ("", "Our wiki")
        assert {name: getattr(item, name) for name in rows} | {"collections": ""} == rows | {"collections": ""}
        assert item.collections == ("IT", "Legal")
        assert (item.notes, item.fields) == ("Two\nlines", (CustomField("Floor", "3rd"),))


async def test_catalogue_app_brings_its_slug(still: StillSession, clock: FrozenClock) -> None:
    """A suggested app is stored by its slug, and needs no login URL."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "a", *"Chat", "enter", *"sla", "down", "enter")
        assert not pilot.app.screen.query_one("#row-login_url").display
        await keys(pilot, "ctrl+s")
        card = next(card for card in still.cards(CardFilter()) if card.label == "Chat")
        assert (card.app, card.app_name) == ("slack", "Slack")


async def test_says_what_the_app_takes(still: StillSession, clock: FrozenClock) -> None:
    """While the app is chosen the form says which kind of number it takes, or that it takes none."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "a", "tab", *"asana")
        assert "Asana takes no phone number." in shown(pilot)
        await keys(pilot, "ctrl+u", *"stripe")
        assert "Stripe takes non-VoIP numbers only" in shown(pilot)
        await keys(pilot, "ctrl+u", *"my own")
        assert "outside the catalogue" in shown(pilot)


async def test_label_is_needed(still: StillSession, clock: FrozenClock) -> None:
    """Without a label nothing is added, the reason is said, and what was typed stays."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "a")
        await type_into(pilot, "username", "ops")
        await keys(pilot, "ctrl+s")
        assert "An account needs a name." in pilot.app.screen.query_one(BottomBar).notice
        assert pilot.app.screen.query_one("#row-username", FormRow).value == "ops"


async def test_leaving_asks_when_something_was_typed(still: StillSession, clock: FrozenClock) -> None:
    """Esc leaves an empty form at once; otherwise it asks, and *No* goes on with everything in place."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "a", "escape")
        assert isinstance(pilot.app.screen, CardsScreen)
        await keys(pilot, "a", *"Wiki", "escape")
        assert isinstance(pilot.app.screen, ConfirmScreen)
        await keys(pilot, "n")
        assert pilot.app.screen.query_one("#row-label", FormRow).value == "Wiki"
        await keys(pilot, "escape", "y")
        assert isinstance(pilot.app.screen, CardsScreen)


async def test_password_is_masked_and_generated(still: StillSession, clock: FrozenClock) -> None:
    """Ctrl+G makes a password up, → makes it longer, Enter takes it; it is masked until Ctrl+T."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "a")
        row = pilot.app.screen.query_one("#row-password", FormRow)
        row.query_one(Entry).focus()
        await settle(pilot)
        await keys(pilot, "ctrl+g", "right")
        generator = pilot.app.screen
        assert isinstance(generator, GeneratorScreen)
        assert len(generator.password) == 21
        await keys(pilot, "enter")
        assert row.value == generator.password
        assert generator.password not in shown(pilot)
        await keys(pilot, "ctrl+t")
        assert generator.password in shown(pilot)


@pytest.mark.parametrize("length", [5, 20, 50])
def test_made_up_passwords(length: int) -> None:
    """Passwords have the wanted length and a character of every kind, none that looks like another, never the same."""
    passwords = {made_up(length) for _ in range(20)}
    assert {len(password) for password in passwords} == {length}
    assert all(any(map(str.isdigit, each)) and any(map(str.isupper, each)) for each in passwords)
    assert not any(set(each) & set("Il1O0") for each in passwords)
    assert len(passwords) == 20
    assert made_up(length, signs=False).isalnum()


async def test_long_text_stays_readable(still: StillSession, clock: FrozenClock) -> None:
    """A value longer than its line shows its end, where the cursor is, and no scrollbar over it."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "a")
        pilot.app.screen.query(Entry).first().insert_text_at_cursor("cerby" * 19)
        await keys(pilot, *"tail")
        assert "cerbytail" in shown(pilot)
