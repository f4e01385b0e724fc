"""Comparing the carriers' lists with ours, so that a crash at any line neither buys twice nor loses a number.

Rows that a crash or a silent carrier left behind are asked about one by one. Once a day the whole lists are compared
both ways: what only the carrier has is reported and touched by nobody; what only we have is marked as lost.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from cerby_service.carriers.base import Carrier, CarrierError, Owned
from cerby_service.clock import SECOND, Clock
from cerby_service.database import Database, numbers
from cerby_service.database.numbers import NumberRow
from cerby_service.logs import fields
from cerby_service.settings import Timings
from cerby_service.settling import UNSETTLED, Settling

NEVER_CREATED = "never_created"
LOST = "carrier_lost"
MARGIN = 5 * SECOND
logger = logging.getLogger(__name__)


class Report(Struct):
    """What a comparison found and did. Numbers in E.164."""

    active: list[str] = []
    failed: list[str] = []
    unsure: list[str] = []
    unknown_to_us: list[str] = []
    lost_by_carrier: list[str] = []
    unreachable: list[str] = []


class Reconciler:
    """Settles numbers with the carriers."""

    def __init__(
        self,
        database: Database,
        settling: Settling,
        carriers: Mapping[str, Carrier],
        clock: Clock,
        timings: Timings,
    ) -> None:
        self._database = database
        self._settling = settling
        self._carriers = carriers
        self._clock = clock
        self._timings = timings

    async def settle(self, *, after_crash: bool = False) -> Report:
        """Ask about every number whose purchase is not settled; after a crash, also those of a moment ago."""
        report = Report()
        for row in await self._database.read(lambda reading: numbers.in_state(reading, UNSETTLED)):
            under_way = row.state == "committing" and not after_crash and self._age(row) < self._patience
            if not under_way:
                await self._settle_one(row, report)
        return report

    async def everything(self) -> Report:
        """Settle, then compare the carriers' whole lists with ours."""
        report = await self.settle()
        for carrier in self._carriers.values():
            try:
                theirs = await carrier.owned()
            except CarrierError:
                report.unreachable.append(carrier.name)
                continue
            await self._compare(carrier, theirs, report)
        return report

    async def look_up_lines(self) -> None:
        """Ask once for the line type of each number that is ours; what it says is kept with its date."""
        for row in await self._database.read(lambda reading: numbers.in_state(reading, ("active",))):
            if row.line_type_at:
                continue
            try:
                line = await self._carriers[row.carrier].line_type(row.e164)
            except (CarrierError, KeyError):
                continue
            await self._settling.looked_up(row, line)

    @property
    def _patience(self) -> int:
        return self._timings.carrier_answer + MARGIN

    def _age(self, row: NumberRow) -> int:
        return self._clock() - row.attempted

    async def _settle_one(self, row: NumberRow, report: Report) -> None:
        try:
            found = await self._carriers[row.carrier].find(row.e164)
        except (CarrierError, KeyError):
            await self._settling.unsure(row)
            report.unsure.append(row.e164)
            return
        ours = next((one for one in found if one.reference == row.id.hex()), None)
        if ours is not None and ours.active:
            await self._settling.bought(row, ours)
            report.active.append(row.e164)
        elif ours is None and self._age(row) >= self._timings.settle_after:
            # An order may still be on its way for a while; after that, not found means never created.
            await self._settling.failed(row, NEVER_CREATED)
            report.failed.append(row.e164)
        else:
            await self._settling.unsure(row)
            report.unsure.append(row.e164)

    async def _compare(self, carrier: Carrier, theirs: list[Owned], report: Report) -> None:
        ours = await self._database.read(lambda reading: numbers.in_state(reading, numbers.RECEIVING))
        here = {row.id.hex(): row for row in ours if row.carrier == carrier.name}
        for owned in theirs:
            if owned.reference not in here:
                logger.error("number unknown to us", extra=fields(carrier=carrier.name, number=owned.provider_id))
                report.unknown_to_us.append(owned.e164)
        there = {owned.reference for owned in theirs}
        for row in here.values():
            if row.state == "active" and row.id.hex() not in there and await self._is_gone(carrier, row):
                await self._settling.move(replace(row, state="gone", reason=LOST), ("active",))
                report.lost_by_carrier.append(row.e164)

    async def _is_gone(self, carrier: Carrier, row: NumberRow) -> bool:
        """Ask again for this one number: it may have been bought while the list was made."""
        try:
            return not any(one.reference == row.id.hex() for one in await carrier.find(row.e164))
        except CarrierError:
            return False
