"""What other people and other devices do in the demo, as the parent process has it done by the colleague's process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from cerby_tui.demo.children import ColleagueProcess, ServiceProcess
from cerby_tui.demo.mail import Mailbox
from cerby_tui.demo.names import COLLEAGUE_EMAIL
from cerby_tui.errors import RefusedError, TimedOut

NO_MAIL = "The demo's mail server could not come back on its port, so nobody can join. Start a new demo."


class Others:
    """The colleague and their mail. `mailbox` is None where its port was taken."""

    ACTS: ClassVar[dict[str, str]] = {
        "colleague": "who",
        "colleague_shares": "share",
        "colleague_edits": "edit",
        "colleague_sends": "send",
        "device_code": "code",
        "colleague_joins": "",
        "device_asks": "",
    }
    """Requests of the app, and what the colleague's process calls them; empty where more is to be done."""

    def __init__(self, colleague: ColleagueProcess, service: ServiceProcess, mailbox: Mailbox | None) -> None:
        self._colleague = colleague
        self._service = service
        self._mailbox = mailbox

    async def play(self, name: str, asked: Mapping[str, str]) -> str:
        """Have it done; a sentence. RefusedError, OfflineError, TimedOut."""
        if name == "colleague_joins":
            return await self._join(asked["invite"])
        if name == "device_asks":
            return await self._colleague.ask("ask", origin=self._service.origin)
        return await self._colleague.ask(self.ACTS[name], **{key: asked[key] for key in asked if key != "act"})

    async def _join(self, invite: str) -> str:
        if self._mailbox is None:
            raise RefusedError("demo", NO_MAIL)
        await self._colleague.ask("request", invite=invite)
        try:
            code = await self._mailbox.code_for(COLLEAGUE_EMAIL)
        except TimeoutError:
            raise TimedOut("The code for the colleague did not arrive.") from None
        return await self._colleague.ask("confirm", code=code)
