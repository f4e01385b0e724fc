"""People with real devices, and entries bent out of shape and signed again, for tests of the shared rules."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any

import pytest
from msgspec.structs import replace

from cerby_tui import authoring, opening
from cerby_tui.authoring import Author, write
from cerby_tui.authoring.account import People
from cerby_tui.keys import AccountKeys, DeviceKeys, UserKeys, new_seed
from cerby_wire.encoding import decode, encode
from cerby_wire.entries import body_hash, entry_hash, read_header
from cerby_wire.errors import Refused
from cerby_wire.headers import AccountRole, Entry, EpochFields, KeysBody, WorkspaceRole
from cerby_wire.ledger import Ledger
from cerby_wire.primitives import SigningKey
from cerby_wire.records import Number, sign_record
from cerby_wire.shapes import SignedRecord
from cerby_wire.state import AccountState, PersonalState, UserState, WorkspaceState

PROFILE = bytes(32)


def fresh_device() -> DeviceKeys:
    """A device nobody knows yet."""
    return DeviceKeys(new_seed())


class Person:
    """Somebody with a first device, a recovery device and the seed in force; their chain is in the world's ledger."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.device = fresh_device()
        self.recovery = fresh_device()
        self.genesis, self.keys = authoring.user_genesis(self.device, self.recovery.public)
        self.id = world.ledger.add(self.genesis).stream

    @property
    def state(self) -> UserState:
        """Their chain as it stands."""
        state = self.world.ledger.user(self.id)
        assert state is not None
        return state

    def author(self, device: DeviceKeys | None = None) -> Author:
        """Them at one of their devices, with the newest of everything."""
        return Author.of(device or self.device, self.id, self.world.ledger)

    def add(self) -> DeviceKeys:
        """Add a further device."""
        device = fresh_device()
        self.world.ledger.add(authoring.add_device(self.device, self.state, self.keys, device.public))
        return device

    def revoke(self, gone: DeviceKeys, by: DeviceKeys | None = None) -> Entry:
        """Revoke a device."""
        entry, self.keys = authoring.revoke_device(by or self.device, self.state, self.keys, gone.id)
        self.world.ledger.add(entry)
        return entry


class World:
    """A workspace with its Owner, in memory; people join with real invites."""

    def __init__(self) -> None:
        self.service = SigningKey(os.urandom(32))
        self.ledger = Ledger(self.service.public)
        self.owner = Person(self)
        self.genesis = authoring.workspace_genesis(self.owner.author(), PROFILE)
        self.id = self.ledger.add(self.genesis).stream

    @property
    def workspace(self) -> WorkspaceState:
        """The workspace as it stands."""
        state = self.ledger.workspace()
        assert state is not None
        return state

    def invite(self, role: WorkspaceRole, by: Person | None = None) -> tuple[SigningKey, bytes]:
        """An open invite: its key and its entry hash."""
        key = authoring.invite_key(os.urandom(16))
        entry = authoring.invite((by or self.owner).author(), key, role, PROFILE)
        self.ledger.add(entry)
        return key, entry_hash(entry)

    def join(self, role: WorkspaceRole = "user", person: Person | None = None) -> Person:
        """Somebody who was invited by the Owner and has joined."""
        person = person or Person(self)
        key, invite = self.invite(role)
        self.ledger.add(authoring.join(person.author(), key, invite, role, PROFILE))
        return person

    def number(self, account: bytes, number: bytes = b"number-1", e164: str = "+15555550100") -> SignedRecord:
        """The service's word that a number was committed for an account."""
        record = Number(number, self.id, account, e164, "voip", b"offer", 1_700_000_000_000)
        return sign_record(self.service, record)


