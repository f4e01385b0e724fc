"""One round of sync: heads, plan, pull, judge, apply, push. Safe to be killed anywhere and run again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec
from msgspec.structs import replace

from cerby_tui.clock import Clock
from cerby_tui.home import Home
from cerby_tui.keys import DeviceKeys
from cerby_tui.sync.alarms import Alarms
from cerby_tui.sync.api import Api
from cerby_tui.sync.applying import Applying
from cerby_tui.sync.binding import Binding
from cerby_tui.sync.judging import Verdict
from cerby_tui.sync.leasing import Leasing
from cerby_tui.sync.plan import Plan, make_plan
from cerby_tui.sync.pulling import Pulling, Tell
from cerby_tui.sync.pushing import ROOM, Pushing
from cerby_tui.sync.status import Board
from cerby_tui.sync.upkeep import Upkeep
from cerby_tui.values import Changed
from cerby_tui.vault.meta import Progress
from cerby_tui.vault.vault import Vault
from cerby_wire.approving import ApprovalEvent
from cerby_wire.shapes import (
    PUSH_ENTRIES,
    HeadEvent,
    Heads,
    HelloEvent,
    MessageEvent,
    MessagesWanted,
    Pulled,
    PushEntry,
    StoredEntry,
)

MOST_ROUNDS = 5
MOST_STEPS = 8
PEOPLE = ("workspace", "user")
"""Kinds of stream that say who there is: what follows a round follows news in them, too."""


class Engine:
    """Follows the service and sends what waits. Everything happens under one lock, one thing after the other."""

    def __init__(
        self,
        home: Home,
        device: DeviceKeys,
        vault: Vault,
        applying: Applying,
        api: Api,
        pulling: Pulling,
        pushing: Pushing,
        binding: Binding,
        upkeep: Upkeep,
        alarms: Alarms,
        board: Board,
        clock: Clock,
        tell: Tell,
    ) -> None:
        self._vault = vault
        self._applying = applying
        self._api = api
        self._pulling = pulling
        self._pushing = pushing
        self._binding = binding
        self._upkeep = upkeep
        self._board = board
        self._clock = clock
        self._tell = tell
        self._lock = asyncio.Lock()
        self._begun = False
        self._alarms = alarms
        self._leasing = Leasing(home, device, vault, clock)
        self.tending: list[Callable[[], None]] = []
        """What is kept in step after each fetch, before anything is sent; on the disk only."""
        self.afterwards: list[Callable[[], Awaitable[None]]] = []
        """What follows each round and each push, under the same lock."""

    async def sync(self) -> None:
        """A whole round. Raises OfflineError, RefusedError, SessionRemoved."""
        async with self._lock:
            await self._round()
            await self._follow_up()

    async def push(self) -> None:
        """Send what waits, and pull first where somebody was faster. Raises like `sync`."""
        async with self._lock:
            if await self._send():
                await self._round()
            self._alarms.show()
            await self._follow_up()

    async def _follow_up(self) -> None:
        for act in self.afterwards:
            await act()

    async def _round(self, *, upkeep: bool = True) -> None:
        """A whole round. Without upkeep where everybody else was rung at this same moment: see `Conductor.received`."""
        if not self._begun:
            self._begin()
        for _ in range(MOST_ROUNDS):
            await self._fetch()
            self._binding.write_missing()
            for tend in self.tending:
                tend()
            if not await self._send(upkeep=upkeep):
                break
        await self._pulling.older()
        self._alarms.show()

    async def _send(self, *, upkeep: bool = True) -> bool:
        """Send what waits and what has to be kept in step, each step once the one before it stands.

        True if something was late and has to be pulled first.
        """
        try:
            for _ in range(MOST_STEPS):
                wrote = upkeep and self._upkeep.write()
                if await self._pushing.run():
                    return True
                if not wrote:
                    break
            return False
        finally:
            self._upkeep.tell()

    def _begin(self) -> None:
        """Once for each start of the program: what stopped is asked for again, and goes through the same checks."""
        self._begun = True
        if self._vault.streams.stopped():
            self._vault.streams.try_again()
            self._vault.meta.progress = replace(self._vault.meta.progress, cursor="", behind=False)

    async def _fetch(self) -> None:
        """Pull everything that changed since the cursor; the cursor moves when all of it is here."""
        before, allowed = self._vault.meta.progress, self._leasing.allowance()
        heads = await self._api.heads(before.cursor)
        restored = before.generation not in (b"", heads.generation)
        if restored and not heads.full:
            heads = await self._api.heads("")
        plan = make_plan(self._vault.streams.held(), self._vault.records.spans(), heads, restored=restored)
        await self._send_back(plan)
        missing = dict(plan.streams)
        complete = await self._pulling.streams({head.id: head.n for head in heads.streams if head.id in missing})
        # Only now, so that the lease is measured by a policy as new as itself.
        self._alarms.lease(self._leasing.take(heads.lease, allowed))
        self._back_again(heads)
        complete &= await self._pulling.newer(heads.streams)
        ended, unproven = await self._pulling.farewell(plan.lost)
        self._tell(self._applying.page(Verdict(broken=[*plan.broken, *unproven])))
        self._tell(self._applying.lost(ended))
        self._tell(self._binding.take(heads.numbers))
        now = self._clock.now()
        cursor, known = (heads.cursor, self._people_at()) if complete else (before.cursor, before.workspace)
        fresh = Progress(heads.generation, cursor, now, heads.time - now, behind=not complete, workspace=known)
        self._vault.meta.progress = fresh
        self._board.set(last_contact=now)

    def _people_at(self) -> int:
        """How far the workspace is held."""
        held = self._vault.streams.one(self._vault.identity.workspace)
        return held.position.n if held else 0

    async def _send_back(self, plan: Plan) -> None:
        """The service came back from a backup: give it the entries that it lost, before anything new is written."""
        for stream, after in plan.send_back:
            batch: list[PushEntry] = []
            room = ROOM
            for entry in self._vault.streams.entries(stream, after):
                room -= len(entry.header) + len(entry.body) + 200
                if batch and (room < 0 or len(batch) == PUSH_ENTRIES):
                    await self._api.push(batch, back=True)
                    batch, room = [], ROOM
                batch.append(PushEntry(stream, entry))
            if batch:
                await self._api.push(batch, back=True)

    def _back_again(self, heads: Heads) -> None:
        """Streams that were lost and are listed again."""
        held = self._vault.streams.held()
        back = {head.id for head in heads.streams if head.id in held and held[head.id].lost}
        with self._vault.database.transaction():
            for stream in back:
                self._vault.streams.mark_lost(stream, lost=False)
            self._vault.refresh(stream for stream in back if held[stream].kind == "account")

    @property
    def news(self) -> int:
        """How much has ever come in."""
        return self._pulling.news

    async def receive(self, what: msgspec.Struct, cursor: str) -> bool:
        """An event of the feed; True if it made us ask. Raises like `sync` then."""
        async with self._lock:
            before = self._vault.meta.progress
            now = self._clock.now()
            moved = replace(before, contact=now)
            if cursor and not before.behind:
                moved = replace(moved, cursor=cursor, workspace=self._people_at())
            match what:
                case HelloEvent():
                    followed = what.generation == before.generation
                case HeadEvent():
                    followed = await self._head(what, moved)
                case ApprovalEvent():
                    self._vault.meta.progress, followed = moved, True
                    self._tell(Changed(requests=True))
                case MessageEvent():
                    followed = what.generation == before.generation and await self._message(what, moved)
                case _:
                    followed = False
            if not followed:
                await self._round(upkeep=False)
            if not followed or (isinstance(what, HeadEvent) and what.kind in PEOPLE):
                await self._follow_up()
            self._alarms.show()
            self._board.set(last_contact=now)
            return not followed

    async def _head(self, event: HeadEvent, moved: Progress) -> bool:
        """A stream grew; True if it could be followed with what the event carries."""
        held = self._vault.streams.one(event.stream)
        n = held.position.n if held else 0
        if held and (held.stopped or event.n < n or (event.n == n and event.head == held.position.head)):
            self._vault.meta.progress = moved
            return True
        if event.entry is None or event.n != n + 1:
            return False
        verdict = await self._pulling.take([StoredEntry(event.stream, event.n, event.entry)], moved)
        return not verdict.needed

    async def _message(self, event: MessageEvent, moved: Progress) -> bool:
        """An account got a message; True if it could be followed with what the event carries."""
        held = self._vault.streams.one(event.account)
        _low, high = self._vault.records.bounds(event.account, event.generation)
        if held and (held.stopped or event.index <= high):
            self._vault.meta.progress = moved
            return True
        if held is None or event.message is None or event.index != high + 1:
            return False
        asked: Sequence[MessagesWanted] = [MessagesWanted(event.account, event.generation, after=high)]
        return await self._pulling.take_messages(asked, Pulled(messages=[event.message]), moved)
