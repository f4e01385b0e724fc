"""A new device that asks to be trusted by another one of its person, at a running service."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import httpx

from cerby_tui.enrolling.new_device import NewDevice, Stage
from cerby_tui.home import Home
from cerby_tui.keys import FLOOR
from cerby_tui.session import Session
from tests.devices import NO_KEYRING, PASSPHRASE
from tests.fakes import FrozenClock

T = TypeVar("T")


def newcomer(
    root: Path, clock: FrozenClock, *, name: str = "phone", transport: httpx.AsyncBaseTransport | None = None
) -> NewDevice:
    """A device whose passphrase is chosen."""
    device = resumed(root, clock, transport=transport)
    device.name_device(name)
    device.choose_passphrase(PASSPHRASE)
    return device


def resumed(root: Path, clock: FrozenClock, *, transport: httpx.AsyncBaseTransport | None = None) -> NewDevice:
    """An attempt in a new process; `resume` opens what is there."""
    return NewDevice(Home(root), clock, keyring=NO_KEYRING, cost=FLOOR, transport=transport)


async def wait_for(device: NewDevice, stage: Stage) -> None:
    """Look until the approval stands so."""
    async with asyncio.timeout(20):
        while await device.look() != stage:  # noqa: ASYNC110 - the other end is another process in life
            await asyncio.sleep(0.02)


async def taken(session: Session, device: NewDevice) -> tuple[bytes, str]:
    """The session answers the one request there is; gives its id and the name that the device gives itself."""
    (request,) = await session.devices.pending()
    name, _ = await asyncio.gather(session.devices.take(request.id), wait_for(device, "code"))
    return request.id, name


async def approved(session: Session, device: NewDevice, origin: str, email: str) -> None:
    """The whole way of an approval, up to the vault of the new device."""
    await device.ask(origin, email)
    request, name = await taken(session, device)
    await session.devices.approve(request, device.code(), name)
    await wait_for(device, "confirm")
    await device.confirm()


async def raised(act: Awaitable[T], kind: type[BaseException]) -> BaseException:
    """The error that something ends with."""
    try:
        await act
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was not raised")


Lie = Callable[[httpx.Request, bytes], bytes | None]
"""What to answer instead of the body that the service gave; None for just that."""


class Liar(httpx.AsyncBaseTransport):
    """The real service behind somebody who answers in its place where they like."""

    def __init__(self, lie: Lie) -> None:
        self._real = httpx.AsyncHTTPTransport()
        self._lie = lie

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Ask the service, and perhaps answer something else."""
        response = await self._real.handle_async_request(request)
        body = await response.aread()
        await response.aclose()
        other = self._lie(request, body) if response.status_code == 200 else None
        headers = {"content-type": response.headers["content-type"]}
        return httpx.Response(response.status_code, headers=headers, content=body if other is None else other)

    async def aclose(self) -> None:
        """Close the real connections."""
        await self._real.aclose()


class LosesOnce(httpx.AsyncBaseTransport):
    """Reaches the service, and loses the first answer to a request whose path ends so."""

    def __init__(self, end: str) -> None:
        self._real = httpx.AsyncHTTPTransport()
        self._end = end
        self.lost = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send, and lose the answer once."""
        response = await self._real.handle_async_request(request)
        if request.url.path.endswith(self._end) and not self.lost:
            await response.aread()
            await response.aclose()
            self.lost += 1
            raise httpx.ReadError("the answer was lost")
        return response

    async def aclose(self) -> None:
        """Close the real connections."""
        await self._real.aclose()
