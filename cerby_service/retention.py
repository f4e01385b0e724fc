"""Messages are kept for as long as the workspace's policy says: after that their text goes, and what was signed stays.

The signed record of a message says when it came and what it follows. With it, clients go on noticing a message that is
missing, moved or put in later.
"""

from __future__ import annotations

import logging

from cerby_service.clock import HOUR, Clock
from cerby_service.database import Database, Reading, Writing, messages, streams
from cerby_service.logs import fields
from cerby_wire.state import WorkspaceState, decode_state

logger = logging.getLogger(__name__)


class Retention:
    """Forgets texts that have been kept long enough. Every sweep may be repeated, and cut short anywhere."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._swept: dict[bytes, int] = {}

    async def sweep(self) -> None:
        """Once an hour for each workspace, and at once where its policy has become shorter."""
        for workspace, seconds in (await self._database.read(_policies)).items():
            before = self._clock() - seconds * 1000
            if before >= self._swept.get(workspace, 0) + HOUR:
                await self._forget(workspace, before)

    async def _forget(self, workspace: bytes, before: int) -> None:
        def forget(writing: Writing) -> int:
            return messages.forget_texts(writing, workspace, before)

        gone = await self._database.write(forget)
        self._swept[workspace] = before
        if gone:
            logger.info("texts forgotten", extra=fields(workspace=workspace.hex(), messages=gone))


def _policies(reading: Reading) -> dict[bytes, int]:
    """For each workspace that limits it: how long messages are kept, in seconds."""
    states = (decode_state(row.state) for row in streams.of_kind(reading, "workspace"))
    held = [state for state in states if isinstance(state, WorkspaceState)]
    return {state.stream: state.policy.retention for state in held if state.policy.retention}
