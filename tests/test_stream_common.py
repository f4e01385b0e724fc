"""The rules that are the same for every kind of stream: place, seen, author, signature (docs/protocol.md §3)."""

from __future__ import annotations

import os

import pytest

from cerby_tui import authoring
from cerby_tui.authoring import write
from cerby_wire.encoding import encode
from cerby_wire.entries import ENTRY_LIMIT, entry_hash, read_header, stream_id
from cerby_wire.errors import Behind, NewerVersion
from cerby_wire.headers import NO_MESSAGES, START, Entry, MessagePosition, PersonalItem, Position, WorkspaceChain
from cerby_wire.ledger import Ledger
from cerby_wire.state import decode_state, encode_state
from cerby_wire.stream import accept
from tests.people import Account, Person, Private, World, bent, flipped, fresh_device, refused


@pytest.fixture
def world() -> World:
    """A workspace with its Owner."""
    return World()


@pytest.fixture
def account(world: World) -> Account:
    """An account of the Owner."""
    return Account(world)


def test_ids_are_hashes_of_the_whole_genesis_header(world: World) -> None:
    """The same founder with the same keys cannot found a second history under an id."""
    again = bent(world.genesis, world.owner.device, act={"nonce": os.urandom(16)})
    assert stream_id(again) != world.id
    with refused("not_the_expected_stream"):
        accept(None, again, world.ledger, expected=world.id)


def test_accepting_leaves_the_state_before_untouched(account: Account) -> None:
    """States are values: what was held before an entry still describes the stream before it."""
    before = account.state
    raw = encode_state(before)
    account.world.ledger.add(account.item())
    assert encode_state(before) == raw


def test_states_survive_being_written_down(account: Account) -> None:
    """Every kind of state comes back as it was from its bytes."""
    Private(account.world)
    for state in account.world.ledger.states.values():
        assert decode_state(encode_state(state)) == state


def test_an_entry_over_the_limit_is_refused(account: Account) -> None:
    """Nobody has to take in more than 1 MiB for one entry."""
    entry = account.item()
    with refused("too_large"):
        account.world.ledger.add(bent(entry, account.world.owner.device, body=bytes(ENTRY_LIMIT)))


@pytest.mark.parametrize("version", [0, -1])
def test_an_older_version_is_refused(account: Account, version: int) -> None:
    """There is no older format to fall back to."""
    with refused("unknown_version"):
        account.world.ledger.add(bent(account.item(), account.world.owner.device, v=version))


def test_a_newer_version_stops_without_an_alarm(account: Account) -> None:
    """A properly signed entry of a newer version says so, and is not taken for a broken one."""
    with pytest.raises(NewerVersion):
        account.world.ledger.add(bent(account.item(), account.world.owner.device, v=2))


def test_a_newer_version_of_another_shape_stops_too(account: Account) -> None:
    """A newer header may have more fields than we know."""
    raw = encode([2, "account", b"", {"more": True}, ["account.item", 1]])
    with pytest.raises(NewerVersion):
        account.world.ledger.add(Entry(raw, b"", bytes(64)))


def test_an_unknown_act_stops_without_an_alarm(account: Account) -> None:
    """A newer program may know more acts; the stream goes on after an upgrade."""
    header = read_header(account.item())
    raw = encode([*(getattr(header, name) for name in header.__struct_fields__[:-1]), ["account.grant", 1]])
    with pytest.raises(NewerVersion):
        account.world.ledger.add(Entry(raw, b"", bytes(64)))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xc0",
        b"\x90",
        b"\x91\x01",
        b"\x92\x01\x90",
        b"\x92\xa1x\x90",
        b"\x92\xa1\xff\x90",
        b"\x91" * 5000,
        b"\xff" * 40,
    ],
)
def test_bytes_that_are_no_header_are_refused(world: World, raw: bytes) -> None:
    """Junk is malformed, not a newer version."""
    with refused("malformed"):
        world.ledger.add(Entry(raw, b"", bytes(64)))


def test_a_header_with_bytes_behind_it_is_refused(account: Account) -> None:
    """A header is exactly its fields."""
    entry = account.item()
    with refused("malformed"):
        account.world.ledger.add(Entry(entry.header + b"\0", entry.body, entry.signature))


