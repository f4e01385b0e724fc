"""Running the service: one process, one socket that is bound before anything else, an end that says goodbye."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import uvicorn

from cerby_service.app import create_app
from cerby_service.directory import DataDirectory, Running
from cerby_service.errors import Misconfigured
from cerby_service.logs import fields
from cerby_service.parts import Given, Parts
from cerby_service.settings import Settings, check_origin

BACKLOG = 2_048
SEND_BUFFER = 64 * 1024
"""Bytes that the kernel keeps for a reader that does not read; its default would be some megabytes each."""
GRACE_SECONDS = 10
logger = logging.getLogger(__name__)


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises Misconfigured when the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise Misconfigured(f"{host}:{port} cannot be listened on: {error.strerror}.") from None
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    # Connections inherit it. asyncio forgets it for sockets made like this one, and each answer would wait 40 ms.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


class Server(uvicorn.Server):
    """uvicorn, with our parts started once it listens, and stopped before it is done."""

    def __init__(self, parts: Parts, ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                create_app(parts),
                lifespan="off",
                ws="none",
                access_log=False,
                log_config=None,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self._parts = parts
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then begin what recurs: the sandbox, which the reconciler asks, is part of this process."""
        await super().startup(sockets)
        await self._parts.start()
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Say goodbye to feeds first, so that nothing waits for them; then finish what is under way."""
        self._parts.hub.close()
        await super().shutdown(sockets)
        await self._parts.stop()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End in order on SIGTERM and SIGINT, with exit code 0; a second signal does not wait."""
        try:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self._asked_to_end)
        except (RuntimeError, ValueError):
            logger.debug("not in the main thread: signals are for others")
        yield

    def _asked_to_end(self) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True


class Service:
    """A service that is bound and open, ready to be served."""

    def __init__(self, directory: DataDirectory, settings: Settings, given: Given | None = None) -> None:
        """Raises Misconfigured; nothing is left open then."""
        directory.check()
        if settings.origin:
            check_origin(settings.origin)
        self._directory = directory
        with ExitStack() as undo:
            self._lock = directory.hold()
            undo.callback(self._lock.release)
            self.socket = undo.enter_context(bind(settings.host, settings.port))
            self.port = int(self.socket.getsockname()[1])
            self.local = Settings(host=settings.host).origin_at(self.port)
            self.origin = settings.origin_at(self.port)
            self.parts = Parts(directory, settings, self.origin, self.local, given)
            undo.pop_all()

    def server(self, ready: Callable[[Running], None] = lambda _running: None) -> Server:
        """The server; `ready` hears where it is once it listens."""

        def started() -> None:
            running = Running(self.origin, self.local, os.getpid())
            self._directory.write_running(running)
            logger.info("ready", extra=fields(origin=self.origin, local=self.local))
            ready(running)

        return Server(self.parts, started)

    async def serve(self, server: Server) -> None:
        """Serve until the server is asked to end."""
        try:
            await server.serve([self.socket])
        finally:
            self.socket.close()
            self._lock.release()


def run(service: Service, ready: Callable[[Running], None]) -> None:
    """Serve on an event loop of its own (uvloop where it is there) until SIGTERM or SIGINT."""
    server = service.server(ready)
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(service.serve(server))
