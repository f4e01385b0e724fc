"""An account: who writes to it, from where, versions of the card, its number."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cerby_tui import authoring
from cerby_wire.entries import read_header
from cerby_wire.errors import Refused, Stale
from cerby_wire.headers import WorkspaceRole
from cerby_wire.hindsight import shut_out_since
from cerby_wire.records import as_bytes
from tests.people import Account, World, bent, refused, rewrapped


@pytest.fixture
def world() -> World:
    """A workspace with its Owner."""
    return World()


@pytest.fixture
def account(world: World) -> Account:
    """An account of the Owner."""
    return Account(world)


def test_an_account_begins_with_its_author_as_owner(account: Account) -> None:
    """One entry brings people and key."""
    assert account.state.owners() == (account.world.owner.id,)
    assert (account.state.epoch, account.state.commit) == (1, account.keys.commit)
    assert account.state.inbox == account.keys.inbox.public


@pytest.mark.parametrize("role", ["login_only", "guest"])
def test_guests_begin_no_account(world: World, role: WorkspaceRole) -> None:
    """Owning takes the workspace role of a User at least."""
    person = world.join(role)
    entry, _ = authoring.account_genesis(world.owner.author(), world.ledger)
    author = person.author()
    with refused("not_allowed"):
        world.ledger.add(bent(entry, person.device, author=author.user, chain=author.chain, device=author.device.id))


def test_whoever_begins_an_account_owns_it(world: World) -> None:
    """Nobody founds an account in somebody else's name."""
    person = world.join("user")
    entry, _ = authoring.account_genesis(world.owner.author(), world.ledger, {person.id: "owner"})
    with refused("author_not_listed"):
        world.ledger.add(entry)
    entry, _ = authoring.account_genesis(
        world.owner.author(), world.ledger, {person.id: "owner", world.owner.id: "collaborator"}
    )
    with refused("author_not_listed"):
        world.ledger.add(entry)


def test_a_genesis_carries_a_nonce(account: Account) -> None:
    """So that it is the only one of its kind."""
    with refused("bad_nonce"):
        account.world.ledger.add(bent(account.genesis, account.world.owner.device, act={"nonce": b""}))


def test_a_genesis_has_no_key_before_it(account: Account) -> None:
    """There is nothing to hand on yet."""
    body = rewrapped(account.genesis, previous=bytes(112))
    with refused("previous_key"):
        account.world.ledger.add(bent(account.genesis, account.world.owner.device, body=body))


def test_only_owners_write(account: Account) -> None:
    """A Collaborator reads; neither they nor a member who is not listed write anything."""
    person, other = account.world.join("admin"), account.world.join("super_admin")
    account.share({account.world.owner.id: "owner", person.id: "collaborator"})
    for author in (person, other):
        with refused("not_allowed"):
            account.world.ledger.add(account.item(by=author))


def test_an_owner_needs_the_workspace_role_still(account: Account) -> None:
    """Somebody demoted below User, or removed, writes no more."""
    person, world = account.world.join("user"), account.world
    account.share({world.owner.id: "owner", person.id: "owner"})
    world.ledger.add(account.item(by=person))
    world.ledger.add(authoring.role(world.owner.author(), person.id, "login_only"))
    with refused("not_allowed"):
        world.ledger.add(account.item(by=person))
    world.ledger.add(authoring.remove(world.owner.author(), person.id))
    with refused("not_allowed"):
        world.ledger.add(account.item(by=person))


def test_people_are_judged_at_the_position_cited(account: Account) -> None:
    """What was written before a removal, and before its author could know of it, stands; hindsight says so."""
    person, world = account.world.join("user"), account.world
    account.share({world.owner.id: "owner", person.id: "owner"})
    entry = account.item(by=person)
    assert shut_out_since(read_header(entry), world.ledger) == ""
    world.ledger.add(authoring.remove(world.owner.author(), person.id))
    world.ledger.add(entry)
    assert shut_out_since(read_header(entry), world.ledger) == "not_allowed"


def test_the_workspace_does_not_run_backwards(account: Account) -> None:
    """Once somebody has cited the removal, nobody cites the workspace of before it."""
    person, world = account.world.join("user"), account.world
    account.share({world.owner.id: "owner", person.id: "owner"})
    old = person.author()
    world.ledger.add(authoring.remove(world.owner.author(), person.id))
    world.ledger.add(account.item())
    with refused("workspace_runs_backwards"):
        world.ledger.add(authoring.item(old, account.state, account.keys, {}))


def test_a_suspended_session_writes_to_no_account(account: Account) -> None:
    """An administrator's order holds in every account, from the position on at which it stands."""
    person, world = account.world.join("user"), account.world
    account.share({world.owner.id: "owner", person.id: "owner"})
    before = account.item(by=person)
    world.ledger.add(authoring.suspend(world.owner.author(), person.id, person.device.id))
    with refused("device_suspended"):
        world.ledger.add(account.item(by=person))
    world.ledger.add(before)
    assert shut_out_since(read_header(before), world.ledger) == "device_suspended"


