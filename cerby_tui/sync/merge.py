"""Three-way merge of a card by field: pure.

A change carries, for each field it touches, the value its author saw and the value they want. It can therefore be
applied to any later version: different fields join, equal wishes are one, and where the same field was changed to
different values the one stored first stays and the other is kept beside it under `clashes`, never dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cerby_tui.vault.content import (
    CLASHES,
    COLLECTIONS,
    CUSTOM,
    FIELDS,
    LEAVING,
    SETTLED,
    STAY_OFF,
    Content,
    current,
    default,
)

Change = dict[str, list[Any]]
"""Field → [value before, value wanted]."""

LATEST = ("copied_at", "added_at")
SETS = (COLLECTIONS, SETTLED, LEAVING, STAY_OFF)


def change_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> Change:
    """The change that leads from one content to another; only fields that differ."""
    names = [name for name in (*before, *after) if before.get(name, default(name)) != after.get(name, default(name))]
    return {name: [before.get(name, default(name)), after.get(name, default(name))] for name in dict.fromkeys(names)}


def apply_change(content: Content, change: Change) -> Content:
    """A new content with the change merged in; `content` itself is left alone."""
    merged = {name: value for name, value in content.items() if name != CLASHES}
    beside = list(content.get(CLASHES, ()))
    for name, (before, wanted) in change.items():
        theirs = content.get(name, default(name))
        if name == CLASHES:
            beside = union(beside, before, wanted)
        elif name in SETS:
            merged[name] = union(theirs if isinstance(theirs, list) else [], before, wanted)
        elif name == FIELDS:
            merged[name], lost = _custom(theirs, before, wanted)
            beside = union(beside, [], lost)
        elif name in LATEST:
            merged[name] = wanted if theirs == before else max(theirs, wanted)
        elif theirs in (before, wanted):
            merged[name] = wanted
        else:
            beside = union(beside, [], [{"field": name, "value": wanted}])
    for name in change:
        if merged.get(name) == default(name):
            del merged[name]
    return merged | ({CLASHES: beside} if beside else {})


def union(theirs: list[Any], before: list[Any], wanted: list[Any]) -> list[Any]:
    """Everybody's additions, less what the author saw and took out; order of arrival."""
    kept = [one for one in theirs if one not in before or one in wanted]
    return kept + [one for one in wanted if one not in before and one not in theirs]


def _custom(theirs: list[Any], before: list[Any], wanted: list[Any]) -> tuple[list[Any], list[Any]]:
    """Custom fields merge by name; returns them and the wishes that lost."""
    was, want = ({one["name"]: one for one in side} for side in (before, wanted))
    merged, lost = [], []
    for one in theirs:
        name = one["name"]
        if want.get(name) == was.get(name):  # the author did not touch it
            merged.append(one)
        elif name not in want:  # taken out: only what its remover had seen goes
            merged += [] if one == was[name] else [one]
        elif one == was.get(name) or one == want[name]:
            merged.append(one | want[name])
        else:
            merged.append(one)
            lost.append({"field": CUSTOM + name, "value": want[name]})
    there = {one["name"] for one in theirs}
    return merged + [one for one in wanted if one["name"] not in there and one != was.get(one["name"])], lost


def settle(content: Content, name: str, *, keep_other: bool) -> Change:
    """The change that ends the clash of a field, with the value that stands or with the other one.

    Raises LookupError if the field has no clash.
    """
    entry = next((one for one in content.get(CLASHES, ()) if one["field"] == name), None)
    if entry is None:
        raise LookupError(name)
    change: Change = {CLASHES: [[entry], []]}
    if keep_other and name.startswith(CUSTOM):
        stands = current(content, name)
        change[FIELDS] = [[stands] if stands else [], [entry["value"]]]
    elif keep_other:
        change[name] = [content.get(name, default(name)), entry["value"]]
    return change
