"""The activity log as it is asked for: pages of it, and the whole chain checked line by line."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlencode

from msgspec import Struct

from cerby_tui.clock import Clock
from cerby_tui.errors import Alarm
from cerby_tui.sync.api import Api
from cerby_tui.vault.around import Around
from cerby_tui.vault.log_marks import LogMarks, Verified
from cerby_tui.vault.vault import Vault
from cerby_wire.activity import (
    ACTIVITY,
    PAGE,
    ActivityHead,
    ActivityPage,
    Cited,
    Line,
    Seen,
    Shown,
    detail_of,
    event_of,
    line_digest,
    next_hash,
)
from cerby_wire.encoding import decode
from cerby_wire.entries import entry_hash
from cerby_wire.errors import Refused
from cerby_wire.records import open_record
from cerby_wire.shapes import SignedRecord

Query = list[tuple[str, str]]
SAFE = "Accounts, messages and everything else here do not depend on the log."
NEXT = "Ask whoever runs the service, and compare with what other members see."


class Outcome(Struct, frozen=True):
    """What a verification found: how many lines, how many of them only as digests, and lines lost with a backup."""

    lines: int
    hidden: int
    lost: int = 0


class ActivityLog:
    """Asks for the log and checks it. Used on the sync thread."""

    def __init__(self, vault: Vault, api: Api, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._workspace = vault.identity.workspace
        self._marks = LogMarks(vault.database)
        self._around = Around(vault.database, vault.identity)

    async def newest(self, query: Query, most: int) -> list[Line]:
        """Lines that this person may see, the newest first; all of them for `most` 0.

        Raises OfflineError, RefusedError, and Alarm if the log is not the one that was known here.
        """
        found: list[Line] = []
        known = self._marks.newest()
        while True:
            size = min(PAGE, most - len(found)) if most else PAGE
            before = [("before", str(found[-1].n))] if found else []
            page = await self._page([*query, *before, ("limit", str(size)), ("known", str(known))])
            self._compare(page, known)
            found += [self._opened(one) for one in page.lines]
            if not page.more or not page.lines or (most and len(found) >= most):
                return found

    async def verify(self) -> Outcome:
        """Check every line. Raises OfflineError, RefusedError, and Alarm naming the first that is broken."""
        hashes: list[tuple[int, bytes]] = []
        before, hidden, lost = self._workspace, 0, 0
        last = self._marks.verified()
        head = ActivityHead(0, before, last.generation)
        async for head, one in self._chain():
            n = len(hashes) + 1
            before = self._check(n, before, one)
            known = self._marks.hash(n)
            if known not in (b"", before):
                lost += self._rewritten(n, head, last)
            hashes.append((n, before))
            hidden += not one.raw
        if head.n != len(hashes):
            raise _alarm("activity_truncated", f"Line {len(hashes) + 1} of the activity log is missing.")
        if self._marks.newest() > len(hashes):
            lost += self._rewritten(len(hashes) + 1, head, last)
        self._marks.keep(hashes, Verified(self._clock.now(), head.generation))
        return Outcome(len(hashes), hidden, lost)

    async def _chain(self) -> AsyncIterator[tuple[ActivityHead, Shown]]:
        """Every line from the first, with the head that was said with it; the head alone says how long the log is."""
        after = 0
        while True:
            page = await self._page([("after", str(after))])
            for one in page.lines:
                yield page.head, one
            if not page.more or not page.lines:
                return
            after = page.lines[-1].n

    async def _page(self, query: Query) -> ActivityPage:
        return await self._api.ask("GET", f"{ACTIVITY}?{urlencode(query)}", None, ActivityPage)

    def _compare(self, page: ActivityPage, known: int) -> None:
        """What is known here of the log still stands in it. Raises Alarm."""
        if page.head.generation != self._marks.verified().generation:
            return  # nothing is known of it, or it came back from a backup: a verification says so
        if page.head.n < known:
            gone = f"Line {page.head.n + 1} of the activity log is gone: it had {known} lines before."
            raise _alarm("activity_truncated", gone)
        if page.known != self._marks.hash(known):
            raise _alarm("activity_rewritten", f"The activity log up to line {known} was rewritten.")

    def _check(self, n: int, before: bytes, one: Shown) -> bytes:
        """The hash of line `n`, which follows the hash `before`. Raises Alarm."""
        if one.n != n:
            raise _alarm("activity_gap", f"Line {n} of the activity log is missing.")
        digested = line_digest(self._opened(one)) if one.raw else one.digest
        found = next_hash(before, digested)
        if found != one.hash:
            raise _alarm("activity_broken", f"Line {n} of the activity log was altered, or put in.")
        return found

    def _opened(self, one: Shown) -> Line:
        """A line, with the evidence in it checked as far as it is held here. Raises Alarm."""
        try:
            line = decode(one.raw, Line)
            if line.n != one.n:
                raise Refused("another_line", "It is another line.")
            self._check_evidence(line)
        except Refused as refused:
            said = f"Line {one.n} of the activity log is not what it says it is ({refused.rule})."
            raise _alarm("activity_broken", said) from None
        return line

    def _check_evidence(self, line: Line) -> None:
        """The signature of a device, or the entry that a line follows from. Raises Refused."""
        if line.signature:
            self._check_signed(line)
        elif line.raw:
            cited = decode(line.raw, Cited)
            entry = self._around.entry(cited.stream, cited.n)
            if entry is not None and entry_hash(entry) != cited.hash:
                raise Refused("another_entry", "The entry that it cites is another one here.")

    def _check_signed(self, line: Line) -> None:
        person = self._around.user(line.user)
        if person is None:
            return
        if line.device not in person.devices:
            raise Refused("unknown_device", "That person never had such a session.")
        signed = SignedRecord(line.raw, line.signature)
        seen = open_record(signed, Seen, person.device_public(line.device).sign)
        said = (seen.user, seen.device, seen.account, seen.id, event_of(seen.how, seen.what))
        same = said == (line.user, line.device, line.account, line.id, line.event)
        if not same or line.detail != detail_of(seen.how, seen.what):
            raise Refused("another_event", "The session signed something else.")

    def _rewritten(self, n: int, head: ActivityHead, last: Verified) -> int:
        """Line `n` is not what it was: an alarm, unless the service says that it came back from a backup.

        Gives how many lines were lost then.
        """
        newest = self._marks.newest()
        if last.generation in (b"", head.generation):
            if n <= head.n:
                said = f"Line {n} of the activity log was rewritten since it was seen here."
                raise _alarm("activity_rewritten", said)
            raise _alarm("activity_truncated", f"Line {n} of the activity log is gone: it had {newest} lines before.")
        self._marks.forget(n)
        return newest - n + 1


def _alarm(rule: str, sentence: str) -> Alarm:
    return Alarm(rule, sentence, safe=SAFE, next_step=NEXT)
