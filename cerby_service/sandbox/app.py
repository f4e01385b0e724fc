"""The sandbox carrier: a small stateful carrier with Twilio's paths, forms, answers and errors, mounted at /sandbox.

Nothing here costs money or reaches a telephone. Beside what Twilio does, it plays the third-party app: a number that
is bought gets a verification code a moment later, and `POST Messages.json` texts *to* a number that was sold.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import anyio.to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cerby_service.carriers.sandbox import APP_FIELD
from cerby_service.clock import Clock
from cerby_service.directory import SandboxAccount
from cerby_service.sandbox import answers
from cerby_service.sandbox.delivery import Delivery
from cerby_service.sandbox.stock import Stock
from cerby_service.sandbox.store import SandboxStore, Sold

E164 = re.compile(r"\+[1-9]\d{6,14}")
FORM_LIMIT = 64 * 1024

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Sandbox:
    """The carrier: what it sells, what it sold, how it delivers."""

    account: SandboxAccount
    stock: Stock
    store: SandboxStore
    delivery: Delivery
    clock: Clock

    def app(self) -> Starlette:
        """The carrier as an ASGI application."""
        account = "/2010-04-01/Accounts/{account}"
        numbers = f"{account}/IncomingPhoneNumbers"
        table: list[tuple[str, str, Handler]] = [
            ("GET", f"{account}/AvailablePhoneNumbers/{{country}}/{{list_name}}.json", self._search),
            ("GET", f"{numbers}.json", self._list),
            ("POST", f"{numbers}.json", self._buy),
            ("GET", f"{numbers}/{{sid}}.json", self._fetch),
            ("POST", f"{numbers}/{{sid}}.json", self._change),
            ("DELETE", f"{numbers}/{{sid}}.json", self._release),
            ("GET", f"{account}/Messages.json", self._messages),
            ("POST", f"{account}/Messages.json", self._text),
            ("GET", "/v2/PhoneNumbers/{e164}", self._lookup),
        ]
        return Starlette(routes=[Route(path, self._guarded(act), methods=[method]) for method, path, act in table])

    async def stop(self) -> None:
        """Forget what has not been sent and let go of the file."""
        await self.delivery.stop()
        self.store.close()

    def _guarded(self, act: Handler) -> Handler:
        """Ask for the account's credentials first, as HTTP basic authentication."""

        async def guarded(request: Request) -> Response:
            if not self._known(request):
                return _error(20003)
            return await act(request)

        return guarded

    def _known(self, request: Request) -> bool:
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            return False
        wanted = f"{self.account.sid}:{self.account.token}".encode()
        in_path = request.path_params.get("account", self.account.sid)
        return scheme.lower() == "basic" and hmac.compare_digest(given, wanted) and in_path == self.account.sid

    async def _search(self, request: Request) -> Response:
        list_name, query = request.path_params["list_name"], request.query_params
        if request.path_params["country"] != "US":
            return _error(20404)
        sold = {one.e164 for one in await _in_thread(self.store.sold)}
        area_code = query.get("AreaCode", "")
        found = self.stock.on_list(list_name, area_code, query.get("Contains", ""))
        free = [answers.available(number) for number in found if number.e164 not in sold]
        return _page(request, "available_phone_numbers", free)

    async def _buy(self, request: Request) -> Response:
        form = await _form(request)
        e164 = form.get("PhoneNumber", "")
        if not e164:
            code = form.get("AreaCode", "")
            sold = {one.e164 for one in await _in_thread(self.store.sold)}
            free = (number.e164 for number in self.stock.on_list("Local", code) if number.e164 not in sold)
            e164 = next(free, "")
            if not e164:
                return _error(21452)
        if not E164.fullmatch(e164):
            return _error(21421)
        name = form.get("FriendlyName", e164)
        bought = Sold(
            "PN" + secrets.token_hex(16), e164, name, form.get("SmsUrl", ""), form.get(APP_FIELD, ""), self._seconds()
        )
        if self.stock.get(e164) is None or not await _in_thread(self.store.sell, bought):
            return _error(21422)
        if bought.sms_url:
            self.delivery.play_app(bought)
        return JSONResponse(answers.incoming(self.account.sid, bought), 201)

    async def _list(self, request: Request) -> Response:
        query = request.query_params
        numbers = [
            answers.incoming(self.account.sid, one)
            for one in await _in_thread(self.store.sold)
            if query.get("PhoneNumber", one.e164) == one.e164
            and query.get("FriendlyName", one.friendly_name) == one.friendly_name
        ]
        return _page(request, "incoming_phone_numbers", numbers)

    async def _fetch(self, request: Request) -> Response:
        sold = await _in_thread(self.store.by_sid, request.path_params["sid"])
        return JSONResponse(answers.incoming(self.account.sid, sold)) if sold else _error(20404)

    async def _change(self, request: Request) -> Response:
        form = await _form(request)
        sold = await _in_thread(self.store.by_sid, request.path_params["sid"])
        if sold is None:
            return _error(20404)
        name, url = form.get("FriendlyName", sold.friendly_name), form.get("SmsUrl", sold.sms_url)
        await _in_thread(self.store.change, sold.sid, name, url)
        changed = Sold(sold.sid, sold.e164, name, url, sold.app, sold.created)
        return JSONResponse(answers.incoming(self.account.sid, changed))

    async def _release(self, request: Request) -> Response:
        released = await _in_thread(self.store.release, request.path_params["sid"])
        return Response(status_code=204) if released else _error(20404)

    async def _text(self, request: Request) -> Response:
        """Somebody texts one of the numbers that were sold; the answer comes once the webhook was tried."""
        form = await _form(request)
        to, text = form.get("To", ""), form.get("Body", "")
        sold = await _in_thread(self.store.by_number, to)
        if sold is None or not sold.sms_url:
            return _error(21211)
        if not text:
            return _error(20001)
        message = await self.delivery.deliver(sold, form.get("From", ""), text)
        return JSONResponse(answers.message(self.account.sid, message), 201)

    async def _messages(self, request: Request) -> Response:
        query = request.query_params
        since = _day(query.get("DateSent>", query.get("DateSent", "")))
        found = self.store.messages(query.get("To", ""), since)
        return _page(request, "messages", [answers.message(self.account.sid, one) for one in found])

    async def _lookup(self, request: Request) -> Response:
        number = self.stock.get(request.path_params["e164"])
        return JSONResponse(answers.lookup(number)) if number else _error(20404)

    def _seconds(self) -> int:
        return self.clock() // 1000


def _page(request: Request, name: str, items: list[dict[str, Any]]) -> Response:
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    try:
        return JSONResponse(answers.page(path, request.query_params, name, items))
    except ValueError:
        return _error(20001)


def _error(code: int) -> Response:
    status, body = answers.error(code)
    return JSONResponse(body, status)


async def _form(request: Request) -> Mapping[str, str]:
    """The fields of a form; an over-long or unreadable one counts as empty."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_LIMIT:
            return {}
    return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))


def _day(text: str) -> int:
    try:
        return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) if text else 0
    except ValueError:
        return 0


async def _in_thread(work: Callable[..., Any], *args: Any) -> Any:
    """The sandbox's file is written off the event loop."""
    return await anyio.to_thread.run_sync(work, *args)
