"""What happened in the workspace, and what this person looked at and copied."""

from __future__ import annotations

from msgspec import Struct

from cerby_tui.ground import Ground
from cerby_tui.team_values import Happening


class ActivityFilter(Struct, frozen=True):
    """Which lines: since a time (UTC ms), of these events, people and accounts; empty means all."""

    since: int = 0
    until: int = 0
    events: tuple[str, ...] = ()
    people: tuple[bytes, ...] = ()
    accounts: tuple[bytes, ...] = ()


class Activity:
    """The activity log. Noting works offline: what was noted is sent with the next round."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def note(self, event: str, account: bytes, detail: str = "") -> None:
        """Note that this person viewed or copied something, to be signed and sent; returns at once."""
        raise NotImplementedError

    async def lines(self, wanted: ActivityFilter) -> list[Happening]:
        """The lines that this person may see, the newest first. Raises OfflineError, RefusedError."""
        raise NotImplementedError

    async def verify(self) -> str:
        """Check the whole chain of the log; returns a sentence. Raises Alarm naming the first broken line."""
        raise NotImplementedError
