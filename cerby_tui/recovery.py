"""The recovery kit of this person: whether it works, when that was last tried, a new one."""

from __future__ import annotations

from cerby_tui.ground import Ground


class Recovery:
    """The recovery kit. Reading and the drill ask only the disk."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def last_drill(self) -> int:
        """When the kit was last tried, UTC milliseconds; 0 for never."""
        raise NotImplementedError

    async def drill(self, code: str) -> str:
        """Prove that a typed code opens a copy of what this vault holds; returns what was opened, in words.

        Raises UsageError naming the group that is mistyped, or for the code of another kit.
        """
        raise NotImplementedError

    async def replace(self) -> tuple[str, ...]:
        """Make a new kit and spend the old one; returns the groups of its code. Raises OfflineError, RefusedError."""
        raise NotImplementedError
