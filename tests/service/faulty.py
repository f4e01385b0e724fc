"""The carrier's far side, made to fail: a transport that loses answers, delays them, or says what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx

from cerby_service.carriers.base import Carrier
from cerby_service.carriers.sandbox import SandboxCarrier
from cerby_service.directory import SandboxAccount
from cerby_service.settings import Timings


class Line(httpx.AsyncBaseTransport):
    """The line to the carrier. `lose` drops the answers of requests that did arrive, `cut` the requests themselves."""

    def __init__(self) -> None:
        self.lose: Callable[[httpx.Request], bool] = lambda _request: False
        self.cut: Callable[[httpx.Request], bool] = lambda _request: False
        self.before: Callable[[httpx.Request], None] = lambda _request: None
        self.held: Callable[[httpx.Request], bool] = lambda _request: False
        self.requests: list[tuple[str, str]] = []
        self._gate: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass a request on, or do not."""
        self.requests.append((request.method, request.url.path.rpartition("/")[2]))
        self.before(request)
        if self.held(request):
            self._gate, self._loop = asyncio.Event(), asyncio.get_running_loop()
            await self._gate.wait()
        if self.cut(request):
            raise httpx.ConnectError("the line is cut")
        async with httpx.AsyncHTTPTransport() as line:
            answer = await line.handle_async_request(request)
            await answer.aread()
        if self.lose(request):
            raise httpx.ReadTimeout("the answer is lost")
        return answer

    @property
    def holds(self) -> bool:
        """Whether a request is being held."""
        return self._gate is not None

    def let_go(self) -> None:
        """Let the held request pass."""
        assert self._gate and self._loop
        self._loop.call_soon_threadsafe(self._gate.set)

    def client(self, base: str, account: SandboxAccount, timings: Timings) -> Carrier:
        """The adapter, speaking over this line."""
        return SandboxCarrier(base, account, timings, self)


def buying(request: httpx.Request) -> bool:
    """Whether a request buys a number."""
    return request.method == "POST" and request.url.path.endswith("/IncomingPhoneNumbers.json")
