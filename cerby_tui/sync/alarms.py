"""Alarms in words: which stream, what was wrong with what the service sent, and what that means for the person.

A stream that broke a rule is stopped, and the alarm stays until an honest answer heals it at a new start. What could
not be proven wrong but came too late to be trusted is told once, aloud, and stays an alarm for this sitting.
"""

from __future__ import annotations

from cerby_tui.sync.judging import NEWER, Late
from cerby_tui.sync.pulling import Tell
from cerby_tui.sync.status import Board
from cerby_tui.values import Changed, News
from cerby_tui.vault.streams import Held
from cerby_tui.vault.vault import Vault

STOPPED = "Nothing new of it is believed, and what you had stays readable."
LATE = {
    "not_allowed": "could not have made it any more",
    "device_suspended": "made it on a session that was suspended before",
    "device_not_active": "made it on a session that was removed before",
}
"""What is known of the author of a change that came late, by the rule that it would break today."""


class Alarms:
    """Keeps the worst that is known on the board. All methods run on the sync thread."""

    def __init__(self, vault: Vault, board: Board, tell: Tell) -> None:
        self._vault = vault
        self._board = board
        self._tell = tell
        self._lease = ""
        self._late = ""

    def lease(self, sentence: str) -> None:
        """What is wrong with the newest lease; empty if it is good. Shown with the next `show`."""
        self._lease = sentence

    def late(self, found: list[Late]) -> None:
        """Changes whose authors were known to be shut out before they came."""
        for one in found:
            who = self._called(one.author)
            said = (
                f"A change of {self._subject(one.account, 'account')} came after it was known that its author, {who}, "
                f"{LATE.get(one.rule, 'was shut out')}. It may be an old one that was held back: look at its history."
            )
            self._late = f"{said} ({one.rule})"
            news = (News(self._late, "A change that came late", loud=True),)
            self._tell(Changed(accounts=frozenset({one.account}), news=news))
        if found:
            self.show()

    def show(self) -> None:
        """Put the worst on the board, or nothing if all is well."""
        stopped = self._vault.streams.stopped_by_id()
        alarms = [self._said(stream, one) for stream, one in stopped.items() if one.stopped != NEWER]
        self._board.alarm(alarms[0] if alarms else self._lease or self._late)

    def _said(self, stream: bytes, held: Held) -> str:
        about = self._subject(stream, held.kind)
        return f"Alarm about {about}: {held.sentence} {STOPPED} ({held.stopped})"

    def _subject(self, stream: bytes, kind: str) -> str:
        if kind == "user":
            ours = stream == self._vault.identity.user
            return "your own trusted sessions" if ours else f"the trusted sessions of {self._called(stream)}"
        if kind == "workspace":
            return "the people and roles of your workspace"
        if kind == "personal":
            return "your private settings"
        label = self._vault.database.value("SELECT label FROM accounts WHERE account = ?", (stream,))
        return f"the account “{label}”" if label else "an account that was shared with you"

    def _called(self, user: bytes) -> str:
        name = self._vault.database.value("SELECT name FROM people WHERE user = ?", (user,))
        return str(name or "") or f"Person {user[:3].hex().upper()}"
