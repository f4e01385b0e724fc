"""How things stand with the service, kept for whoever asks, and told when it changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from cerby_tui.values import Changed, SyncStatus

Tell = Callable[[Changed], None]


class Board:
    """Holds the present status; reading it is safe from any thread, writing happens on the sync thread."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self.current = SyncStatus()

    def set(self, **changes: Any) -> None:
        """Change fields of the status; tells only if something is different."""
        new = replace(self.current, **changes)
        if new != self.current:
            self.current = new
            self._tell(Changed(status=True))
