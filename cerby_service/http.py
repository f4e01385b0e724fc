"""What every endpoint has in common: limits, formats, signatures, problem documents, and headers that keep secrets."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from cerby_service.auth import Authenticator, Caller, Signed
from cerby_service.clock import Clock
from cerby_service.contacts import Contacts
from cerby_service.database import Database
from cerby_service.database.people import DeviceRow
from cerby_service.errors import Refusal, Unavailable
from cerby_service.limits import Limits
from cerby_service.logs import fields
from cerby_wire.encoding import UNREADABLE
from cerby_wire.headers import DevicePublic
from cerby_wire.shapes import BODY_LIMIT, JSON, MSGPACK, PROBLEM, Shape

Body = TypeVar("Body")
Endpoint = Callable[[Request], Awaitable[Response]]
Plain = Callable[[Scope, Receive, Send], Awaitable[None]]
logger = logging.getLogger(__name__)


class Answer(msgspec.Struct, frozen=True):
    """A struct to send, and its status."""

    content: Shape
    status: int = 200


class Nothing(Shape, frozen=True):
    """An answer that says only that it is done."""


class Http:
    """Wraps handlers of structs into endpoints of bytes. `origin` is what signatures are checked against."""

    def __init__(
        self, origin: str, authenticator: Authenticator, database: Database, limits: Limits, clock: Clock
    ) -> None:
        self._origin = origin
        self._authenticator = authenticator
        self._database = database
        self._limits = limits
        self._clock = clock
        self._contacts = Contacts(database, clock)

    def signed(self, handle: Callable[[Caller, Request], Awaitable[Shape | Answer]]) -> Endpoint:
        """An endpoint without a body, for members."""

        async def run(request: Request) -> Answer:
            caller = await self.caller(request, await self._body(request))
            return _answer(await handle(caller, request))

        return self._endpoint(run)

    def signed_with(
        self, shape: type[Body], handle: Callable[[Caller, Request, Body], Awaitable[Shape | Answer]]
    ) -> Endpoint:
        """An endpoint with a body, for members."""

        async def run(request: Request) -> Answer:
            raw = await self._body(request)
            caller = await self.caller(request, raw)
            return _answer(await handle(caller, request, _decode(request, raw, shape)))

        return self._endpoint(run)

    def first_contact(
        self,
        shape: type[Body],
        device: Callable[[Body], DevicePublic],
        handle: Callable[[Body], Awaitable[Shape | Answer]],
    ) -> Endpoint:
        """An endpoint for devices that are in no chain yet; the key that has to have signed is in the body."""
        return self.first_contact_from(shape, device, lambda body, _request: handle(body))

    def first_contact_from(
        self,
        shape: type[Body],
        device: Callable[[Body], DevicePublic],
        handle: Callable[[Body, Request], Awaitable[Shape | Answer]],
    ) -> Endpoint:
        """As `first_contact`, for handlers that want to know where the request came from."""

        async def run(request: Request) -> Answer:
            self._limits.spend_address(address_of(request))
            raw = await self._body(request)
            body = _decode(request, raw, shape)
            self._authenticator.first_contact(device(body), self._signed(request, raw))
            return _answer(await handle(body, request))

        return self._endpoint(run)

    def ended_with(self, shape: type[Body], handle: Callable[[DeviceRow, Body], Awaitable[Shape | Answer]]) -> Endpoint:
        """An endpoint with a body for sessions that may not speak any more, and for nobody else."""

        async def run(request: Request) -> Answer:
            self._limits.spend_address(address_of(request))
            raw = await self._body(request)
            device = await self._authenticator.ended(self._signed(request, raw))
            return _answer(await handle(device, _decode(request, raw, shape)))

        return self._endpoint(run)

    def open(self, handle: Callable[[Request], Awaitable[Shape | Answer]]) -> Endpoint:
        """An endpoint for anybody."""

        async def run(request: Request) -> Answer:
            return _answer(await handle(request))

        return self._endpoint(run)

    async def caller(self, request: Request, body: bytes) -> Caller:
        """Who signed this request. Raises Refusal."""
        try:
            caller = await self._authenticator.caller(self._signed(request, body))
        except Refusal:
            self._limits.spend_address(address_of(request))
            raise
        self._limits.spend_device(caller.device)
        await self._contacts.seen(caller.device)
        return caller

    async def confirm(self, caller: Caller) -> None:
        """Raise Refusal if the session was removed since it was asked for."""
        await self._authenticator.confirm(caller)

    async def guarded(self, serve: Plain, scope: Scope, receive: Receive, send: Send) -> None:
        """Run a plain ASGI endpoint; a refusal before its answer began becomes a problem document."""
        try:
            await serve(scope, receive, send)
        except Refusal as error:
            await self._problem(Request(scope), error)(scope, receive, send)

    async def not_found(self, request: Request, _error: Exception) -> Response:
        """For paths and methods that are not in the route table."""
        return self._problem(request, Refusal("not_found", "There is nothing here."))

    async def broken(self, request: Request, error: Exception) -> Response:
        """For mistakes of ours: logged without content, answered without detail."""
        logger.error("failed", exc_info=error, extra=fields(method=request.method))
        return self._problem(request, Unavailable("Something went wrong at the service. It was logged."))

    def _endpoint(self, run: Callable[[Request], Awaitable[Answer]]) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            try:
                answer = await run(request)
            except Refusal as error:
                return self._problem(request, error)
            except ClientDisconnect:
                return Response(status_code=499)
            return self._respond(_encode(request, answer.content), _format(request), answer.status)

        return endpoint

    def _signed(self, request: Request, body: bytes) -> Signed:
        path = request.scope.get("raw_path") or request.scope["path"].encode()
        query = request.scope.get("query_string", b"")
        url = self._origin + path.decode("latin-1") + (f"?{query.decode('latin-1')}" if query else "")
        return Signed(request.method, url, request.headers, body)

    async def _body(self, request: Request) -> bytes:
        """The body. Raises Refusal `too_large` as soon as it is longer than 1 MiB."""
        return await read_body(request, BODY_LIMIT)

    def _problem(self, request: Request, error: Refusal) -> Response:
        logger.info("refused", extra=fields(code=error.code, rule=error.rule, method=request.method))
        problem = error.problem(self._clock())
        as_json = _format(request) == JSON
        content = msgspec.json.encode(problem) if as_json else msgspec.msgpack.encode(problem)
        response = self._respond(content, PROBLEM if as_json else MSGPACK, error.status)
        if error.retry_after:
            response.headers["retry-after"] = str(error.retry_after)
        if error.location:
            response.headers["location"] = error.location
        return response

    def _respond(self, content: bytes, media_type: str, status: int) -> Response:
        headers = {
            "cache-control": "private, no-store",
            "cerby-generation": self._database.generation.hex(),
            "cerby-time": str(self._clock()),
        }
        return Response(content, status, headers, media_type)


async def read_body(request: Request, limit: int) -> bytes:
    """The body of a request. Raises Refusal `too_large` as soon as it is longer than `limit` bytes."""
    stated = request.headers.get("content-length", "0")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit or (stated.isdigit() and int(stated) > limit):
            raise Refusal("too_large", f"A request may have {limit} bytes.")
    return bytes(body)


def address_of(request: Request) -> str:
    """Where a request came from; empty if that is not known."""
    return request.client.host if request.client else ""


def _answer(result: Shape | Answer) -> Answer:
    return result if isinstance(result, Answer) else Answer(result)


def _format(request: Request) -> str:
    """The format of the answer: msgpack, unless JSON is asked for."""
    return JSON if "application/json" in request.headers.get("accept", "") else MSGPACK


def _encode(request: Request, content: Shape) -> bytes:
    return msgspec.json.encode(content) if _format(request) == JSON else msgspec.msgpack.encode(content)


def _decode(request: Request, raw: bytes, shape: type[Body]) -> Body:
    """The body as a struct. Raises Refusal `bad_request`, naming the field but never its content."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    decoders: dict[str, Callable[..., Any]] = {MSGPACK: msgspec.msgpack.decode, JSON: msgspec.json.decode}
    if content_type not in decoders:
        raise Refusal("bad_request", f"The body has to be {MSGPACK} or {JSON}.")
    try:
        result: Body = decoders[content_type](raw, type=shape)
    except msgspec.ValidationError as error:
        raise Refusal("bad_request", f"The body is not a {shape.__name__}: {error}.") from None
    except UNREADABLE:
        raise Refusal("bad_request", f"The body cannot be read as {content_type}.") from None
    return result
