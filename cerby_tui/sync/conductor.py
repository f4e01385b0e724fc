"""What runs on the sync thread while a vault is open: the feed, the outbox, the clock, and who may sync at all."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress

import msgspec

from cerby_tui.clock import Clock
from cerby_tui.errors import CerbyError, OfflineError, RefusedError, SessionRemoved
from cerby_tui.sync.backoff import Backoff, Times
from cerby_tui.sync.engine import Engine
from cerby_tui.sync.feed import Feed, FeedState
from cerby_tui.sync.lock import SyncLock
from cerby_tui.sync.patience import Patience
from cerby_tui.sync.pulling import Tell
from cerby_tui.sync.status import Board
from cerby_tui.sync.watcher import VaultWatch
from cerby_tui.sync.wishes import Wishes
from cerby_tui.values import Changed
from cerby_tui.vault.vault import Vault
from cerby_wire.shapes import AccessEvent, HeadEvent

log = logging.getLogger(__name__)


class Conductor:
    """Runs feed and outbox while this process is the one that syncs, and only watches while another one is."""

    def __init__(
        self,
        vault: Vault,
        engine: Engine,
        lock: SyncLock,
        wishes: Wishes,
        board: Board,
        clock: Clock,
        times: Times,
        tell: Tell,
        judge: Callable[[SessionRemoved], Awaitable[SessionRemoved]],
    ) -> None:
        self.ended: SessionRemoved | None = None
        self._ending = asyncio.Lock()
        self._judge = judge
        self.leading = False
        self._vault = vault
        self._engine = engine
        self._lock = lock
        self._wishes = wishes
        self._board = board
        self._clock = clock
        self._times = times
        self._tell = tell
        self._patience = Patience(clock)
        self._feed: Feed | None = None
        self._wished = asyncio.Event()
        self._whole = False
        self._soon: asyncio.TimerHandle | None = None
        self._main: asyncio.Task[None] | None = None

    def start(self, feed: Feed, watch: VaultWatch) -> None:
        """Begin in the background."""
        if self._main is None:
            self._feed = feed
            self._main = asyncio.ensure_future(self._run(feed, watch))
            self._main.add_done_callback(self._finished)

    def _finished(self, main: asyncio.Task[None]) -> None:
        """A fault of ours ended the work: it is not hidden, and everything but sync goes on."""
        if not main.cancelled() and (error := main.exception()):
            log.error("sync ended", exc_info=error)
            self._board.connection("stopped", f"Sync ended because of a fault ({type(error).__name__}); see the log.")

    async def stop(self) -> None:
        """Send what can be sent in a moment, then stop; the rest waits in the outbox."""
        if self.leading and self._board.current.state == "live":
            try:
                async with asyncio.timeout(self._times.farewell):
                    await self._engine.push()
            except (CerbyError, TimeoutError):
                pass
        if self._soon is not None:
            self._soon.cancel()
        if self._main is not None:
            self._main.cancel()
            await asyncio.wait({self._main})

    async def _run(self, feed: Feed, watch: VaultWatch) -> None:
        watching = asyncio.ensure_future(watch.run())
        try:
            while not self._lock.take():
                self._mirror()
                await asyncio.sleep(self._times.lock_retry)
            try:
                self.leading = True
                await self._lead(feed)
            finally:
                self.leading = False
                self._lock.free()
        finally:
            watching.cancel()

    async def _lead(self, feed: Feed) -> None:
        """Sync until stopped or until this session is ended; what needs a person, like a full disk, is waited for."""
        while self.ended is None:
            try:
                async with asyncio.TaskGroup() as group:
                    for endless in (feed.run(), self._work(), self._notice_sleep(feed)):
                        group.create_task(endless)
            except* SessionRemoved as removed:
                await self.end(removed.exceptions[0])
            except* CerbyError as trouble:
                self._board.connection("offline", str(trouble.exceptions[0]))
                await asyncio.sleep(self._times.poll)

    async def end(self, error: BaseException) -> SessionRemoved:
        """This session is over, as the service says: nothing more is sent, and whoever shows it locks.

        What is signed about it is judged first, which takes seconds at most. Gives what is to be said.
        """
        async with self._ending:
            if self.ended is None:
                told = error if isinstance(error, SessionRemoved) else SessionRemoved(str(error))
                self.ended = await self._judge(told)
                self._board.connection("stopped", self.ended.sentence)
        return self.ended

    def cursor(self) -> str:
        """How far the vault has followed."""
        return self._vault.meta.progress.cursor

    async def received(self, what: msgspec.Struct, cursor: str) -> None:
        """An event came. What follows from it for keys and chains is written a little later, by one of those rung."""
        asked = await self._engine.receive(what, cursor)
        await self._patience.after(asked=asked, news=self._engine.news)
        if isinstance(what, HeadEvent | AccessEvent) and self._soon is None:
            wait = random.uniform(0, self._times.spread)  # noqa: S311 - no secret
            self._soon = asyncio.get_running_loop().call_later(wait, self._see_to_it)

    def _see_to_it(self) -> None:
        self._soon = None
        self.wish()

    async def poll(self) -> None:
        """Ask, because events do not come through."""
        await self._engine.sync()

    def became(self, state: FeedState, sentence: str) -> None:
        """How the connection stands; a new one is followed by a whole round, for lease, numbers and lost streams."""
        self._board.connection(state, sentence)
        self._wishes.status = self._board.current
        if state == "live":
            self._tell(Changed(requests=True))  # a device may have asked while nobody listened
            self.wish(whole=True)

    def wish(self, *, whole: bool = False) -> None:
        """Have what waits sent soon, or a whole round made."""
        self._whole |= whole
        self._wished.set()

    def vault_changed(self) -> None:
        """Another process wrote: show it, and send what it left in the outbox."""
        self._tell(Changed(everything=True, status=True))
        if self.leading:
            self.wish(whole=self._wishes.open())
        else:
            self._mirror()

    async def _gather(self) -> None:
        """Read marks come in flocks: wait a little for more, but not with what somebody else is to see."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._times.gather):
                while not self._whole and not self._vault.outbox.count():
                    self._wished.clear()
                    await self._wished.wait()

    async def _work(self) -> None:
        """Fulfil wishes one after the other, and make a whole round now and then in any case."""
        backoff = Backoff(self._times)
        while True:
            try:
                async with asyncio.timeout(self._times.refresh):
                    await self._wished.wait()
            except TimeoutError:
                self._whole = True
            await self._gather()
            whole, self._whole = self._whole, False
            asks = whole or bool(self._vault.outbox.count())
            self._wished.clear()
            try:
                await (self._round() if whole else self._engine.push())
            except (OfflineError, RefusedError) as error:
                await asyncio.sleep(backoff.failed(retry_after=getattr(error, "retry_after", 0)))
                self.wish(whole=whole)
            else:
                backoff = Backoff(self._times)
                if asks:
                    self.answered()

    def answered(self) -> None:
        """The service is there: a feed that waits after a failure has no reason to wait on."""
        if self._feed is not None and self._board.current.state == "offline":
            self._feed.hurry()

    async def _round(self) -> None:
        """A whole round, and the answer to whoever asked for it."""
        wish = self._wishes.newest()
        try:
            await self._engine.sync()
        except CerbyError as error:
            self._wishes.answer(wish, error.sentence)
            raise
        self._wishes.answer(wish)

    def _mirror(self) -> None:
        """Another process syncs: what it says is how things stand."""
        if said := self._wishes.status:
            self._board.set(state=said.state, sentence=said.sentence, last_contact=self._vault.meta.progress.contact)

    async def _notice_sleep(self, feed: Feed) -> None:
        """When the wall clock ran on without us, the machine slept: the connection is stale."""
        wall, steady = self._clock.now(), self._clock.monotonic()
        while True:
            await asyncio.sleep(self._times.tick)
            now, then = self._clock.now(), self._clock.monotonic()
            slept = (now - wall) / 1000 - (then - steady)
            wall, steady = now, then
            if abs(slept) > self._times.suspended:
                feed.drop()
