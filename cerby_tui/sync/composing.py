"""Turning what waits into the next entry of a stream: merged onto the newest version, sealed under the key in force."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from msgspec import Struct

from cerby_tui import authoring
from cerby_tui.authoring import Author
from cerby_tui.keys import DeviceKeys
from cerby_tui.sync import lists
from cerby_tui.sync.merge import apply_change
from cerby_tui.vault import marks
from cerby_tui.vault.accounts import merged
from cerby_tui.vault.around import Around
from cerby_tui.vault.marks import DRILLED, FAVOURITES_SLOT, KIT_SLOT, MARKS, READ_SLOT, STARRED, TRUST_SLOT
from cerby_tui.vault.opener import KeyOpener
from cerby_tui.vault.outbox import Pending
from cerby_tui.vault.people_notes import notes_for
from cerby_tui.vault.resting import ever_suspended
from cerby_tui.vault.shares import Roles, stored_roles, with_shares
from cerby_tui.vault.vault import Vault
from cerby_wire.epochs import outdated
from cerby_wire.errors import Refused
from cerby_wire.headers import Entry, MessagePosition
from cerby_wire.shapes import SignedRecord
from cerby_wire.state import AccountState

DELETED = "The account was deleted; restore it to apply this change."
NOT_OWNER = "You are no longer an Owner of this account."
LISTING = ("share", "delete", "restore")
"""Acts that need a list of people."""
CLOSED = "The content of this account is closed to you."
PRIVATE = {
    "read": (READ_SLOT, MARKS),
    "favourite": (FAVOURITES_SLOT, STARRED),
    "trust": (TRUST_SLOT, ""),
    "kit": (KIT_SLOT, DRILLED),
}
"""Where each private act is kept: the slot, and the name in it (empty for the whole of it)."""


class Composed(Struct, frozen=True):
    """What came of some rows: an entry that carries them, or a sentence why it cannot be, or neither: nothing to do."""

    rows: tuple[int, ...]
    entry: Entry | None = None
    refused: str = ""


class Composing:
    """Writes entries for one person at one device."""

    def __init__(self, vault: Vault, opener: KeyOpener, device: DeviceKeys) -> None:
        self._vault = vault
        self._opener = opener
        self._around = Around(vault.database, vault.identity)
        self.device = device

    def author(self) -> Author:
        """This person, with the newest positions held."""
        return Author.of(self.device, self._vault.identity.user, self._around)

    def next(self, stream: bytes) -> Composed | None:
        """The next entry for a stream; None if nothing waits that could be written now."""
        rows = self._vault.outbox.pending(stream)
        if not rows:
            return None
        if stream == self._vault.identity.personal:
            return self._private(rows)
        state = self._vault.streams.account(stream)
        if state is None:
            return None
        if self._vault.identity.user not in state.owners():
            return Composed(_ids(rows), refused=NOT_OWNER)
        if rows[0].act in LISTING and lists.resting(self._vault.identity.user, self._around):
            return None  # until our own chain is in order; upkeep is at it
        if rows[0].act in ("delete", "restore"):
            return self._toggle(state, rows[0])
        if rows[0].act == "share":
            return self._share(state, list(takewhile(lambda row: row.act == "share", rows)))
        return self._item(state, list(takewhile(lambda row: row.act in ("create", "edit"), rows)))

    def _item(self, state: AccountState, rows: Sequence[Pending]) -> Composed:
        ids = _ids(rows)
        keys = self._opener.account_keys(state.stream, state.epoch)
        stored = self._opener.item(state) if state.item_version else {}
        if stored is None and self._vault.accounts.closed(state):
            stored = {}  # written anew by whoever the account was handed to
        if state.deleted:
            return Composed(ids, refused=DELETED)
        if keys is None or stored is None:
            return Composed(ids, refused=CLOSED)
        content = merged(stored, rows)
        if content == stored:
            return Composed(ids)
        return Composed(ids, authoring.item(self.author(), state, keys, content, self._newest(state)))

    def _toggle(self, state: AccountState, row: Pending) -> Composed:
        if state.deleted == (row.act == "delete"):
            return Composed((row.id,))
        keys = self._opener.account_keys(state.stream, state.epoch)
        if keys is None:
            return Composed((row.id,), refused=CLOSED)
        if outdated(state, self._around):  # these acts leave the list as it is, so it has to be right before
            first = self._list(state, stored_roles(state, self._vault.identity.user), ())
            return first if first.entry is not None else Composed((row.id,), refused=first.refused)
        write = authoring.delete if row.act == "delete" else authoring.restore
        try:
            entry, _fresh = write(self.author(), state, keys, self._around, self._newest(state))
        except Refused as refused:
            return Composed((row.id,), refused=refused.sentence)
        return Composed((row.id,), entry)

    def _share(self, state: AccountState, rows: Sequence[Pending]) -> Composed:
        """The newest list of people with what is wanted of some of them, whoever else has changed it meanwhile."""
        for row in rows:
            if said := lists.objection(row.changes, self._around):
                return Composed((row.id,), refused=said)
        if noted := self._noted(state, rows):
            return Composed((), noted)
        before = stored_roles(state, self._vault.identity.user)
        wanted = with_shares(before, rows)
        if wanted == before:
            return Composed(_ids(rows))
        return self._list(state, wanted, _ids(rows))

    def _noted(self, state: AccountState, rows: Sequence[Pending]) -> Entry | None:
        """What has to stand on the card first, so that nobody comes back by themselves who is taken off on purpose."""
        keys, content = self._opener.account_keys(state.stream, state.epoch), self._vault.accounts.stored(state.stream)
        if keys is None or not content or state.deleted or not ever_suspended(self._around):
            return None
        wanted = {user: role for row in rows for user, role in row.changes.items()}
        notes = notes_for(wanted, state, self._vault.streams, content, self._around)
        if not notes:
            return None
        return authoring.item(self.author(), state, keys, apply_change(content, dict(notes)), self._newest(state))

    def _list(self, state: AccountState, wanted: Roles, ids: tuple[int, ...]) -> Composed:
        """A new list under a new key, of those who can be on it today."""
        keys = self._opener.account_keys(state.stream, state.epoch)
        people = lists.listable(wanted, self._around)
        if keys is None:
            return Composed(ids, refused=CLOSED)
        if "owner" not in people.values():
            return Composed(ids, refused=lists.LAST_OWNER)
        try:
            entry, _fresh = authoring.members(self.author(), state, keys, self._around, people, self._newest(state))
        except Refused as refused:
            return Composed(ids, refused=refused.sentence)
        return Composed(ids, entry)

    def renew(self, state: AccountState, wanted: Roles) -> Entry | None:
        """A new key for the people of an account who may be on it; None if it cannot be written here."""
        return self._list(state, wanted, ()).entry

    def bind(self, account: bytes, number: bytes, e164: str, record: SignedRecord) -> Entry | None:
        """The entry that binds a committed number; None if it is not ours to write, or not now."""
        state = self._vault.streams.account(account)
        if state is None or state.deleted or state.number or self._vault.identity.user not in state.owners():
            return None
        return authoring.bind_number(self.author(), state, number, e164, record, self._newest(state))

    def unbind(self, account: bytes, number: bytes) -> Entry | None:
        """The entry that unbinds a number that is gone; None if it is not bound, or not ours to write."""
        state = self._vault.streams.account(account)
        bound = state is not None and state.number is not None and state.number.id == number
        if state is None or not bound or self._vault.identity.user not in state.owners():
            return None
        return authoring.unbind_number(self.author(), state, self._newest(state))

    def _newest(self, state: AccountState) -> MessagePosition:
        return self._vault.records.newest(state.stream, self._vault.meta.progress.generation)

    def _private(self, rows: Sequence[Pending]) -> Composed | None:
        """One private thing at a time, with all rows that belong to it."""
        state = self._vault.streams.personal(self._vault.identity.personal)
        person = self._around.user(self._vault.identity.user)
        keys = self._opener.user_keys(person.generation_at(person.n).generation) if person else None
        if state is None or keys is None:
            return None
        act = rows[0].act
        same = [row for row in rows if row.act == act]
        slot, name = PRIVATE[act]
        stored = self._opener.private(state, slot) or {}
        before: dict[Any, Any] = stored.get(name, {}) if name else stored
        wanted = before
        for row in same:
            wanted = marks.union(wanted, row.changes) if act == "read" else wanted | row.changes
        if wanted == before:
            return Composed(_ids(same))
        content = stored | ({name: wanted} if name else wanted)
        return Composed(_ids(same), authoring.personal_item(self.author(), state, keys, slot, content))


def _ids(rows: Sequence[Pending]) -> tuple[int, ...]:
    return tuple(row.id for row in rows)
