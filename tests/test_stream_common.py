"""Place and form, the same for every kind of stream: rule 1 (docs/protocol.md §3)."""

from __future__ import annotations

import os

import pytest

from cerby_tui import authoring
from cerby_wire.encoding import encode
from cerby_wire.entries import ENTRY_LIMIT, read_header, stream_id
from cerby_wire.errors import NewerVersion
from cerby_wire.headers import Entry, MessagePosition, PersonalItem, Position, WorkspaceChain
from cerby_wire.state import decode_state, encode_state
from cerby_wire.stream import accept
from tests.people import Account, Private, World, bent, fresh_device, refused


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
