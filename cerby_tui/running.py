"""An app while it runs: its session, what others may know of it, the signals it answers, and how it ends."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

from cerby_tui.config import Configuration
from cerby_tui.home import Home
from cerby_tui.logs import open_log
from cerby_tui.presence import Presence
from cerby_tui.process import DEADLINE, Leaving, Terminal
from cerby_tui.screens.desk import Ending

if TYPE_CHECKING:
    from cerby_tui.app import CerbyApp
    from cerby_tui.session import Session

FIRST_SCREEN = 1.0
"""Seconds after which the first screen stands: garbage is collected again, and files are watched."""
log = logging.getLogger("cerby_tui.running")


class Running:
    """Holds what has to be put away when the app ends, however it ends."""

    def __init__(self, home: Home) -> None:
        self._log = open_log(home.log)
        self.configuration = Configuration(home)
        self.session: Session | None = None
        self._terminal = Terminal()
        self._leaving = Leaving(self._terminal)
        self._presence = Presence(home)
        self.exit_code = 0

    def unlocked(self, session: Session) -> None:
        """The vault is open."""
        self.session = session
        self._presence.say("unlocked")

    def run(self, app: CerbyApp) -> Ending | None:
        """Run the app to its end and put everything away; `exit_code` is what the process should end with."""
        try:
            return asyncio.run(self._run(app))
        finally:
            gc.enable()
            self._presence.leave()
            self._log.close()

    async def _run(self, app: CerbyApp) -> Ending | None:
        loop = asyncio.get_running_loop()

        def soon(act: Callable[[], object]) -> None:
            loop.call_soon_threadsafe(app.call_later, act)

        self._leaving.install(lambda: soon(lambda: app.shutdown_for(Ending.SHUT_DOWN)))
        signal.signal(signal.SIGUSR1, lambda _number, _frame: soon(app.action_lock))
        stop = asyncio.Event()
        loop.call_later(FIRST_SCREEN, gc.enable)
        following = asyncio.ensure_future(self._follow(app, stop))
        try:
            ending = await app.run_async(mouse=self.configuration.current.settings.mouse)
        finally:
            stop.set()
            following.cancel()
            await self._put_away()
        self.exit_code = self._leaving.code or app.return_code or 0
        return ending if isinstance(ending, Ending) and not self._leaving.code else None

    async def _follow(self, app: CerbyApp, stop: asyncio.Event) -> None:
        await asyncio.sleep(FIRST_SCREEN)  # the watcher is loaded after the first screen stands
        async for loaded in self.configuration.follow(stop):
            app.call_later(app.apply_config, loaded)

    async def _put_away(self) -> None:
        """Flush and close the vault, whatever ended the app."""
        session, self.session = self.session, None
        if session is None:
            return
        try:
            async with asyncio.timeout(DEADLINE):
                await session.close()
        except TimeoutError:
            log.warning("the session did not close in time")  # every acknowledged change is on disk already
        self._presence.say("locked")
