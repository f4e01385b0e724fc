"""The mail server of the demo: takes real SMTP connections on loopback and keeps the newest letter to each address."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.policy import default

from aiosmtpd.smtp import SMTP, Envelope, Session

LOOPBACK = "127.0.0.1"
_CODE = re.compile(r"(?<!\d)(\d{6})(?!\d)")


class Mailbox:
    """Letters as text, by address; readers wait for the one they need. `port` is where the server listens."""

    def __init__(self) -> None:
        self.port = 0
        self._letters: dict[str, str] = {}
        self._arrived = asyncio.Condition()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a letter (the name is aiosmtpd's)."""
        content = envelope.content or b""
        letter = message_from_bytes(content if isinstance(content, bytes) else content.encode(), policy=default)
        body = letter.get_body(preferencelist=("plain",))
        async with self._arrived:
            for address in envelope.rcpt_tos:
                self._letters[address] = body.get_content() if body is not None else ""
            self._arrived.notify_all()
        return "250 taken"

    async def code_for(self, address: str, seconds: float = 20.0) -> str:
        """Take the six-digit code out of the next letter to an address that holds one. TimeoutError if none comes."""
        async with asyncio.timeout(seconds), self._arrived:
            await self._arrived.wait_for(lambda: _CODE.search(self._letters.get(address, "")))
            found = _CODE.search(self._letters.pop(address))
        if found is None:
            raise TimeoutError(f"no code in the letter to {address}")
        return found.group(1)


@asynccontextmanager
async def mail_server(port: int = 0) -> AsyncIterator[Mailbox]:
    """A mail server on a port of loopback (0: a free one), while the block lasts. OSError if the port is taken."""
    loop = asyncio.get_running_loop()
    mailbox = Mailbox()
    server = await loop.create_server(lambda: SMTP(mailbox, hostname="localhost", loop=loop), LOOPBACK, port)
    mailbox.port = server.sockets[0].getsockname()[1]
    try:
        yield mailbox
    finally:
        server.close()