def test_the_chain_an_account_has_seen_does_not_run_backwards(account: Account) -> None:
    """The first entry after a revocation bars the revoked device, though the workspace does not know yet."""
    owner, ledger = account.world.owner, account.world.ledger
    second = owner.add()
    old = owner.author(second)
    owner.revoke(second)
    ledger.add(account.item())
    with refused("chain_runs_backwards"):
        ledger.add(authoring.item(old, account.state, account.keys, {}))


def test_the_chain_the_workspace_knows_does_not_run_backwards(account: Account) -> None:
    """A `chain` entry in the workspace bars the revoked device in every account that cites it."""
    owner, ledger = account.world.owner, account.world.ledger
    second = owner.add()
    old = owner.author(second)
    owner.revoke(second)
    ledger.add(authoring.chain(owner.author()))
    stale = replace(old, ws=owner.author().ws)
    with refused("chain_runs_backwards"):
        ledger.add(authoring.item(stale, account.state, account.keys, {}))


def test_hindsight_names_a_session_that_is_gone(account: Account) -> None:
    """An entry of a device that was revoked since is told apart."""
    owner = account.world.owner
    second = owner.add()
    entry = authoring.item(owner.author(second), account.state, account.keys, {})
    owner.revoke(second)
    assert shut_out_since(read_header(entry), account.world.ledger) == "device_not_active"
    assert shut_out_since(read_header(entry), World().ledger) == ""
    without = account.world.ledger.copy()
    del without.states[account.world.id]
    assert shut_out_since(read_header(entry), without) == ""


def test_two_owners_change_people_at_once(account: Account) -> None:
    """The second one writes on what the first one made of it."""
    first, second = account.shared_with(), account.shared_with()
    account.world.ledger.add(first)
    with pytest.raises(Stale) as caught:
        account.world.ledger.add(second)
    assert caught.value.rule == "stale"


def test_number_and_people_do_not_pass_each_other(account: Account) -> None:
    """Everything but items is written with everything but items seen."""
    bind = account.number()
    account.world.ledger.add(account.shared_with())
    with refused("stale"):
        account.world.ledger.add(bind)


def test_items_follow_each_other(account: Account) -> None:
    """A replay, a gap and another version before it are refused as late."""
    first = account.item()
    account.world.ledger.add(first)
    owner = account.world.owner.device
    for entry in (
        first,
        bent(account.item(), owner, act={"version": 3}),
        bent(account.item(), owner, act={"previous": b""}),
    ):
        with pytest.raises(Stale) as caught:
            account.world.ledger.add(entry)
        assert caught.value.rule == "version_conflict"
    assert (account.state.item_version, account.state.item_author) == (1, account.world.owner.id)


def test_an_item_is_sealed_under_the_key_in_force(account: Account) -> None:
    """After a rotation the writer seals anew."""
    entry = account.item()
    account.share({account.world.owner.id: "owner"})
    with pytest.raises(Stale) as caught:
        account.world.ledger.add(entry)
    assert caught.value.rule == "epoch_not_in_force"


def test_an_item_has_a_body(account: Account) -> None:
    """There is no empty version; deleting is an act of its own."""
    with refused("empty_body"):
        account.world.ledger.add(bent(account.item(), account.world.owner.device, body=b""))


def test_a_number_is_bound_by_the_service_s_word(account: Account) -> None:
    """And unbound by the Owner alone."""
    account.world.ledger.add(account.number())
    assert account.state.number == (b"number-1", "+15555550100")
    account.world.ledger.add(authoring.unbind_number(account.world.owner.author(), account.state))
    assert account.state.number is None


def test_a_number_without_the_service_s_word_is_refused(account: Account) -> None:
    """Nobody makes up a number, and nobody signs for the service."""
    owner = account.world.owner.device
    entry = account.number()
    other = World().number(account.id)
    for record in (b"", as_bytes(replace(other, raw=b"\x90"))):
        with pytest.raises(Refused) as caught:
            account.world.ledger.add(bent(entry, owner, act={"record": record}))
        assert caught.value.rule in ("malformed", "bad_signature")
    with refused("bad_signature"):
        account.world.ledger.add(bent(entry, owner, act={"record": as_bytes(other)}))


def test_the_service_s_word_is_for_this_account_and_number(account: Account) -> None:
    """A number committed for another account, or another number, is not bound here."""
    owner, world = account.world.owner.device, account.world
    entry, other = account.number(), Account(account.world)
    stranger = replace(world.number(account.id))
    with refused("another_account"):
        world.ledger.add(bent(entry, owner, act={"record": as_bytes(world.number(other.id))}))
    for changes in ({"number": b"number-2"}, {"e164": "+15555550199"}):
        with refused("another_number"):
            world.ledger.add(bent(entry, owner, act=changes | {"record": as_bytes(stranger)}))


def test_one_number_at_a_time(account: Account) -> None:
    """A second number takes unbinding the first; what is not bound cannot be unbound."""
    owner = account.world.owner
    account.world.ledger.add(account.number())
    with refused("number_bound"):
        account.world.ledger.add(account.number())
    unbind = authoring.unbind_number(owner.author(), account.state)
    with refused("another_number"):
        account.world.ledger.add(bent(unbind, owner.device, act={"e164": "+15555550199"}))
    with refused("unused_field"):
        account.world.ledger.add(bent(unbind, owner.device, act={"record": b"x"}))
