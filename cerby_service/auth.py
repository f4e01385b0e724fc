"""Who is calling: a request signed by a device (RFC 9421) that stands in a member's chain and is not under an order."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from cerby_service.clock import Clock
from cerby_service.database import Database, people
from cerby_service.database.people import DeviceRow
from cerby_service.errors import Refusal
from cerby_wire.entries import device_id
from cerby_wire.errors import Refused
from cerby_wire.headers import DevicePublic
from cerby_wire.requests import request_key_id, verify_request

REMOVED = "This trusted session was removed. Its person, or an administrator, can say when and why."


class Caller(Struct, frozen=True):
    """A device of a member."""

    workspace: bytes
    user: bytes
    device: bytes
    role: str


class Signed(Struct, frozen=True):
    """What a signature covers: the request as it came, under the origin that this service is known by."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class Authenticator:
    """Finds the device of a request and checks its signature. A removed session hears so, but only if it signed."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def caller(self, signed: Signed) -> Caller:
        """The member's device that signed. Raises Refusal."""
        return _member(await self._device(signed))

    async def ended(self, signed: Signed) -> DeviceRow:
        """The device that signed, which may not speak for a member any more. Raises Refusal."""
        device = await self._device(signed)
        if device.state == "active" and device.role is not None:
            raise Refusal("forbidden", "This session was not ended.")
        return device

    async def _device(self, signed: Signed) -> DeviceRow:
        """The device that signed, whatever became of it. Raises Refusal."""
        key_id = self._key_id(signed)
        device = await self._database.read(lambda reading: people.find_device(reading, key_id))
        if device is None:
            raise Refusal("unknown_device", "This service does not know the session that signed.")
        self._verify(device.sign, signed)
        return device

    async def confirm(self, caller: Caller) -> None:
        """Raise Refusal `session_removed` if the caller may not speak any more."""
        _member(await self._database.read(lambda reading: people.find_device(reading, caller.device)))

    def first_contact(self, public: DevicePublic, signed: Signed) -> bytes:
        """Check a request of a device that brings its own key along; returns its id. Raises Refusal."""
        if self._key_id(signed) != device_id(public):
            raise Refusal("bad_signature", "The request is signed by another device than the one it speaks of.")
        self._verify(public.sign, signed)
        return device_id(public)

    def _key_id(self, signed: Signed) -> bytes:
        try:
            return request_key_id(signed.headers)
        except Refused as error:
            raise Refusal("bad_signature", error.sentence) from None

    def _verify(self, public: bytes, signed: Signed) -> None:
        if "content-digest" not in signed.headers:
            raise Refusal("bad_signature", "The request carries no digest of its body.")
        try:
            verify_request(public, signed.method, signed.url, signed.headers, signed.body, self._clock())
        except Refused as error:
            code = "clock_skew" if error.rule == "clock_skew" else "bad_signature"
            raise Refusal(code, error.sentence, rule=error.rule) from None


def _member(device: DeviceRow | None) -> Caller:
    """The device as a caller. Raises Refusal unless it may speak for a member."""
    if device is None or device.state != "active" or device.role is None:
        raise Refusal("session_removed", REMOVED)
    return Caller(device.workspace, device.user, device.id, device.role)
