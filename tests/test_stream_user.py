"""A person's chain: which devices there are, and who makes the seed that the others get."""

from __future__ import annotations

import os

import pytest

from cerby_tui import authoring
from cerby_tui.keys import DeviceKeys
from cerby_wire.entries import read_keys
from cerby_wire.headers import DevicePublic, SeedFields, UserAdd, UserGenesis, UserRecovery
from cerby_wire.state import MOST_DEVICES
from tests.people import Person, World, bent, fresh_device, refused, rewrapped


@pytest.fixture
def world() -> World:
    """A workspace with its Owner."""
    return World()


@pytest.fixture
def person(world: World) -> Person:
    """Somebody with one device."""
    return Person(world)


def test_devices_are_judged_where_they_were(person: Person) -> None:
    """A device that came and went is active in between, and only there."""
    second = person.add()
    person.revoke(second)
    state = person.state
    assert [state.device_active(second.id, n) for n in (1, 2, 3)] == [False, True, False]
    assert state.device_public(second.id) == second.public
    assert state.active_devices(2) == tuple(sorted((person.device.id, second.id)))
    assert (state.generation_at(2).generation, state.generation_at(3).generation) == (1, 2)


def test_the_recovery_device_adds_one_device_and_is_replaced(person: Person) -> None:
    """One act brings a device and a new recovery key, under a new generation."""
    new, recovery = fresh_device(), fresh_device()
    entry, keys = authoring.recover(person.recovery, person.state, person.keys, recovery.public, new.public)
    person.world.ledger.add(entry)
    state = person.state
    assert state.recovery(2) == recovery.id
    assert state.recovery(1) == person.recovery.id
    assert state.device_active(new.id, 2)
    assert state.generation_at(2) == keys.fields()


def test_a_session_replaces_the_recovery_device(person: Person) -> None:
    """A lost kit is replaced by a new one, and the old one does nothing more."""
    recovery = fresh_device()
    entry, keys = authoring.replace_recovery(person.device, person.state, person.keys, recovery.public)
    person.world.ledger.add(entry)
    late, _ = authoring.recover(person.recovery, person.state, keys, fresh_device().public, fresh_device().public)
    with refused("device_not_active"):
        person.world.ledger.add(late)


def test_a_chain_is_begun_by_its_first_device(person: Person) -> None:
    """The genesis is signed by the device it brings."""
    other = fresh_device()
    with refused("device_not_active"):
        person.world.ledger.add(bent(person.genesis, other, device=other.id))


def test_a_genesis_carries_a_nonce(person: Person) -> None:
    """Two people with the same keys are two people."""
    with refused("bad_nonce"):
        person.world.ledger.add(bent(person.genesis, person.device, act={"nonce": b"short"}))


def test_the_recovery_device_is_another_one(person: Person) -> None:
    """The kit is no copy of the first device."""
    with refused("device_known"):
        person.world.ledger.add(bent(person.genesis, person.device, act={"recovery": person.device.public}))


@pytest.mark.parametrize("generation", [0, 2])
def test_the_first_generation_is_one(person: Person, generation: int) -> None:
    """Generations count up by one."""
    seed = SeedFields(generation, person.keys.kem.public)
    with refused("generation_not_next"):
        person.world.ledger.add(bent(person.genesis, person.device, act={"seed": seed}))


def test_a_chain_is_written_one_entry_after_another(person: Person) -> None:
    """Two devices of a person cannot change it at once; the second one looks again."""
    first = authoring.add_device(person.device, person.state, person.keys, fresh_device().public)
    second = authoring.add_device(person.device, person.state, person.keys, fresh_device().public)
    person.world.ledger.add(first)
    with refused("stale"):
        person.world.ledger.add(second)


def test_a_lone_add_by_the_recovery_device_is_refused(person: Person) -> None:
    """Paper alone adds no device without being replaced."""
    entry = authoring.add_device(person.recovery, person.state, person.keys, fresh_device().public)
    with refused("recovery_alone"):
        person.world.ledger.add(entry)


def test_the_recovery_device_revokes_nobody(person: Person) -> None:
    """Whoever finds the paper cannot lock the devices out by it alone."""
    entry, _ = authoring.revoke_device(person.recovery, person.state, person.keys, person.device.id)
    with refused("recovery_alone"):
        person.world.ledger.add(entry)


