"""How things stand with the service, kept for whoever asks, and told when it changes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Literal

from msgspec.structs import replace

from cerby_tui.values import Changed, SyncStatus

log = logging.getLogger(__name__)

Tell = Callable[[Changed], None]
Connection = Literal["starting", "live", "polling", "offline", "stopped"]


class Board:
    """Holds the present status; reading it is safe from any thread, writing happens on the sync thread."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._connection: Connection = "starting"
        self._sentence = ""
        self._alarm = ""
        self._damage = ""
        self.current = SyncStatus()

    def connection(self, state: Connection, sentence: str = "") -> None:
        """How the connection stands; an alarm outweighs a connection that is good."""
        if state != self._connection:
            log.info("the service is %s", state)
        self._connection, self._sentence = state, sentence
        self._show()

    def alarm(self, sentence: str) -> None:
        """Something is not what an honest service would send; empty when there is no such thing."""
        if sentence and sentence != self._alarm:
            log.warning("alarm: %s", sentence)
        self._alarm = sentence
        self._show()

    def damage(self, sentence: str) -> None:
        """The vault file is not whole: the worst of alarms, and one that stays."""
        log.error("damage: %s", sentence)
        self._damage = sentence
        self._show()

    def _show(self) -> None:
        worst = self._damage or self._alarm
        alarming = bool(worst) and self._connection != "stopped"
        state = "alarm" if alarming else self._connection
        self.set(state=state, sentence=worst if alarming else self._sentence)

    def set(self, **changes: Any) -> None:
        """Change fields of the status; tells only if something is different."""
        new = replace(self.current, **changes)
        if new != self.current:
            self.current = new
            self._tell(Changed(status=True))
