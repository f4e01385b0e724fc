"""What happens by itself with time: offers end, releases go through, quarantine passes, old notes are forgotten."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from msgspec.structs import replace

from cerby_service.carriers.base import Carrier, CarrierError
from cerby_service.clock import DAY, HOUR, Clock
from cerby_service.database import Database, Writing, approvals, numbers, upkeep
from cerby_service.database.numbers import NumberRow
from cerby_service.logs import fields
from cerby_service.settings import Timings
from cerby_service.settling import Settling

SEEN_FOR = 7 * DAY
VERIFICATIONS_FOR = HOUR
WELCOMES_FOR = 7 * DAY
CHANGES_FOR = 30 * DAY
KEYS_FOR = 7 * DAY
logger = logging.getLogger(__name__)


class Sweeper:
    """Does what is due. Every sweep may be repeated, and cut short anywhere."""

    def __init__(
        self, database: Database, settling: Settling, carriers: Mapping[str, Carrier], clock: Clock, timings: Timings
    ) -> None:
        self._database = database
        self._settling = settling
        self._carriers = carriers
        self._clock = clock
        self._timings = timings

    async def sweep(self) -> None:
        """Everything that is due now."""
        await self._database.write(self._forget)
        for row in await self._due("releasing"):
            await self._release(row)
        for row in await self._due("quarantined"):
            await self._settling.move(replace(row, state="gone"), ("quarantined",))

    async def _due(self, state: numbers.State) -> list[NumberRow]:
        return await self._database.read(lambda reading: numbers.in_state(reading, (state,), self._clock()))

    async def _release(self, row: NumberRow) -> None:
        """Give a number back to its carrier; if the carrier does not answer, the next sweep tries again."""
        try:
            await self._carriers[row.carrier].release(row.provider_id)
        except (CarrierError, KeyError):
            logger.warning("release failed", extra=fields(number=row.id.hex(), carrier=row.carrier))
            return
        due = self._clock() + self._timings.quarantine
        await self._settling.move(replace(row, state="quarantined", due=due), ("releasing",))

    def _forget(self, writing: Writing) -> None:
        now = self._clock()
        numbers.end_offers_before(writing, now)
        numbers.forget_keys_before(writing, now - KEYS_FOR)
        upkeep.forget_verifications(writing, now - VERIFICATIONS_FOR)
        approvals.forget(writing, now - VERIFICATIONS_FOR, now - WELCOMES_FOR)
        upkeep.forget_seen(writing, now - SEEN_FOR)
        upkeep.forget_changes(writing, now - CHANGES_FOR)
