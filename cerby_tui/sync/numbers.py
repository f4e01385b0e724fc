"""Offers and commits: the acts that spend money. They need the service, and claim nothing that it has not signed."""

from __future__ import annotations

from cerby_tui.errors import Alarm, RefusedError
from cerby_tui.sync.api import Api
from cerby_tui.sync.applying import Applying
from cerby_tui.sync.binding import verified
from cerby_tui.sync.pulling import Tell
from cerby_tui.values import Committed, ManagedNumber, OfferedNumber
from cerby_tui.vault.vault import Vault
from cerby_wire.encoding import decode
from cerby_wire.errors import Refused, require
from cerby_wire.records import Number, Offer, open_record
from cerby_wire.shapes import NumberView, SignedRecord

NOT_CREATED = "The number was not created and must not be used."


class Numbers:
    """Asks for numbers of accounts. What comes back is verified before it is believed."""

    def __init__(self, vault: Vault, applying: Applying, api: Api, tell: Tell) -> None:
        self._vault = vault
        self._applying = applying
        self._api = api
        self._tell = tell

    async def offer(self, account: bytes, app: str) -> OfferedNumber:
        """Have a number offered. Raises OfflineError, RefusedError, Alarm."""
        return self._offered(await self._api.offer(account, app), account)

    async def close(self, offer: OfferedNumber) -> None:
        """Give an offered number back. Raises OfflineError; one that is gone already is fine."""
        try:
            await self._api.close_offer(offer.id)
        except RefusedError as refused:
            if refused.code not in ("not_found", "offer_expired"):
                raise

    async def commit(self, offer: OfferedNumber, idempotency_key: str) -> Committed:
        """Turn an offer into a number. Raises OfflineError (ask again with the same key), RefusedError, Alarm."""
        answer = await self._api.commit(offer.id, idempotency_key)
        if answer.next_offer is not None:
            return Committed(next_offer=self._offered(answer.next_offer, offer.account))
        view = self._checked(answer.number, offer)
        self._tell(self._applying.numbers([view]))
        since = decode(view.record.raw, Number).since if view.record else 0
        return Committed(ManagedNumber(view.id, view.e164, view.kind, view.state, view.reason, since))

    def _checked(self, view: NumberView, offer: OfferedNumber) -> NumberView:
        if view.state == "failed":
            raise RefusedError("carrier_failed", view.reason or "The carrier refused the number.", safe=NOT_CREATED)
        try:
            identity = self._vault.identity
            require(view.account == offer.account, "another_account", "The number is for another account.")
            require(view.record is not None or view.state != "active", "no_record", "The service signed nothing.")
            return verified(view, identity.workspace, identity.service_key)
        except Refused as refused:
            raise Alarm(refused.rule, refused.sentence, safe=NOT_CREATED) from None

    def _offered(self, signed: SignedRecord, account: bytes) -> OfferedNumber:
        identity = self._vault.identity
        try:
            offer = open_record(signed, Offer, identity.service_key)
            ours = (offer.workspace, offer.account, offer.user) == (identity.workspace, account, identity.user)
            require(ours, "another_account", "The offer is for somebody or something else.")
        except Refused as refused:
            raise Alarm(refused.rule, refused.sentence, safe=NOT_CREATED) from None
        return OfferedNumber(offer.id, account, offer.e164, offer.kind, offer.region, offer.expires, offer.certain)
