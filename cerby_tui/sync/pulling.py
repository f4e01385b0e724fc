"""Asking for what is missing, page by page; every page is judged beside the event loop and applied in one go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence

from cerby_tui.sync.api import Api
from cerby_tui.sync.applying import Applying
from cerby_tui.sync.judging import Judge, Late, Verdict
from cerby_tui.sync.mail import judge_messages
from cerby_tui.sync.plan import Broken, newer_messages, older_messages
from cerby_tui.sync.retention import oldest_kept
from cerby_tui.sync.status import Board
from cerby_tui.values import Changed
from cerby_tui.vault.around import Around
from cerby_tui.vault.database import Database
from cerby_tui.vault.meta import Progress
from cerby_tui.vault.records import Records
from cerby_tui.vault.vault import Vault
from cerby_wire.shapes import MessagesWanted, Pull, Pulled, StoredEntry, StreamHead
from cerby_wire.state import AccountState

PAGE = 512 << 10
"""Bytes asked for at once: small enough that a change made meanwhile is never kept waiting."""
ACCOUNTS_AT_ONCE = 100
IDLE_PAGES = 8
"""So many pages may bring nothing but wishes for what they cite; honest ones need fewer."""
FEW = 4
"""So many entries or messages are judged at once; more of them beside the event loop."""

UNPROVEN = "The service does not show it any more, and nobody has signed that it is not yours to see."
Tell = Callable[[Changed], None]


class Pulling:
    """Pulls entries and messages. `judging` is a connection of its own, read beside the event loop."""

    def __init__(
        self,
        vault: Vault,
        applying: Applying,
        judging: Database,
        api: Api,
        board: Board,
        tell: Tell,
        late: Callable[[list[Late]], None],
    ) -> None:
        self._vault = vault
        self._applying = applying
        self._judging = judging
        self._api = api
        self._board = board
        self._tell = tell
        self._late = late
        self.news = 0
        """How many streams and runs of messages have ever grown here, however that came about."""

    async def take(self, entries: Sequence[StoredEntry], progress: Progress | None = None) -> Verdict:
        """Judge entries and apply what holds."""
        judge = Judge(self._judging, self._vault.identity)
        verdict = judge.page(entries) if len(entries) <= FEW else await asyncio.to_thread(judge.page, entries)
        self._tell(self._applying.page(verdict, progress))
        self._late(verdict.late)
        self.news += len(verdict.accepted)
        return verdict

    async def streams(self, targets: Mapping[bytes, int]) -> bool:
        """Pull streams until each is held up to its target, and whatever they cite on the way; True if that was had."""
        wanted, idle = dict(targets), 0
        while missing := self._missing(wanted):
            pulled = await self._api.pull(Pull(streams=missing, budget=PAGE))
            verdict = await self.take(pulled.entries)
            fresh = {stream: n for stream, n in verdict.needed.items() if n > wanted.get(stream, 0)}
            # What is cited comes first; a page that brings nothing new ends this, and the next round asks again.
            wanted = fresh | wanted
            idle = 0 if verdict.accepted else idle + 1
            if not verdict.accepted and (not fresh or idle > IDLE_PAGES):
                return not self._missing(targets)
        return True

    async def farewell(self, lost: Iterable[bytes]) -> tuple[list[bytes], list[Broken]]:
        """Of streams that the service says are not ours to see any more: those where that is proven, and the others.

        The proof is the signed list of people without us, which the service shows to whoever was on the one before.
        """
        held = self._vault.streams.held()
        told = [stream for stream in lost if stream in held and not held[stream].stopped]
        waits = False
        while asked := {stream: n for stream, n in self._positions(told).items() if self._lists(stream)}:
            verdict = await self.take((await self._api.pull(Pull(streams=asked, budget=PAGE))).entries)
            waits = bool(verdict.needed)
            if not verdict.accepted:
                break
        unproven = [stream for stream in told if self._lists(stream)]
        stopped = self._vault.streams.stopped_by_id()
        broken = [Broken(one, held[one].kind, "loss_unproven", UNPROVEN) for one in unproven if one not in stopped]
        return [stream for stream in told if stream not in unproven], [] if waits else broken

    def _positions(self, streams: Iterable[bytes]) -> dict[bytes, int]:
        held = self._vault.streams.held()
        return {stream: held[stream].position.n for stream in streams if not held[stream].stopped}

    def _lists(self, stream: bytes) -> bool:
        """Whether what is held says that a stream is for us to see."""
        state = self._vault.streams.state(stream)
        return self._vault.identity.user in state.members if isinstance(state, AccountState) else state is not None

    def _missing(self, wanted: Mapping[bytes, int]) -> dict[bytes, int]:
        held = self._vault.streams.held()
        positions = {stream: held[stream].position.n if stream in held else 0 for stream in wanted}
        stopped = {stream for stream in wanted if stream in held and held[stream].stopped}
        return {stream: n for stream, n in positions.items() if n < wanted[stream] and stream not in stopped}

    async def newer(self, heads: Iterable[StreamHead]) -> bool:
        """Pull all messages above what is held, and for accounts without any a first page; True if all were had."""
        newest = {head.id: head.messages for head in heads if head.messages}
        while newest:
            spans = self._vault.records.spans()
            closed = self._closed()
            asked: list[MessagesWanted] = []
            for account, position in newest.items():
                if account not in closed:
                    asked += newer_messages(account, position, spans)
            if not asked:
                return True
            if not await self._messages(asked[:ACCOUNTS_AT_ONCE]):
                return False
        return True

    async def older(self) -> None:
        """Pull all messages below what is held, a page at a time, and say how many are left."""
        try:
            while asked := older_messages(self._vault.records.spans(), self._closed()):
                left = sum(one.before - 1 for one in asked)
                self._board.set(progress=f"{left:,} older messages to fetch")
                if not await self._messages(asked[:ACCOUNTS_AT_ONCE]):
                    return
        finally:
            self._board.set(progress="")

    def _closed(self) -> set[bytes]:
        """Accounts whose messages are not asked for: stopped, lost, or not held."""
        held = self._vault.streams.held()
        return {stream for stream, one in held.items() if one.stopped or one.lost or not one.position.n}

    async def _messages(self, asked: Sequence[MessagesWanted]) -> bool:
        """Pull one page of messages; True if it brought something new."""
        pulled = await self._api.pull(Pull(messages=list(asked), budget=PAGE))
        return await self.take_messages(asked, pulled)

    async def take_messages(
        self, asked: Sequence[MessagesWanted], pulled: Pulled, progress: Progress | None = None
    ) -> bool:
        """Judge messages and apply what holds; True if any did."""
        records, around = Records(self._judging), Around(self._judging, self._vault.identity)
        few = len(pulled.messages) <= FEW
        bare = any(not one.sealed for one in pulled.messages)
        oldest = oldest_kept(self._vault, self._api.now()) if bare else 0
        judged = (records, around, asked, pulled.messages, oldest)
        runs = judge_messages(*judged) if few else await asyncio.to_thread(judge_messages, *judged)
        for run in runs:
            self._tell(self._applying.messages(run, progress))
            self.news += bool(run.messages)
        return any(run.messages for run in runs)
