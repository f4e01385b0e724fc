"""Attacks on streams: made-up people, roles, histories, and those who are gone.

Numbers are the rows of the threat model (docs/threat-model.md). Each is refused, and for the reason stated.
"""

from __future__ import annotations

import os

import pytest
from msgspec.structs import replace

from cerby_tui import authoring
from cerby_tui.keys import DeviceKeys, new_seed
from cerby_wire.encoding import decode
from cerby_wire.entries import stream_id
from cerby_wire.headers import Entry, Listed, UserGenesis, WorkspaceSetRole
from cerby_wire.ledger import Ledger
from cerby_wire.primitives import SigningKey, verify
from cerby_wire.records import Lease, Offer, open_record, sign_record
from cerby_wire.stream import accept
from tests.people import Account, Person, Shared, World, bent, refused


@pytest.fixture
def account() -> Shared:
    """An account of three people."""
    return Shared()


def _replayed(account: Shared, entries: list[Entry]) -> None:
    """Take in a whole account anew, as a fresh device would."""
    state = None
    for entry in entries:
        state = accept(state, entry, account.world.ledger, expected=account.id)


def test_01_the_service_answers_with_its_own_key_for_bob(account: Shared) -> None:
    """A chain with other keys has another id; it is not the person that was asked for."""
    mallory = Person(World())
    with refused("not_the_expected_stream"):
        accept(None, mallory.genesis, Ledger(), expected=account.bob.id)


def test_01_the_service_joins_in_bobs_place(account: Shared) -> None:
    """Without the invite's secret there is no proof."""
    world, mallory = account.world, Person(account.world)
    _, invite = world.invite("user")
    forged = authoring.join(mallory.author(), SigningKey(os.urandom(32)), invite, "user", bytes(32))
    with refused("bad_signature"):
        world.ledger.add(forged)


def test_02_the_service_swaps_bobs_key_later(account: Shared) -> None:
    """Keys change only by an entry that an active device signed."""
    mallory = DeviceKeys(new_seed())
    entry = authoring.add_device(mallory, account.bob.state, account.bob.keys, mallory.public)
    with refused("device_not_active"):
        account.world.ledger.add(entry)


def test_03_the_service_adds_a_device_in_bobs_name(account: Shared) -> None:
    """Naming Bob's device does not make Bob's signature."""
    mallory = DeviceKeys(new_seed())
    entry = authoring.add_device(account.bob.device, account.bob.state, account.bob.keys, mallory.public)
    with refused("bad_signature"):
        account.world.ledger.add(bent(entry, mallory))


def test_03_the_service_adds_a_member(account: Shared) -> None:
    """An outsider's list is refused, whoever signs it."""
    mallory = Person(account.world)
    alice = account.world.owner
    entry, _ = authoring.members(alice.author(), account.state, account.keys, account.world.ledger, {alice.id: "owner"})
    author = mallory.author()
    own = bent(entry, mallory.device, author=mallory.id, chain=author.chain, device=mallory.device.id)
    with refused("not_allowed"):
        account.world.ledger.add(own)
    with refused("bad_signature"):
        account.world.ledger.add(bent(entry, mallory.device))


def test_03_the_service_founds_its_own_history_under_our_id(account: Shared) -> None:
    """An id is the hash of its genesis; another genesis is another stream."""
    other = Account(account.world)
    with refused("not_the_expected_stream"):
        accept(None, other.genesis, account.world.ledger, expected=account.id)
    with refused("another_stream"):
        _replayed(account, [account.genesis, other.item()])


def test_04_a_collaborator_writes(account: Shared) -> None:
    """Every client checks the role, not only the screens."""
    with refused("not_allowed"):
        account.world.ledger.add(account.item(by=account.bob))


def test_04_an_insider_raises_their_role(account: Shared) -> None:
    """In the account and in the workspace alike."""
    people = {account.alice.id: "owner", account.bob.id: "owner"}
    with refused("not_allowed"):
        account.share(people, by=account.bob)
    with refused("not_allowed"):
        account.world.ledger.add(authoring.role(account.bob.author(), account.bob.id, "admin"))


def test_09_an_old_version_is_replayed(account: Shared) -> None:
    """Versions follow each other, and an entry that is stored already does not follow itself."""
    entry = account.item()
    account.world.ledger.add(entry)
    account.world.ledger.add(account.item("newer"))
    with refused("version_conflict"):
        account.world.ledger.add(entry)


def test_10_history_is_rewritten_below_our_head(account: Shared) -> None:
    """What is written on a rewritten history cites heads that we never had."""
    other = account.elsewhere()
    other.world.ledger.add(other.item("their history"))
    later = other.item("on top of it")
    account.world.ledger.add(account.item("our history"))
    with refused("fork"):
        account.world.ledger.add(later)


def test_11_two_devices_are_shown_two_histories(account: Shared) -> None:
    """Not one further entry passes from one side to the other."""
    other = account.elsewhere()
    account.world.ledger.add(account.item("for Alice"))
    other.world.ledger.add(other.item("for Carol", by=other.carol))
    with refused("fork"):
        account.world.ledger.add(other.item("by Carol", by=other.carol))
    with refused("fork"):
        other.world.ledger.add(account.item("by Alice"))


def test_11_two_devices_are_shown_two_workspaces(account: Shared) -> None:
    """Every account entry cites the workspace its author saw."""
    forged = replace(account.world.owner.author().ws, head=bytes(32))
    with refused("workspace_fork"):
        account.world.ledger.add(bent(account.item(), account.world.owner.device, ws=forged))


