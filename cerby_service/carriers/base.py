"""What the service asks of a carrier, whoever it is.

CarrierError
├── CarrierRefused   the carrier said no; `taken` when another buyer was faster
└── CarrierSilent    no answer that can be trusted: it may have happened or not
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

from msgspec import Struct

from cerby_service.errors import ServiceError

NumberKind = Literal["voip", "non_voip"]


class CarrierError(ServiceError):
    """The carrier did not do what was asked."""


class CarrierRefused(CarrierError):
    """The carrier said no, for sure."""

    def __init__(self, sentence: str, *, taken: bool = False) -> None:
        super().__init__(sentence)
        self.taken = taken


class CarrierSilent(CarrierError):
    """No answer, or none that says whether it happened."""


class WrongSignature(ServiceError):
    """A webhook that does not come from the carrier."""


class Candidate(Struct, frozen=True):
    """A number that could be had."""

    e164: str
    kind: NumberKind
    region: str


class Order(Struct, frozen=True):
    """A number to be bought. `reference` is our own id, kept by the carrier in its free-text field.

    `app_name` is for carriers that play the app themselves; others never learn it.
    """

    e164: str
    kind: NumberKind
    reference: str
    webhook: str
    app_name: str = ""


class Owned(Struct, frozen=True):
    """A number that the carrier says is ours. `active` is false while the order is under way."""

    provider_id: str
    e164: str
    reference: str
    active: bool = True


class Incoming(Struct, frozen=True):
    """A message as the carrier handed it over; it lives in memory only and shows nothing in a repr."""

    provider_id: str
    sender: str
    to: str
    text: str
    kind: Literal["sms", "mms"] = "sms"
    carrier_time: int = 0
    part: int = 1
    parts: int = 1
    reference: str = ""

    def __repr__(self) -> str:
        return "Incoming(…)"


class Carrier(Protocol):
    """A carrier: where numbers come from and messages come in."""

    @property
    def name(self) -> str:
        """What the carrier is called in paths and rows."""

    @property
    def holds_offers(self) -> bool:
        """Whether a number that is offered is certain to be had until the offer ends."""

    async def search(self, kind: NumberKind, limit: int) -> list[Candidate]:
        """Numbers that could be ordered now. Raises CarrierError."""

    async def order(self, order: Order) -> Owned:
        """Buy a number, with its webhook set. Raises CarrierRefused, CarrierSilent."""

    async def find(self, e164: str) -> list[Owned]:
        """Our numbers at the carrier with that E.164. Raises CarrierError."""

    async def owned(self) -> list[Owned]:
        """Every number that we have at the carrier. Raises CarrierError rather than list a part."""

    async def release(self, provider_id: str) -> None:
        """Give a number back; one that is gone already is fine. Raises CarrierError."""

    async def line_type(self, e164: str) -> str:
        """What a line-type lookup says ("mobile", "nonFixedVoip", …). Raises CarrierError."""

    async def poll(self, e164: str, since: int) -> list[Incoming]:
        """Messages to a number since a time, in case a webhook was missed. Raises CarrierError."""

    def verify(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """Raise WrongSignature unless the carrier signed this webhook."""

    def parse(self, headers: Mapping[str, str], body: bytes) -> list[Incoming]:
        """The messages of a webhook that was verified. Raises ValueError for one that cannot be read."""

    def acknowledge(self) -> tuple[str, bytes]:
        """What the carrier wants to hear: content type and body."""
