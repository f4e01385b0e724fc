"""The adapter to the sandbox carrier, over HTTP in the shape of Twilio's REST API (2010-04-01)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar, Literal, TypeVar
from urllib.parse import parse_qsl

import httpx
import msgspec
from msgspec import Struct, field

from cerby_service.carriers.base import (
    Candidate,
    CarrierRefused,
    CarrierSilent,
    Incoming,
    NumberKind,
    Order,
    Owned,
    WrongSignature,
)
from cerby_service.carriers.signatures import signature_holds
from cerby_service.carriers.tls import trust
from cerby_service.directory import SandboxAccount
from cerby_service.settings import Timings
from cerby_wire.encoding import UNREADABLE

NUMBER_TAKEN = 21422
PAGE = 1000
T = TypeVar("T")
SEARCH_LISTS: dict[NumberKind, str] = {"voip": "Local", "non_voip": "Mobile"}
APP_FIELD = "SandboxApp"
"""A form field that only the sandbox reads; Twilio's API has none like it and would ignore it."""


class _Candidate(Struct, frozen=True):
    phone_number: str
    locality: str | None = None
    region: str | None = None


class _Search(Struct, frozen=True):
    available_phone_numbers: list[_Candidate]


class _Number(Struct, frozen=True):
    sid: str
    phone_number: str
    friendly_name: str | None = None

    def owned(self) -> Owned:
        return Owned(self.sid, self.phone_number, self.friendly_name or "")


class _Numbers(Struct, frozen=True):
    incoming_phone_numbers: list[_Number]
    next_page_uri: str | None = None


class _LineType(Struct, frozen=True):
    type: str


class _Lookup(Struct, frozen=True):
    line_type_intelligence: _LineType


class _Message(Struct, frozen=True):
    sid: str
    to: str
    body: str | None = None
    sender: str | None = field(default=None, name="from")
    date_sent: str | None = None

    def incoming(self) -> Incoming:
        time = int(parsedate_to_datetime(self.date_sent).timestamp() * 1000) if self.date_sent else 0
        return Incoming(self.sid, self.sender or "", self.to, self.body or "", carrier_time=time)


class _Messages(Struct, frozen=True):
    messages: list[_Message]


class _Error(Struct, frozen=True):
    code: int = 0


class SandboxCarrier:
    """A client of the sandbox at `base`, for one account. `transport` replaces the network in tests of failures."""

    name: ClassVar[str] = "sandbox"
    holds_offers: ClassVar[bool] = False

    def __init__(
        self, base: str, account: SandboxAccount, timings: Timings, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._base = base
        self._account = account
        self._path = f"/2010-04-01/Accounts/{account.sid}"
        self._timeout = timings.carrier_answer / 1000
        self._transport = transport

    async def search(self, kind: NumberKind, limit: int) -> list[Candidate]:
        """Numbers on sale; `Local` stock is VoIP, `Mobile` stock is not."""
        path = f"{self._path}/AvailablePhoneNumbers/US/{SEARCH_LISTS[kind]}.json"
        found = await self._call("GET", path, _Search, params={"SmsEnabled": "true", "PageSize": limit})
        return [
            Candidate(one.phone_number, kind, ", ".join(part for part in (one.locality, one.region) if part))
            for one in found.available_phone_numbers
        ]

    async def order(self, order: Order) -> Owned:
        """Buy a number; our reference goes into FriendlyName."""
        form = {
            "PhoneNumber": order.e164,
            "FriendlyName": order.reference,
            "SmsUrl": order.webhook,
            "SmsMethod": "POST",
            APP_FIELD: order.app_name,
        }
        return (await self._call("POST", f"{self._path}/IncomingPhoneNumbers.json", _Number, data=form)).owned()

    async def find(self, e164: str) -> list[Owned]:
        """Ours with that E.164: none or one."""
        return await self._list({"PhoneNumber": e164})

    async def owned(self) -> list[Owned]:
        """All of ours, page by page."""
        return await self._list({})

    async def release(self, provider_id: str) -> None:
        """Give a number back."""
        answer = await self._send("DELETE", f"{self._path}/IncomingPhoneNumbers/{provider_id}.json")
        if answer.status_code != 404:
            _require_success(answer)

    async def line_type(self, e164: str) -> str:
        """What the lookup says."""
        query = {"Fields": "line_type_intelligence"}
        return (await self._call("GET", f"/v2/PhoneNumbers/{e164}", _Lookup, params=query)).line_type_intelligence.type

    async def poll(self, e164: str, since: int) -> list[Incoming]:
        """Messages that the carrier has for a number."""
        day = datetime.fromtimestamp(since / 1000, UTC).date().isoformat()
        query = {"To": e164, "DateSent>": day}
        found = await self._call("GET", f"{self._path}/Messages.json", _Messages, params=query)
        return [one.incoming() for one in found.messages]

    def verify(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """Check X-Twilio-Signature over the URL that the service is configured with."""
        signature = headers.get("x-twilio-signature", "")
        if not signature_holds(self._account.token, url, _form(body), signature):
            raise WrongSignature("The webhook is not signed by the carrier.")

    def parse(self, headers: Mapping[str, str], body: bytes) -> list[Incoming]:
        """One message a webhook; long ones arrive in one piece."""
        form = dict(_form(body))
        if not form.get("MessageSid") or not form.get("To"):
            raise ValueError("the webhook names no message or no destination")
        kind: Literal["sms", "mms"] = "mms" if form.get("NumMedia", "0") not in ("", "0") else "sms"
        return [Incoming(form["MessageSid"], form.get("From", ""), form["To"], form.get("Body", ""), kind)]

    def acknowledge(self) -> tuple[str, bytes]:
        """An empty TwiML answer: nothing is said back."""
        return "text/xml", b"<Response></Response>"

    async def _list(self, params: dict[str, Any]) -> list[Owned]:
        path: str | None = f"{self._path}/IncomingPhoneNumbers.json"
        numbers: list[Owned] = []
        query: dict[str, Any] | None = {**params, "PageSize": PAGE}
        while path:
            page = await self._call("GET", path, _Numbers, params=query)
            numbers += (one.owned() for one in page.incoming_phone_numbers)
            path, query = page.next_page_uri, None
        return numbers

    async def _call(self, method: str, path: str, shape: type[T], **more: Any) -> T:
        """One call. Raises CarrierRefused for a clear no, CarrierSilent when nothing is certain."""
        answer = await self._send(method, path, **more)
        _require_success(answer)
        try:
            return msgspec.json.decode(answer.content, type=shape)
        except UNREADABLE:
            raise CarrierSilent("The carrier's answer cannot be read.") from None

    async def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            # A client for each call: it may come from any event loop, and calls cost money, not milliseconds.
            async with httpx.AsyncClient(
                auth=(self._account.sid, self._account.token),
                timeout=self._timeout,
                transport=self._transport,
                verify=trust(),
                trust_env=False,
            ) as client:
                return await client.request(method, self._base + path, **more)
        except httpx.HTTPError as error:
            raise CarrierSilent(f"The carrier did not answer ({type(error).__name__}).") from None


def _require_success(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    if answer.is_server_error or answer.status_code == 429:
        raise CarrierSilent(f"The carrier answered {answer.status_code}.")
    try:
        code = msgspec.json.decode(answer.content, type=_Error).code
    except UNREADABLE:
        code = 0
    raise CarrierRefused(f"The carrier said no (error {code or answer.status_code}).", taken=code == NUMBER_TAKEN)


def _form(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode(), keep_blank_values=True)
    except UnicodeDecodeError:
        return []