def test_an_act_of_another_kind_is_refused(account: Account) -> None:
    """An account entry cannot carry what only a workspace entry may say."""
    with refused("act_of_another_kind"):
        account.world.ledger.add(bent(account.item(), account.world.owner.device, act=WorkspaceChain()))


def test_a_stream_begins_with_its_genesis(account: Account) -> None:
    """Nothing is accepted on nothing."""
    with refused("no_genesis"):
        accept(None, account.item(), account.world.ledger)


def test_a_second_genesis_is_refused(world: World) -> None:
    """A history begins once."""
    with refused("second_genesis"):
        accept(world.workspace, world.genesis, world.ledger)


def test_an_entry_of_another_stream_is_refused(account: Account) -> None:
    """An entry stays in the account it was signed for."""
    other = Account(account.world)
    with refused("another_stream"):
        accept(account.state, other.item(), account.world.ledger)


def test_a_genesis_names_no_stream(world: World) -> None:
    """The id follows from the header, so the header cannot contain it."""
    with refused("another_stream"):
        world.ledger.add(bent(Account(world).genesis, world.owner.device, stream=bytes(20)))


def test_an_entry_for_another_workspace_is_refused(account: Account) -> None:
    """An entry is bound to the workspace it was written in."""
    with refused("another_workspace"):
        account.world.ledger.add(bent(account.item(), account.world.owner.device, workspace=bytes(20)))


def test_a_persons_chain_belongs_to_no_workspace(world: World) -> None:
    """The field that a chain does not use stays empty."""
    with refused("another_workspace"):
        world.ledger.add(bent(world.owner.genesis, world.owner.device, workspace=world.id))


def test_a_workspace_entry_names_its_own_workspace(world: World) -> None:
    """In the workspace's own stream the workspace is the stream."""
    entry = authoring.policy(world.owner.author(), world.workspace.policy)
    with refused("another_workspace"):
        world.ledger.add(bent(entry, world.owner.device, workspace=b""))


def test_a_chain_has_no_author_but_its_person(world: World) -> None:
    """Nobody signs into somebody else's chain by naming themselves."""
    entry = authoring.add_device(world.owner.device, world.owner.state, world.owner.keys, fresh_device().public)
    with refused("another_author"):
        world.ledger.add(bent(entry, world.owner.device, author=bytes(20)))


def test_other_streams_have_a_person_as_author(account: Account) -> None:
    """An author is named by the id of their chain."""
    with refused("another_author"):
        account.world.ledger.add(bent(account.item(), account.world.owner.device, author=b""))


def test_fields_that_a_kind_does_not_use_stay_empty(world: World) -> None:
    """There is one way to write an entry, and no room for anything beside it."""
    owner, position = world.owner, Position(1, bytes(32))
    add = authoring.add_device(owner.device, owner.state, owner.keys, fresh_device().public)
    policy = authoring.policy(owner.author(), world.workspace.policy)
    for entry, field in (
        (add, {"chain": position}),
        (add, {"ws": position}),
        (policy, {"ws": position}),
        (policy, {"msgs": MessagePosition(b"g", 1, b"h")}),
        (Private(world).item(), {"ws": position}),
    ):
        with refused("unused_field"):
            world.ledger.add(bent(entry, owner.device, **field))


def test_an_author_who_saw_another_history_is_found_out(account: Account) -> None:
    """FORK: what the author had seen has to be a prefix of what is held here."""
    account.world.ledger.add(account.item())
    entry, owner = account.item("next"), account.world.owner.device
    seen = read_header(entry).seen
    for forged in (Position(seen.n, bytes(32)), Position(1, bytes(32)), Position(0, bytes(32)), Position(-1, b"")):
        with refused("fork"):
            account.world.ledger.add(bent(entry, owner, seen=forged))


def test_an_author_cannot_have_seen_what_comes_after(account: Account) -> None:
    """Dropping an entry in the middle shows as a position ahead of the place."""
    first, before = account.item("first"), account.state
    account.world.ledger.add(first)
    second = account.item("second")
    with refused("fork"):
        accept(before, second, account.world.ledger)


def test_an_honest_prefix_is_no_fork(account: Account) -> None:
    """Somebody who had not yet seen the newest item has seen a prefix."""
    bind = account.number()
    account.world.ledger.add(account.item())
    account.world.ledger.add(bind)
    assert account.state.number is not None


