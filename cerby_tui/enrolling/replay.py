"""Streams judged in memory from their beginnings, before there is a vault: whatever order they cite each other in."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from cerby_tui.errors import Alarm, UsageError
from cerby_wire.errors import Behind, NewerVersion, Refused
from cerby_wire.headers import Entry, Position
from cerby_wire.ledger import Ledger
from cerby_wire.shapes import StoredEntry

UNTOUCHED = "Nothing was changed."


def replay(service_key: bytes, entries: Iterable[StoredEntry]) -> Ledger:
    """Judge everything; gives what it adds up to.

    Raises Alarm if a rule is broken, or if something that is cited was left out; UsageError for a newer version.
    """
    ledger, queues = Ledger(service_key), _queues(entries)
    while queues:
        moved = [_advance(ledger, stream, queue) for stream, queue in queues.items()]
        queues = {stream: queue for stream, queue in queues.items() if queue}
        if queues and not any(moved):
            raise Alarm("withheld", "The service keeps back entries that others cite.", safe=UNTOUCHED)
    return ledger


def require_prefix(ledger: Ledger, pins: dict[bytes, Position]) -> None:
    """Raise Alarm unless every stream goes on from where it is known to have been."""
    for stream, pin in pins.items():
        if pin.n and ledger.head(stream, pin.n) != pin.head:
            raise Alarm("fork", "The service shows another history than the one it had shown before.", safe=UNTOUCHED)


def _queues(entries: Iterable[StoredEntry]) -> dict[bytes, deque[Entry]]:
    """The entries by stream, each from its first on. Raises Alarm for a gap."""
    queues: dict[bytes, deque[Entry]] = {}
    for one in entries:
        queue = queues.setdefault(one.stream, deque())
        if one.n != len(queue) + 1:
            raise Alarm("withheld", "The service keeps back entries of a stream.", safe=UNTOUCHED)
        queue.append(one.entry)
    return queues


def _advance(ledger: Ledger, stream: bytes, queue: deque[Entry]) -> bool:
    """Accept as many entries of one stream as possible; True if there was at least one. Raises Alarm, UsageError."""
    before = len(queue)
    while queue:
        try:
            ledger.add(queue[0], expected=stream)
        except Behind:
            break
        except Refused as refused:
            raise Alarm(refused.rule, refused.sentence, safe=UNTOUCHED) from None
        except NewerVersion:
            raise UsageError("The workspace was written to by a newer version of this program.") from None
        queue.popleft()
    return len(queue) < before
