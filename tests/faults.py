"""Ways for a network to be bad and for a process to die, on purpose and at a chosen step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Literal

import httpx
import msgspec

from cerby_tui.vault.database import Database
from cerby_wire.shapes import Shape

Fault = Literal["fine", "refused", "lost", "twice", "dead before", "dead after"]
FAULTS: tuple[Fault, ...] = ("fine", "refused", "lost", "twice", "dead before", "dead after")


class Killed(BaseException):
    """The process ended here. Not an `Exception`: nothing that the client does about errors may catch it."""


class BadNetwork(httpx.AsyncBaseTransport):
    """Reaches the service over a real socket; `faults` are taken one per request, then all is fine."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self._real = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send, badly."""
        fault = self.faults.pop(0) if self.faults else "fine"
        if fault == "refused":
            raise httpx.ConnectError("no connection")
        if fault == "dead before":
            raise Killed
        answer = await self._send(request)
        if fault == "twice":
            answer = await self._send(request)
        elif fault == "lost":
            raise httpx.ReadError("the answer was lost")
        elif fault == "dead after":
            raise Killed
        return answer

    async def _send(self, request: httpx.Request) -> httpx.Response:
        real = await self._real.handle_async_request(request)
        content = await real.aread()
        await real.aclose()
        return httpx.Response(real.status_code, headers=real.headers, content=content, request=request)

    async def aclose(self) -> None:
        """Close the real connections."""
        await self._real.aclose()


class Trapdoor:
    """Ends the process before or after the n-th transaction of a connection; set to 0 it never does."""

    def __init__(self, database: Database) -> None:
        self.steps = 0
        self._real: Callable[[], AbstractContextManager[None]] = database.transaction
        self._depth = 0
        database.transaction = self._transaction  # type: ignore[method-assign]

    def _step(self) -> None:
        if self.steps and not self._depth:
            self.steps -= 1
            if not self.steps:
                raise Killed

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._step()
        self._depth += 1
        try:
            with self._real():
                yield
        finally:
            self._depth -= 1
        self._step()


class Lying(httpx.AsyncBaseTransport):
    """Reaches the service, and alters what it answers to requests for one path."""

    def __init__(self, path: str, kind: type[Shape], lie: Callable[[Any], Any]) -> None:
        self._path = path
        self._kind = kind
        self._lie = lie
        self._real = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send, and lie about the answer."""
        real = await self._real.handle_async_request(request)
        content = await real.aread()
        await real.aclose()
        if request.url.path == self._path and real.status_code == 200:
            content = msgspec.msgpack.encode(self._lie(msgspec.msgpack.decode(content, type=self._kind)))
        headers = {"content-type": "application/msgpack"}
        return httpx.Response(real.status_code, headers=headers, content=content, request=request)

    async def aclose(self) -> None:
        """Close the real connections."""
        await self._real.aclose()


class LosesAnswers(httpx.AsyncBaseTransport):
    """Reaches the service, and loses the answers to requests for one path."""

    def __init__(self, path: str) -> None:
        self._real = httpx.AsyncHTTPTransport()
        self._path = path
        self.lost = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send, and lose the answer where it is to be lost."""
        response = await self._real.handle_async_request(request)
        if request.url.path == self._path:
            await response.aread()
            await response.aclose()
            self.lost += 1
            raise httpx.ReadError("the answer was lost")
        return response

    async def aclose(self) -> None:
        """Close the real connections."""
        await self._real.aclose()