def test_the_workspace_an_author_saw_is_compared(account: Account) -> None:
    """Two histories of the workspace show in the next account entry."""
    owner = account.world.owner
    for forged in (Position(1, bytes(32)), Position(0, bytes(32)), Position(-1, bytes(32))):
        with refused("workspace_fork"):
            account.world.ledger.add(bent(account.item(), owner.device, ws=forged))


def test_a_workspace_position_ahead_of_ours_asks_for_more(account: Account) -> None:
    """We pull first, and judge then."""
    with pytest.raises(Behind) as caught:
        account.world.ledger.add(bent(account.item(), account.world.owner.device, ws=Position(9, bytes(32))))
    assert (caught.value.stream, caught.value.n) == (account.world.id, 9)


def test_without_a_workspace_nothing_of_it_is_judged(account: Account) -> None:
    """A client that holds no workspace yet is told which one to pull."""
    with pytest.raises(Behind) as caught:
        accept(None, account.genesis, Ledger())
    assert caught.value.stream == account.world.id


def test_a_message_that_was_shown_differently_is_found_out(account: Account) -> None:
    """The author's newest message is compared with ours where we hold it."""
    ledger, owner = account.world.ledger, account.world.owner
    ledger.message_heads[account.id, b"g", 1] = b"ours"
    with refused("message_fork"):
        ledger.add(authoring.item(owner.author(), account.state, account.keys, {}, MessagePosition(b"g", 1, b"x")))
    ledger.add(authoring.item(owner.author(), account.state, account.keys, {}, MessagePosition(b"g", 1, b"ours")))
    assert account.state.msgs == MessagePosition(b"g", 1, b"ours")


def test_a_cited_message_that_is_not_held_is_kept_for_later(account: Account) -> None:
    """What cannot be compared yet is remembered, and an older citation does not replace it."""
    owner, ledger = account.world.owner, account.world.ledger
    for index in (5, 7, 3):
        cited = MessagePosition(b"g", index, b"later")
        ledger.add(authoring.item(owner.author(), account.state, account.keys, {}, cited))
    assert account.state.msgs.index == 7
    ledger.add(account.item())
    assert account.state.msgs.index == 7


def test_two_authors_who_cite_different_messages_are_found_out(account: Account) -> None:
    """Even where the message itself is not held here."""
    owner, ledger = account.world.owner, account.world.ledger
    ledger.add(authoring.item(owner.author(), account.state, account.keys, {}, MessagePosition(b"g", 7, b"one")))
    with refused("message_fork"):
        ledger.add(authoring.item(owner.author(), account.state, account.keys, {}, MessagePosition(b"g", 7, b"two")))


def test_a_citation_of_a_new_generation_replaces_one_of_the_old(account: Account) -> None:
    """Indexes begin again after the service was restored."""
    owner, ledger = account.world.owner, account.world.ledger
    for cited in (MessagePosition(b"old", 7, b"h"), MessagePosition(b"new", 1, b"h")):
        ledger.add(authoring.item(owner.author(), account.state, account.keys, {}, cited))
    assert account.state.msgs.generation == b"new"


@pytest.mark.parametrize("cited", [MessagePosition(b"g", 0, b""), MessagePosition(b"", -1, b"")])
def test_citing_no_message_says_nothing_else(account: Account, cited: MessagePosition) -> None:
    """There is one way to say that no message was seen."""
    with refused("unused_field"):
        account.world.ledger.add(bent(account.item(), account.world.owner.device, msgs=cited))


def test_no_message_is_older_than_the_account(account: Account) -> None:
    """A genesis cites no message."""
    assert read_header(account.genesis).msgs == NO_MESSAGES
    with refused("unused_field"):
        cited = MessagePosition(b"g", 1, b"h")
        account.world.ledger.add(bent(account.genesis, account.world.owner.device, msgs=cited))


def test_an_author_whose_chain_is_not_held_is_asked_for(account: Account) -> None:
    """We learn who somebody is before we believe them."""
    stranger = Person(World())
    with pytest.raises(Behind) as caught:
        account.world.ledger.add(bent(account.item(), stranger.device, author=stranger.id))
    assert (caught.value.stream, caught.value.n) == (stranger.id, 1)