def test_12_an_entry_is_dropped(account: Shared) -> None:
    """The next one has seen more than we hold."""
    account.world.ledger.add(account.item("first"))
    account.world.ledger.add(account.item("second"))
    entries = account.world.ledger.entries[account.id]
    with refused("fork"):
        _replayed(account, [*entries[:2], entries[3]])


def test_12_entries_are_reordered(account: Shared) -> None:
    """The order is the one in which they were signed."""
    account.world.ledger.add(account.item("first"))
    account.world.ledger.add(account.item("second"))
    entries = account.world.ledger.entries[account.id]
    with refused("fork"):
        _replayed(account, [*entries[:2], entries[3], entries[2]])


def test_12_an_entry_of_a_chain_is_dropped(account: Shared) -> None:
    """A revocation that is left out breaks the chain."""
    account.alice.revoke(account.alice.add())
    entries = account.world.ledger.entries[account.alice.id]
    state = accept(None, entries[0], Ledger(), expected=account.alice.id)
    with refused("fork"):
        accept(state, entries[2], Ledger())


def test_21_one_signature_is_used_as_another(account: Shared) -> None:
    """Every kind of thing is signed under its own label."""
    key = SigningKey(os.urandom(32))
    lease = Lease(b"w", b"u", b"d", account.world.owner.author().chain, 1, 2)
    signed = sign_record(key, lease)
    with refused("bad_signature"):
        open_record(signed, Offer, key.public)
    with refused("bad_signature"):
        verify(key.public, "entry/account", signed.raw, signed.signature)


def test_22_one_header_has_one_spelling(account: Shared) -> None:
    """A number written longer than needed is another spelling, and refused though signed."""
    entry, owner = account.item(), account.world.owner.device
    assert entry.header[:2] == b"\x9c\x01"
    longer = entry.header[:1] + b"\xcc\x01" + entry.header[2:]
    with refused("not_canonical"):
        account.world.ledger.add(Entry(longer, entry.body, owner.sign.sign("entry/account", longer)))


def test_22_duplicate_keys_are_refused() -> None:
    """A map that names a key twice would be read differently by different parsers."""
    with refused("not_canonical"):
        decode(b"\x82\xa1a\x01\xa1a\x02", dict)


def test_22_an_act_of_one_kind_in_a_header_of_another(account: Shared) -> None:
    """Kind and act have to agree, so that one parser's account is not another's workspace."""
    act = WorkspaceSetRole(account.world.owner.id, "guest")
    with refused("act_of_another_kind"):
        account.world.ledger.add(bent(account.item(), account.world.owner.device, act=act))


def test_31_a_revoked_device_cites_the_chain_as_it_is(account: Shared) -> None:
    """It is not active there."""
    second = account.alice.add()
    account.alice.revoke(second)
    with refused("device_not_active"):
        account.world.ledger.add(authoring.item(account.alice.author(second), account.state, account.keys, {}))


def test_31_a_revoked_device_cites_the_chain_of_before(account: Shared) -> None:
    """Once anybody has cited the newer chain, the older one is over."""
    second = account.alice.add()
    old = account.alice.author(second)
    account.alice.revoke(second)
    account.world.ledger.add(account.item("the first entry after the revocation"))
    with refused("chain_runs_backwards"):
        account.world.ledger.add(authoring.item(old, account.state, account.keys, {}))


def test_31_a_revoked_device_gives_itself_a_seed(account: Shared) -> None:
    """It does not write the chain, be it the author of its own revocation."""
    entry, _ = authoring.revoke_device(
        account.alice.device, account.alice.state, account.alice.keys, account.alice.device.id
    )
    with refused("revokes_itself"):
        account.world.ledger.add(entry)


def test_32_a_removed_member_writes(account: Shared) -> None:
    """Their item is refused, and the next key is not for them."""
    account.share({account.alice.id: "owner", account.bob.id: "collaborator"})
    with refused("not_allowed"):
        account.world.ledger.add(account.item(by=account.carol))


def test_32_a_removed_member_removes_the_remover(account: Shared) -> None:
    """Their list was written on a view that is over."""
    entry, _ = authoring.members(
        account.carol.author(), account.state, account.keys, account.world.ledger, {account.carol.id: "owner"}
    )
    account.share({account.alice.id: "owner"})
    with refused("not_allowed"):
        account.world.ledger.add(entry)


def test_33_a_stale_writer_after_a_rotation(account: Shared) -> None:
    """What is sealed under a superseded key is sealed anew."""
    entry = account.item(by=account.carol)
    account.share({account.alice.id: "owner", account.bob.id: "collaborator", account.carol.id: "owner"})
    with refused("epoch_not_in_force"):
        account.world.ledger.add(entry)


def test_34_two_owners_change_members_at_once(account: Shared) -> None:
    """The second one looks again."""
    people = {account.alice.id: "owner", account.bob.id: "owner", account.carol.id: "owner"}
    entry, _ = authoring.members(account.carol.author(), account.state, account.keys, account.world.ledger, people)
    account.share({account.alice.id: "owner", account.carol.id: "owner"})
    with refused("stale"):
        account.world.ledger.add(entry)


def test_a_genesis_is_worth_nothing_with_another_signature(account: Shared) -> None:
    """The id says nothing of the signature, so that is checked, too."""
    forged = Entry(account.genesis.header, account.genesis.body, bytes(64))
    assert stream_id(forged) == account.id
    with refused("bad_signature"):
        accept(None, forged, account.world.ledger, expected=account.id)


def test_a_listed_person_is_named_by_their_id_alone(account: Shared) -> None:
    """No key travels with a name: there is nowhere to put another one."""
    assert Listed.__struct_fields__ == ("user", "role", "chain", "generation")
    assert UserGenesis.__struct_fields__ == ("device", "recovery", "seed", "nonce")
