"""Every version of a card that can be opened, and what each changed. Reading only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from cerby_tui.sync.merge import change_between
from cerby_tui.team_values import FieldChange
from cerby_tui.vault import content as contents
from cerby_tui.vault.content import CLASHES, CUSTOM, FIELDS, KNOWN, SETTLED, Content, current, shown
from cerby_tui.vault.opener import KeyOpener
from cerby_tui.vault.streams import Streams
from cerby_wire.entries import read_header
from cerby_wire.headers import AccountItem


class Stored(NamedTuple):
    """A version of a card: its number, who wrote it, when it came here (UTC ms), its content."""

    number: int
    author: bytes
    at: int
    content: Content


class Versions:
    """The versions of cards in the entries that the vault holds."""

    def __init__(self, streams: Streams, opener: KeyOpener) -> None:
        self._streams = streams
        self._opener = opener

    def of(self, account: bytes) -> list[Stored]:
        """Every version whose key is held, the oldest first."""
        found = []
        for n, entry in enumerate(self._streams.entries(account), 1):
            header = read_header(entry)
            if isinstance(header.act, AccountItem):
                content = self._opener.version(account, entry)
                if content is not None:
                    at = self._streams.stored_at(account, n)
                    found.append(Stored(header.act.version, header.author, at, contents.fitting(content)))
        return found


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """What leads from one content to another, field by field, in the order in which a card shows its fields."""
    found = [*_changed(before, after), *_clashes(before, after)]
    return tuple(sorted(found, key=lambda change: _place(change.field)))


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[FieldChange]:
    names = set(change_between(before, after))
    for name in names & (set(KNOWN) - {FIELDS, CLASHES, SETTLED, "app", "app_name"}):
        yield FieldChange(name, shown(name, current(before, name)), shown(name, current(after, name)))
    if names & {"app", "app_name"}:
        yield FieldChange("app", app_of(before), app_of(after))
    if FIELDS in names:
        fields = dict.fromkeys(one["name"] for side in (before, after) for one in side.get(FIELDS, ()))
        for name in (CUSTOM + field for field in fields):
            if current(before, name) != current(after, name):
                yield FieldChange(name, shown(name, current(before, name)), shown(name, current(after, name)))


def _clashes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[FieldChange]:
    was, now = before.get(CLASHES, ()), after.get(CLASHES, ())
    for one in now:
        if one not in was:
            name = one["field"]
            yield FieldChange(name, shown(name, current(after, name)), shown(name, one["value"]), "beside")
    for one in was:
        name = one["field"]
        if one not in now and current(before, name) == current(after, name):
            yield FieldChange(name, shown(name, one["value"]), shown(name, current(after, name)), "settled")


def app_of(content: Mapping[str, Any]) -> str:
    """The app of a card in one word: its own name, or its slug in the catalogue."""
    return str(content.get("app_name", "") or content.get("app", ""))


def _place(field: str) -> int:
    return KNOWN.index(FIELDS) if field.startswith(CUSTOM) else KNOWN.index(field)


def wrote_standing(versions: Sequence[Stored], clash: Mapping[str, Any], value: Any) -> Stored | None:
    """The version that gave the field of a clash the value it has now; None if that version waits to be sent.

    If it is the value that stood when they clashed, whoever only gave it back since does not count.
    """
    field, met = clash["field"], _met(versions, clash)
    holds = [current(one.content, field) == value for one in versions]
    if met is not None and holds[met]:
        return _since(versions[: met + 1], holds[: met + 1])
    return _since(versions, holds)


def wrote_beside(versions: Sequence[Stored], clash: Mapping[str, Any]) -> Stored | None:
    """The version that first brought a value which is kept beside; None if that version waits to be sent."""
    met = _met(versions, clash)
    return None if met is None else versions[met]


def _met(versions: Sequence[Stored], clash: Mapping[str, Any]) -> int | None:
    """The place of the version in which the two values met."""
    return next((at for at, one in enumerate(versions) if clash in one.content.get(CLASHES, ())), None)


def _since(versions: Sequence[Stored], holds: Sequence[bool]) -> Stored | None:
    """The first of the unbroken run of versions up to the newest for which something holds."""
    found = None
    for one, true in zip(reversed(versions), reversed(holds), strict=True):
        if not true:
            break
        found = one
    return found
