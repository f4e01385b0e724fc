"""Earlier versions of cards, and the last change taken back."""

from __future__ import annotations

from cerby_tui.ground import Ground
from cerby_tui.team_values import Version


class History:
    """Versions of cards, from the entries that the vault holds."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def versions(self, account: bytes) -> list[Version]:
        """Every version whose key is held, the newest first. Raises UsageError."""
        raise NotImplementedError

    async def restore(self, account: bytes, number: int, field: str) -> None:
        """Give a field back the value it had in version `number`. Raises UsageError, RefusedError, StorageFull."""
        raise NotImplementedError

    def undoable(self) -> str:
        """What `undo` would take back, in words; empty if nothing."""
        raise NotImplementedError

    async def undo(self) -> str:
        """Take back the last change or share of this session while it can be; returns what was done, in words.

        Raises UsageError if there is nothing, or if somebody else has changed the same since.
        """
        raise NotImplementedError
