"""Opening what the vault holds sealed, with the keys that it holds; and taking in the keys that entries bring."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from cerby_tui import opening
from cerby_tui.keys import AccountKeys, DeviceKeys, UserKeys
from cerby_tui.values import MessageKey
from cerby_tui.vault.content import Content
from cerby_tui.vault.database import Database
from cerby_tui.vault.inbox import Opened
from cerby_tui.vault.keys import VaultKeys
from cerby_tui.vault.streams import Streams
from cerby_wire.encoding import decode
from cerby_wire.entries import read_header, read_keys
from cerby_wire.errors import Refused
from cerby_wire.headers import Entry
from cerby_wire.messages import MessageContent
from cerby_wire.records import Message
from cerby_wire.shapes import StoredMessage
from cerby_wire.state import AccountState, PersonalState, UserState

T = TypeVar("T")

MOST_PARTS = 255
UNREADABLE = MessageContent("sms", "", "", "This message cannot be opened: what was sealed in it is not a message.")


class KeyOpener:
    """Derived keys are made when they are first needed and kept while the vault is open."""

    def __init__(self, database: Database, device: DeviceKeys, user: bytes) -> None:
        self._device = device
        self._user = user
        self._streams = Streams(database)
        self._stored = VaultKeys(database)
        self._seeds: dict[int, UserKeys] = {}
        self._accounts: dict[tuple[bytes, int], AccountKeys] = {}

    def __repr__(self) -> str:
        return "KeyOpener(…)"

    def user_keys(self, generation: int) -> UserKeys | None:
        """A generation of the user seed."""
        if generation not in self._seeds:
            seed = self._stored.seeds().get(generation)
            if seed is None:
                return None
            self._seeds[generation] = UserKeys(seed, generation)
        return self._seeds[generation]

    def account_keys(self, account: bytes, epoch: int) -> AccountKeys | None:
        """The key of an account in one epoch."""
        if (account, epoch) not in self._accounts:
            key = self._stored.of_account(account).get(epoch)
            if key is None:
                return None
            self._accounts[account, epoch] = AccountKeys(key, epoch)
        return self._accounts[account, epoch]

    def take_seeds(self, state: UserState, entries: Iterable[Entry]) -> None:
        """Take in the seeds of our own chain. Raises Refused if one is not what the chain promises."""
        entries = list(entries)
        n = state.n - len(entries)
        for entry in entries:
            n += 1
            if opening.brings_seed(entry) and self._is_wrapped_to_us(entry):
                self._keep_seed(opening.open_seed(entry, self._device, state.generation_at(n)))
        for since in reversed(state.seeds[1:]):
            later, earlier = self.user_keys(since.seed.generation), state.generation_at(since.n - 1)
            bringing = self._streams.entry(state.stream, since.n)
            if later and bringing and self.user_keys(earlier.generation) is None:
                self._keep_seed(opening.open_previous_seed(bringing, state.stream, later, earlier))

    def _is_wrapped_to_us(self, entry: Entry) -> bool:
        return any(wrapped.reader == self._device.id for wrapped in read_keys(entry).wraps)

    def _keep_seed(self, keys: UserKeys) -> None:
        self._stored.keep_seed(keys.generation, keys.seed)
        self._seeds[keys.generation] = keys

    def take_account_keys(self, account: bytes, entries: Iterable[Entry]) -> None:
        """Take in the account keys that entries bring us. Raises Refused if one is not what its entry promises."""
        for entry in entries:
            generation = opening.wrapped_at(entry, self._user)
            keys = self.user_keys(generation) if generation is not None else None
            if keys is not None:
                found = opening.open_account_key(entry, self._user, keys)
                self._keep_account_key(account, found)
                if found.epoch > 1 and self.account_keys(account, found.epoch - 1) is None:
                    self._take_earlier(account, found, entry)

    def _take_earlier(self, account: bytes, keys: AccountKeys, entry: Entry) -> None:
        """Follow the chain of earlier keys down, as far as it goes."""
        by_epoch = {}
        for one in self._streams.entries(account):
            if epoch := opening.epoch_of(one):
                by_epoch[epoch.epoch] = (one, epoch)
        found: AccountKeys | None = keys
        while found is not None and found.epoch - 1 in by_epoch:
            bringing = by_epoch.get(found.epoch, (entry, None))[0]
            found = opening.open_previous_key(bringing, account, found, by_epoch[found.epoch - 1][1])
            if found is not None:
                self._keep_account_key(account, found)

    def _keep_account_key(self, account: bytes, keys: AccountKeys) -> None:
        self._stored.keep_account_key(account, keys.epoch, keys.key)
        self._accounts[account, keys.epoch] = keys

    def item(self, state: AccountState) -> Content | None:
        """The newest version of a card; None if its key is not held or it does not open."""
        entry = self._streams.entry(state.stream, state.item_at)
        return self.version(state.stream, entry) if entry else None

    def version(self, account: bytes, entry: Entry) -> Content | None:
        """The version of a card that an entry brings; None if its key is not held or it does not open."""
        keys = self.account_keys(account, getattr(read_header(entry).act, "epoch", 0))
        return _or_none(lambda: opening.open_item(entry, keys)) if keys else None

    def private(self, state: PersonalState, slot: int) -> dict[str, Any] | None:
        """The newest version of a private thing; None if there is none or it does not open."""
        place = state.slots.get(slot)
        entry = self._streams.entry(state.stream, place.at) if place else None
        act = read_header(entry).act if entry else None
        keys = self.user_keys(getattr(act, "epoch", 0))
        return _or_none(lambda: opening.open_personal(entry, keys)) if entry and keys else None

    def message(self, stored: StoredMessage) -> Opened | None:
        """A message that was verified before; None if its key is not held, or its text has been kept long enough.

        One that does not open says so.
        """
        if not stored.sealed:
            return None
        message = decode(stored.record.raw, Message)
        keys = self.account_keys(message.account, message.epoch)
        if keys is None:
            return None
        content = _or_none(lambda: opening.open_message(keys, message, stored.sealed)) or UNREADABLE
        long = 1 <= content.part <= content.parts <= MOST_PARTS
        return Opened(
            key=MessageKey(message.account, message.generation, message.index),
            received_at=message.received_at,
            kind=content.kind,
            sender=content.sender,
            recipient=content.to,
            text=content.text,
            part=content.part if long else 1,
            parts=content.parts if long else 1,
            reference=content.reference,
        )


def _or_none(open_it: Callable[[], T]) -> T | None:
    """What does not open is shown as closed; the alarm about its key was raised when the key came in."""
    try:
        return open_it()
    except Refused:
        return None
