"""The parent's end of the line to the app: does what the demo menu asks for, one request at a time."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from cerby_tui.demo.children import ServiceProcess
from cerby_tui.demo.phone import Phone
from cerby_tui.errors import CerbyError

if TYPE_CHECKING:
    from cerby_tui.demo.others import Others

Act = Callable[[Mapping[str, str]], Awaitable[str]]


class Control:
    """Answers requests as sentences; whatever goes wrong is a sentence too, and the line stays open."""

    def __init__(self, service: ServiceProcess, phone: Phone, others: Others) -> None:
        self._service = service
        self._phone = phone
        self._others = others
        self._acts: Mapping[str, Act] = {
            "text_code": self._text_code,
            "text_alert": self._text_alert,
            "stop_service": self._stop_service,
            "start_service": self._start_service,
            "service_runs": self._service_runs,
            **{name: self._asks_others(name) for name in others.ACTS},
        }

    async def serve(self, line: socket.socket) -> None:
        """Answer until the app is gone."""
        reader, writer = await asyncio.open_connection(sock=line)
        try:
            while request := await reader.readline():
                writer.write(json.dumps(await self.answer(request)).encode() + b"\n")
                await writer.drain()
        except OSError:
            return  # the app ended in the middle of an answer
        finally:
            writer.close()

    async def answer(self, request: bytes) -> dict[str, Any]:
        """What one line of the app gets back: `said`, or `refused` with the reason."""
        asked = json.loads(request)
        try:
            return {"said": await self._acts[asked["act"]](asked)}
        except CerbyError as error:
            return {"refused": error.whole()}

    def _asks_others(self, name: str) -> Act:
        async def act(asked: Mapping[str, str]) -> str:
            return await self._others.play(name, asked)

        return act

    async def _text_code(self, asked: Mapping[str, str]) -> str:
        await self._phone.text_code(self._service.origin, asked["to"], asked["app"])
        return f"{asked['app']} texted a code."

    async def _text_alert(self, asked: Mapping[str, str]) -> str:
        await self._phone.text_alert(self._service.origin, asked["to"], asked["app"])
        return f"{asked['app']} texted an alert that holds no code."

    async def _stop_service(self, _asked: Mapping[str, str]) -> str:
        await self._service.stop()
        return "The service is stopped. Everything here goes on working."

    async def _start_service(self, _asked: Mapping[str, str]) -> str:
        await self._service.start()
        return "The service runs again."

    async def _service_runs(self, _asked: Mapping[str, str]) -> str:
        return "yes" if self._service.runs else "no"
