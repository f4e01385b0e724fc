"""What is said when messages arrive."""

from __future__ import annotations

from collections.abc import Sequence

from cerby_tui import terminal_text, words
from cerby_tui.screens.desk import Desk
from cerby_tui.values import MessageKey

MANY = 3


def news(desk: Desk, keys: Sequence[MessageKey]) -> str:
    """One sentence for messages that just came in: the newest code first, a count when there are many.

    Who browses no messages hears of codes only.
    """
    browses = desk.session.people.browses()
    if len(keys) > MANY and browses:
        return f"{len(keys):,} new messages."
    messages = [desk.session.message(key) for key in keys]
    messages = [message for message in messages if browses or message.code]
    if not messages:
        return ""
    newest = max(messages, key=lambda each: (each.code is not None, each.received_at))
    label = terminal_text.clip(terminal_text.line(newest.account_label), 40)
    more = f" And {words.count_of(len(messages) - 1, 'more message')}." if len(messages) > 1 else ""
    if newest.code:
        return f"{label}: code {words.code_groups(terminal_text.line(newest.code.text))}.{more}"
    sender = terminal_text.clip(terminal_text.line(newest.sender), 24)
    return f"{label}: a message from {sender}.{more}"
