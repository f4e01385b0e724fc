"""The moves of a number between its states: each one transaction, each only from the states it may leave.

Committing answers and the reconciler may want to move the same row at the same time; whoever is second finds it moved
and changes nothing.
"""

from __future__ import annotations

import logging

from msgspec.structs import replace

from cerby_service.carriers.base import Owned
from cerby_service.clock import Clock
from cerby_service.database import Change, Database, Draft, Reading, Writing, numbers, streams
from cerby_service.database.numbers import NumberRow, State
from cerby_service.keys import ServiceKey
from cerby_service.logs import fields
from cerby_wire.records import Number
from cerby_wire.shapes import AccessEvent

UNSETTLED: tuple[State, ...] = ("committing", "unsure")
logger = logging.getLogger(__name__)


class Settling:
    """Moves numbers."""

    def __init__(self, database: Database, key: ServiceKey, clock: Clock) -> None:
        self._database = database
        self._key = key
        self._clock = clock

    async def bought(self, row: NumberRow, owned: Owned) -> NumberRow:
        """The carrier says that the number is ours: from now on it is active, with a signed record."""
        now = self._clock()
        signed = self._key.sign(Number(row.id, row.workspace, row.account, row.e164, row.kind, row.offer, now))
        active = replace(
            row,
            state="active",
            reason="",
            provider_id=owned.provider_id,
            since=now,
            raw=signed.raw,
            signature=signed.signature,
        )
        return await self.move(active, UNSETTLED)

    async def failed(self, row: NumberRow, reason: str) -> NumberRow:
        """The carrier has no such number of ours."""
        return await self.move(replace(row, state="failed", reason=reason), UNSETTLED)

    async def unsure(self, row: NumberRow) -> NumberRow:
        """Nobody knows yet: the reconciler will ask."""
        return await self.move(replace(row, state="unsure"), ("committing",))

    async def looked_up(self, row: NumberRow, line_type: str) -> None:
        """Keep what a lookup said of a number, with the date; nobody needs to be told."""
        noted = replace(row, line_type=line_type, line_type_at=self._clock())
        await self._database.write(lambda writing: numbers.change_number(writing, noted, ("active",)))

    async def move(self, row: NumberRow, earlier: tuple[State, ...]) -> NumberRow:
        """Write the new state and tell everybody who sees the account; returns the row as it stands afterwards."""

        def write(writing: Writing) -> NumberRow:
            if numbers.change_number(writing, row, earlier):
                announce(writing, row, by=row.user if row.state == "active" else b"")
                return row
            return numbers.find_number(writing, row.workspace, row.id) or row

        stands = await self._database.write(write)
        logger.info("number", extra=fields(number=row.id.hex(), state=stands.state, reason=stands.reason))
        return stands


TOLD: dict[State, str] = {
    "active": "Phone Number Created",
    "releasing": "Phone Number Release Started",
    "quarantined": "Phone Number Released",
}


def announce(writing: Writing, row: NumberRow, by: bytes = b"", event: str = "") -> None:
    """Everybody who sees the account is asked to look again, and the activity log says what became of the number.

    `by` is who did it, if a person did; `event` what the log calls it, if not what it calls the new state.
    """
    if said := event or TOLD.get(row.state, ""):
        writing.log(Draft(row.workspace, said, by, account=row.account))
    writing.note(Change(row.workspace, "number", row.account, AccessEvent(), _audience(writing, row)))


def _audience(reading: Reading, row: NumberRow) -> frozenset[bytes]:
    return frozenset(streams.roles_on(reading, row.workspace, row.account))
