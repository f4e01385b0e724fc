"""The colleague of the demo: a second person with a vault of their own, in a process of their own, over real HTTP.

Started when the demo menu first needs somebody else. Reads one JSON object a line from standard input and answers each
with a sentence. Nothing happens here by itself, so that what is played stays in step with the person who watches.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from cerby_tui.clock import SystemClock
from cerby_tui.demo.cards import lent_card
from cerby_tui.demo.further import FurtherDevice
from cerby_tui.demo.names import COLLEAGUE, COLLEAGUE_DEVICE, COLLEAGUE_EMAIL, EMAIL, THEIR_NOTES
from cerby_tui.demo.passphrase import PASSPHRASE
from cerby_tui.enrolling.joining import Joining
from cerby_tui.errors import CerbyError, RefusedError
from cerby_tui.home import Home
from cerby_tui.keys import FLOOR
from cerby_tui.session import Session, open_session
from cerby_tui.system_keyring import SystemKeyring
from cerby_tui.values import CardFilter

Act = Callable[[Mapping[str, str]], Awaitable[str]]


class Colleague:
    """Answers requests; `root` is the directory of the demo."""

    def __init__(self, root: Path) -> None:
        self._home = Home(root / "colleague")
        self._further = FurtherDevice(Home(root / "further"))
        self._keyring = SystemKeyring(allowed=())
        self._joining: Joining | None = None
        self._session: Session | None = None
        self._acts: Mapping[str, Act] = {
            "who": self._who,
            "request": self._request,
            "confirm": self._confirm,
            "share": self._share,
            "edit": self._edit,
            "send": self._send,
            "ask": self._ask,
            "code": self._code,
        }

    async def answer(self, line: bytes) -> dict[str, str]:
        """What one request gets back: `said`, or `refused` with the reason."""
        asked = json.loads(line)
        try:
            return {"said": await self._acts[asked["act"]](asked)}
        except CerbyError as error:
            return {"refused": error.whole()}

    async def close(self) -> None:
        """Close the vault."""
        await self._further.close()
        if self._session is not None:
            await self._session.close()

    async def _who(self, _asked: Mapping[str, str]) -> str:
        """The user id, in hexadecimal; empty before the colleague joined."""
        if not self._home.enrolled():
            return ""
        session = await self._opened()
        return next(one.user for one in session.people.members() if one.you).hex()

    async def _request(self, asked: Mapping[str, str]) -> str:
        """Use an invite as far as the mailed code; what an earlier attempt left is forgotten."""
        joining = Joining(self._home, SystemClock(), keyring=self._keyring, cost=FLOOR)
        joining.discard()
        joining.name_device(COLLEAGUE_DEVICE)
        await asyncio.to_thread(joining.choose_passphrase, PASSPHRASE)
        await joining.request_code(asked["invite"], COLLEAGUE_EMAIL, COLLEAGUE)
        self._joining = joining
        return "A code was sent."

    async def _confirm(self, asked: Mapping[str, str]) -> str:
        """Join with the code."""
        joining, self._joining = self._joining, None
        if joining is None:
            raise RefusedError("demo", "The invite has to be used first.")
        await joining.confirm(asked["code"])
        groups = joining.kit().groups
        joining.confirm_kit({number: groups[number - 1] for number in joining.asked_back()})
        return await self._who({})

    async def _share(self, _asked: Mapping[str, str]) -> str:
        """Add an account and share it with the person who watches."""
        session = await self._opened()
        await session.sync_now()
        card = lent_card(len(session.cards(CardFilter())))
        account = await session.add_account(card)
        await session.sync_now()
        found = [one.user for one, _roles in session.sharing.candidates(account) if one.email == EMAIL]
        if not found:
            raise RefusedError("demo", f"{COLLEAGUE} does not know you yet. Try again in a moment.")
        await session.sharing.share(account, found[0], "collaborator")
        await session.sync_now()
        return f"{COLLEAGUE} shared “{card.label}” with you."

    async def _edit(self, asked: Mapping[str, str]) -> str:
        """Change the notes of an account on this disk only, on top of what the service has now."""
        session = await self._opened()
        await session.sync_now()
        await session.edit_account(bytes.fromhex(asked["account"]), {"notes": THEIR_NOTES})
        return "The notes are changed."

    async def _send(self, _asked: Mapping[str, str]) -> str:
        """Send what was changed."""
        await (await self._opened()).sync_now()
        return f"{COLLEAGUE} changed the notes at the same time as you."

    async def _ask(self, asked: Mapping[str, str]) -> str:
        """A further device of the person who watches asks to be trusted."""
        await self._further.ask(asked["origin"], EMAIL)
        return "A new device asks to be trusted."

    async def _code(self, _asked: Mapping[str, str]) -> str:
        """The digits that the further device shows; empty until somebody answered it."""
        return self._further.code()

    async def _opened(self) -> Session:
        if self._session is None:
            self._session = await asyncio.to_thread(self._open)
        return self._session

    def _open(self) -> Session:
        return open_session(self._home, PASSPHRASE, clock=SystemClock(), keyring=self._keyring)


async def serve(root: Path) -> None:
    """Answer until standard input ends."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    colleague = Colleague(root)
    try:
        while line := await reader.readline():
            sys.stdout.write(json.dumps(await colleague.answer(line)) + "\n")
            sys.stdout.flush()
    finally:
        await colleague.close()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
