"""Numbers: the one state machine that spends money (docs/protocol.md §5).

A row is `committing` on disk before the carrier is called, with our number id riding in the carrier's free-text field.
Whatever happens after that, the reconciler can ask the carrier what became of it.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace
from starlette.requests import Request

from cerby_service.auth import Caller
from cerby_service.carriers.base import Carrier, CarrierRefused, CarrierSilent, Order
from cerby_service.clock import Clock
from cerby_service.database import Database, Reading, Writing, numbers
from cerby_service.database.numbers import KeyRow, NumberRow, OfferRow
from cerby_service.errors import Refusal
from cerby_service.http import Answer
from cerby_service.keys import fresh_id
from cerby_service.offers import Asker, Offers, read_id, require_no_number
from cerby_service.permitted import permit_on
from cerby_service.settings import Timings
from cerby_service.settling import Settling, announce
from cerby_wire.catalogue import Catalogue
from cerby_wire.primitives import digest
from cerby_wire.shapes import NUMBERS, CommitAnswer, CommitNumber, NumberView, SignedRecord

LONGEST_KEY = 128
TAKEN = "number_taken"
REFUSED = "carrier_refused"


class Numbers:
    """Commits offers, and gives numbers back. `origin` is where carriers reach this service."""

    def __init__(
        self,
        database: Database,
        offers: Offers,
        settling: Settling,
        carriers: Mapping[str, Carrier],
        catalogue: Catalogue,
        origin: str,
        clock: Clock,
        timings: Timings,
    ) -> None:
        self._database = database
        self._offers = offers
        self._settling = settling
        self._carriers = carriers
        self._catalogue = catalogue
        self._origin = origin
        self._clock = clock
        self._timings = timings

    async def commit(self, caller: Caller, request: Request, asked: CommitNumber) -> Answer:
        """Turn an offer into a number, once for an `Idempotency-Key` however often it is sent. Raises Refusal."""
        key = request.headers.get("idempotency-key", "")
        if not 0 < len(key) <= LONGEST_KEY:
            raise Refusal("bad_request", f"A commit carries an Idempotency-Key of at most {LONGEST_KEY} characters.")
        used = KeyRow(caller.user, digest("commit-body", asked.offer), fresh_id())
        row = await self._database.write(lambda writing: self._begin(writing, caller, key, used, asked.offer))
        if row.id == used.number:
            row = await self._buy(row)
        return await self._answer(row)

    async def show(self, caller: Caller, request: Request) -> NumberView:
        """A number as it stands. Raises Refusal."""
        return (await self._database.read(lambda reading: self._theirs(reading, caller, request))).view

    async def release(self, caller: Caller, request: Request) -> NumberView:
        """Give a number back after a day of grace, in which it still receives. Raises Refusal."""

        def begin(writing: Writing) -> NumberRow:
            row = self._theirs(writing, caller, request)
            leaving = replace(row, state="releasing", due=self._clock() + self._timings.release_grace)
            if numbers.change_number(writing, leaving, ("active",)):
                announce(writing, leaving, by=caller.user)
                return leaving
            return row

        return self._moved(await self._database.write(begin), "releasing")

    async def keep(self, caller: Caller, request: Request) -> NumberView:
        """Change one's mind within the day of grace. Raises Refusal."""

        def end(writing: Writing) -> NumberRow:
            row = self._theirs(writing, caller, request)
            staying = replace(row, state="active", due=0)
            # Past its time the sweeper may be giving it back at this very moment.
            if row.state == "releasing" and row.due > self._clock():
                require_no_number(writing, row.account)
                numbers.change_number(writing, staying, ("releasing",))
                announce(writing, staying, by=caller.user, event="Phone Number Kept")
                return staying
            return row

        return self._moved(await self._database.write(end), "active")

    def _begin(self, writing: Writing, caller: Caller, key: str, used: KeyRow, offer_id: bytes) -> NumberRow:
        """The number of this key: the one it led to before, or a new one in `committing`. Raises Refusal."""
        before = numbers.find_key(writing, caller.workspace, key)
        if before is not None:
            if (before.user, before.body_hash) != (used.user, used.body_hash):
                raise Refusal("key_reused", "That Idempotency-Key was used for something else.")
            return _there(numbers.find_number(writing, caller.workspace, before.number))
        offer = self._usable(writing, caller, offer_id)
        row = self._committing(offer, used.number)
        if not numbers.add_number(writing, row):
            raise Refusal("number_taken", "Somebody else was given that number. Ask for another.")
        numbers.end_offer(writing, caller.workspace, offer.id, "used")
        numbers.use_key(writing, caller.workspace, key, used, self._clock())
        announce(writing, row)
        return row

    def _usable(self, writing: Writing, caller: Caller, offer_id: bytes) -> OfferRow:
        """An offer that its holder may commit. Raises Refusal."""
        offer = numbers.find_offer(writing, caller.workspace, offer_id)
        if offer is None or offer.user != caller.user:
            raise Refusal("not_found", "There is no such offer.")
        permit_on(writing, caller, "create_number", offer.account)
        require_no_number(writing, offer.account)
        over = offer.state != "open" or offer.expires <= self._clock()
        if over or offer.carrier not in self._carriers:
            raise Refusal("offer_expired", "The offer is over; the number must not be used. Ask for another.")
        return offer

    def _committing(self, offer: OfferRow, number: bytes) -> NumberRow:
        return NumberRow(
            workspace=offer.workspace,
            id=number,
            account=offer.account,
            user=offer.user,
            offer=offer.id,
            app=offer.app,
            carrier=offer.carrier,
            e164=offer.e164,
            kind=offer.kind,
            state="committing",
            attempted=self._clock(),
        )

    async def _buy(self, row: NumberRow) -> NumberRow:
        """Call the carrier, once, and settle what it says. Without a clear answer the row is `unsure`."""
        app = self._catalogue.get(row.app)
        webhook = webhook_url(self._origin, row.carrier)
        order = Order(row.e164, row.kind, row.id.hex(), webhook, app.name if app else "")
        try:
            owned = await self._carriers[row.carrier].order(order)
        except CarrierRefused as error:
            if not error.taken:
                return await self._settling.failed(row, REFUSED)
            return await self._settling.failed(await self._with_next_offer(row), TAKEN)
        except CarrierSilent:
            return await self._settling.unsure(row)
        return await (self._settling.bought(row, owned) if owned.active else self._settling.unsure(row))

    async def _with_next_offer(self, row: NumberRow) -> NumberRow:
        """Somebody was faster: hold another number for the same person, if there is one."""
        try:
            offer = await self._offers.find(Asker(row.workspace, row.user, row.account, row.app))
        except Refusal:
            return row
        return replace(row, next_offer=offer.id)

    async def _answer(self, row: NumberRow) -> Answer:
        """What to say of a number as it stands. Raises Refusal."""
        if row.state == "committing":
            where = f"{NUMBERS}/{row.id.hex()}"
            raise Refusal("in_progress", "That number is being created.", retry_after=1, location=where)
        if row.state == "unsure":
            return Answer(CommitAnswer(row.view), 202)
        if row.state != "failed":
            return Answer(CommitAnswer(row.view))
        if row.next_offer:
            offer = await self._database.read(lambda r: numbers.find_offer(r, row.workspace, row.next_offer))
            if offer is not None:
                return Answer(CommitAnswer(row.view, SignedRecord(offer.raw, offer.signature)))
        if row.reason == TAKEN:
            raise Refusal("number_taken", "Somebody else was faster, and there is no other number just now.")
        raise Refusal("carrier_failed", "The carrier did not create the number. It must not be used.")

    def _theirs(self, reading: Reading, caller: Caller, request: Request) -> NumberRow:
        """The number in the path, of an account that the caller owns. Raises Refusal."""
        row = numbers.find_number(reading, caller.workspace, read_id(request.path_params["number"]))
        if row is None:
            raise Refusal("not_found", "There is no such number.")
        permit_on(reading, caller, "release_number", row.account)
        return row

    def _moved(self, row: NumberRow, wanted: str) -> NumberView:
        if row.state != wanted:
            raise Refusal("forbidden", f"The number is {row.state}; that cannot be done with it.")
        return row.view


def webhook_url(origin: str, carrier: str) -> str:
    """Where a carrier hands in messages."""
    return f"{origin}/v1/carriers/{carrier}/sms"


def _there(row: NumberRow | None) -> NumberRow:
    if row is None:
        raise Refusal("not_found", "The number of that key is gone.")
    return row
