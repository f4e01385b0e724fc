"""A drill: whether a typed recovery code opens a copy of what this vault holds, without changing any of it."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from cerby_tui import opening
from cerby_tui.errors import Alarm, UsageError
from cerby_tui.keys import AccountKeys, UserKeys
from cerby_tui.kit import read_code, seeds_of
from cerby_tui.vault.streams import Streams
from cerby_wire.entries import read_header
from cerby_wire.errors import Refused
from cerby_wire.headers import AccountItem
from cerby_wire.state import AccountState

SPENT = "That is the code of an earlier kit: it was used or replaced, and opens nothing any more."
FOREIGN = "The code is typed well, but it belongs to somebody else's kit."


class Tried(Struct, frozen=True):
    """What the kit opened: its device, so many account keys, and the name on one card (empty for none)."""

    device: bytes
    accounts: int
    label: str

    def sentence(self) -> str:
        """What was opened, in words."""
        if not self.accounts:
            return "The kit works. It opened your keys; there is no account yet to try them on."
        keys = "the key of one account" if self.accounts == 1 else f"the keys of {self.accounts} accounts"
        card = f" and the card “{self.label}”" if self.label else ""
        return f"The kit works. It opened {keys}{card}. Nothing was changed."


def try_kit(streams: Streams, user: bytes, accounts: Iterable[bytes], code: str) -> Tried:
    """Open what can be opened with the code alone.

    Raises UsageError for a mistyped code or one of another kit, Alarm if what is held does not fit together.
    """
    kit = read_code(code)
    person = streams.user(user)
    if person is None:
        raise UsageError("Your own chain is not here yet.", next_step="Sync once, then try again.")
    if kit.id != person.recovery(person.n):
        earlier = person.devices.get(kit.id)
        raise UsageError(SPENT if earlier else FOREIGN, next_step="Look for the newest kit, or make a new one.")
    try:
        seeds = seeds_of(person, lambda n: streams.entry(user, n), kit)
        found = [_open(streams, user, seeds, account) for account in accounts]
    except Refused as refused:
        raise Alarm(refused.rule, refused.sentence, safe="Nothing was changed.") from None
    opened = [label for label in found if label is not None]
    return Tried(kit.id, len(opened), next((label for label in opened if label), ""))


def _open(streams: Streams, user: bytes, seeds: dict[int, UserKeys], account: bytes) -> str | None:
    """The name on a card, "" if only its key opens; None for an account whose key is not for us. Raises Refused."""
    state = streams.account(account)
    entry = streams.entry(account, state.epoch_at) if state else None
    generation = opening.wrapped_at(entry, user) if entry else None
    if state is None or entry is None or generation not in seeds:
        return None
    keys = opening.open_account_key(entry, user, seeds[generation])
    return _label(streams, state, keys)


def _label(streams: Streams, state: AccountState, keys: AccountKeys) -> str:
    """The name on the card, where it is sealed under this very key. Raises Refused."""
    entry = streams.entry(state.stream, state.item_at)
    act = read_header(entry).act if entry else None
    if entry is None or not isinstance(act, AccountItem) or act.epoch != keys.epoch:
        return ""
    return str(opening.open_item(entry, keys).get("label", ""))
