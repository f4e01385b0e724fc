"""How one card looks in states that a vault seldom has: a table of cards, no screen."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from rich.style import Style

from cerby_tui.values import Card, Code, ManagedNumber
from cerby_tui.widgets.card_face import BOX_HEIGHT, Face
from tests.fakes import NOON

CARD = Card(b"a", "Ads", "stripe", "Stripe", "ops", "owner", "voip", number=ManagedNumber(b"n", "+15550100123", "voip"))
CODED = replace(CARD, code=Code("481920", 0.9), code_at=NOON - 12_000)


def text(card: Card, *, row: bool = False, width: int = 37, selected: bool = False) -> str:
    """The card as text."""
    face = Face(lambda _name: Style.null(), Style.null(), NOON)
    strips = face.row(card, width, selected) if row else face.box(card, width, selected)
    return "\n".join(strip.text for strip in strips)


@pytest.mark.parametrize(
    ("card", "said"),
    [
        (CODED, " 481 920  12 s ago"),
        (replace(CODED, code_at=NOON - 3_600_000), "last code 1 h ago"),
        (replace(CARD, unread=3), "3 new"),
        (replace(CARD, waiting=True), "↑ waiting"),
        (replace(CARD, clashes=1), "1 clash"),
        (replace(CARD, closed=True), "old content closed"),
        (replace(CARD, clashes=2), "2 clashes"),
        (replace(CARD, favourite=True), "★"),
        (replace(CARD, deleted=True), "deleted"),
        (replace(CARD, has_totp=True), "MFA"),
        (replace(CODED, alarm="a message was altered"), "▲ alarm: a message was"),
        (replace(CARD, number=None), "no phone number"),
        (replace(CARD, number=None, support="none"), "takes no phone number"),
        (replace(CARD, number=None, own_phone="+1 555"), "+1 555"),
        (CARD, "+1 (555) 010-0123"),
    ],
)
def test_states_are_said_in_words(card: Card, said: str) -> None:
    """Every state of a card can be read, so none is told by colour alone."""
    assert said in text(card)


def test_deleted_card_puts_no_code_forward() -> None:
    """A deleted account's code is not offered any more."""
    assert "481 920" not in text(replace(CODED, deleted=True))


def test_selected_has_heavy_lines() -> None:
    """The selected card differs without any colour."""
    assert "┏" in text(CARD, selected=True)
    assert "┏" not in text(CARD)


@pytest.mark.parametrize("width", [34, 37, 58, 120])
@pytest.mark.parametrize("label", ["x", "你好" * 40, "👩‍👩‍👧" * 30, "שלום " * 30, "\x1b[31m" * 20])
def test_every_line_is_exactly_as_wide_as_its_card(width: int, label: str) -> None:
    """Whatever a card is called, its border stays where it is."""
    card = replace(
        CODED, label=label, username=label, app_name=label, unread=120, waiting=True, clashes=3, favourite=True
    )
    face = Face(lambda _name: Style.null(), Style.null(), NOON)

    assert [width] * BOX_HEIGHT == [strip.cell_length for strip in face.box(card, width, False)]
    assert [width] == [strip.cell_length for strip in face.row(card, width, True)]
