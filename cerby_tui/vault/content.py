"""The plain map inside a sealed item, and the `Item` that screens work with.

The map is the truth: keys that this program does not know stay in it and are written back untouched, in the item
itself and in its custom fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from cerby_tui.values import Clash, CustomField, Item
from cerby_wire.encoding import UNREADABLE

Content = dict[str, Any]

CLASHES = "clashes"
FIELDS = "fields"
COLLECTIONS = "collections"
CUSTOM = "fields."
SETTLED = "settled"
STAY_OFF = "off"
"""Who was taken off on purpose while one of their sessions was suspended, and does not come back by themselves."""
LEAVING = "leaving"
"""Owners who want to be taken off, each with the epoch they asked in (`user:epoch`); another Owner's client does it."""
KNOWN = tuple(name for name in Item.__struct_fields__ if name != "unknown")


def plain(value: object) -> Any:
    """A field's value as it stands in the map: lists and maps instead of tuples and structs."""
    return msgspec.to_builtins(value)


def default(name: str) -> Any:
    """What a field holds when nobody has written it."""
    if name in (FIELDS, COLLECTIONS, CLASHES, SETTLED, STAY_OFF, LEAVING, "backup_codes"):
        return []
    return 0 if name in ("copied_at", "added_at") else ""


def from_item(item: Item) -> Content:
    """The map of a new item; empty fields are left out."""
    known = {name: plain(getattr(item, name)) for name in KNOWN}
    return dict(item.unknown) | {name: value for name, value in known.items() if value != default(name)}


def to_item(content: Mapping[str, Any]) -> Item:
    """The item that a map describes; a known key with a value of another type counts as unknown."""
    known: Content = {"label": ""}
    unknown: Content = {}
    for name, value in content.items():
        if name in KNOWN and _fits(name, value):
            known[name] = value
        elif name != CLASHES:
            unknown[name] = value
    return msgspec.convert(known | {"unknown": unknown}, Item)


def _fits(name: str, value: Any) -> bool:
    try:
        msgspec.convert({"label": "", name: value}, Item)
    except msgspec.ValidationError:
        return False
    return True


def fitting(content: Mapping[str, Any]) -> Content:
    """What of a map is as this program expects it: whatever wrote the rest, nobody trips over it."""
    found = {name: value for name, value in content.items() if name in KNOWN and _fits(name, value)}
    beside = content.get(CLASHES, ())
    entries = [one for one in beside if _is_clash(one)] if isinstance(beside, list) else []
    return found | ({CLASHES: entries} if entries else {})


def _is_clash(entry: Any) -> bool:
    if not isinstance(entry, dict) or not {"field", "value"} <= set(entry):
        return False
    name, value = entry["field"], entry["value"]
    if not isinstance(name, str):
        return False
    if name.startswith(CUSTOM):
        return value is None or _fits(FIELDS, [value])
    return name in KNOWN and _fits(name, value)


def clashes(content: Mapping[str, Any]) -> tuple[Clash, ...]:
    """The values that were kept beside the ones that stand."""
    content = fitting(content)
    found = []
    for entry in content.get(CLASHES, ()):
        name, other = entry["field"], entry["value"]
        found.append(Clash(name, shown(name, current(content, name)), shown(name, other)))
    return tuple(found)


def shown(name: str, value: Any) -> Any:
    """A value of the map as screens take it: custom fields as such, tuples for lists."""
    if name.startswith(CUSTOM):
        return None if value is None else msgspec.convert(value, CustomField)
    return tuple(value) if isinstance(value, list) else value


def current(content: Mapping[str, Any], name: str) -> Any:
    """The value of a field; `fields.NAME` names a custom field, None when it is gone."""
    if name.startswith(CUSTOM):
        wanted = name.removeprefix(CUSTOM)
        return next((one for one in content.get(FIELDS, ()) if one["name"] == wanted), None)
    return content.get(name, default(name))


def encode(content: Content) -> bytes:
    """The map as the bytes that are sealed."""
    return msgspec.msgpack.encode(content)


def decode(raw: bytes) -> Content:
    """The map inside opened bytes; anything but a map is read as an empty item."""
    try:
        return msgspec.msgpack.decode(raw, type=Content)
    except UNREADABLE:
        return {}
