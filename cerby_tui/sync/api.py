"""The service as an object: every request of the client, signed, and every network error told in our own words.

This module and the feed are the only ones that know httpx, and they are imported when the sync thread begins its work.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

import httpx
import msgspec

from cerby_tui import __version__
from cerby_tui.clock import Clock
from cerby_tui.errors import OfflineError, RefusedError, SessionRemoved
from cerby_tui.keys import DeviceKeys
from cerby_wire import shapes
from cerby_wire.encoding import UNREADABLE
from cerby_wire.requests import sign_request

T = TypeVar("T")

Transport = httpx.AsyncBaseTransport
TIMEOUT = httpx.Timeout(20.0, connect=10.0)
SILENCE = 40.0
"""Seconds without a byte after which a feed counts as dead."""
MOST_BYTES = 4 * shapes.PULL_LIMIT
"""More than any honest answer has, once it is unpacked."""
BUSY = {"unavailable", "too_many_requests"}


class Api:
    """Signed requests of one device to one service. `offset` is what to add to our clock to have the service's, ms."""

    def __init__(
        self,
        origin: str,
        device: DeviceKeys,
        clock: Clock,
        *,
        transport: Transport | None = None,
        offset: int = 0,
    ) -> None:
        self.offset = offset
        self._device = device
        self._clock = clock
        self._client = httpx.AsyncClient(
            base_url=origin,
            transport=transport,
            timeout=TIMEOUT,
            follow_redirects=False,
            trust_env=not _is_this_machine(origin),  # a proxy of the system is for elsewhere
            headers={"user-agent": f"cerby-tui/{__version__}", "accept": shapes.MSGPACK},
        )
        self._origin = origin.rstrip("/")

    def __repr__(self) -> str:
        return f"Api({self._origin!r})"

    def now(self) -> int:
        """The service's time as far as it is known, UTC milliseconds."""
        return self._clock.now() + self.offset

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def about(self) -> shapes.About:
        """What anybody may know about the service; nothing in it is to be trusted."""
        return await self.ask("GET", shapes.ABOUT, None, shapes.About)

    async def heads(self, since: str) -> shapes.Heads:
        """What changed since a cursor; everything for an empty one."""
        path = f"{shapes.HEADS}?since={since}" if since else shapes.HEADS
        return await self.ask("GET", path, None, shapes.Heads)

    async def pull(self, wanted: shapes.Pull) -> shapes.Pulled:
        """Entries and messages."""
        return await self.ask("POST", shapes.PULL, wanted, shapes.Pulled)

    async def push(
        self, entries: list[shapes.PushEntry], *, together: bool = False, back: bool = False
    ) -> list[shapes.Pushed]:
        """Send entries; one answer for each. `together`: all or none; `back`: a restored service had lost them."""
        asked = shapes.Push(entries, together, back)
        answer = await self.ask("POST", shapes.PUSH, asked, shapes.PushResult)
        if len(answer.results) != len(entries):
            raise OfflineError("The service gave an answer that does not fit the question.")
        return answer.results

    async def offer(self, account: bytes, app: str) -> shapes.SignedRecord:
        """Ask for a number for an account; the signed offer."""
        asked = shapes.AskOffer(account, app)
        return (await self.ask("POST", shapes.NUMBER_OFFERS, asked, shapes.OfferAnswer)).offer

    async def close_offer(self, offer: bytes) -> None:
        """Give an offered number back."""
        await self.request("DELETE", f"{shapes.NUMBER_OFFERS}/{offer.hex()}", b"")

    async def commit(self, offer: bytes, idempotency_key: str) -> shapes.CommitAnswer:
        """Turn an offer into a number, once per key however often it is asked."""
        asked = shapes.CommitNumber(offer)
        return await self.ask("POST", shapes.NUMBERS, asked, shapes.CommitAnswer, idempotency_key)

    async def start_verification(self, asked: shapes.StartVerification) -> shapes.Verification:
        """Have a six-digit code sent by e-mail."""
        return await self.ask("POST", shapes.VERIFICATIONS, asked, shapes.Verification)

    async def found(self, asked: shapes.Found) -> shapes.Founded:
        """Found a workspace."""
        return await self.ask("POST", shapes.WORKSPACES, asked, shapes.Founded)

    @asynccontextmanager
    async def feed(self, cursor: str) -> AsyncIterator[AsyncIterator[str]]:
        """Open the live feed after `cursor`; gives its text as it comes. Raises OfflineError when it breaks."""
        headers = self._signed("GET", shapes.FEED, b"", None) | {"accept": "text/event-stream"}
        if cursor:
            headers["last-event-id"] = cursor
        timeout = httpx.Timeout(20.0, read=SILENCE)
        try:
            async with self._client.stream("GET", shapes.FEED, headers=headers, timeout=timeout) as response:
                if response.status_code != 200:
                    await response.aread()
                    raise self._refusal(response)
                yield _text(response)
        except httpx.HTTPError as error:
            raise _offline(error) from error

    async def ask(
        self, method: str, path: str, body: object | None, kind: type[T], idempotency_key: str | None = None
    ) -> T:
        """A signed request and its answer. Raises OfflineError, RefusedError, SessionRemoved."""
        raw = b"" if body is None else msgspec.msgpack.encode(body)
        response = await self.request(method, path, raw, idempotency_key)
        try:
            return msgspec.msgpack.decode(response.content, type=kind)
        except UNREADABLE as error:
            raise OfflineError("The service gave an answer that cannot be read.") from error

    async def request(self, method: str, path: str, raw: bytes, idempotency_key: str | None = None) -> httpx.Response:
        """Send once, and once more if the service says that our clock is wrong. Raises like `ask`."""
        for last in (False, True):
            headers = self._signed(method, path, raw, idempotency_key)
            try:
                async with self._client.stream(method, path, content=raw or None, headers=headers) as coming:
                    response = await _whole(coming)
            except httpx.HTTPError as error:
                raise _offline(error) from error
            if response.is_success:
                return response
            refusal = self._refusal(response)
            if last or not (isinstance(refusal, RefusedError) and refusal.code == "clock_skew"):
                raise refusal
        raise AssertionError("unreachable")

    def _signed(self, method: str, path: str, raw: bytes, idempotency_key: str | None) -> dict[str, str]:
        created = self._clock.now() + self.offset
        url = self._origin + path
        return sign_request(self._device.sign, self._device.id, method, url, raw, created, idempotency_key)

    def _refusal(self, response: httpx.Response) -> RefusedError | OfflineError | SessionRemoved:
        problem = _problem(response)
        if problem is None:
            return OfflineError(f"The service answered with an error ({response.status_code}).")
        if problem.code == "clock_skew" and problem.time:
            self.offset = problem.time - self._clock.now()
        if problem.code == "session_removed":
            return SessionRemoved(problem.detail, safe="The vault on this device is locked.")
        return RefusedError(problem.code, problem.detail, retry_after=problem.retry_after)


def _is_this_machine(origin: str) -> bool:
    return httpx.URL(origin).host in ("127.0.0.1", "::1", "localhost")


def _problem(response: httpx.Response) -> shapes.Problem | None:
    """The problem document of an answer, in either encoding."""
    for decode in (msgspec.json.decode, msgspec.msgpack.decode):
        try:
            return decode(response.content, type=shapes.Problem)
        except UNREADABLE:
            continue
    return None


def _offline(error: httpx.HTTPError) -> OfflineError:
    return OfflineError(
        f"The service cannot be reached ({type(error).__name__}).",
        safe="Everything here goes on working, and changes wait.",
        next_step="Nothing needs to be done: it is tried again by itself.",
    )


async def _whole(coming: httpx.Response) -> httpx.Response:
    """An answer with all of its body, unless there is no end to it. Raises OfflineError."""
    pieces, size = [], 0
    async for piece in coming.aiter_bytes():
        size += len(piece)
        if size > MOST_BYTES:
            raise OfflineError("The service gave an answer that does not end.")
        pieces.append(piece)
    return httpx.Response(coming.status_code, content=b"".join(pieces))


async def _text(response: httpx.Response) -> AsyncIterator[str]:
    async for piece in response.aiter_text():
        yield piece
