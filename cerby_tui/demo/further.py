"""A further device of the person who watches the demo: asks to be trusted, shows its code, and is set up for real."""

from __future__ import annotations

import asyncio
import shutil

from cerby_tui.clock import SystemClock
from cerby_tui.demo.names import FURTHER_DEVICE
from cerby_tui.demo.passphrase import PASSPHRASE
from cerby_tui.enrolling.new_device import NewDevice
from cerby_tui.errors import CerbyError, RefusedError
from cerby_tui.home import Home
from cerby_tui.keys import FLOOR
from cerby_tui.system_keyring import SystemKeyring

LOOK_SECONDS = 0.5


class FurtherDevice:
    """One request at a time; a new one takes the place of the one before."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._way: NewDevice | None = None
        self._ended = ""
        self._following: asyncio.Task[None] | None = None

    async def ask(self, origin: str, email: str) -> None:
        """Ask, and follow the request in the background. OfflineError, RefusedError."""
        await self.close()
        shutil.rmtree(self._home.root, ignore_errors=True)
        way = NewDevice(self._home, SystemClock(), keyring=SystemKeyring(allowed=()), cost=FLOOR)
        way.name_device(FURTHER_DEVICE)
        await asyncio.to_thread(way.choose_passphrase, PASSPHRASE)
        await way.ask(origin, email)
        self._way, self._ended = way, ""
        self._following = asyncio.ensure_future(self._follow_until_over(way))

    def code(self) -> str:
        """The digits it shows, empty before somebody answered. RefusedError once the request is over."""
        if self._way is not None and self._way.stage == "code":
            return self._way.code()
        if self._ended:
            raise RefusedError("demo", self._ended)
        return ""

    async def close(self) -> None:
        """Stop following."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.wait({self._following})

    async def _follow_until_over(self, way: NewDevice) -> None:
        try:
            while await way.look() != "confirm":  # noqa: ASYNC110 - only the service knows, and it is asked
                await asyncio.sleep(LOOK_SECONDS)
            await way.confirm()
            self._ended = "The new device is one of your trusted sessions now."
        except CerbyError as error:
            self._ended = error.whole()
