"""What the parts of an open session stand on: its keys, its vault, the sync thread, and the way to the service."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from cerby_tui.clock import Clock
from cerby_tui.errors import SessionRemoved
from cerby_tui.home import Home
from cerby_tui.journal import Journal
from cerby_tui.keys import DeviceKeys
from cerby_tui.sync.beginning import Writing
from cerby_tui.sync.thread import SyncThread
from cerby_tui.values import Changed
from cerby_tui.vault.around import Around
from cerby_tui.vault.database import Database

if TYPE_CHECKING:
    from cerby_tui.sync.online import Online

T = TypeVar("T")


class Ground:
    """Handed to each part of a session. `reader` is for the screens' thread; `writing` only for the sync thread."""

    def __init__(
        self,
        home: Home,
        device: DeviceKeys,
        clock: Clock,
        reader: Database,
        writing: Writing,
        thread: SyncThread,
        go_online: Callable[[], Online],
        tell: Callable[[Changed], None],
        wish: Callable[[], None] = lambda: None,
    ) -> None:
        self.home = home
        self.device = device
        self.clock = clock
        self.reader = reader
        self.writing = writing
        self.identity = writing.vault.identity
        self._thread = thread
        self._go_online = go_online
        self._tell = tell
        self._wish = wish
        self.journal = Journal()

    def __repr__(self) -> str:
        return "Ground(…)"

    def around(self) -> Around:
        """Chains, workspace and heads as they are held, read on the screens' thread."""
        return Around(self.reader, self.identity)

    async def call(self, function: Callable[..., T], *arguments: object) -> T:
        """Run a plain function on the sync thread: the only place that writes to the vault."""
        return await self._thread.call(function, *arguments)

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the sync thread. Where it hears that this session is over, that is judged at once."""
        try:
            return await self._thread.run(work)
        except SessionRemoved as told:
            conductor = (await self.online()).conductor
            raise await self._thread.run(conductor.end(told)) from None

    def soon(self, function: Callable[..., object], *arguments: object) -> None:
        """Have a plain function run on the sync thread, without waiting for it; a closed session does nothing.

        What it leaves to be sent goes with the next round, which comes soon if this session syncs.
        """
        with suppress(RuntimeError):  # the loop of the sync thread is closed
            self._thread.loop.call_soon_threadsafe(function, *arguments)
            self._thread.loop.call_soon_threadsafe(self._wish)

    async def online(self) -> Online:
        """The part that talks to the service; its methods run on the sync thread (see `run`)."""
        return await self._thread.call(self._go_online)

    def changed(self, *accounts: bytes, everything: bool = False) -> None:
        """Tell everybody what a change touched, and have what waits sent soon."""
        said = Changed(accounts=frozenset(accounts), status=True, everything=everything)
        self._thread.loop.call_soon_threadsafe(self._tell, said)
        self._thread.loop.call_soon_threadsafe(self._send_soon)

    def _send_soon(self) -> None:
        self._go_online().conductor.wish()
