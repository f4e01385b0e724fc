"""The key file: the device seed under a passphrase and, where there is one, a secret of the system keyring.

The head states the cost and is bound in as the place of the seal, so that an edited head opens nothing. The recovery
key opens the same seed through a wrap of its own, without passphrase, keyring or service.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct

from cerby_tui.errors import NoVault, VaultDamaged, WrongPassphrase
from cerby_tui.home import write_private
from cerby_tui.keys import ALONE, FLOOR, Cost, DeviceKeys, passphrase_key
from cerby_wire.encoding import UNREADABLE, encode
from cerby_wire.entries import device_id
from cerby_wire.errors import Refused, require
from cerby_wire.headers import DevicePublic
from cerby_wire.primitives import seal, unseal, wrap

VERSION = 1
SUITE = "argon2id"
AIMED_SECONDS = 0.75


class Head(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose seed it is and how it is sealed. `memory` in KiB; `keyring`: a keyring secret is mixed in."""

    v: int
    kdf: str
    memory: int
    passes: int
    salt: bytes
    keyring: bool
    device: bytes


class Recovery(Struct, frozen=True, forbid_unknown_fields=True):
    """The seed, wrapped to the recovery device with this id."""

    device: bytes
    wrapped: bytes


class KeyFile(Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in the file, as JSON."""

    head: Head
    sealed: bytes
    recovery: Recovery | None = None


def write_key_file(
    path: Path,
    seed: bytes,
    passphrase: str,
    *,
    keyring: bytes = b"",
    recovery_public: DevicePublic | None = None,
    cost: Cost | None = None,
) -> DeviceKeys:
    """Seal a device seed into `path`, all at once, and return its keys. `cost` is the least that fits unless given."""
    keys = DeviceKeys(seed)
    cost = cost or (FLOOR if keyring else ALONE)
    head = Head(VERSION, SUITE, cost.memory, cost.passes, os.urandom(16), bool(keyring), keys.id)
    sealed = seal(passphrase_key(passphrase, head.salt, cost, keyring), encode(head), seed)
    recovery = _wrapped_for(recovery_public, keys) if recovery_public else None
    _write(path, KeyFile(head, sealed, recovery))
    return keys


def open_key_file(path: Path, passphrase: str, keyring: bytes = b"") -> DeviceKeys:
    """The keys of this device. Raises NoVault, VaultDamaged, WrongPassphrase, and Refused for a weakened file."""
    file = _read(path)
    if file.head.keyring and not keyring:
        raise WrongPassphrase(
            "The secret in the system keyring that goes with the passphrase cannot be had.",
            next_step="Unlock the system keyring, or use the recovery key.",
        )
    cost = Cost(file.head.memory, file.head.passes)
    key = passphrase_key(passphrase, file.head.salt, cost, keyring if file.head.keyring else b"")
    try:
        return _checked(DeviceKeys(unseal(key, encode(file.head), file.sealed)), file)
    except Refused:
        raise WrongPassphrase("That passphrase does not open this vault.", next_step="Try again.") from None


def open_with_recovery(path: Path, recovery: DeviceKeys) -> DeviceKeys:
    """The keys of this device, by the recovery key alone. Raises NoVault, VaultDamaged, WrongPassphrase."""
    file = _read(path)
    if file.recovery is None or file.recovery.device != recovery.id:
        raise WrongPassphrase("This recovery key belongs to another vault, or a newer one has replaced it.")
    try:
        seed = recovery.kem.unwrap(file.recovery.wrapped, _recovery_place(file.head.device, recovery.id))
        return _checked(DeviceKeys(seed), file)
    except Refused:
        raise VaultDamaged("The part of the key file that the recovery key opens is damaged.") from None


def needs_keyring(path: Path) -> bool:
    """Whether the key file asks for the keyring secret. Raises NoVault, VaultDamaged, Refused."""
    return _read(path).head.keyring


def device_of(path: Path) -> bytes:
    """The id of the device whose seed is in the key file. Raises NoVault, VaultDamaged, Refused."""
    return _read(path).head.device


def recovery_of(path: Path) -> bytes:
    """The recovery device that opens the key file too; b"" for none. Raises NoVault, VaultDamaged, Refused."""
    recovery = _read(path).recovery
    return recovery.device if recovery else b""


def replace_recovery(path: Path, keys: DeviceKeys, recovery_public: DevicePublic) -> None:
    """Wrap the seed to a new recovery device; the passphrase stays. Raises NoVault, VaultDamaged, Refused."""
    _write(path, msgspec.structs.replace(_read(path), recovery=_wrapped_for(recovery_public, keys)))


def measured_cost(with_keyring: bool, *, memory: int, timer: Callable[[], float] = time.perf_counter) -> Cost:
    """The cost that takes about three quarters of a second here, within a quarter of `memory` (KiB), never too low."""
    least = FLOOR if with_keyring else ALONE
    began = timer()
    passphrase_key("how fast is this machine", bytes(16), FLOOR, b"")
    per_kib = (timer() - began) / FLOOR.memory
    cost = least
    while cost.memory * 2 * per_kib <= AIMED_SECONDS and cost.memory * 2 <= memory // 4:
        cost = Cost(cost.memory * 2, cost.passes)
    return cost


def _checked(keys: DeviceKeys, file: KeyFile) -> DeviceKeys:
    """The keys, if they are those of the device that the head names."""
    require(keys.id == file.head.device, "another_device", "The key file holds the seed of another device.")
    return keys


def _wrapped_for(recovery: DevicePublic, keys: DeviceKeys) -> Recovery:
    """The seed for a recovery device; bound to both, so that it opens for no other pair."""
    reader = device_id(recovery)
    return Recovery(reader, wrap(recovery.kem, keys.seed, _recovery_place(keys.id, reader)))


def _recovery_place(device: bytes, recovery: bytes) -> bytes:
    return encode(("key-file", device, recovery))


def _read(path: Path) -> KeyFile:
    """The key file, parsed. Raises NoVault, VaultDamaged, and Refused for a version or suite that is not ours."""
    try:
        file = msgspec.json.decode(path.read_bytes(), type=KeyFile)
    except FileNotFoundError:
        raise NoVault("Nothing is set up on this device yet.", next_step="Start cerby-tui to set it up.") from None
    except UNREADABLE as error:
        raise VaultDamaged(f"The key file cannot be read: {error}.", next_step="Restore it from a backup.") from None
    known = (file.head.v, file.head.kdf) == (VERSION, SUITE)
    require(known, "unknown_key_file", "The key file is of a version or kind that this program does not open.")
    return file


def _write(path: Path, file: KeyFile) -> None:
    write_private(path, msgspec.json.encode(file) + b"\n")
