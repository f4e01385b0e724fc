"""How far a managed number has come on its way into the third-party app, and why no codes come yet."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from cerby_tui import words
from cerby_tui.screens.desk import Desk
from cerby_tui.terminal_text import line
from cerby_tui.values import Account, Card, InboxFilter
from cerby_tui.widgets.account_side import Step


def why_no_codes(card: Card) -> str:
    """Why there is nothing to see, and what would change that."""
    app = line(card.app_name) or "the app"
    if card.deleted:
        return "The account is deleted. R restores it, its codes too."
    if card.number:
        return f"Start a login in {app} so that it sends a code; it appears here by itself."
    if card.support == "none":
        return f"{app} takes no phone number."
    return "Codes appear here once this account has a phone number made by Cerby."


def as_reachable(desk: Desk, cards: Iterable[Card]) -> list[Card]:
    """Cards as this person may see them: who browses no messages sees codes while they are fresh, and counts none."""
    if desk.session.people.browses():
        return list(cards)
    since = desk.now() - words.CODE_FRESH
    return [replace(card, code=card.code if card.code_at >= since else None, unread=0) for card in cards]


def steps_of(account: Account, desk: Desk) -> tuple[str, list[Step], str]:
    """Heading, steps and a sentence for the pane beside the fields."""
    card, item = account.card, account.item
    if not card.number:
        return "", [], ""
    app = line(card.app_name) or "the app"
    first = desk.session.messages(InboxFilter(accounts=(card.id,)), limit=1)
    steps = [
        _step("created", card.number.since or 1, desk),
        _step("copied", item.copied_at, desk),
        _step(f"added in {app}", item.added_at, desk),
        Step("first message received", bool(first)),
    ]
    done = item.added_at or first or card.deleted
    sentence = "" if done else f"Add the number in the settings of {app}: Cerby cannot do that for you."
    return "Phone number", steps, sentence


def _step(name: str, at: int, desk: Desk) -> Step:
    when = words.day_and_time(at, desk.now(), desk.zone) if at > words.DAY else ""
    return Step(name, bool(at), when)
