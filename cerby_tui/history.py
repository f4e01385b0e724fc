"""Earlier versions of cards, whose value is whose in a clash, and the last change taken back."""

from __future__ import annotations

from typing import Any

from cerby_tui import words
from cerby_tui.changing import Changing
from cerby_tui.errors import RefusedError, UsageError
from cerby_tui.ground import Ground
from cerby_tui.journal import Done
from cerby_tui.people import People
from cerby_tui.team_values import Side, Sides, Version
from cerby_tui.undoing import Undoing
from cerby_tui.vault import content as contents
from cerby_tui.vault.content import CLASHES, CUSTOM, FIELDS, LEAVING, Content, current, default
from cerby_tui.vault.opener import KeyOpener
from cerby_tui.vault.outbox import Outbox
from cerby_tui.vault.streams import Streams
from cerby_tui.vault.versions import Stored, Versions, changes_between, wrote_beside, wrote_standing

NOT_SENT = 0
"""The number of the version that waits to be sent."""


class History:
    """Versions of cards, from the entries that the vault holds."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._me = ground.identity.user
        self._people = People(ground)
        self._versions = Versions(Streams(ground.reader), KeyOpener(ground.reader, ground.device, self._me))
        self._outbox = Outbox(ground.reader)
        self._changing = Changing(ground.writing.vault, ground.device, ground.clock, ground.journal.note)
        self._undoing = Undoing(ground)

    def versions(self, account: bytes) -> list[Version]:
        """Every version whose key is held, the newest first, and before it what waits to be sent. Raises UsageError."""
        now = self._content(account)
        found: list[Version] = []
        before: Content = {}
        for one in self._versions.of(account):
            previous = found[-1].number if found else -1
            name, you = self._people.name(one.author), one.author == self._me
            changes = changes_between(before, one.content)
            found.append(Version(one.number, name, one.at, changes, you=you, previous=previous))
            before = one.content
        waiting = [row for row in self._outbox.pending(account) if row.act in ("create", "edit")]
        unsent = changes_between(before, now) if waiting else ()
        if unsent:
            previous = found[-1].number if found else -1
            name, since = self._people.name(self._me), waiting[-1].since
            found.append(Version(NOT_SENT, name, since, unsent, you=True, previous=previous))
        return found[::-1]

    def sides(self, account: bytes) -> dict[str, Sides]:
        """Who wrote which of the two values of each field that two people changed at once. Raises UsageError."""
        now = self._content(account)
        versions = self._versions.of(account) if now.get(CLASHES) else []
        found: dict[str, Sides] = {}
        for clash in now.get(CLASHES, ()):
            field = clash["field"]
            if field not in found:  # of several, the first is settled first
                kept = wrote_standing(versions, clash, current(now, field))
                found[field] = Sides(self._side(kept), self._side(wrote_beside(versions, clash)))
        return found

    def _side(self, wrote: Stored | None) -> Side:
        if wrote is None:
            return Side(self._people.name(self._me), you=True)
        return Side(self._people.name(wrote.author), you=wrote.author == self._me, at=wrote.at)

    def _content(self, account: bytes) -> Content:
        raw = self._ground.reader.value("SELECT item FROM accounts WHERE account = ?", (account,))
        if raw is None:
            raise UsageError("There is no such account here.")
        return contents.fitting(contents.decode(raw))

    async def restore(self, account: bytes, number: int, field: str, *, beside: bool = False) -> bool:
        """Give a field back the value it had in version `number`, or the one kept beside it there; False if it has it.

        Raises UsageError, RefusedError, StorageFull.
        """
        version = next((one for one in self._versions.of(account) if one.number == number), None)
        if version is None:
            raise UsageError("That version cannot be opened here.", safe="Nothing was changed.")
        changes = _wanted(self._content(account), version.content, field, beside=beside)
        changed = await self._ground.call(self._changing.edit, account, changes)
        if changed:
            self._ground.changed(account)
        return changed

    def undoable(self) -> str:
        """What `undo` would take back, in words; empty if nothing."""
        done = self._ground.journal.newest()
        return self._told(done) if done else ""

    async def undo(self) -> str:
        """Take back the last change or share of this session while it can be; returns what was done, in words.

        Raises UsageError if there is nothing, or if somebody else has changed the same since;
        RefusedError if this person may not change it any more; StorageFull.
        """
        done = self._ground.journal.newest()
        if done is None:
            raise UsageError("There is nothing to take back.", safe="Changes of earlier sittings are in the history.")
        try:
            await self._ground.call(self._undoing.take_back, done)
        except (UsageError, RefusedError):
            self._ground.journal.forget(done)
            raise
        self._ground.journal.forget(done)
        self._ground.changed(done.account)
        return f"Taken back: {self._told(done)}."

    def _told(self, done: Done) -> str:
        if done.act == "share":
            return f"{', '.join(self._shared(user, *roles) for user, roles in done.change.items())} ({done.label})"
        if set(done.change) == {LEAVING}:
            return f"leaving {done.label}"
        if done.act == "edit":
            return f"{', '.join(fields_of(done.change)) or 'a settled clash'} of {done.label}"
        return f"{ACTS[done.act]} {done.label}"

    def _shared(self, user: bytes, before: str | None, wanted: str | None) -> str:
        name = "yourself" if user == self._me else self._people.name(user)
        if wanted is None:
            return f"removing {name}"
        return f"sharing with {name}" if before is None else f"{name} as {words.account_role(wanted)}"


ACTS = {"create": "adding", "delete": "deleting", "restore": "restoring"}


def fields_of(change: dict[Any, list[Any]]) -> list[str]:
    """The names of the fields that a change touches, as they stand on the card."""
    names = []
    for name, (before, wanted) in change.items():
        if name == FIELDS:
            names += [
                one["name"] for side in (before, wanted) for one in side if one not in before or one not in wanted
            ]
        elif name not in (CLASHES, "app_name"):
            names.append(words.field(name))
    return list(dict.fromkeys(names))


def _wanted(now: Content, then: Content, field: str, *, beside: bool) -> Content:
    """What an edit has to be told so that a field has its value of `then` again."""
    value = current(then, field)
    if beside:
        kept = [one["value"] for one in then.get(CLASHES, ()) if one["field"] == field]
        if not kept:
            raise UsageError("No value was kept beside that field then.", safe="Nothing was changed.")
        value = kept[-1]
    if field == "app":
        return {name: then.get(name, default(name)) for name in ("app", "app_name")}
    if not field.startswith(CUSTOM):
        return {field: value}
    name, fields = field.removeprefix(CUSTOM), list(now.get(FIELDS, ()))
    places = [place for place, one in enumerate(fields) if one["name"] == name]
    at = places[0] if places else len(fields)
    return {FIELDS: [*fields[:at], *([] if value is None else [value]), *fields[at + 1 :]]}
