"""Sending what waits: one entry per stream and round, the same bytes again until they are answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec import Struct

from cerby_tui.clock import Clock
from cerby_tui.sync.api import Api
from cerby_tui.sync.composing import Composing
from cerby_tui.values import Changed
from cerby_tui.vault.vault import Vault
from cerby_wire.entries import entry_hash, read_header
from cerby_wire.headers import Entry
from cerby_wire.shapes import BODY_LIMIT, PUSH_ENTRIES, Pushed, PushEntry, StoredEntry

ROOM = BODY_LIMIT - 65_536
FOUNDING_FAILED = "The account could not be created: "

Take = Callable[[list[StoredEntry]], Awaitable[object]]


class Sent(Struct, frozen=True):
    """An entry that is under way, with the hash that names it."""

    stream: bytes
    hash: bytes
    entry: Entry


class Pushing:
    """Empties the outbox. `take` puts entries that the service has accepted through the same checks as pulled ones."""

    def __init__(
        self, vault: Vault, composing: Composing, api: Api, clock: Clock, take: Take, tell: Callable[[Changed], None]
    ) -> None:
        self._vault = vault
        self._composing = composing
        self._api = api
        self._clock = clock
        self._take = take
        self._tell = tell

    async def run(self) -> bool:
        """Send until nothing more can be sent; True if something was late and has to be pulled first."""
        late: set[bytes] = set()
        while batch := self._batch(late):
            answers = await self._api.push([PushEntry(sent.stream, sent.entry) for sent in batch])
            for sent, answer in zip(batch, answers, strict=True):
                if answer.status in ("accepted", "already"):
                    if not await self._arrived(sent, answer.n):
                        late.add(sent.stream)
                elif answer.status == "stale":
                    late.add(sent.stream)
                    self._late(sent)
                else:
                    self._refused(sent, answer)
        return bool(late)

    def _batch(self, late: set[bytes]) -> list[Sent]:
        """The next entry of every stream that has one, as far as one request has room."""
        batch: list[Sent] = []
        room = ROOM
        held = self._vault.streams.held()
        for stream in self._vault.outbox.streams():
            stopped = stream in held and (held[stream].stopped or held[stream].lost)
            sent = None if stopped or stream in late else self._next(stream)
            if sent is None:
                continue
            room -= len(sent.entry.header) + len(sent.entry.body) + 200
            if batch and (room < 0 or len(batch) == PUSH_ENTRIES):
                break
            batch.append(sent)
        return batch

    def _next(self, stream: bytes) -> Sent | None:
        """What is under way already, or else the next entry, kept before it is sent for the first time."""
        # In one transaction, so that no other process gives up a change that is being sealed here.
        with self._vault.database.transaction():
            if under_way := self._vault.outbox.under_way(stream):
                return Sent(stream, *under_way)
            while composed := self._composing.next(stream):
                if composed.entry is not None:
                    found = entry_hash(composed.entry)
                    self._vault.outbox.put_under_way(found, stream, composed.entry, composed.rows, self._clock.now())
                    return Sent(stream, found, composed.entry)
                if not composed.rows:
                    return None
                self._settle(stream, composed.rows, composed.refused)
        return None

    def _settle(self, stream: bytes, rows: tuple[int, ...], refused: str) -> None:
        """Rows that need no entry any more, or can have none."""
        if refused:
            self._vault.outbox.refuse(rows, refused)
        else:
            for row in rows:
                self._vault.outbox.discard(row)
        self._show(stream)

    async def _arrived(self, sent: Sent, n: int) -> bool:
        """Take an entry that stands at `n` into our own stream; False if there are others before it to pull."""
        state = self._vault.streams.state(sent.stream)
        held = state.n if state else 0
        if held < n - 1:
            return False
        if held == n - 1:
            await self._take([StoredEntry(sent.stream, n, sent.entry)])
        return self._vault.outbox.under_way(sent.stream) is None

    def _late(self, sent: Sent) -> None:
        """Somebody was faster: what the entry carried waits again, to be merged. A genesis cannot be written anew."""
        if read_header(sent.entry).stream:
            with self._vault.database.transaction():
                self._vault.outbox.take_back(sent.hash)

    def _refused(self, sent: Sent, answer: Pushed) -> None:
        """What cannot be saved is kept with the reason; with a refused genesis all that waited for it."""
        sentence = answer.detail or f"The service refused it ({answer.rule})."
        with self._vault.database.transaction():
            self._vault.outbox.give_up(sent.hash, sentence)
            if not read_header(sent.entry).stream:
                waiting = self._vault.outbox.pending(sent.stream)
                self._vault.outbox.refuse([row.id for row in waiting], FOUNDING_FAILED + sentence)
            self._show(sent.stream)

    def _show(self, stream: bytes) -> None:
        accounts = {stream} - {self._vault.identity.personal}
        with self._vault.database.transaction():
            self._vault.refresh(accounts)
        self._tell(Changed(accounts=frozenset(accounts), status=True))
