"""Read marks: for each account and generation the message indexes that were read, as ranges; pure.

They live in one private item. Marks only ever grow, so merging two devices' marks is their union.
"""

from __future__ import annotations

from collections.abc import Iterable

from cerby_tui.values import MessageKey

Ranges = list[list[int]]
Marks = dict[bytes, dict[bytes, Ranges]]
"""Account → generation → sorted ranges [first, last]."""

READ_SLOT = 1
MARKS = "marks"
FAVOURITES_SLOT = 2
STARRED = "starred"
TRUST_SLOT = 3
SERVICE_KEY = "service_key"
"""The pinned key of the service, so that a recovery can compare it."""
KIT_SLOT = 4
DRILLED = "drilled"
"""When the recovery kit was last tried, UTC milliseconds, by the id of its recovery device."""


def covers(marks: Marks, key: MessageKey) -> bool:
    """Whether a message was read."""
    ranges = marks.get(key.account, {}).get(key.generation, [])
    return any(first <= key.index <= last for first, last in ranges)


def joined(ranges: Iterable[list[int]]) -> Ranges:
    """The same indexes in as few sorted ranges as possible."""
    found: Ranges = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            found[-1][1] = max(found[-1][1], last)
        else:
            found.append([first, last])
    return found


def union(one: Marks, other: Marks) -> Marks:
    """Everything that is marked in either."""
    merged: Marks = {}
    for marks in (one, other):
        for account, generations in marks.items():
            for generation, ranges in generations.items():
                of_account = merged.setdefault(account, {})
                of_account[generation] = joined([*of_account.get(generation, []), *map(list, ranges)])
    return merged


def marks_of(keys: Iterable[MessageKey]) -> Marks:
    """The marks for single messages."""
    found: Marks = {}
    for key in keys:
        found.setdefault(key.account, {}).setdefault(key.generation, []).append([key.index, key.index])
    return union(found, {})
