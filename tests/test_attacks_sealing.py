"""Attacks on what is sealed: wraps, committed keys, items and messages.

Numbers are the rows of the threat model (docs/threat-model.md). Each is refused, and for the reason stated.
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cerby_tui import authoring, opening
from cerby_tui.keys import AccountKeys, DeviceKeys, UserKeys, new_seed
from cerby_wire import places
from cerby_wire.encoding import encode
from cerby_wire.entries import read_header, read_keys
from cerby_wire.errors import Refused
from cerby_wire.headers import Entry
from cerby_wire.messages import MessageContent, accept_message, sealed_hash
from cerby_wire.primitives import pad, seal, wrap
from cerby_wire.recipient import seal_message
from cerby_wire.records import Message, open_record, sign_record
from cerby_wire.shapes import SignedRecord
from tests.people import Account, Shared, bent, flipped, refused, rewrapped


@pytest.fixture
def account() -> Shared:
    """An account of three people."""
    return Shared()


def test_05_the_service_puts_its_own_wrap_for_bob(account: Shared) -> None:
    """Wraps are in the body, and the body is signed."""
    entry, _ = authoring.members(
        account.alice.author(), account.state, account.keys, account.world.ledger, {account.alice.id: "owner"}
    )
    wraps = read_keys(entry).wraps
    body = rewrapped(entry, wraps=(replace(wraps[0], key=bytes(1168)), *wraps[1:]))
    with refused("another_body"):
        account.world.ledger.add(Entry(entry.header, body, entry.signature))


def test_05_a_wrap_made_for_another_epoch_does_not_open(account: Shared) -> None:
    """A wrap opens for one reader, at one generation, for one key of one epoch."""
    old = account.world.ledger.entries[account.id][-1]
    new = account.share({account.alice.id: "owner", account.bob.id: "collaborator"})
    moved = Entry(new.header, rewrapped(new, wraps=read_keys(old).wraps), new.signature)
    with refused("wrap_does_not_open"):
        opening.open_account_key(moved, account.bob.id, account.bob.keys)


def test_05_a_wrap_for_somebody_else_does_not_open(account: Shared) -> None:
    """A removed person has no use for the wraps of those who stay."""
    entry = account.share({account.alice.id: "owner"})
    with refused("no_wrap"):
        opening.open_account_key(entry, account.bob.id, account.bob.keys)
    with refused("wrap_does_not_open"):
        opening.open_account_key(entry, account.alice.id, account.bob.keys)


def _wrapped_otherwise(account: Shared, keys: AccountKeys) -> Entry:
    """An honest-looking list by Alice that hands Bob another key than it promises."""
    entry, _ = authoring.members(
        account.alice.author(),
        account.state,
        account.keys,
        account.world.ledger,
        {account.alice.id: "owner", account.bob.id: "collaborator"},
    )
    epoch = read_header(entry).act.epoch
    listed = next(one for one in epoch.members if one.user == account.bob.id)
    place = places.account_wrap(account.world.id, epoch, listed)
    odd = wrap(account.bob.state.generation_at(1).kem, keys.key, place)
    wraps = tuple(replace(one, key=odd) if one.reader == account.bob.id else one for one in read_keys(entry).wraps)
    return bent(entry, account.alice.device, body=rewrapped(entry, wraps=wraps))


def test_06_an_owner_gives_members_different_keys(account: Shared) -> None:
    """Everybody recomputes the commitment, and the odd one out notices."""
    entry = _wrapped_otherwise(account, AccountKeys(new_seed(), account.state.epoch + 1))
    account.world.ledger.add(entry)
    with refused("another_key"):
        opening.open_account_key(entry, account.bob.id, account.bob.keys)


def test_06_an_owner_names_an_inbox_of_their_own(account: Shared) -> None:
    """Messages sealed to a key that does not belong to the account key would be read by its maker alone."""
    entry, _ = authoring.members(
        account.alice.author(),
        account.state,
        account.keys,
        account.world.ledger,
        {account.alice.id: "owner", account.bob.id: "collaborator"},
    )
    epoch = replace(read_header(entry).act.epoch, inbox=UserKeys(new_seed(), 1).kem.public)
    forged = bent(entry, account.alice.device, act={"epoch": epoch})
    account.world.ledger.add(forged)
    with refused("another_inbox"):
        opening.open_account_key(forged, account.bob.id, account.bob.keys)


def test_06_an_owner_hands_on_another_previous_key(account: Shared) -> None:
    """The key before is checked against what its own epoch promised."""
    before = account.world.ledger.entries[account.id][-1]
    entry = account.share({account.alice.id: "owner", account.bob.id: "collaborator"})
    place = places.previous_key(account.id, account.keys.epoch)
    odd = Entry(entry.header, rewrapped(entry, previous=seal(account.keys.key, place, new_seed())), b"")
    earlier = opening.epoch_of(before)
    assert earlier is not None
    with refused("another_key"):
        opening.open_previous_key(odd, account.id, account.keys, earlier)


def test_06_one_ciphertext_opens_under_one_key(account: Shared) -> None:
    """The commitment is checked before anything is decrypted, so a crafted ciphertext has no second reading."""
    entry = account.item()
    with refused("wrong_key_or_place"):
        opening.open_item(entry, AccountKeys(new_seed(), account.keys.epoch))


def test_06_a_device_gives_another_a_seed_of_its_own(account: Shared) -> None:
    """A new device compares the seed with the public key that the chain names."""
    new = DeviceKeys(new_seed())
    honest = authoring.add_device(account.alice.device, account.alice.state, account.alice.keys, new.public)
    fields = account.alice.keys.fields()
    odd = wrap(new.kem.public, new_seed(), places.seed_wrap(fields, new.id))
    entry = bent(
        honest, account.alice.device, body=rewrapped(honest, wraps=(replace(read_keys(honest).wraps[0], key=odd),))
    )
    account.world.ledger.add(entry)
    with refused("another_seed"):
        opening.open_seed(entry, new, fields)


def test_07_the_bodies_of_two_items_are_swapped(account: Shared) -> None:
    """A body belongs to the entry that signed its hash."""
    first = account.item("first")
    account.world.ledger.add(first)
    second = account.item("second")
    with refused("another_body"):
        account.world.ledger.add(Entry(second.header, first.body, second.signature))


def test_07_a_ciphertext_is_moved_to_another_place(account: Shared) -> None:
    """Even an insider who signs it anew cannot have one version pass for another."""
    first = account.item("first")
    account.world.ledger.add(first)
    with refused("wrong_key_or_place"):
        opening.open_item(bent(account.item(), account.world.owner.device, body=first.body), account.keys)


def test_07_a_ciphertext_is_passed_off_as_another_authors(account: Shared) -> None:
    """Author and device are part of the place."""
    entry, author = account.item(), account.carol.author()
    stolen = bent(
        entry, account.carol.device, author=account.carol.id, chain=author.chain, device=account.carol.device.id
    )
    account.world.ledger.add(stolen)
    with refused("wrong_key_or_place"):
        opening.open_item(stolen, account.keys)


@pytest.mark.parametrize(
    ("at", "rule"), [(5, "wrong_key_or_place"), (40, "wrong_key_or_place"), (70, "sealed_altered")]
)
def test_08_bits_of_a_ciphertext_are_flipped(account: Shared, at: int, rule: str) -> None:
    """Salt, commitment and ciphertext each notice; there is no mode that does not."""
    entry = account.item()
    forged = bent(entry, account.world.owner.device, body=flipped(entry.body, at))
    with refused(rule):
        opening.open_item(forged, account.keys)


@pytest.mark.parametrize("length", [0, 31, 63, 64, 79])
def test_08_a_ciphertext_is_truncated(account: Shared, length: int) -> None:
    """A short ciphertext is refused, never a crash."""
    entry = account.item()
    forged = bent(entry, account.world.owner.device, body=entry.body[:length])
    with pytest.raises(Refused) as caught:
        opening.open_item(forged, account.keys)
    assert caught.value.rule in ("wrong_key_or_place", "sealed_altered")


def test_31_a_revoked_device_does_not_get_the_new_seed(account: Shared) -> None:
    """The new generation is wrapped to what is left."""
    second = account.alice.add()
    entry = account.alice.revoke(second)
    with refused("no_wrap"):
        opening.open_seed(entry, second, account.alice.keys.fields())


def _stored(account: Shared, index: int, previous: bytes, text: str = "123456") -> tuple[SignedRecord, bytes]:
    """A message as an honest service stores it."""
    place = {
        "account": account.id,
        "epoch": account.state.epoch,
        "generation": b"g",
        "message_id": b"m",
        "index": index,
    }
    sealed = seal_message(account.state.inbox, MessageContent("sms", "Bank", "+1", text), **place)
    record = Message(
        b"m", account.id, b"g", index, account.state.epoch, account.state.n, 1, sealed_hash(sealed), previous
    )
    return sign_record(account.world.service, record), sealed


def test_a_message_is_moved_to_another_account(account: Shared) -> None:
    """Neither the record nor the sealed text fits there."""
    other = Account(account.world)
    signed, sealed = _stored(account, 1, b"")
    key = account.world.service.public
    with refused("another_account"):
        accept_message(None, 1, signed, sealed, key, other.id, generation=b"g")
    record = accept_message(None, 1, signed, sealed, key, account.id, generation=b"g")
    with refused("wrap_does_not_open"):
        opening.open_message(account.keys, replace(record, account=other.id), sealed)


@pytest.mark.parametrize("changes", [{"epoch": 9}, {"generation": b"x"}, {"id": b"x"}, {"index": 2}])
def test_a_sealed_message_opens_in_its_place_only(account: Shared, changes: dict[str, object]) -> None:
    """Account, epoch, generation, id and index are bound into the wrap."""
    signed, sealed = _stored(account, 1, b"")
    record = open_record(signed, Message, account.world.service.public)
    assert opening.open_message(account.keys, record, sealed).text == "123456"
    with refused("wrap_does_not_open"):
        opening.open_message(account.keys, replace(record, **changes), sealed)


def test_a_person_who_was_removed_does_not_read_new_messages(account: Shared) -> None:
    """Messages of an epoch are sealed to the inbox of that epoch."""
    old = account.keys
    account.share({account.alice.id: "owner"})
    signed, sealed = _stored(account, 1, b"")
    record = open_record(signed, Message, account.world.service.public)
    with refused("wrap_does_not_open"):
        opening.open_message(old, record, sealed)


def test_an_insider_pads_an_item_with_a_lie(account: Shared) -> None:
    """A length that the padded text does not have is refused."""
    entry = account.item()
    header = read_header(entry)
    act = header.act
    place = places.item(header, act.version, act.previous, act.epoch)
    lying = (10_000).to_bytes(4, "little") + pad(b"")[4:]
    with refused("bad_padding"):
        forged = bent(entry, account.world.owner.device, body=seal(account.keys.key, place, lying))
        opening.open_item(forged, account.keys)


def test_an_insider_seals_something_that_is_no_map(account: Shared) -> None:
    """What comes out of an item is a map, or nothing."""
    entry = account.item()
    header = read_header(entry)
    act = header.act
    place = places.item(header, act.version, act.previous, act.epoch)
    body = seal(account.keys.key, place, pad(encode(["not", "a", "map"])))
    with refused("malformed"):
        opening.open_item(bent(entry, account.world.owner.device, body=body), account.keys)
