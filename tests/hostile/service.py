"""A hostile service: the real one, over a real socket, with a layer in between that lies to one device.

The layer knows what is asked and what would honestly be answered, holds the service's own signing key, and may have the
help of insiders. It can alter, withhold, reorder, replay and roll back what heads, pull, push and feed say, show
different histories to different devices, and ring the feed as it likes. Each device gets a layer of its own, so a fork
is two layers that lie differently.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import httpx
import msgspec
from msgspec.structs import replace

from cerby_wire.entries import next_head
from cerby_wire.headers import Entry
from cerby_wire.records import AnyRecord, sign_record
from cerby_wire.shapes import (
    FEED,
    HEADS,
    PULL,
    PUSH,
    Heads,
    Pull,
    Pulled,
    PushResult,
    Shape,
    SignedRecord,
    StoredEntry,
    StreamHead,
)
from tests.rig import ServiceRig

Lie = Callable[[bytes, Any], Any]
"""From what was asked (the body) and the honest answer to what is answered."""
KINDS: dict[str, type[Any]] = {HEADS: Heads, PULL: Pulled, PUSH: PushResult}


class Hostile(httpx.AsyncBaseTransport):
    """What one device reaches in place of the service. Honest until it is told to lie."""

    def __init__(self, rig: ServiceRig) -> None:
        self.rig = rig
        self.asked: list[str] = []
        self.feed: Callable[[AsyncIterator[bytes]], AsyncIterator[bytes]] | None = None
        self._lies: list[tuple[str, type[Any], Lie]] = []
        self._problem: tuple[str, int, bytes] | None = None
        self._answers: dict[str, bytes] = {}
        self._raw: tuple[str, bytes, dict[str, str]] = ("", b"", {})
        self._real = httpx.AsyncHTTPTransport()

    # --- what it can be told

    def tell(self, path: str, lie: Lie, kind: type[Any] | None = None) -> None:
        """Lie about the answers to requests for a path; several lies are told one on top of the other."""
        self._lies.append((path, kind or KINDS[path], lie))

    def heads(self, change: Callable[[Heads], Heads]) -> None:
        """Lie about what changed."""
        self.tell(HEADS, lambda _asked, honest: change(honest))

    def pulled(self, change: Callable[[Pulled], Pulled]) -> None:
        """Lie about what is handed out."""
        self.tell(PULL, lambda _asked, honest: change(honest))

    def shows(self, kind: str, stream: bytes, entries: Sequence[Entry], *, quietly: bool = False) -> None:
        """Pretend that a stream has these entries and no others; `quietly`, without saying that it changed."""
        head = b""
        for entry in entries:
            head = next_head(head, entry)
        claimed = StreamHead(kind, stream, len(entries), head)

        def with_head(_asked: bytes, honest: Heads) -> Heads:
            real = next((one for one in honest.streams if one.id == stream), None)
            if quietly and real is None:
                return honest
            others = [one for one in honest.streams if one.id != stream]
            told = replace(claimed, messages=real.messages) if real else claimed
            lost = [one for one in honest.lost if one != stream]
            return replace(honest, streams=[*others, told], lost=lost)

        def with_entries(asked: bytes, honest: Pulled) -> Pulled:
            wanted = msgspec.msgpack.decode(asked, type=Pull).streams
            others = [one for one in honest.entries if one.stream != stream]
            if stream not in wanted:
                return replace(honest, entries=others)
            shown = [StoredEntry(stream, n, entry) for n, entry in enumerate(entries, 1) if n > wanted[stream]]
            return replace(honest, entries=[*others, *shown])

        self.tell(HEADS, with_head)
        self.tell(PULL, with_entries)

    def withholds(self, *streams: bytes) -> None:
        """Never mention these streams again."""
        self.heads(lambda told: replace(told, streams=[one for one in told.streams if one.id not in streams]))

    def refuses(self, path: str, code: str, status: int, detail: str = "No.") -> None:
        """Answer requests for a path with a problem."""
        body = {"title": code, "status": status, "code": code, "detail": detail}
        self._problem = (path, status, msgspec.json.encode(body))

    def answers(self, path: str, answer: Shape) -> None:
        """Answer requests for a path with this, whatever the service says."""
        self._answers[path] = msgspec.msgpack.encode(answer)

    def sends_raw(self, path: str, content: bytes, headers: dict[str, str]) -> None:
        """Answer requests for a path with these bytes under these headers."""
        self._raw = (path, content, headers)

    def is_honest(self) -> None:
        """From now on, tell the truth."""
        self._lies, self._problem, self.feed = [], None, None
        self._answers.clear()
        self._raw = ("", b"", {})

    def signs(self, record: AnyRecord) -> SignedRecord:
        """Sign anything with the service's own key."""
        return sign_record(self.rig.parts.key._signing, record)

    # --- what the client sees

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send to the real service, and lie about what it answers."""
        path = request.url.path
        self.asked.append(path)
        if self._problem and self._problem[0] == path:
            _path, status, content = self._problem
            return httpx.Response(status, content=content, request=request)
        if path == self._raw[0]:
            return httpx.Response(200, headers=self._raw[2], stream=httpx.ByteStream(self._raw[1]), request=request)
        if path in self._answers:
            return httpx.Response(200, content=self._answers[path], request=request)
        real = await self._real.handle_async_request(request)
        if path == FEED:
            return self._listening(real)
        content = await real.aread()
        await real.aclose()
        headers = {"content-type": real.headers.get("content-type", "")}
        for about, kind, lie in self._lies:
            if about == path and real.status_code == 200:
                honest = msgspec.msgpack.decode(content, type=kind)
                content = msgspec.msgpack.encode(lie(request.content, honest))
        return httpx.Response(real.status_code, headers=headers, content=content, request=request)

    def _listening(self, real: httpx.Response) -> httpx.Response:
        if self.feed is None or real.status_code != 200:
            return real
        return httpx.Response(200, headers=real.headers, stream=_Told(real, self.feed))

    async def aclose(self) -> None:
        """Close the real connections."""
        await self._real.aclose()


class _Told(httpx.AsyncByteStream):
    """A feed as the layer tells it."""

    def __init__(self, real: httpx.Response, tell: Callable[[AsyncIterator[bytes]], AsyncIterator[bytes]]) -> None:
        self._real = real
        self._tell = tell

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._tell(self._real.aiter_raw()):
            yield piece

    async def aclose(self) -> None:
        await self._real.aclose()
