"""The activity log for those who ask: the lines they may see, and of all others the digests that prove the chain."""

from __future__ import annotations

from collections import Counter

from starlette.requests import Request
from starlette.routing import Route

from cerby_service.auth import Caller
from cerby_service.clock import DAY
from cerby_service.database import Database, Draft, Reading, Writing, devices, people, streams
from cerby_service.database import activity as log
from cerby_service.database.activity import StoredLine, Wanted
from cerby_service.database.people import DeviceRow
from cerby_service.errors import Refusal
from cerby_service.http import Http
from cerby_service.permitted import may
from cerby_wire import activity
from cerby_wire.activity import (
    ACTIVITY,
    ENDED,
    LAST,
    MOST_SEEN,
    PAGE,
    ActivityPage,
    AddedSeen,
    AddSeen,
    Last,
    Seen,
    Shown,
    line_digest,
)
from cerby_wire.encoding import encode
from cerby_wire.errors import Refused
from cerby_wire.records import open_record
from cerby_wire.shapes import SignedRecord

LONGEST = 1_024
MOST_LATE = 5
"""Requests of a session that is over; one is enough, the others are for lost answers."""
ID_LENGTH = log.ID_LENGTH


class Activity:
    """Answers what happened, and takes what devices signed about what was viewed and copied."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._late: Counter[bytes] = Counter()

    def routes(self, http: Http) -> list[Route]:
        """Its part of the route table."""
        return [
            Route(ACTIVITY, http.signed(self.lines), methods=["GET"]),
            Route(ACTIVITY, http.signed_with(AddSeen, self.add), methods=["POST"]),
            Route(ENDED, http.ended_with(AddSeen, self.add_late), methods=["POST"]),
            Route(LAST, http.signed(self.last), methods=["GET"]),
        ]

    async def lines(self, caller: Caller, request: Request) -> ActivityPage:
        """With `after`, the whole chain from there, oldest first; else what is wanted, newest first. Raises Refusal."""
        asked = request.query_params
        wanted = Wanted(
            after=_number(asked.get("after")),
            before=_number(asked.get("before")),
            since=_number(asked.get("since")),
            until=_number(asked.get("until")),
            events=tuple(asked.getlist("event")),
            users=tuple(_id(text) for text in asked.getlist("user")),
            accounts=tuple(_id(text) for text in asked.getlist("account")),
        )
        most = min(_number(asked.get("limit")) or PAGE, PAGE)
        known = _number(asked.get("known"))

        def read(reading: Reading) -> ActivityPage:
            mine = _mine(caller)
            if "after" in asked:
                found = log.chain(reading, caller.workspace, mine, wanted.after, most + 1)
            else:
                found = log.newest(reading, caller.workspace, mine, wanted, most + 1)
            head = log.head(reading, caller.workspace, self._database.generation)
            at = log.hash_at(reading, caller.workspace, known) if known else b""
            return ActivityPage(head, tuple(map(_shown, found[:most])), at, len(found) > most)

        return await self._database.read(read)

    async def add(self, caller: Caller, _request: Request, asked: AddSeen) -> AddedSeen:
        """Take signed events, each once; what is not the caller's own, or of no account of theirs, is left out."""
        return await self._add(caller, asked)

    async def add_late(self, device: DeviceRow, asked: AddSeen) -> AddedSeen:
        """As `add`, from a session that was ended: what it did before is what others need to know. Raises Refusal."""
        self._late[device.id] += 1
        if self._late[device.id] > MOST_LATE:
            raise Refusal("too_many_requests", "This session has said what it had to say.", retry_after=DAY // 1000)
        return await self._add(Caller(device.workspace, device.user, device.id, ""), asked)

    async def _add(self, caller: Caller, asked: AddSeen) -> AddedSeen:
        if len(asked.seen) > MOST_SEEN:
            raise Refusal("too_large", f"At most {MOST_SEEN} events go into one request.")

        def write(writing: Writing) -> int:
            device = people.find_device(writing, caller.device)
            drafts = [_draft(writing, caller, device.sign, one) for one in asked.seen] if device else []
            writing.log(*(draft for draft in drafts if draft))
            return sum(draft is not None for draft in drafts)

        taken = await self._database.write(write)
        generation = self._database.generation
        head = await self._database.read(lambda reading: log.head(reading, caller.workspace, generation))
        return AddedSeen(taken, head)

    async def last(self, caller: Caller, _request: Request) -> Last:
        """When members were here last, and when they last used what the caller owns; nothing for who may not know."""

        def read(reading: Reading) -> Last:
            people = devices.last_contacts(reading, caller.workspace) if may(caller, "see_members") else {}
            owns = may(caller, "see_account_activity", "owner")
            used = log.last_used(reading, caller.workspace, caller.user) if owns else {}
            return Last(people, used)

        return await self._database.read(read)


def _mine(caller: Caller) -> log.Condition:
    """Which lines the caller may see, by the one table."""
    if may(caller, "see_workspace_activity"):
        return log.everything()
    return log.theirs(caller.workspace, caller.user, owns=may(caller, "see_account_activity", "owner"))


def _draft(writing: Writing, caller: Caller, sign: bytes, signed: SignedRecord) -> Draft | None:
    """The line of an event that the caller's own device signed; None for anything else."""
    if len(signed.raw) > LONGEST:
        return None
    try:
        seen = open_record(signed, Seen, sign)
    except Refused:
        return None
    own = (seen.workspace, seen.user, seen.device) == (caller.workspace, caller.user, caller.device)
    if not own or len(seen.id) != ID_LENGTH or not _was_on(writing, caller, seen.account):
        return None
    return Draft(
        caller.workspace,
        activity.event_of(seen.how, seen.what),
        caller.user,
        caller.device,
        seen.account,
        detail=activity.detail_of(seen.how, seen.what),
        id=seen.id,
        raw=signed.raw,
        signature=signed.signature,
    )


def _was_on(reading: Reading, caller: Caller, account: bytes) -> bool:
    """Whether somebody is on an account, or was: what they did offline may arrive after they were taken off."""
    row = streams.find(reading, caller.workspace, account)
    if row is None or row.kind != "account":
        return False
    now = streams.role_on(reading, caller.workspace, account, caller.user)
    return now is not None or log.ever_on(reading, caller.workspace, account, caller.user)


def _shown(stored: StoredLine) -> Shown:
    if stored.visible:
        return Shown(stored.line.n, stored.hash, raw=encode(stored.line))
    return Shown(stored.line.n, stored.hash, digest=line_digest(stored.line))


def _number(text: str | None) -> int:
    """A number out of a query. Raises Refusal `bad_request`."""
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Refusal("bad_request", "Places, times and limits are whole numbers.")
    return int(text)


def _id(text: str) -> bytes:
    """An id out of a query. Raises Refusal `bad_request`."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise Refusal("bad_request", "People and accounts are named in hexadecimal.") from None