def test_the_recovery_device_cannot_only_replace_itself(person: Person) -> None:
    """A use of the paper brings a device, or is none."""
    entry, _ = authoring.replace_recovery(person.recovery, person.state, person.keys, fresh_device().public)
    with refused("recovery_adds_one"):
        person.world.ledger.add(entry)


def test_a_session_does_not_add_a_device_while_replacing_the_recovery(person: Person) -> None:
    """Adding is an act of its own, so that every device shows it."""
    new = fresh_device().public
    entry, _ = authoring.recover(person.device, person.state, person.keys, fresh_device().public, new)
    with refused("recovery_adds_one"):
        person.world.ledger.add(entry)


def test_a_device_does_not_come_back(person: Person) -> None:
    """What was revoked once is never trusted again."""
    second = person.add()
    person.revoke(second)
    with refused("device_known"):
        entry = authoring.add_device(person.device, person.state, person.keys, second.public)
        person.world.ledger.add(entry)


def test_an_old_recovery_device_does_not_come_back(person: Person) -> None:
    """A kit is good for once."""
    entry, _ = authoring.replace_recovery(person.device, person.state, person.keys, person.recovery.public)
    with refused("device_known"):
        person.world.ledger.add(entry)


def test_only_a_device_that_is_there_can_be_revoked(person: Person) -> None:
    """A stranger's device, one that is gone, and the recovery device cannot be revoked."""
    second = person.add()
    person.revoke(second)
    for gone in (fresh_device().id, second.id, person.recovery.id):
        entry, _ = authoring.revoke_device(person.device, person.state, person.keys, gone)
        with refused("no_such_device"):
            person.world.ledger.add(entry)


def test_a_device_does_not_revoke_itself(person: Person) -> None:
    """It would know the very seed that is to shut it out."""
    person.add()
    entry, _ = authoring.revoke_device(person.device, person.state, person.keys, person.device.id)
    with refused("revokes_itself"):
        person.world.ledger.add(entry)


def test_a_revoked_device_adds_no_device(person: Person) -> None:
    """After its revocation a device has no say in the chain."""
    second = person.add()
    person.revoke(second)
    entry = authoring.add_device(second, person.state, person.keys, fresh_device().public)
    with refused("device_not_active"):
        person.world.ledger.add(entry)


def test_a_seed_never_comes_back(person: Person) -> None:
    """A new generation under an old key would let the revoked device read on."""
    second = person.add()
    entry, keys = authoring.revoke_device(person.device, person.state, person.keys, second.id)
    repeated = SeedFields(2, person.keys.kem.public)
    with refused("seed_repeated"):
        person.world.ledger.add(bent(entry, person.device, act={"seed": repeated}))
    skipped = SeedFields(3, keys.kem.public)
    with refused("generation_not_next"):
        person.world.ledger.add(bent(entry, person.device, act={"seed": skipped}))


def test_the_seed_is_wrapped_to_all_that_stay_and_no_other(person: Person) -> None:
    """A wrap is missing, or there is one for the device that goes: refused."""
    second = person.add()
    entry, _ = authoring.revoke_device(person.device, person.state, person.keys, second.id)
    wraps = read_keys(entry).wraps
    foreign = tuple(sorted((*wraps, type(wraps[0])(second.id, wraps[0].key)), key=lambda wrapped: wrapped.reader))
    for other in (wraps[:1], wraps[::-1], foreign, (wraps[0], *wraps)):
        with refused("wraps_do_not_match"):
            person.world.ledger.add(bent(entry, person.device, body=rewrapped(entry, wraps=other)))


def test_the_first_seed_is_wrapped_to_device_and_recovery(person: Person) -> None:
    """A genesis without a wrap for the paper key would make it worthless."""
    body = rewrapped(person.genesis, wraps=read_keys(person.genesis).wraps[:1])
    with refused("wraps_do_not_match"):
        person.world.ledger.add(bent(person.genesis, person.device, body=body))


def test_a_new_device_gets_the_seed(person: Person) -> None:
    """An `add` without a wrap for the new device is refused."""
    entry = authoring.add_device(person.device, person.state, person.keys, fresh_device().public)
    with refused("wraps_do_not_match"):
        person.world.ledger.add(bent(entry, person.device, body=rewrapped(entry, wraps=())))


