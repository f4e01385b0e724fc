"""Offers: a real number, held for ten minutes for one person and one account (docs/protocol.md §5)."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from msgspec import Struct
from starlette.requests import Request

from cerby_service.auth import Caller
from cerby_service.carriers.base import Candidate, Carrier, CarrierError
from cerby_service.clock import MINUTE, Clock
from cerby_service.database import Database, Reading, Writing, numbers
from cerby_service.database.numbers import Kind, OfferRow
from cerby_service.errors import Refusal
from cerby_service.http import Nothing
from cerby_service.keys import ServiceKey, fresh_id
from cerby_service.logs import fields
from cerby_service.permitted import permit_on
from cerby_service.settings import Timings
from cerby_wire.catalogue import Catalogue
from cerby_wire.records import Offer
from cerby_wire.shapes import AskOffer, OfferAnswer

WORTH_REPEATING = MINUTE
OPEN_OFFERS = 5
SEARCH = 50
logger = logging.getLogger(__name__)

KINDS: dict[str, tuple[Kind, ...]] = {
    "voip": ("voip", "non_voip"),
    "unknown": ("voip", "non_voip"),
    # Never the other way round: an app that refuses VoIP would refuse the number after it was paid for.
    "non_voip": ("non_voip",),
    "none": (),
}


class Asker(Struct, frozen=True):
    """For whom and what a number is looked for."""

    workspace: bytes
    user: bytes
    account: bytes
    app: str


class Offers:
    """Finds numbers and holds them. `carriers` are in the order of preference."""

    def __init__(
        self,
        database: Database,
        carriers: Mapping[str, Carrier],
        catalogue: Catalogue,
        key: ServiceKey,
        clock: Clock,
        timings: Timings,
    ) -> None:
        self._database = database
        self._carriers = carriers
        self._catalogue = catalogue
        self._key = key
        self._clock = clock
        self._timings = timings

    async def ask(self, caller: Caller, _request: Request, asked: AskOffer) -> OfferAnswer:
        """Offer a number; asked again, the same one while it is held. Raises Refusal."""
        asker = Asker(caller.workspace, caller.user, asked.account, asked.app)
        self._kinds(asked.app)

        def look(reading: Reading) -> OfferRow | None:
            permit_on(reading, caller, "create_number", asked.account)
            require_no_number(reading, asked.account)
            return numbers.open_offer(reading, caller.workspace, asked.account, caller.user)

        held = await self._database.read(look)
        if held and held.app == asked.app and held.expires - self._clock() > WORTH_REPEATING:
            return OfferAnswer(held.signed)
        return OfferAnswer((await self.find(asker)).signed)

    async def close(self, caller: Caller, request: Request) -> Nothing:
        """Let go of an offer; one that is over already is fine."""
        offer = read_id(request.path_params["offer"])

        def end(writing: Writing) -> None:
            found = numbers.find_offer(writing, caller.workspace, offer)
            if found is None or found.user != caller.user:
                raise Refusal("not_found", "There is no such offer.")
            numbers.end_offer(writing, caller.workspace, offer, "closed")

        await self._database.write(end)
        return Nothing()

    async def find(self, asker: Asker) -> OfferRow:
        """Search the carriers and hold the first number that nobody else holds. Raises Refusal."""
        held = await self._database.read(numbers.held_numbers)
        trouble = False
        for kind in self._kinds(asker.app):
            for carrier in self._carriers.values():
                try:
                    found = await carrier.search(kind, SEARCH + len(held))
                except CarrierError:
                    logger.warning("search failed", extra=fields(carrier=carrier.name, kind=kind))
                    trouble = True
                    continue
                for candidate in (one for one in found if one.e164 not in held):
                    offer = await self._hold(asker, carrier, candidate)
                    if offer is not None:
                        return offer
        if trouble:
            raise Refusal("carrier_failed", "The carrier cannot be reached. No number was created; try again later.")
        raise Refusal("no_stock", "There is no number of the right kind just now. Nothing was created.")

    async def _hold(self, asker: Asker, carrier: Carrier, candidate: Candidate) -> OfferRow | None:
        offer = self._offer(asker, carrier, candidate)

        def hold(writing: Writing) -> OfferRow | None:
            before = numbers.open_offer(writing, asker.workspace, asker.account, asker.user)
            if before is not None:
                numbers.end_offer(writing, asker.workspace, before.id, "closed")
            if numbers.open_offers_of(writing, asker.workspace, asker.user) >= OPEN_OFFERS:
                raise Refusal("too_many_requests", "Five numbers are held for you already.", retry_after=60)
            return offer if numbers.add_offer(writing, offer) else None

        return await self._database.write(hold)

    def _offer(self, asker: Asker, carrier: Carrier, candidate: Candidate) -> OfferRow:
        now = self._clock()
        record = Offer(
            id=fresh_id(),
            workspace=asker.workspace,
            account=asker.account,
            user=asker.user,
            e164=candidate.e164,
            kind=candidate.kind,
            region=candidate.region,
            expires=now + self._timings.offer_hold,
            certain=carrier.holds_offers,
        )
        signed = self._key.sign(record)
        return OfferRow(
            workspace=asker.workspace,
            id=record.id,
            account=asker.account,
            user=asker.user,
            app=asker.app,
            carrier=carrier.name,
            e164=record.e164,
            kind=record.kind,
            region=record.region,
            expires=record.expires,
            state="open",
            raw=signed.raw,
            signature=signed.signature,
            at=now,
        )

    def _kinds(self, app: str) -> tuple[Kind, ...]:
        """Which kinds of number an app takes, best first. Raises Refusal for one that takes none."""
        known = self._catalogue.get(app)
        kinds = KINDS[known.phone if known else "unknown"]
        if not kinds:
            raise Refusal("app_takes_no_number", f"{known.name if known else app} takes no phone number.")
        return kinds


def require_no_number(reading: Reading, account: bytes) -> None:
    """An account has one number at a time. Raises Refusal `has_number`."""
    if numbers.held_by(reading, account) is not None:
        raise Refusal("has_number", "The account has a managed number already, or one is being created.")


def read_id(text: str) -> bytes:
    """An id out of a path. Raises Refusal `not_found` for what is none."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise Refusal("not_found", "There is nothing of that name.") from None
