"""Puts together everything that talks to the service. Importing this loads the network."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from cerby_tui.clock import Clock
from cerby_tui.home import Home
from cerby_tui.keys import DeviceKeys
from cerby_tui.sync.activity_log import ActivityLog
from cerby_tui.sync.acts import Acts
from cerby_tui.sync.alarms import Alarms
from cerby_tui.sync.api import Api, Transport
from cerby_tui.sync.backoff import Times
from cerby_tui.sync.beginning import Writing
from cerby_tui.sync.binding import Binding
from cerby_tui.sync.composing import Composing
from cerby_tui.sync.conductor import Conductor
from cerby_tui.sync.ending import Ending
from cerby_tui.sync.engine import Engine
from cerby_tui.sync.feed import Feed
from cerby_tui.sync.governing import Governing
from cerby_tui.sync.keepsafe import Keepsafe
from cerby_tui.sync.kits import Kits
from cerby_tui.sync.lately import Lately
from cerby_tui.sync.lock import SyncLock
from cerby_tui.sync.noting import Reporting
from cerby_tui.sync.numbers import Numbers
from cerby_tui.sync.profiles import Profiles
from cerby_tui.sync.pulling import Pulling
from cerby_tui.sync.pushing import Pushing
from cerby_tui.sync.retention import Retention
from cerby_tui.sync.sessions import Sessions
from cerby_tui.sync.status import Board
from cerby_tui.sync.trusting import Trusting
from cerby_tui.sync.upkeep import Upkeep
from cerby_tui.sync.watcher import VaultWatch
from cerby_tui.sync.wishes import Wishes
from cerby_tui.values import Changed
from cerby_tui.vault.vault import open_database


class Online:
    """The parts of a session that need the network. Made and used on the sync thread."""

    def __init__(
        self,
        home: Home,
        device: DeviceKeys,
        clock: Clock,
        writing: Writing,
        board: Board,
        *,
        origin: str,
        transport: Transport | None,
        times: Times,
        tell: Callable[[Changed], None],
        check_pages: bool,
    ) -> None:
        vault, applying = writing.vault, writing.applying
        self._judging = open_database(home, device.database_key)
        self.api = Api(origin, device, clock, transport=transport, offset=vault.meta.progress.offset)
        composing = Composing(vault, writing.opener, device)
        binding = Binding(vault, applying, composing, clock)
        alarms = Alarms(vault, board, tell)
        pulling = Pulling(vault, applying, self._judging, self.api, board, tell, alarms.late)
        pushing = Pushing(vault, composing, self.api, clock, pulling.take, tell)
        parts = (self.api, pulling, pushing, binding, Upkeep(vault, writing.opener, composing, clock, tell))
        self.engine = Engine(home, device, vault, applying, *parts, alarms, board, clock, tell)
        self.engine.tending.append(Retention(vault, clock, tell).tend)
        self.engine.tending.append(Keepsafe(home, device, vault, applying, clock, tell).tend)
        lock, wishes = SyncLock(home.sync_lock), Wishes(vault.meta, clock)
        ending = Ending(home, device, self._judging, self.api, clock)
        self.conductor = Conductor(vault, self.engine, lock, wishes, board, clock, times, tell, ending.judged)
        numbers = Numbers(vault, applying, self.api, tell)
        self.acts = Acts(vault, self.conductor, self.engine, numbers, binding, lock, wishes, times)
        self.governing = Governing(vault, device, self.api, self.acts.sync_now)
        self.sessions = Sessions(writing, device, self.api, self.governing, self.acts.sync_now)
        self.trusting = Trusting(writing, device, self.api, clock, self.acts.sync_now)
        self.activity = ActivityLog(vault, self.api, clock)
        self.engine.afterwards.append(Reporting(vault, self.api).run)
        self.engine.afterwards.append(Lately(vault, self.api, clock).run)
        self.engine.afterwards.append(Profiles(vault, self.api, tell).run)
        self.engine.afterwards.append(self.sessions.learn_names)
        self.kits = Kits(vault, writing.opener, device, self.api, self.acts.sync_now)
        self._feed = Feed(self.api, self.conductor, clock, times)
        self._watch = VaultWatch(vault.database, home.vault, self.conductor.vault_changed)
        self._board = board
        self._check_pages = check_pages
        self._checking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to follow the service in the background, and look over a vault that was not closed properly."""
        self.conductor.start(self._feed, self._watch)
        if self._check_pages and self._checking is None:
            self._checking = asyncio.ensure_future(self._look_over())

    async def _look_over(self) -> None:
        damaged = await asyncio.to_thread(self._judging.damaged_pages)
        if damaged:
            self._board.damage(f"{len(damaged)} pages of the vault file are damaged. Run: cerby-tui doctor")

    async def stop(self) -> None:
        """Stop and close the connections."""
        await self.conductor.stop()
        if self._checking is not None:
            await asyncio.wait({self._checking})
        await self.api.close()
        self._judging.close()
