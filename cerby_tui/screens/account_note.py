"""What is said beside the tabs of an account: the one thing about it that matters most now."""

from __future__ import annotations

from cerby_tui import words
from cerby_tui.screens.base import WIDE
from cerby_tui.screens.desk import Desk
from cerby_tui.terminal_text import line as one_line
from cerby_tui.values import Account


def note_of(account: Account, desk: Desk, width: int) -> str:
    """An alarm, what became of the account, its code where the pane for it has no room (`width` in cells), or whose it
    is.
    """
    card = account.card
    if card.alarm:
        said = one_line(card.alarm_said or card.alarm).rstrip(".")
        return f"▲ alarm: {said}; what came after is not shown"
    if card.deleted:
        return "deleted: R restores it"
    if card.closed:
        return "handed over, old content closed"
    newest = desk.session.code_now(card.id) if width < WIDE and card.code else None
    if newest and newest.code:
        return f"{words.code_groups(one_line(newest.code.text))} · {words.age(newest.received_at, desk.now())}"
    by = f" by {one_line(account.modified_by)}" if account.modified_by else ""
    role = "You own it" if card.role == "owner" else "You are a Collaborator"
    return f"{role} · last modified{by}" if by else role
