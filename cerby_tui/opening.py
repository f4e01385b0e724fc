"""Opening what others sealed, and checking it against what their signed entries promised.

Whoever unwraps a key recomputes everything that was said about it. A difference is never an accident: it raises
Refused, which the caller shows as an alarm.
"""

from __future__ import annotations

from typing import Any

from cerby_tui.keys import AccountKeys, DeviceKeys, UserKeys
from cerby_wire import places
from cerby_wire.encoding import decode
from cerby_wire.entries import read_header, read_keys
from cerby_wire.errors import Refused, require
from cerby_wire.headers import (
    AccountAdopt,
    AccountDelete,
    AccountGenesis,
    AccountItem,
    AccountMembers,
    AccountRestore,
    Entry,
    EpochFields,
    KeysBody,
    Listed,
    PersonalItem,
    SeedFields,
    UserAdd,
    UserGenesis,
    UserRecovery,
    UserRevoke,
)
from cerby_wire.messages import MessageContent
from cerby_wire.primitives import unpad, unseal
from cerby_wire.records import Message


def open_seed(entry: Entry, device: DeviceKeys, seed: SeedFields) -> UserKeys:
    """The user seed that an entry of the chain wraps to `device`; `seed` is the generation after it.

    Raises Refused: `no_wrap`, `wrap_does_not_open`, `another_seed` if it is not the one the chain names.
    """
    wrapped = _wrap_for(read_keys(entry), device.id)
    keys = UserKeys(device.kem.unwrap(wrapped, places.seed_wrap(seed, device.id)), seed.generation)
    require(keys.kem.public == seed.kem, "another_seed", "The seed is not the one that the chain names.")
    return keys


def open_previous_seed(entry: Entry, user: bytes, keys: UserKeys, earlier: SeedFields) -> UserKeys:
    """The generation before `keys`, sealed in the entry that brought `keys`. Raises Refused."""
    seed = unseal(keys.seed, places.previous_seed(user, keys.generation), read_keys(entry).previous)
    found = UserKeys(seed, earlier.generation)
    require(found.kem.public == earlier.kem, "another_seed", "The earlier seed is not the one that the chain names.")
    return found


def epoch_of(entry: Entry) -> EpochFields | None:
    """What an entry says about a new account key; None if it brings none."""
    act = read_header(entry).act
    if isinstance(act, AccountGenesis | AccountMembers | AccountDelete | AccountRestore | AccountAdopt):
        return act.epoch
    return None


def brings_seed(entry: Entry) -> bool:
    """Whether an entry of a chain wraps a user seed to somebody."""
    return isinstance(read_header(entry).act, UserGenesis | UserAdd | UserRevoke | UserRecovery)


def open_account_key(entry: Entry, user: bytes, keys: UserKeys) -> AccountKeys:
    """The account key that an accepted entry wraps to `user`, whose seed generation `keys` it was wrapped at.

    Raises Refused: `no_wrap`, `wrap_does_not_open`, `another_key` or `another_inbox` if it is not the promised one.
    """
    epoch = epoch_of(entry)
    if epoch is None:
        raise Refused("no_wrap", "The entry brings no account key.")
    wrapped = _wrap_for(read_keys(entry), user)
    place = places.account_wrap(read_header(entry).workspace, epoch, _listed(epoch, user))
    found = AccountKeys(keys.kem.unwrap(wrapped, place), epoch.epoch)
    _check_promised(found, epoch)
    return found


def wrapped_at(entry: Entry, user: bytes) -> int | None:
    """The generation of the seed of `user` that an entry wraps an account key to; None if it wraps none to them."""
    epoch = epoch_of(entry)
    if epoch is None:
        return None
    for_user = any(wrapped.reader == user for wrapped in read_keys(entry).wraps)
    return _listed(epoch, user).generation if for_user else None


def open_previous_key(entry: Entry, account: bytes, keys: AccountKeys, earlier: EpochFields) -> AccountKeys | None:
    """The key of the epoch before `keys`, sealed in the entry that brought `keys`; None if that entry left it behind.

    `earlier` is what the entry of that epoch said. Raises Refused.
    """
    previous = read_keys(entry).previous
    if not previous:
        return None
    found = AccountKeys(unseal(keys.key, places.previous_key(account, keys.epoch), previous), earlier.epoch)
    _check_promised(found, earlier)
    return found


def open_item(entry: Entry, keys: AccountKeys) -> dict[str, Any]:
    """The map inside a version of a card. Raises Refused."""
    header = read_header(entry)
    act = header.act
    if not isinstance(act, AccountItem):
        raise Refused("not_an_item", "The entry is not a version of a card.")
    place = places.item(header, act.version, act.previous, act.epoch)
    return _content(unseal(keys.key, place, entry.body))


def open_personal(entry: Entry, keys: UserKeys) -> dict[str, Any]:
    """The map inside a version of a private thing. Raises Refused."""
    header = read_header(entry)
    act = header.act
    if not isinstance(act, PersonalItem):
        raise Refused("not_an_item", "The entry is not a version of a private thing.")
    place = places.personal(header, act.slot, act.version, act.previous, act.epoch)
    return _content(unseal(keys.private, place, entry.body))


def open_device_name(keys: UserKeys, user: bytes, device: bytes, sealed: bytes) -> str:
    """The name of a device. Raises Refused."""
    return unpad(unseal(keys.private, places.device_name(user, device), sealed)).decode(errors="replace")


def open_message(keys: AccountKeys, message: Message, sealed: bytes) -> MessageContent:
    """The text of an accepted message, by the key of its epoch. Raises Refused."""
    place = places.message(message.account, message.epoch, message.generation, message.id, message.index)
    return MessageContent.decode(unpad(keys.inbox.unwrap(sealed, place)))


def _wrap_for(body: KeysBody, reader: bytes) -> bytes:
    """The wrap in a body that is for `reader`. Raises Refused."""
    for wrapped in body.wraps:
        if wrapped.reader == reader:
            return wrapped.key
    raise Refused("no_wrap", "The entry holds no key for this reader.")


def _listed(epoch: EpochFields, user: bytes) -> Listed:
    """How a person is listed in an epoch. Raises Refused."""
    for listed in epoch.members:
        if listed.user == user:
            return listed
    raise Refused("no_wrap", "The entry does not list this person.")


def _check_promised(keys: AccountKeys, epoch: EpochFields) -> None:
    """The key is the one that everybody else was promised. Raises Refused."""
    require(keys.commit == epoch.commit, "another_key", "The account key is not the one that was committed to.")
    require(keys.inbox.public == epoch.inbox, "another_inbox", "The inbox key does not belong to the account key.")


def _content(padded: bytes) -> dict[str, Any]:
    """The map inside an opened and padded body. Raises Refused."""
    return decode(unpad(padded), dict[str, Any])
