"""A net under the webhooks: carriers that allow it are asked now and then for messages that never arrived here."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from cerby_service.carriers.base import Carrier, CarrierError
from cerby_service.clock import HOUR, SECOND, Clock
from cerby_service.database import Database, numbers
from cerby_service.inbound import Inbound
from cerby_service.logs import fields

LOOK_BACK = HOUR
LET_PASS = 30 * SECOND
"""A message this young may still be on its way as a webhook."""
logger = logging.getLogger(__name__)


class Poller:
    """Takes what the webhooks missed; what they brought is folded by the carrier's id."""

    def __init__(self, database: Database, carriers: Mapping[str, Carrier], inbound: Inbound, clock: Clock) -> None:
        self._database = database
        self._carriers = carriers
        self._inbound = inbound
        self._clock = clock

    async def poll(self) -> int:
        """Ask about every number that receives; returns how many messages had been missed."""
        now, missed = self._clock(), 0
        for row in await self._database.read(lambda reading: numbers.in_state(reading, ("active", "releasing"))):
            try:
                found = await self._carriers[row.carrier].poll(row.e164, now - LOOK_BACK)
            except (CarrierError, KeyError):
                continue
            for incoming in found:
                if max(now - LOOK_BACK, row.since) <= incoming.carrier_time <= now - LET_PASS:
                    missed += await self._inbound.take(row.carrier, incoming) == "stored"
        if missed:
            logger.warning("webhooks were missed", extra=fields(messages=missed))
        return missed
