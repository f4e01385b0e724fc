"""What accepted streams add up to, with just enough history to judge anybody at a position cited later.

A state grows with people, devices and keys, never with items or messages. Every state says which stream it is of, how
many entries were accepted (`n`) and the head hash after the last of them.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import msgspec
from msgspec import Struct

from cerby_wire.headers import (
    NO_MESSAGES,
    DevicePublic,
    Listed,
    MessagePosition,
    Policy,
    Position,
    SeedFields,
    WorkspaceRole,
)

MOST_DEVICES = 20


class Since(Struct, array_like=True, frozen=True):
    """Base of what began at entry `n` of a stream."""

    n: int


AnySince = TypeVar("AnySince", bound=Since)


def _at(history: tuple[AnySince, ...], n: int) -> AnySince | None:
    """The newest part of a history that had begun at entry `n`."""
    return next((part for part in reversed(history) if part.n <= n), None)


class DeviceRecord(Struct, array_like=True, frozen=True):
    """A device of a person, from entry `added` up to entry `removed` (0: still there)."""

    public: DevicePublic
    recovery: bool
    added: int
    removed: int = 0

    def live(self, n: int) -> bool:
        """Whether the device was there after entry `n`."""
        return self.added <= n and (not self.removed or self.removed > n)


class SeedSince(Since, frozen=True):
    """A generation of the user seed."""

    seed: SeedFields


class UserState(Struct, array_like=True, frozen=True, tag="user"):
    """A person: their devices and the generations of their seed."""

    stream: bytes
    n: int
    head: bytes
    devices: dict[bytes, DeviceRecord]
    seeds: tuple[SeedSince, ...]

    def device_active(self, device: bytes, n: int) -> bool:
        """Whether `device` was a trusted session (not the recovery device) after entry `n`."""
        record = self.devices.get(device)
        return record is not None and not record.recovery and record.live(n)

    def device_public(self, device: bytes) -> DevicePublic:
        """The public halves of a device, past or present. Raises KeyError for one that never was."""
        return self.devices[device].public

    def active_devices(self, n: int) -> tuple[bytes, ...]:
        """The trusted sessions after entry `n`, in the order of their ids."""
        return tuple(sorted(device for device in self.devices if self.device_active(device, n)))

    def recovery(self, n: int) -> bytes:
        """The recovery device after entry `n`; there is always exactly one."""
        return next(device for device, record in self.devices.items() if record.recovery and record.live(n))

    def readers(self, n: int) -> tuple[bytes, ...]:
        """Everything the user seed is wrapped to after entry `n`, in the order of the ids."""
        return tuple(sorted((*self.active_devices(n), self.recovery(n))))

    def generation_at(self, n: int) -> SeedFields:
        """The generation of the user seed after entry `n` (1 or more)."""
        found = _at(self.seeds, n)
        return found.seed if found else self.seeds[0].seed


class RoleSince(Since, frozen=True):
    """A workspace role; None after a removal."""

    role: WorkspaceRole | None


class ChainSince(Since, frozen=True):
    """The newest position of a person's chain that the workspace knew."""

    chain: Position


class Suspension(Since, frozen=True):
    """An administrator's order against one session."""

    device: bytes


class Person(Struct, array_like=True, frozen=True):
    """What a workspace knows of somebody, with its history. `profile` is the hash of the profile they came with."""

    roles: tuple[RoleSince, ...] = ()
    chains: tuple[ChainSince, ...] = ()
    suspensions: tuple[Suspension, ...] = ()
    profile: bytes = b""


class Invite(Struct, array_like=True, frozen=True):
    """An open invite, written at entry `n`; filed under the hash of its entry."""

    n: int
    inviter: bytes
    key: bytes
    role: WorkspaceRole
    profile: bytes


class WorkspaceState(Struct, array_like=True, frozen=True, tag="workspace"):
    """A workspace: its people with roles and chains over time, its open invites, its policy."""

    stream: bytes
    n: int
    head: bytes
    policy: Policy
    people: dict[bytes, Person]
    invites: dict[bytes, Invite] = {}

    def role_at(self, user: bytes, n: int) -> WorkspaceRole | None:
        """The role of `user` after entry `n`; None for somebody who is not a member there."""
        found = _at(self.people.get(user, Person()).roles, n)
        return found.role if found else None

    def chain_at(self, user: bytes, n: int) -> Position:
        """The newest position of the chain of `user` known after entry `n`; the start for an unknown person."""
        found = _at(self.people.get(user, Person()).chains, n)
        return found.chain if found else Position(0, b"")

    def members(self, n: int) -> dict[bytes, WorkspaceRole]:
        """Everybody with a role after entry `n`."""
        return {user: role for user in self.people if (role := self.role_at(user, n)) is not None}

    def suspended(self, user: bytes, n: int) -> tuple[bytes, ...]:
        """The devices of `user` that stood under an order after entry `n`."""
        orders = self.people.get(user, Person()).suspensions
        return tuple(order.device for order in orders if order.n <= n)


class NumberBound(NamedTuple):
    """The managed number that is bound to an account."""

    id: bytes
    e164: str


class AccountState(Struct, array_like=True, frozen=True, tag="account"):
    """An account card: its people, the key in force, the newest version of the card, its number.

    `used` holds the commitments and inbox hashes of all epochs, `chains` the newest position of each chain cited
    here, `ws` the highest workspace position cited, `control` the place of the last entry that was not an item.
    """

    stream: bytes
    n: int
    head: bytes
    workspace: bytes
    epoch: int
    commit: bytes
    inbox: bytes
    members: dict[bytes, Listed]
    epoch_at: int = 1
    used: tuple[bytes, ...] = ()
    chains: dict[bytes, int] = {}
    ws: int = 0
    msgs: MessagePosition = NO_MESSAGES
    control: int = 0
    item_version: int = 0
    item_hash: bytes = b""
    item_author: bytes = b""
    item_at: int = 0
    number: NumberBound | None = None
    deleted: bool = False

    def owners(self) -> tuple[bytes, ...]:
        """Everybody listed as an Owner."""
        return tuple(user for user, listed in self.members.items() if listed.role == "owner")

    def readers(self) -> tuple[bytes, ...]:
        """Everybody the key in force is wrapped to: all people listed, or only the Owners of a deleted card."""
        return self.owners() if self.deleted else tuple(self.members)


class Slot(NamedTuple):
    """The newest version of one private thing; `hash` is the hash of its entry."""

    version: int
    hash: bytes
    at: int


class PersonalState(Struct, array_like=True, frozen=True, tag="personal"):
    """A person's private settings: versions only, all content is sealed."""

    stream: bytes
    n: int
    head: bytes
    workspace: bytes
    user: bytes
    chain: int
    generation: int
    slots: dict[int, Slot] = {}


State = UserState | WorkspaceState | AccountState | PersonalState

_decoder: msgspec.msgpack.Decoder[State] = msgspec.msgpack.Decoder(State)


def encode_state(state: State) -> bytes:
    """A state as bytes, for the vault and the service to keep beside its stream."""
    return msgspec.msgpack.encode(state)


def decode_state(raw: bytes) -> State:
    """Undo `encode_state`; trusts the bytes, which never travel."""
    return _decoder.decode(raw)