class Account:
    """An account that the world's Owner began, with the key in force."""

    def __init__(self, world: World, people: People | None = None) -> None:
        self.world = world
        self.genesis, self.keys = authoring.account_genesis(world.owner.author(), world.ledger, people)
        self.id = world.ledger.add(self.genesis).stream

    @property
    def state(self) -> AccountState:
        """The account as it stands."""
        return self.world.ledger.account(self.id)

    def add(self, made: tuple[Entry, AccountKeys]) -> Entry:
        """Take in an entry that brings a new key."""
        entry, keys = made
        self.world.ledger.add(entry)
        self.keys = keys
        return entry

    def share(self, people: People, by: Person | None = None) -> Entry:
        """Write a new list of people."""
        author = (by or self.world.owner).author()
        return self.add(authoring.members(author, self.state, self.keys, self.world.ledger, people))

    def shared_with(self, *people: Person) -> Entry:
        """An entry, not taken in, that lists the Owner and these Collaborators."""
        owner = self.world.owner
        listed: dict[bytes, AccountRole] = {person.id: "collaborator" for person in people}
        listed[owner.id] = "owner"
        return authoring.members(owner.author(), self.state, self.keys, self.world.ledger, listed)[0]

    def with_epoch(self, entry: Entry, **changes: object) -> Entry:
        """The entry with other words about its key, signed by the Owner."""
        epoch = replace(epoch_of(entry), **changes)
        return bent(entry, self.world.owner.device, act={"epoch": epoch})

    def with_listed(self, entry: Entry, user: bytes, **changes: object) -> Entry:
        """The entry with somebody listed otherwise, signed by the Owner."""
        members = tuple(replace(one, **changes) if one.user == user else one for one in epoch_of(entry).members)
        return self.with_epoch(entry, members=members)

    def item(self, label: str = "card", by: Person | None = None) -> Entry:
        """An entry with the next version of the card; not taken in."""
        return authoring.item((by or self.world.owner).author(), self.state, self.keys, {"label": label})

    def number(self, **changes: Any) -> Entry:
        """An entry that binds a number; not taken in."""
        record = self.world.number(self.id, **changes)
        author = self.world.owner.author()
        return authoring.bind_number(author, self.state, b"number-1", "+15555550100", record)


class Shared(Account):
    """An account of Alice's with Bob as a Collaborator and Carol as a second Owner."""

    def __init__(self) -> None:
        super().__init__(World())
        self.alice, self.bob, self.carol = self.world.owner, self.world.join("user"), self.world.join("user")
        self.share({self.alice.id: "owner", self.bob.id: "collaborator", self.carol.id: "owner"})

    def elsewhere(self) -> Shared:
        """The same account as it is held on another machine, which goes its own way from here."""
        other, world = copy(self), copy(self.world)
        other.world, world.ledger = world, self.world.ledger.copy()
        for name in ("alice", "bob", "carol"):
            person = copy(getattr(self, name))
            person.world = world
            setattr(other, name, person)
        world.owner = other.alice
        return other


class Private:
    """The private settings of the world's Owner."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.genesis = authoring.personal_genesis(world.owner.author())
        self.id = world.ledger.add(self.genesis).stream

    @property
    def state(self) -> PersonalState:
        """The settings as they stand."""
        return self.world.ledger.personal(self.id)

    def item(self, slot: int = 0, keys: UserKeys | None = None) -> Entry:
        """An entry with the next version of a slot; not taken in."""
        owner = self.world.owner
        return authoring.personal_item(owner.author(), self.state, keys or owner.keys, slot, {"theme": "dark"})


def epoch_of(entry: Entry) -> EpochFields:
    """What an entry says about the key it brings."""
    found = opening.epoch_of(entry)
    assert found is not None
    return found


def bent(entry: Entry, device: DeviceKeys, /, *, body: bytes | None = None, act: Any = None, **changes: Any) -> Entry:
    """The entry with another body, other fields of the header or of the act, properly signed by `device`.

    `act` is a dictionary of changes, or a whole other act.
    """
    header = read_header(entry)
    body = entry.body if body is None else body
    header = replace(header, **({"body": body_hash(body)} | changes))
    if act is not None:
        header = replace(header, act=replace(header.act, **act) if isinstance(act, dict) else act)
    return write(device, header, body)


def rewrapped(entry: Entry, **changes: Any) -> bytes:
    """The body of an entry that brings keys, with other wraps or another previous key."""
    return encode(replace(decode(entry.body, KeysBody), **changes))


def flipped(raw: bytes, at: int) -> bytes:
    """The bytes with one bit of one of them the other way round."""
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


@contextmanager
def refused(rule: str) -> Iterator[None]:
    """What happens inside is refused, for just this rule."""
    with pytest.raises(Refused) as caught:
        yield
    assert caught.value.rule == rule
