"""A person is a chain of devices: who joins, who goes, and the generations of the seed they share.

Every entry must have seen all before it. A device that goes never makes the seed that shuts it out, so nobody revokes
the device they write from; the recovery device does one thing only, and is replaced in the same act.
"""

from __future__ import annotations

from msgspec.structs import replace

from cerby_wire.entries import device_id
from cerby_wire.errors import require, require_fresh
from cerby_wire.headers import DevicePublic, SeedFields, UserAdd, UserGenesis, UserRecovery, UserRevoke
from cerby_wire.state import MOST_DEVICES, DeviceRecord, SeedSince, UserState
from cerby_wire.trial import Trial, held, mistaken
from cerby_wire.wraps import check_kem, check_wraps


def judge_user(trial: Trial) -> UserState:
    """Rules 5 and 6 for a person's chain. Raises Refused, Stale."""
    act = trial.header.act
    if isinstance(act, UserGenesis):
        return _genesis(trial, act)
    state = held(trial, UserState)
    require_fresh(trial.header.seen.n == state.n, "stale", "The chain has grown since its author looked.")
    by_recovery = trial.header.device == state.recovery(state.n)
    if isinstance(act, UserRecovery):
        return _recovery(trial, state, act, by_recovery)
    require(not by_recovery, "recovery_alone", "The recovery device may only add a device and be replaced at once.")
    match act:
        case UserAdd():
            return _add(trial, state, act)
        case UserRevoke():
            return _revoke(trial, state, act)
    raise mistaken(trial)


def _genesis(trial: Trial, act: UserGenesis) -> UserState:
    require(len(act.nonce) == 16, "bad_nonce", "A genesis carries 16 random bytes.")
    devices = _with(_with({}, act.device, False, 1), act.recovery, True, 1)
    _check_seed(act.seed, ())
    check_wraps(trial, devices, "none")
    return UserState(trial.stream, 0, b"", devices, (SeedSince(1, act.seed),))


def _add(trial: Trial, state: UserState, act: UserAdd) -> UserState:
    devices = _with(state.devices, act.device, False, trial.n)
    added = replace(state, devices=devices)
    enough = len(added.active_devices(trial.n)) <= MOST_DEVICES
    require(enough, "too_many_devices", f"A person has at most {MOST_DEVICES} trusted sessions.")
    check_wraps(trial, [device_id(act.device)], "none")
    return added


def _revoke(trial: Trial, state: UserState, act: UserRevoke) -> UserState:
    require(state.device_active(act.device, state.n), "no_such_device", "There is no such device to revoke.")
    require(act.device != trial.header.device, "revokes_itself", "A device does not make the seed that shuts it out.")
    return _next_seed(trial, _without(state.devices, act.device, trial.n), state, act.seed)


def _recovery(trial: Trial, state: UserState, act: UserRecovery, by_recovery: bool) -> UserState:
    adds = act.device is not None
    require(adds == by_recovery, "recovery_adds_one", "Only the recovery device adds a device here, and it must.")
    devices = _without(state.devices, state.recovery(state.n), trial.n)
    devices = _with(devices, act.recovery, True, trial.n)
    if act.device is not None:
        devices = _with(devices, act.device, False, trial.n)
    return _next_seed(trial, devices, state, act.seed)


def _next_seed(trial: Trial, devices: dict[bytes, DeviceRecord], state: UserState, seed: SeedFields) -> UserState:
    """The state under a new generation, wrapped to everything that is left."""
    _check_seed(seed, state.seeds)
    changed = replace(state, devices=devices, seeds=(*state.seeds, SeedSince(trial.n, seed)))
    check_wraps(trial, changed.readers(trial.n), "sealed")
    return changed


def _check_seed(seed: SeedFields, earlier: tuple[SeedSince, ...]) -> None:
    """The generation is the next one, under a key never used before."""
    require(seed.generation == len(earlier) + 1, "generation_not_next", "The generation of the seed is not the next.")
    new = all(seed.kem != since.seed.kem for since in earlier)
    require(new, "seed_repeated", "A generation of the seed never comes back.")
    check_kem(seed.kem)


def _with(
    devices: dict[bytes, DeviceRecord], public: DevicePublic, recovery: bool, n: int
) -> dict[bytes, DeviceRecord]:
    """The devices and one more, which was never among them."""
    device = device_id(public)
    require(device not in devices, "device_known", "A device is added once and never comes back.")
    require(len(public.sign) == 32, "bad_signing_key", "A public signing key has 32 bytes.")
    check_kem(public.kem)
    return {**devices, device: DeviceRecord(public, recovery, n)}


def _without(devices: dict[bytes, DeviceRecord], device: bytes, n: int) -> dict[bytes, DeviceRecord]:
    """The devices with one of them gone from entry `n` on."""
    return {**devices, device: replace(devices[device], removed=n)}
