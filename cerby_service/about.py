"""What anybody may ask: who the service is, whether it lives, whether it can take work, and counts for operators."""

from __future__ import annotations

import time
from importlib.metadata import PackageNotFoundError, version

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from cerby_service.errors import Refusal
from cerby_service.parts import Parts
from cerby_wire.shapes import About

OLDEST_CLIENT = "0.1"
PROOF_SECONDS = 1.0


class AboutPages:
    """Answers of no secrecy; none of them is a reason for anybody to trust us."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._version = _version()
        self._proven = -2 * PROOF_SECONDS

    async def about(self, _request: Request) -> About:
        """Version, service key, generation and time."""
        parts = self._parts
        return About(
            version=self._version,
            oldest_client=OLDEST_CLIENT,
            origin=parts.origin,
            service_key=parts.key.public,
            generation=parts.database.generation,
            time=parts.clock(),
        )

    async def healthz(self, _request: Request) -> Response:
        """Alive: the writer is there. If not, only a restart helps."""
        alive = self._parts.database.alive
        return PlainTextResponse("alive\n" if alive else "the writer stopped\n", 200 if alive else 503)

    async def readyz(self, _request: Request) -> Response:
        """Able to serve: a commit has reached the disk within the last second."""
        # Anybody may ask, so asking often must not cost a flush each time.
        if time.monotonic() - self._proven > PROOF_SECONDS or not self._parts.database.alive:
            try:
                await self._parts.database.ready()
            except Refusal:
                return PlainTextResponse("the database takes no writes\n", 503)
            self._proven = time.monotonic()
        return PlainTextResponse("ready\n")

    async def metrics(self, _request: Request) -> Response:
        """Counts in the text format that Prometheus reads; no content, no names."""
        lines = [f"cerby_feeds_open {self._parts.hub.open_feeds}"]
        lines += (
            f'cerby_messages_total{{fate="{name}"}} {n}' for name, n in sorted(self._parts.inbound.counts.items())
        )
        return PlainTextResponse("\n".join(lines) + "\n")


def _version() -> str:
    try:
        return version("cerby-tui")
    except PackageNotFoundError:
        return "0"