def test_a_wrap_has_the_length_of_a_wrap(person: Person) -> None:
    """Junk in the place of a wrap is seen by everybody, not only by its reader."""
    wraps = read_keys(person.genesis).wraps
    short = (wraps[0], type(wraps[1])(wraps[1].reader, b"short"))
    with refused("bad_wrap"):
        person.world.ledger.add(bent(person.genesis, person.device, body=rewrapped(person.genesis, wraps=short)))


def test_the_seed_before_is_handed_on_where_there_is_one(person: Person) -> None:
    """A device added later opens earlier generations from the newest; a genesis and an add have none."""
    second = person.add()
    revoke, _ = authoring.revoke_device(person.device, person.state, person.keys, second.id)
    recovery, _ = authoring.replace_recovery(person.device, person.state, person.keys, fresh_device().public)
    add = authoring.add_device(person.device, person.state, person.keys, fresh_device().public)
    for entry, previous in ((revoke, b""), (recovery, b""), (add, bytes(112)), (person.genesis, bytes(112))):
        with refused("previous_key"):
            person.world.ledger.add(bent(entry, person.device, body=rewrapped(entry, previous=previous)))


def _malformed_kems(device: DeviceKeys) -> list[bytes]:
    """Too short, out of range, and with a low-order point in the classical half."""
    kem = device.public.kem
    return [b"", kem[:-1], b"\xff" * len(kem), kem[:1184] + bytes(32)]


@pytest.mark.parametrize("which", range(4))
def test_public_kem_keys_can_be_wrapped_to(person: Person, which: int) -> None:
    """A malformed KEM key in a chain would stop everybody who shares with that person."""
    bad = _malformed_kems(person.device)[which]
    act = authoring.user_genesis(person.device, person.recovery.public)[0]
    for change in (
        {"seed": SeedFields(1, bad)},
        {"recovery": DevicePublic(person.recovery.sign.public, bad)},
    ):
        with refused("bad_kem_key"):
            person.world.ledger.add(bent(act, person.device, act=change))


def test_public_signing_keys_have_their_length(person: Person) -> None:
    """A signing key that is none is refused where it appears."""
    entry = authoring.add_device(person.device, person.state, person.keys, fresh_device().public)
    short = UserAdd(DevicePublic(b"short", fresh_device().public.kem))
    with refused("bad_signing_key"):
        person.world.ledger.add(bent(entry, person.device, act=short))


def test_a_person_has_at_most_twenty_sessions(person: Person) -> None:
    """The twenty-first is refused, unless it comes by the recovery kit: all twenty may be lost."""
    for _ in range(MOST_DEVICES - 1):
        person.add()
    with refused("too_many_devices"):
        person.add()
    new, recovery = fresh_device().public, fresh_device().public
    entry, _ = authoring.recover(person.recovery, person.state, person.keys, recovery, new)
    person.world.ledger.add(entry)
    assert len(person.state.active_devices(person.state.n)) == MOST_DEVICES + 1


def test_a_genesis_in_the_name_of_another_is_another_person(person: Person) -> None:
    """A chain with other keys has another id."""
    other, keys = fresh_device(), person.keys
    act = UserGenesis(other.public, person.recovery.public, keys.fields(), os.urandom(16))
    with refused("wraps_do_not_match"):
        person.world.ledger.add(bent(person.genesis, other, device=other.id, act=act))


def test_a_recovery_takes_the_recovery_device_away(person: Person) -> None:
    """The wraps of a recovery leave the old paper key out."""
    entry, _ = authoring.replace_recovery(person.device, person.state, person.keys, fresh_device().public)
    wraps = read_keys(entry).wraps
    kept = sorted((*wraps, type(wraps[0])(person.recovery.id, wraps[0].key)), key=lambda wrapped: wrapped.reader)
    with refused("wraps_do_not_match"):
        person.world.ledger.add(bent(entry, person.device, body=rewrapped(entry, wraps=tuple(kept))))


def test_the_act_of_a_recovery_names_a_fresh_key(person: Person) -> None:
    """The recovery device cannot put itself back in its place."""
    new = fresh_device()
    entry, keys = authoring.recover(person.recovery, person.state, person.keys, fresh_device().public, new.public)
    act = UserRecovery(person.recovery.public, new.public, keys.fields())
    with refused("device_known"):
        person.world.ledger.add(bent(entry, person.recovery, act=act))
