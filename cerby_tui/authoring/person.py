"""Entries of a person's chain. They are written by a device alone, whose chain is the stream itself."""

from __future__ import annotations

from collections.abc import Mapping

from cerby_tui.authoring.author import Author, header_of, nonce, wraps_for, write
from cerby_tui.keys import DeviceKeys, UserKeys, new_seed
from cerby_wire import places
from cerby_wire.encoding import encode
from cerby_wire.entries import device_id
from cerby_wire.headers import (
    NOWHERE,
    Act,
    DevicePublic,
    Entry,
    KeysBody,
    Position,
    SeedFields,
    UserAdd,
    UserGenesis,
    UserRecovery,
    UserRevoke,
    Wrapped,
)
from cerby_wire.primitives import seal
from cerby_wire.state import UserState


def user_genesis(device: DeviceKeys, recovery: DevicePublic) -> tuple[Entry, UserKeys]:
    """A new person with a first device and a recovery device."""
    keys = UserKeys(new_seed(), 1)
    act = UserGenesis(device.public, recovery, keys.fields(), nonce())
    readers = {device.id: device.public.kem, device_id(recovery): recovery.kem}
    body = encode(KeysBody(_seed_wraps(readers, keys, act.seed), b""))
    return write(device, header_of(Author(device, NOWHERE), "user", act, body=body), body), keys


def add_device(device: DeviceKeys, state: UserState, keys: UserKeys, new: DevicePublic) -> Entry:
    """A further device, which receives the seed in force."""
    body = encode(KeysBody(_seed_wraps({device_id(new): new.kem}, keys, keys.fields()), b""))
    return _entry(device, state, UserAdd(new), body)


def revoke_device(device: DeviceKeys, state: UserState, keys: UserKeys, gone: bytes) -> tuple[Entry, UserKeys]:
    """The device `gone` leaves, under a new seed that it does not get."""
    readers = _readers(state)
    readers.pop(gone, None)
    seed, body = _next_seed(state, keys, readers)
    return _entry(device, state, UserRevoke(gone, seed.fields()), body), seed


def replace_recovery(
    device: DeviceKeys, state: UserState, keys: UserKeys, recovery: DevicePublic
) -> tuple[Entry, UserKeys]:
    """A new recovery device in place of the old one."""
    return _recovery(device, state, keys, recovery, None)


def recover(
    recovery_device: DeviceKeys, state: UserState, keys: UserKeys, recovery: DevicePublic, new: DevicePublic
) -> tuple[Entry, UserKeys]:
    """The recovery device adds the device `new`, and is replaced in the same act."""
    return _recovery(recovery_device, state, keys, recovery, new)


def _recovery(
    device: DeviceKeys, state: UserState, keys: UserKeys, recovery: DevicePublic, new: DevicePublic | None
) -> tuple[Entry, UserKeys]:
    readers = _readers(state)
    readers.pop(state.recovery(state.n))
    readers |= {device_id(public): public.kem for public in (recovery, new) if public is not None}
    seed, body = _next_seed(state, keys, readers)
    return _entry(device, state, UserRecovery(recovery, new, seed.fields()), body), seed


def _readers(state: UserState) -> dict[bytes, bytes]:
    """The KEM keys of everything that holds the seed now."""
    return {device: state.device_public(device).kem for device in state.readers(state.n)}


def _next_seed(state: UserState, keys: UserKeys, readers: Mapping[bytes, bytes]) -> tuple[UserKeys, bytes]:
    """A new generation, and the body that hands it to `readers` with the one before sealed under it."""
    fresh = UserKeys(new_seed(), keys.generation + 1)
    previous = seal(fresh.seed, places.previous_seed(state.stream, fresh.generation), keys.seed)
    return fresh, encode(KeysBody(_seed_wraps(readers, fresh, fresh.fields()), previous))


def _seed_wraps(readers: Mapping[bytes, bytes], keys: UserKeys, seed: SeedFields) -> tuple[Wrapped, ...]:
    placed = {reader: (kem, places.seed_wrap(seed, reader)) for reader, kem in readers.items()}
    return wraps_for(placed, keys.seed)


def _entry(device: DeviceKeys, state: UserState, act: Act, body: bytes) -> Entry:
    author = Author(device, state.stream)
    seen = Position(state.n, state.head)
    return write(device, header_of(author, "user", act, stream=state.stream, seen=seen, body=body), body)
