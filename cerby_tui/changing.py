"""Changes that people make: taken into the vault at once, in one transaction, and sent when the service is there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from cerby_tui import authoring
from cerby_tui.authoring import Author
from cerby_tui.clock import Clock
from cerby_tui.errors import RefusedError, UsageError
from cerby_tui.journal import Done
from cerby_tui.keys import DeviceKeys
from cerby_tui.sync import lists
from cerby_tui.sync.merge import Change, apply_change, change_between, settle
from cerby_tui.values import Item, MessageKey
from cerby_tui.vault import content as contents
from cerby_tui.vault.around import Around
from cerby_tui.vault.content import FIELDS, KNOWN, Content
from cerby_tui.vault.marks import marks_of
from cerby_tui.vault.outbox import Act
from cerby_tui.vault.people_notes import asks_to_leave, leaving, off_for_now
from cerby_tui.vault.resting import ever_suspended
from cerby_tui.vault.shares import Roles, Wanted, applied, stored_roles, with_shares
from cerby_tui.vault.vault import Vault
from cerby_wire.entries import entry_hash, stream_id
from cerby_wire.errors import Refused
from cerby_wire.state import AccountState

ANOTHER_OWNER = "Make somebody else an Owner first."
AccountAct = Literal["edit", "share", "delete", "restore"]
WAITS = "It is not sent, and nothing was changed."


class Changing:
    """Every change of the person at this device. All methods run on the sync thread and touch only the disk.

    `note` is told of each change of an account, so that it can be taken back.
    """

    def __init__(
        self, vault: Vault, device: DeviceKeys, clock: Clock, note: Callable[[Done], None] = lambda _done: None
    ) -> None:
        self._vault = vault
        self._device = device
        self._clock = clock
        self._note = note

    def add(self, item: Item) -> bytes:
        """Begin an account; returns its id, which is final. Raises UsageError, RefusedError."""
        content = contents.from_item(item)
        _check(content)
        around = Around(self._vault.database, self._vault.identity)
        author = Author.of(self._device, self._vault.identity.user, around)
        try:
            genesis, _keys = authoring.account_genesis(author, around)
        except Refused as refused:
            raise RefusedError(refused.rule, refused.sentence, safe="Nothing was changed.") from None
        account = stream_id(genesis)
        now = self._clock.now()
        with self._vault.database.transaction():
            change = change_between({}, content)
            row = self._vault.outbox.add(account, "create", change, base=0, label=item.label, now=now)
            self._vault.outbox.put_under_way(entry_hash(genesis), account, genesis, [row], now)
            self._vault.refresh([account])
        self._note(Done("create", account, item.label, {}))
        return account

    def edit(self, account: bytes, changes: Mapping[str, object]) -> bool:
        """Change fields of a card by name; False if that changes nothing. Raises UsageError, RefusedError."""
        if unknown := set(changes) - set(KNOWN):
            raise UsageError(f"A card has no field called {', '.join(sorted(unknown))}.")
        before = self._vault.accounts.content(account)
        wanted = {name: contents.plain(value) for name, value in changes.items()}
        if wanted and not before:  # the old content went with whoever handed the account over
            wanted = {"label": self._vault.accounts.closed_label(account)} | wanted
        if FIELDS in wanted:
            was = {one["name"]: one for one in before.get(FIELDS, ())}
            wanted[FIELDS] = [was.get(one["name"], {}) | one for one in wanted[FIELDS]]
        after = before | wanted
        _check(after)
        change = change_between(before, after)
        if change:
            self._queue(account, "edit", change)
        return bool(change)

    def apply(self, account: bytes, change: Change) -> None:
        """Make a change that is known field by field. Raises UsageError, RefusedError."""
        _check(apply_change(self._vault.accounts.content(account), change))
        self._queue(account, "edit", change)

    def settle_clash(self, account: bytes, field: str, keep: Literal["kept", "other"]) -> None:
        """End the clash of a field with the value that stands or the other one. Raises UsageError, RefusedError."""
        content = self._vault.accounts.content(account)
        try:
            change: Change = settle(content, field, keep_other=keep == "other")
        except LookupError:
            raise UsageError(f"There is nothing to settle for {field}.") from None
        self._queue(account, "edit", change)

    def delete(self, account: bytes) -> None:
        """Delete a card; it can be restored. Raises UsageError, RefusedError."""
        self._toggle(account, "delete", "restore")

    def restore(self, account: bytes) -> None:
        """Bring a deleted card back. Raises UsageError, RefusedError."""
        self._toggle(account, "restore", "delete")

    def share(self, account: bytes, wanted: Wanted) -> bool:
        """Give people roles on an account, or take them off (None); False if that changes nothing.

        Oneself, another Owner's client takes off. Raises UsageError, RefusedError.
        """
        self._owner_label(account)
        around = Around(self._vault.database, self._vault.identity)
        state, me = self._vault.streams.account(account), self._vault.identity.user
        before = with_shares(stored_roles(state, me), self._vault.outbox.pending(account))
        if said := lists.objection(wanted, around):
            raise RefusedError("cannot_be_listed", said, safe="Nothing was changed.")
        if not lists.keeps_an_owner(applied(before, wanted), me, around):
            raise RefusedError("only_owner", lists.LAST_OWNER, safe="Nothing was changed.", next_step=ANOTHER_OWNER)
        listed = {user: role for user, role in wanted.items() if user != me or role is not None}
        leaves = state is not None and me in wanted and wanted[me] is None and self._ask_to_leave(state)
        rested = self._off_for_now(state, around)
        if applied(before, listed) == before and not any(user in rested for user in listed):
            return leaves
        self._queue(account, "share", dict(listed), {user: [before.get(user), role] for user, role in listed.items()})
        return True

    def _off_for_now(self, state: AccountState | None, around: Around) -> Roles:
        """Who would come back by themselves, and can be taken off for good."""
        if state is None or not ever_suspended(around):
            return {}
        return off_for_now(state, self._vault.streams, self._vault.accounts.content(state.stream), around)

    def _ask_to_leave(self, state: AccountState) -> bool:
        """Write the wish to be taken off on the card; False if it stands there."""
        content, me = self._vault.accounts.content(state.stream), self._vault.identity.user
        if me in leaving(state, self._vault.streams, content):
            return False
        label: Change = {} if content else {"label": ["", self._vault.accounts.closed_label(state.stream)]}
        self.apply(state.stream, asks_to_leave(state, me, content) | label)
        return True

    def _toggle(self, account: bytes, act: Literal["delete", "restore"], undone: Act) -> None:
        """Queue an act, or take back its opposite if that has not left yet."""
        self._owner_label(account)
        with self._vault.database.transaction():
            waiting = self._vault.outbox.pending(account)
            if waiting and waiting[-1].act == undone and not waiting[-1].sent:
                self._vault.outbox.discard(waiting[-1].id)
                self._vault.refresh([account])
                self._note(Done(act, account, self._owner_label(account), {}))
            else:
                self._queue(account, act, {})

    def _queue(self, account: bytes, act: AccountAct, change: Any, noted: Any = None) -> None:
        """Queue a change; `noted` is how it is written down for being taken back, where that is another form."""
        label = self._owner_label(account)
        state = self._vault.streams.account(account)
        base = state.item_version if state else 0
        with self._vault.database.transaction():
            self._vault.outbox.add(account, act, change, base=base, label=label, now=self._clock.now())
            self._vault.refresh([account])
        self._note(Done(act, account, label, change if noted is None else noted))

    def _owner_label(self, account: bytes) -> str:
        """The label of a card that we may change. Raises UsageError, RefusedError."""
        row = self._vault.database.row("SELECT label FROM accounts WHERE account = ?", (account,))
        if row is None:
            raise UsageError("There is no such account here.", safe="Nothing was changed.")
        state = self._vault.streams.account(account)
        if state and self._vault.identity.user not in state.owners():
            raise RefusedError("not_owner", "Only Owners of an account change it.", safe="Nothing was changed.")
        return str(row[0])

    def mark_read(self, keys: Iterable[MessageKey]) -> set[bytes]:
        """Mark messages as read, all parts of long ones included; returns the accounts where something changed."""
        marks = marks_of(self._vault.inbox.siblings(keys))
        with self._vault.database.transaction():
            changed = self._vault.inbox.mark(marks)
            if changed:
                self._private("read", marks, "")
                self._vault.refresh(changed)
        return changed

    def set_favourite(self, account: bytes, favourite: bool) -> None:
        """Star or unstar a card, for oneself. Raises UsageError."""
        row = self._vault.database.row("SELECT label FROM accounts WHERE account = ?", (account,))
        if row is None:
            raise UsageError("There is no such account here.", safe="Nothing was changed.")
        if self._vault.favourites().get(account, False) != favourite:
            with self._vault.database.transaction():
                self._private("favourite", {account: favourite}, row[0])
                self._vault.refresh([account])

    def _private(self, act: Act, content: object, label: str) -> None:
        stream, now = self._vault.identity.personal, self._clock.now()
        self._vault.outbox.add(stream, act, content, base=0, label=label, now=now)

    def apply_again(self, row_id: int) -> bytes:
        """Make a change again that could not be saved: restore its account if that is deleted, found a new one if it
        was never founded. Returns the account. Raises UsageError, RefusedError.
        """
        row = self._vault.outbox.get(row_id)
        if row is None or not row.refused or row.act not in ("create", "edit", "share"):
            raise UsageError("That is not a change that could not be saved.")
        state = self._vault.streams.account(row.stream)
        with self._vault.database.transaction():
            self._vault.outbox.discard(row_id)
            if row.act == "share":
                self.share(row.stream, row.changes)
                return row.stream
            if state is None:
                return self.add(contents.to_item(apply_change({}, row.changes)))
            if state.deleted:
                self._queue(row.stream, "restore", {})
            self._queue(row.stream, "edit", row.changes)
        return row.stream

    def discard(self, row_id: int) -> bytes:
        """Give up a waiting change or one that could not be saved; returns its stream. Raises UsageError."""
        with self._vault.database.transaction():
            row = self._vault.outbox.get(row_id)
            if row is None:
                raise UsageError("That change is not waiting any more.")
            if row.sent:
                raise UsageError("That change is on its way already.", next_step="Undo it once it has arrived.")
            self._vault.outbox.discard(row_id)
            self._vault.refresh({row.stream} - {self._vault.identity.personal})
        return row.stream


def _check(content: Content) -> None:
    """What a card must have to be of use. Raises UsageError."""
    if not str(content.get("label", "")).strip():
        raise UsageError("An account needs a name.", safe=WAITS)
    names = [one["name"] for one in content.get(FIELDS, ())]
    if len(names) != len(set(names)) or not all(names):
        raise UsageError("Custom fields need names, each another one.", safe=WAITS)
