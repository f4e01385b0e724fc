"""Entries of an account: people under a new key, versions of the card, its number.

`around` is what is held: everybody listed is cited with the newest state of their chain there. `msgs` is the newest
message of the account that this device has seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from cerby_tui.authoring.author import Author, header_of, nonce, wraps_for, write
from cerby_tui.keys import AccountKeys, new_seed
from cerby_wire import headers, places
from cerby_wire.encoding import encode
from cerby_wire.entries import body_hash
from cerby_wire.epochs import listing
from cerby_wire.errors import Refused
from cerby_wire.headers import (
    NO_MESSAGES,
    AccountRole,
    Act,
    Entry,
    EpochFields,
    Header,
    KeysBody,
    Listed,
    MessagePosition,
    Position,
)
from cerby_wire.primitives import pad, seal
from cerby_wire.records import as_bytes
from cerby_wire.shapes import SignedRecord
from cerby_wire.state import AccountState
from cerby_wire.trial import Surroundings

People = Mapping[bytes, AccountRole]


def account_genesis(author: Author, around: Surroundings, people: People | None = None) -> tuple[Entry, AccountKeys]:
    """A new account; its only Owner is the author unless `people` says otherwise. Raises Refused."""
    keys = AccountKeys(new_seed(), 1)
    epoch = _epoch(keys, people or {author.user: "owner"}, around)
    body = encode(KeysBody(_wraps(author.workspace, keys, epoch, around, everybody=True), b""))
    act = headers.AccountGenesis(epoch, nonce())
    header = header_of(author, "account", act, workspace=author.workspace, ws=author.ws, body=body)
    return write(author.device, header, body), keys


def members(
    author: Author,
    account: AccountState,
    keys: AccountKeys,
    around: Surroundings,
    people: People,
    msgs: MessagePosition = NO_MESSAGES,
) -> tuple[Entry, AccountKeys]:
    """The full list of people under a new key. `keys` is the key in force. Raises Refused."""
    fresh, epoch, body = _next_epoch(account, keys, around, people, everybody=not account.deleted)
    return write(author.device, _header(author, account, headers.AccountMembers(epoch), msgs, body), body), fresh


def delete(
    author: Author,
    account: AccountState,
    keys: AccountKeys,
    around: Surroundings,
    msgs: MessagePosition = NO_MESSAGES,
) -> tuple[Entry, AccountKeys]:
    """Deletes the card: a new key for its Owners only. Raises Refused."""
    fresh, epoch, body = _next_epoch(account, keys, around, _people(account), everybody=False)
    return write(author.device, _header(author, account, headers.AccountDelete(epoch), msgs, body), body), fresh


def restore(
    author: Author,
    account: AccountState,
    keys: AccountKeys,
    around: Surroundings,
    msgs: MessagePosition = NO_MESSAGES,
) -> tuple[Entry, AccountKeys]:
    """Brings a deleted card back for everybody listed. Raises Refused."""
    fresh, epoch, body = _next_epoch(account, keys, around, _people(account), everybody=True)
    return write(author.device, _header(author, account, headers.AccountRestore(epoch), msgs, body), body), fresh


def adopt(author: Author, account: AccountState, around: Surroundings, people: People) -> tuple[Entry, AccountKeys]:
    """Hands an account without an Owner to a new one, without the old key. Raises Refused."""
    keys = AccountKeys(new_seed(), account.epoch + 1)
    epoch = _epoch(keys, people, around)
    body = encode(KeysBody(_wraps(account.workspace, keys, epoch, around, everybody=not account.deleted), b""))
    return write(author.device, _header(author, account, headers.AccountAdopt(epoch), NO_MESSAGES, body), body), keys


def item(
    author: Author,
    account: AccountState,
    keys: AccountKeys,
    content: Mapping[str, Any],
    msgs: MessagePosition = NO_MESSAGES,
) -> Entry:
    """The next version of the whole card."""
    act = headers.AccountItem(account.item_version + 1, account.item_hash, keys.epoch)
    header = _header(author, account, act, msgs, b"")
    place = places.item(header, act.version, act.previous, act.epoch)
    body = seal(keys.key, place, pad(encode(content)))
    return write(author.device, replace(header, body=body_hash(body)), body)


def bind_number(
    author: Author,
    account: AccountState,
    number: bytes,
    e164: str,
    record: SignedRecord,
    msgs: MessagePosition = NO_MESSAGES,
) -> Entry:
    """Binds a committed number; `record` is the service's signed word for it."""
    act = headers.AccountNumber(True, number, e164, as_bytes(record))
    return write(author.device, _header(author, account, act, msgs, b""))


def unbind_number(author: Author, account: AccountState, msgs: MessagePosition = NO_MESSAGES) -> Entry:
    """Unbinds the number that is bound. Raises Refused if there is none."""
    if account.number is None:
        raise Refused("another_number", "No number is bound.")
    act = headers.AccountNumber(False, account.number.id, account.number.e164, b"")
    return write(author.device, _header(author, account, act, msgs, b""))


def _people(account: AccountState) -> People:
    return {user: listed.role for user, listed in account.members.items()}


def _next_epoch(
    account: AccountState, keys: AccountKeys, around: Surroundings, people: People, *, everybody: bool
) -> tuple[AccountKeys, EpochFields, bytes]:
    """A new key, what the header says about it, and the body with the key before it sealed under it."""
    fresh = AccountKeys(new_seed(), account.epoch + 1)
    epoch = _epoch(fresh, people, around)
    wraps = _wraps(account.workspace, fresh, epoch, around, everybody=everybody)
    previous = seal(fresh.key, places.previous_key(account.stream, fresh.epoch), keys.key)
    return fresh, epoch, encode(KeysBody(wraps, previous))


def _epoch(keys: AccountKeys, people: People, around: Surroundings) -> EpochFields:
    """Everybody with the newest that is held of them. Raises Refused for somebody who cannot be listed."""
    listed = tuple(_listed(user, role, around) for user, role in sorted(people.items()))
    return EpochFields(keys.epoch, keys.commit, keys.inbox.public, listed)


def _listed(user: bytes, role: AccountRole, around: Surroundings) -> Listed:
    found = listing(user, role, around)
    if found is None or found.role != role:
        raise Refused("cannot_be_listed", f"{user.hex()} cannot be {role} of an account now.")
    return found


def _wraps(
    workspace: bytes, keys: AccountKeys, epoch: EpochFields, around: Surroundings, *, everybody: bool
) -> tuple[headers.Wrapped, ...]:
    """The key for every reader: all people listed, or only the Owners."""
    readers = {}
    for listed in epoch.members:
        person = around.user(listed.user)
        if person is not None and (everybody or listed.role == "owner"):
            kem = person.generation_at(listed.chain.n).kem
            readers[listed.user] = (kem, places.account_wrap(workspace, epoch, listed))
    return wraps_for(readers, keys.key)


def _header(author: Author, account: AccountState, act: Act, msgs: MessagePosition, body: bytes) -> Header:
    return header_of(
        author,
        "account",
        act,
        stream=account.stream,
        workspace=account.workspace,
        seen=Position(account.n, account.head),
        ws=author.ws,
        msgs=msgs,
        body=body,
    )