def test_a_chain_position_ahead_of_ours_asks_for_more(account: Account) -> None:
    """The author's devices may have changed since we looked."""
    owner = account.world.owner
    with pytest.raises(Behind) as caught:
        account.world.ledger.add(bent(account.item(), owner.device, chain=Position(5, bytes(32))))
    assert (caught.value.stream, caught.value.n) == (owner.id, 5)


def test_another_chain_of_the_author_is_found_out(account: Account) -> None:
    """The chain the author cites has to be the one we know, from its genesis on."""
    account.world.owner.add()
    for forged in (Position(2, bytes(32)), Position(1, bytes(32))):
        with refused("chain_fork"):
            account.world.ledger.add(bent(account.item(), account.world.owner.device, chain=forged))


def test_an_author_without_devices_is_nobody(world: World) -> None:
    """Before their genesis nobody has a device."""
    person = Person(world)
    key, invite = world.invite("user")
    entry = authoring.join(person.author(), key, invite, "user", bytes(32))
    with refused("chain_fork"):
        world.ledger.add(bent(entry, person.device, chain=START))


def test_a_device_of_somebody_else_is_refused(account: Account) -> None:
    """The device has to be one of the author's."""
    other = fresh_device()
    with refused("device_not_active"):
        account.world.ledger.add(bent(account.item(), other, device=other.id))


def test_the_recovery_device_writes_nothing_but_its_own_replacement(account: Account) -> None:
    """The paper key is no session: it writes to no account."""
    recovery = account.world.owner.recovery
    with refused("device_not_active"):
        account.world.ledger.add(bent(account.item(), recovery, device=recovery.id))


def test_a_signature_by_another_key_is_refused(account: Account) -> None:
    """The signature has to be of the device that the header names."""
    with refused("bad_signature"):
        account.world.ledger.add(bent(account.item(), fresh_device()))


def test_a_signature_for_another_kind_of_stream_is_refused(account: Account) -> None:
    """A signature made for one purpose is worth nothing for another."""
    owner, entry = account.world.owner.device, account.item()
    signature = owner.sign.sign("entry/workspace", entry.header)
    with refused("bad_signature"):
        account.world.ledger.add(Entry(entry.header, entry.body, signature))


def test_another_body_is_refused(account: Account) -> None:
    """The body is signed by its hash."""
    entry = account.item()
    with refused("another_body"):
        account.world.ledger.add(Entry(entry.header, flipped(entry.body, 9), entry.signature))


def test_acts_without_a_body_carry_none(world: World) -> None:
    """There is no hiding place beside an act that says everything in its header."""
    private = Private(world)
    for entry in (
        authoring.policy(world.owner.author(), world.workspace.policy),
        Account(world).number(),
        private.genesis,
    ):
        with refused("unused_body"):
            world.ledger.add(bent(entry, world.owner.device, body=b"x"))


def test_an_entry_hash_names_header_and_signature(account: Account) -> None:
    """Two signatures over one header are two entries."""
    entry = account.item()
    assert entry_hash(entry) != entry_hash(Entry(entry.header, entry.body, flipped(entry.signature, 0)))
    again = write(account.world.owner.device, read_header(entry), entry.body)
    assert entry_hash(again) == entry_hash(entry)


def test_an_entry_of_just_the_limit_is_read(account: Account) -> None:
    """1 MiB, header and body together."""
    entry = account.item()
    body = bytes(ENTRY_LIMIT - len(entry.header))
    assert read_header(Entry(entry.header, body, entry.signature)).kind == "account"


@pytest.mark.parametrize("fields", [[0, ["account.grant"]], [1, [5]], [1, []], [1, "x"], [-1, ["account.grant"]]])
def test_only_a_newer_program_is_taken_for_one(account: Account, fields: list[object]) -> None:
    """An older version, or an act without a name, is malformed."""
    with refused("malformed"):
        account.world.ledger.add(Entry(encode(fields), b"", bytes(64)))


def test_a_slot_act_in_an_account_is_refused(account: Account) -> None:
    """Kinds of stream are told apart by the header, and acts by their kind."""
    with refused("act_of_another_kind"):
        account.world.ledger.add(bent(account.item(), account.world.owner.device, act=PersonalItem(0, 1, b"", 1)))
