"""Changes that another session of the same person did not get sent: they wait here from now on, like one's own."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from msgspec import Struct

from cerby_tui import authoring, unsent
from cerby_tui.authoring import Author
from cerby_tui.clock import Clock
from cerby_tui.errors import RefusedError, UsageError
from cerby_tui.keys import DeviceKeys, UserKeys
from cerby_tui.sync.beginning import Writing
from cerby_tui.unsent import Change
from cerby_tui.vault.around import Around
from cerby_tui.vault.outbox import Act
from cerby_wire.entries import entry_hash, stream_id
from cerby_wire.errors import Refused
from cerby_wire.state import UserState

TAKEN = "unsent_taken"
UNCHANGED = "Nothing was taken."


class Imported(Struct, frozen=True):
    """How many changes wait here now, and those that cannot, each with the reason."""

    changes: int
    skipped: tuple[str, ...] = ()


class Importing:
    """Takes an export in. Runs on the sync thread and touches only the disk."""

    def __init__(self, writing: Writing, device: DeviceKeys, clock: Clock) -> None:
        self._vault = writing.vault
        self._opener = writing.opener
        self._device = device
        self._clock = clock

    def take(self, path: Path) -> Imported:
        """Queue what is in the file, once. Raises UsageError, RefusedError."""
        user = self._vault.identity.user
        person = self._vault.streams.user(user)
        if person is None:
            raise UsageError("The chain of your sessions is not here yet.", safe=UNCHANGED)
        opened = unsent.open_export(path, user, self._keys(person), person)
        before = self._vault.meta.read(TAKEN, list[bytes]) or []
        if opened.id in before:
            raise UsageError("The changes in that file were taken here before.", safe=UNCHANGED)
        with self._vault.database.transaction():
            imported = self._queue(opened.unsent.changes)
            self._vault.meta.write(TAKEN, [*before, opened.id])
        return imported

    def _keys(self, person: UserState) -> dict[int, UserKeys]:
        generations = [since.seed.generation for since in person.seeds]
        return {one: keys for one in generations if (keys := self._opener.user_keys(one))}

    def _queue(self, changes: tuple[Change, ...]) -> Imported:
        """Every change in its order; accounts that were new there begin here under another id."""
        moved: dict[bytes, bytes] = {}
        skipped: list[str] = []
        touched: set[bytes] = set()
        for change in changes:
            stream = moved.get(change.stream, change.stream)
            if change.act == "favourite":
                self._add(self._vault.identity.personal, change)
            elif change.act == "create" and self._vault.streams.account(stream) is None:
                stream = moved[change.stream] = self._begin(change)
                touched.add(stream)
            elif said := self._objection(stream, moved):
                skipped.append(f"{change.label}: {said}")
            else:
                self._add(stream, change)
                touched.add(stream)
        self._vault.refresh(touched)
        self._vault.refresh_private()
        return Imported(len(changes) - len(skipped), tuple(skipped))

    def _objection(self, stream: bytes, moved: dict[bytes, bytes]) -> str:
        """Why a change cannot be made here; empty if it can."""
        if stream in moved.values():
            return ""
        state = self._vault.streams.account(stream)
        if state is None:
            return "the account is not here"
        return "" if self._vault.identity.user in state.owners() else "you are not an Owner of the account"

    def _begin(self, change: Change) -> bytes:
        """An account that was not saved yet begins here. Raises RefusedError."""
        around = Around(self._vault.database, self._vault.identity)
        author = Author.of(self._device, self._vault.identity.user, around)
        try:
            genesis, _keys = authoring.account_genesis(author, around)
        except Refused as refused:
            raise RefusedError(refused.rule, refused.sentence, safe=UNCHANGED) from None
        account = stream_id(genesis)
        row = self._add(account, change)
        self._vault.outbox.put_under_way(entry_hash(genesis), account, genesis, [row], self._clock.now())
        return account

    def _add(self, stream: bytes, change: Change) -> int:
        act, label = cast(Act, change.act), change.label
        return self._vault.outbox.add(stream, act, change.changes, base=change.base, label=label, now=change.since)
