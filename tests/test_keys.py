"""Keys of devices, people and accounts, and the opening of what was wrapped to them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from msgspec.structs import replace

from cerby_tui import authoring, opening
from cerby_tui.keys import CEILING, FLOOR, AccountKeys, Cost, DeviceKeys, UserKeys, new_seed, passphrase_key
from cerby_wire.encoding import encode
from cerby_wire.headers import DevicePublic, KeysBody, Wrapped
from cerby_wire.records import Profile, open_record, profile_hash
from tests.people import Account, Person, Private, World, fresh_device, refused


@pytest.fixture
def world() -> World:
    """A workspace with its Owner."""
    return World()


def test_a_seed_gives_the_same_device_each_time() -> None:
    """Everything of a device follows from its seed."""
    seed = new_seed()
    one, other = DeviceKeys.from_seed(seed), DeviceKeys.from_seed(seed)
    assert (one.id, one.public, one.database_key, one.mac_key) == (
        other.id,
        other.public,
        other.database_key,
        other.mac_key,
    )
    assert one.public == DevicePublic(one.sign.public, one.kem.public)


def test_the_keys_of_a_device_are_unrelated() -> None:
    """No key of a device is another one, or the seed."""
    device = fresh_device()
    assert len({device.seed, device.database_key, device.mac_key, device.sign.public}) == 4


@pytest.mark.parametrize("length", [0, 31, 33])
def test_seeds_have_their_length(length: int) -> None:
    """A cut seed is an error, not a weak key."""
    with refused("bad_seed"):
        DeviceKeys(bytes(length))
    with refused("bad_seed"):
        DeviceKeys.from_recovery(bytes(length))


def test_secrets_do_not_show_in_representations() -> None:
    """Logs and tracebacks show ids and numbers."""
    seed = os.urandom(32)
    for keys in (DeviceKeys(seed), UserKeys(seed, 1), AccountKeys(seed, 1)):
        assert seed.hex()[:8] not in repr(keys)
        assert str(seed)[2:8] not in repr(keys)


def test_unlocking_imports_neither_network_nor_screens_nor_keyring() -> None:
    """The key modules are light: nothing that a locked screen does not need is loaded."""
    program = (
        "import sys, cerby_tui.keyfile, cerby_tui.lease, cerby_tui.system_keyring, cerby_tui.opening;"
        "print(sorted({'textual', 'httpx', 'keyring', 'sqlite_utils'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_passphrase_is_the_same_however_it_is_typed() -> None:
    """NFKC: a composed letter, a decomposed one and a ligature are one passphrase."""
    keys = {passphrase_key(text, bytes(16), FLOOR, b"") for text in ("Zu\u0308rich fix", "Z\u00fcrich \ufb01x")}
    assert len(keys) == 1


def test_salt_and_keyring_secret_change_the_key() -> None:
    """Without either of them a guess is worth nothing."""
    keys = {
        passphrase_key("correct horse", salt, FLOOR, keyring)
        for salt, keyring in ((bytes(16), b""), (bytes(16), b"K" * 32), (b"s" * 16, b""))
    }
    assert len(keys) == 3


@pytest.mark.parametrize("cost", [Cost(FLOOR.memory - 1, FLOOR.passes), Cost(FLOOR.memory, FLOOR.passes - 1)])
def test_less_than_the_floor_is_refused(cost: Cost) -> None:
    """Nobody can make guessing cheap by naming a lower cost."""
    with refused("cost_below_floor"):
        passphrase_key("correct horse", bytes(16), cost, b"")


@pytest.mark.parametrize("cost", [Cost(CEILING.memory + 1, FLOOR.passes), Cost(FLOOR.memory, CEILING.passes + 1)])
def test_more_than_any_machine_should_do_is_refused(cost: Cost) -> None:
    """An edited file does not make the program run out of memory or time."""
    with refused("cost_above_ceiling"):
        passphrase_key("correct horse", bytes(16), cost, b"")


def test_every_device_opens_the_seed(world: World) -> None:
    """The first device, the recovery device and one that was added."""
    person, new = world.owner, fresh_device()
    entry = authoring.add_device(person.device, person.state, person.keys, new.public)
    world.ledger.add(entry)
    fields = person.state.generation_at(2)
    for source, device in ((person.genesis, person.device), (person.genesis, person.recovery), (entry, new)):
        assert opening.open_seed(source, device, fields).seed == person.keys.seed


def test_earlier_seeds_open_from_the_newest(world: World) -> None:
    """A device added after a revocation reads what was sealed before it."""
    person, first = world.owner, world.owner.keys
    entry = person.revoke(person.add())
    newest = opening.open_seed(entry, person.device, person.state.generation_at(3))
    earlier = opening.open_previous_seed(entry, person.id, newest, person.state.generation_at(1))
    assert (earlier.seed, earlier.generation) == (first.seed, 1)


def test_an_earlier_seed_is_checked(world: World) -> None:
    """A previous seed that is not the one the chain names is refused."""
    person = world.owner
    entry = person.revoke(person.add())
    with refused("another_seed"):
        opening.open_previous_seed(entry, person.id, person.keys, UserKeys(new_seed(), 1).fields())


def test_what_an_entry_brings_is_told(world: World) -> None:
    """Whether it wraps a seed, and which generation it wraps an account key to."""
    owner, guest = world.owner, world.join("guest")
    account, other = Account(world), Person(world)
    shared = account.share({owner.id: "owner", guest.id: "collaborator"})
    deleted = account.add(authoring.delete(owner.author(), account.state, account.keys, world.ledger))
    assert opening.brings_seed(owner.genesis)
    assert not opening.brings_seed(shared)
    assert [opening.wrapped_at(shared, person.id) for person in (owner, guest, other)] == [1, 1, None]
    assert [opening.wrapped_at(deleted, person.id) for person in (owner, guest)] == [1, None]
    assert opening.wrapped_at(account.item(), owner.id) is None


def test_account_keys_open_back_to_the_first(world: World) -> None:
    """Who joins late reads the whole history from one wrap."""
    account, person = Account(world), world.join("user")
    first = account.keys
    entry = account.share({world.owner.id: "owner", person.id: "collaborator"})
    newest = opening.open_account_key(entry, person.id, person.keys)
    epoch = opening.epoch_of(account.genesis)
    assert epoch is not None
    earlier = opening.open_previous_key(entry, account.id, newest, epoch)
    assert earlier is not None
    assert earlier.key == first.key
    assert opening.open_previous_key(account.genesis, account.id, first, epoch) is None


def test_an_entry_without_a_key_has_none(world: World) -> None:
    """An item brings no account key, and no private thing."""
    account = Account(world)
    with refused("no_wrap"):
        opening.open_account_key(account.item(), world.owner.id, world.owner.keys)
    with refused("not_an_item"):
        opening.open_item(account.genesis, account.keys)
    with refused("not_an_item"):
        opening.open_personal(account.item(), world.owner.keys)


def test_a_wrap_for_somebody_who_is_not_listed_is_none(world: World) -> None:
    """Such an entry is never accepted; opening one is refused all the same."""
    account, person = Account(world), world.join("user")
    stray = Wrapped(person.id, bytes(1168))
    entry = replace(account.genesis, body=encode(KeysBody((stray,), b"")))
    with refused("no_wrap"):
        opening.open_account_key(entry, person.id, person.keys)
    with refused("no_wrap"):
        opening.wrapped_at(entry, person.id)


def test_unknown_fields_of_a_card_survive(world: World) -> None:
    """The map comes out as it went in, whatever a newer program put in."""
    account = Account(world)
    content = {"label": "x", "from the future": {"nested": [1, b"2", None, True, "é"]}}
    entry = authoring.item(world.owner.author(), account.state, account.keys, content)
    assert opening.open_item(entry, account.keys) == content


def test_private_things_open_for_their_person(world: World) -> None:
    """And not in another slot or version."""
    private = Private(world)
    entry = private.item()
    assert opening.open_personal(entry, world.owner.keys) == {"theme": "dark"}
    with refused("wrong_key_or_place"):
        opening.open_personal(entry, UserKeys(new_seed(), 1))


def test_a_device_has_a_name_for_its_person_alone(world: World) -> None:
    """Sealed, padded, and bound to the device."""
    owner = world.owner
    sealed = authoring.device_name(owner.keys, owner.id, owner.device.id, "Laptop é")
    assert opening.open_device_name(owner.keys, owner.id, owner.device.id, sealed) == "Laptop é"
    assert len(sealed) == len(authoring.device_name(owner.keys, owner.id, owner.device.id, "x"))
    with refused("wrong_key_or_place"):
        opening.open_device_name(owner.keys, owner.id, fresh_device().id, sealed)


def test_a_profile_is_signed_and_cited_by_its_hash(world: World) -> None:
    """The hash hides name and address behind a salt, and case and spaces of the address do not matter."""
    owner = world.owner
    signed, cited = authoring.profile(owner.device, owner.id, "Ada", "Ada@Example.com ")
    profile = open_record(signed, Profile, owner.device.sign.public)
    assert profile_hash("ada@example.com", "Ada", profile.salt) == cited
    assert profile_hash("ada@example.com", "Ada", bytes(16)) != cited


def test_the_same_device_keys_wrap_to_nobody_else(world: World) -> None:
    """A body without a wrap for a device says so."""
    owner = world.owner
    empty = replace(owner.genesis, body=encode(KeysBody((), b"")))
    with refused("no_wrap"):
        opening.open_seed(empty, owner.device, owner.state.generation_at(1))
