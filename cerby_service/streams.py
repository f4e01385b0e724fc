"""Heads, pull and push: what changed, what it says, and what somebody wrote (docs/protocol.md §4)."""

from __future__ import annotations

from contextlib import closing
from itertools import takewhile

from starlette.requests import Request

from cerby_service.auth import Caller
from cerby_service.clock import Clock
from cerby_service.database import Database, Reading, Writing, messages, numbers, people, streams
from cerby_service.database.counters import read_counter
from cerby_service.database.streams import StreamRow
from cerby_service.errors import Refusal
from cerby_service.frames import cursor_text, read_cursor
from cerby_service.keeping import Keeper
from cerby_service.keys import ServiceKey
from cerby_service.together import Together
from cerby_wire.entries import read_header
from cerby_wire.headers import NO_MESSAGES, EpochFields, Position
from cerby_wire.records import Lease
from cerby_wire.shapes import (
    PULL_LIMIT,
    PUSH_ENTRIES,
    Heads,
    MessagesWanted,
    Pull,
    Pulled,
    Push,
    PushResult,
    SignedRecord,
    StoredEntry,
    StoredMessage,
    StreamHead,
)

SMALLEST_BUDGET = 64 * 1024
MOST_PLACES = 10_000
ROW_OVERHEAD = 64


class Streams:
    """The three calls of sync."""

    def __init__(self, database: Database, keeper: Keeper, key: ServiceKey, clock: Clock) -> None:
        self._database = database
        self._keeper = keeper
        self._together = Together(database, keeper)
        self._key = key
        self._clock = clock

    async def heads(self, caller: Caller, request: Request) -> Heads:
        """What changed for this person since a cursor; everything, for no cursor or one that says nothing here."""
        stated = read_cursor(self._database.generation, request.query_params.get("since", ""))
        return await self._database.read(lambda reading: self._heads(reading, caller, stated))

    async def pull(self, caller: Caller, _request: Request, asked: Pull) -> Pulled:
        """Entries and messages after given places, within a budget of bytes."""
        if len(asked.streams) + len(asked.messages) > MOST_PLACES:
            raise Refusal("too_large", f"At most {MOST_PLACES} streams go into one pull.")
        return await self._database.read(lambda reading: _pull(reading, caller, asked))

    async def push(self, caller: Caller, _request: Request, asked: Push) -> PushResult:
        """Take entries; each is answered for itself, or all together."""
        if len(asked.entries) > PUSH_ENTRIES:
            raise Refusal("too_large", f"At most {PUSH_ENTRIES} entries go into one push.")
        if asked.together:
            return PushResult(await self._together.push(caller, asked.entries))
        back = asked.back and self._database.restored

        def keep(writing: Writing) -> PushResult:
            workspace, user = caller.workspace, caller.user
            return PushResult([self._keeper.push(writing, workspace, user, one, back=back) for one in asked.entries])

        return await self._database.write(keep)

    def _heads(self, reading: Reading, caller: Caller, stated: int | None) -> Heads:
        newest, floor = read_counter(reading, caller.workspace)
        since = stated if stated is not None and floor <= stated <= newest else None
        rows = streams.visible(reading, caller.workspace, caller.user, since)
        lost = [] if since is None else streams.lost_since(reading, caller.workspace, caller.user, since)
        return Heads(
            generation=self._database.generation,
            cursor=cursor_text(self._database.generation, newest),
            time=self._clock(),
            lease=self._lease(reading, caller),
            streams=[_head(reading, caller, row) for row in rows],
            lost=lost,
            numbers=numbers.views(reading, caller.workspace, caller.user, since),
            full=since is None,
        )

    def _lease(self, reading: Reading, caller: Caller) -> SignedRecord:
        """This session may unlock offline for as long as the workspace allows."""
        user = streams.find(reading, caller.workspace, caller.user)
        chain = Position(user.n, user.head) if user else Position(0, b"")
        now, allowed = self._clock(), people.offline_allowance(reading, caller.workspace)
        return self._key.sign(Lease(caller.workspace, caller.user, caller.device, chain, now, now + allowed * 1000))


def _head(reading: Reading, caller: Caller, row: StreamRow) -> StreamHead:
    reads_messages = row.kind == "account" and _reads_messages(reading, caller, row)
    newest = (row.messages if reads_messages else NO_MESSAGES) if row.kind == "account" else None
    return StreamHead(row.kind, row.id, row.n, row.head, newest)


def _reads_messages(reading: Reading, caller: Caller, row: StreamRow) -> bool:
    """Whether somebody who sees an account may have its messages: of a deleted one, only its Owners."""
    return not row.deleted or caller.user in streams.message_readers(reading, caller.workspace, row.id, deleted=True)


class _Budget:
    """Bytes left for an answer; the first piece always fits, so that every pull gets on."""

    def __init__(self, size: int) -> None:
        self._left = max(SMALLEST_BUDGET, min(size, PULL_LIMIT))
        self._first = True
        self.spent = False

    def takes(self, size: int) -> bool:
        """Whether one more piece of that size fits; after the first that does not, nothing does."""
        if self.spent or (size + ROW_OVERHEAD > self._left and not self._first):
            self.spent = True
            return False
        self._left -= size + ROW_OVERHEAD
        self._first = False
        return True


def _pull(reading: Reading, caller: Caller, asked: Pull) -> Pulled:
    budget = _Budget(asked.budget)
    wanted = [*asked.streams, *(one.account for one in asked.messages)]
    rows = streams.visible_now(reading, caller.workspace, caller.user, wanted)
    entries: list[StoredEntry] = []
    for stream, after in asked.streams.items():
        if stream in rows and not budget.spent:
            entries += _entries(reading, rows[stream], after, budget)
        elif stream not in rows:
            entries += _farewell(reading, caller, stream, after, budget)
    found: list[StoredMessage] = []
    for one in asked.messages:
        row = rows.get(one.account)
        if row and not budget.spent and _reads_messages(reading, caller, row):
            found += _messages(reading, caller.workspace, one, budget)
    return Pulled(entries, found, budget.spent)


def _entries(reading: Reading, row: StreamRow, after: int, budget: _Budget) -> list[StoredEntry]:
    """Entries of one stream, as far as the budget goes."""
    with closing(streams.entries_after(reading, row.workspace, row.id, after)) as found:
        return list(takewhile(lambda one: budget.takes(len(one.entry.header) + len(one.entry.body)), found))


def _farewell(reading: Reading, caller: Caller, stream: bytes, after: int, budget: _Budget) -> list[StoredEntry]:
    """For somebody taken off an account: what they could read still, up to the entry that says that they are off it.

    A client takes a card away on that entry, not on our word.
    """
    listed, found = False, []
    with closing(streams.entries_after(reading, caller.workspace, stream, 0)) as entries:
        for one in entries:
            epoch = getattr(read_header(one.entry).act, "epoch", None)
            was, listed = listed, _lists(epoch, caller.user) if isinstance(epoch, EpochFields) else listed
            if one.n > after and (was or listed) and budget.takes(len(one.entry.header) + len(one.entry.body)):
                found.append(one)
            if one.n > after and not listed:
                break
    return found


def _lists(epoch: EpochFields, user: bytes) -> bool:
    return any(one.user == user for one in epoch.members)


def _messages(reading: Reading, workspace: bytes, wanted: MessagesWanted, budget: _Budget) -> list[StoredMessage]:
    """Messages of one account, as far as the budget goes; asked for again from where they end when there are more."""
    with closing(messages.window(reading, workspace, wanted)) as found:
        return list(takewhile(lambda one: budget.takes(len(one.sealed) + len(one.record.raw)), found))
