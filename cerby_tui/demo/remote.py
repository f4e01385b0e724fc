"""The app's end of the line to the demo's parent process: what the demo menu can make happen.

The line is a socket pair that the app inherits, so it survives the `exec` of a lock and nobody else can speak on it.
One JSON object a line each way.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from typing import Any

from cerby_tui.demo.passphrase import HINT
from cerby_tui.errors import OfflineError, RefusedError


class DemoRemote:
    """Asks the parent process. Every answer is a sentence to show; RefusedError if it could not be done."""

    hint = HINT

    def __init__(self, fd: int) -> None:
        os.set_inheritable(fd, True)  # the next process of the app, after a lock, speaks on it too
        self._line = socket.socket(fileno=fd)
        self._line.setblocking(False)
        self._turn = asyncio.Lock()

    def close(self) -> None:
        """Hang up."""
        self._line.close()

    async def text_code(self, e164: str, app_name: str) -> str:
        """Have the third-party app text a verification code to a number."""
        return await self._ask("text_code", to=e164, app=app_name)

    async def text_alert(self, e164: str, app_name: str) -> str:
        """Have the third-party app text an alert that holds no code, though it holds digits."""
        return await self._ask("text_alert", to=e164, app=app_name)

    async def stop_service(self) -> str:
        """Stop the service, to see the app offline."""
        return await self._ask("stop_service")

    async def start_service(self) -> str:
        """Start the service again."""
        return await self._ask("start_service")

    async def service_runs(self) -> bool:
        """Whether the service runs now."""
        return await self._ask("service_runs") == "yes"

    async def colleague(self) -> str:
        """The colleague's user id in hexadecimal; empty before they joined."""
        return await self._ask("colleague")

    async def colleague_joins(self, invite: str) -> str:
        """Have the colleague join by an invite; their user id."""
        return await self._ask("colleague_joins", invite=invite)

    async def colleague_shares(self) -> str:
        """Have the colleague share another account with us."""
        return await self._ask("colleague_shares")

    async def colleague_edits(self, account: bytes) -> str:
        """Have the colleague change the notes of an account that they own too, and not send it yet."""
        return await self._ask("colleague_edits", account=account.hex())

    async def colleague_sends(self) -> str:
        """Have the colleague send what they changed."""
        return await self._ask("colleague_sends")

    async def device_asks(self) -> str:
        """Have a further device of ours ask to be trusted."""
        return await self._ask("device_asks")

    async def device_code(self) -> str:
        """The digits that the further device shows; empty before somebody answered it, RefusedError once it is over."""
        return await self._ask("device_code")

    async def _ask(self, act: str, **details: str) -> str:
        loop = asyncio.get_running_loop()
        async with self._turn:
            try:
                await loop.sock_sendall(self._line, json.dumps({"act": act, **details}).encode() + b"\n")
                answer = await self._read_line(loop)
            except OSError as error:
                raise OfflineError("The demo's parent process is gone.") from error
        if "refused" in answer:
            raise RefusedError("demo", str(answer["refused"]))
        return str(answer["said"])

    async def _read_line(self, loop: asyncio.AbstractEventLoop) -> dict[str, Any]:
        received = b""
        while not received.endswith(b"\n"):
            chunk = await loop.sock_recv(self._line, 4096)
            if not chunk:
                raise ConnectionResetError
            received += chunk
        answer: dict[str, Any] = json.loads(received)
        return answer
