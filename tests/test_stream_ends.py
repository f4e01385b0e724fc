"""An account that is deleted, restored, or handed over when its last Owner is gone."""

from __future__ import annotations

import pytest

from cerby_tui import authoring
from cerby_wire.entries import read_keys
from tests.people import Account, Person, World, bent, epoch_of, refused, rewrapped


@pytest.fixture
def world() -> World:
    """A workspace with its Owner."""
    return World()


@pytest.fixture
def account(world: World) -> Account:
    """An account of the Owner."""
    return Account(world)


def test_deleting_takes_the_inbox_from_collaborators(account: Account) -> None:
    """The list stays, the new key is for Owners; restoring gives it back to everybody."""
    person, world = account.world.join("user"), account.world
    account.share({world.owner.id: "owner", person.id: "collaborator"})
    account.add(authoring.delete(world.owner.author(), account.state, account.keys, world.ledger))
    assert account.state.deleted
    assert account.state.readers() == (world.owner.id,)
    assert set(account.state.members) == {world.owner.id, person.id}
    account.add(authoring.restore(world.owner.author(), account.state, account.keys, world.ledger))
    assert not account.state.deleted
    assert set(account.state.readers()) == {world.owner.id, person.id}


def test_a_deleted_account_is_neither_written_nor_given_a_number(account: Account) -> None:
    """Until it is restored; its number may go."""
    owner, ledger = account.world.owner, account.world.ledger
    ledger.add(account.number())
    account.add(authoring.delete(owner.author(), account.state, account.keys, ledger))
    with refused("deleted"):
        ledger.add(account.item())
    with refused("deleted"):
        account.add(authoring.delete(owner.author(), account.state, account.keys, ledger))
    ledger.add(authoring.unbind_number(owner.author(), account.state))
    with refused("deleted"):
        ledger.add(account.number())


def test_only_what_is_deleted_is_restored(account: Account) -> None:
    """Restoring what is there would be a rotation in disguise."""
    with refused("not_deleted"):
        account.add(authoring.restore(account.world.owner.author(), account.state, account.keys, account.world.ledger))


def test_deleting_and_restoring_leave_the_people_as_they_are(account: Account) -> None:
    """A change of people is an act of its own that everybody sees as one."""
    world, person = account.world, account.world.join("user")
    fewer = account.shared_with()
    account.share({world.owner.id: "owner", person.id: "collaborator"})
    entry, _ = authoring.delete(world.owner.author(), account.state, account.keys, world.ledger)
    with refused("another_list"):
        world.ledger.add(account.with_epoch(entry, members=epoch_of(fewer).members))
    account.add(authoring.delete(world.owner.author(), account.state, account.keys, world.ledger))
    entry, _ = authoring.restore(world.owner.author(), account.state, account.keys, world.ledger)
    with refused("another_list"):
        world.ledger.add(account.with_listed(entry, person.id, role="owner"))


def test_the_people_of_a_deleted_account_change_under_a_key_for_its_owners(account: Account) -> None:
    """A revoked device of an Owner is rotated out of a deleted account as out of any other."""
    person, world = account.world.join("user"), account.world
    account.share({world.owner.id: "owner", person.id: "collaborator"})
    account.add(authoring.delete(world.owner.author(), account.state, account.keys, world.ledger))
    world.owner.revoke(world.owner.add())
    entry = account.share({world.owner.id: "owner", person.id: "collaborator"})
    assert [wrapped.reader for wrapped in read_keys(entry).wraps] == [world.owner.id]


def _orphan(account: Account) -> tuple[Person, Person]:
    """Make the account one whose only Owner has left: the administrator who is to hand it over, and a Collaborator."""
    world = account.world
    leaver, colleague = world.join("user"), world.join("user")
    account.share({world.owner.id: "owner", leaver.id: "owner", colleague.id: "collaborator"})
    account.share({leaver.id: "owner", colleague.id: "collaborator"} | {world.owner.id: "collaborator"})
    everybody = {leaver.id: "owner", colleague.id: "collaborator"}
    entry, keys = authoring.members(leaver.author(), account.state, account.keys, world.ledger, everybody)
    account.add((entry, keys))
    world.ledger.add(authoring.remove(world.owner.author(), leaver.id))
    return leaver, colleague


def test_an_administrator_hands_over_an_orphan(account: Account) -> None:
    """A new Owner, the same Collaborators, and a key without the old one behind it."""
    _, colleague = _orphan(account)
    world, heir = account.world, account.world.join("user")
    people = {heir.id: "owner", colleague.id: "collaborator"}
    entry = account.add(authoring.adopt(world.owner.author(), account.state, world.ledger, people))
    assert account.state.owners() == (heir.id,)
    assert read_keys(entry).previous == b""
    world.ledger.add(account.item(by=heir))


def test_an_account_with_an_owner_is_not_handed_over(account: Account) -> None:
    """No administrator helps themselves to an account."""
    world = account.world
    admin = world.join("admin")
    with refused("owner_remains"):
        account.add(authoring.adopt(admin.author(), account.state, world.ledger, {admin.id: "owner"}))


def test_only_administrators_hand_over(account: Account) -> None:
    """A User does not, be they a Collaborator of it."""
    _, colleague = _orphan(account)
    with refused("not_allowed"):
        people = {colleague.id: "owner"}
        account.add(authoring.adopt(colleague.author(), account.state, account.world.ledger, people))


def test_handing_over_lets_nobody_else_in(account: Account) -> None:
    """One new Owner, and nobody who was not on the account before."""
    _, colleague = _orphan(account)
    world, heir = account.world, account.world.join("user")
    author, stranger = world.owner.author(), world.join("user")
    with refused("one_new_owner"):
        people = {heir.id: "owner", colleague.id: "owner"}
        account.add(authoring.adopt(author, account.state, world.ledger, people))
    author = world.owner.author()
    with refused("adopt_adds"):
        people = {heir.id: "owner", stranger.id: "collaborator"}
        account.add(authoring.adopt(author, account.state, world.ledger, people))


def test_handing_over_leaves_the_old_key_behind(account: Account) -> None:
    """An administrator has no old key to hand on; who claims to have one is refused."""
    _orphan(account)
    world, heir = account.world, account.world.join("user")
    entry, _ = authoring.adopt(world.owner.author(), account.state, world.ledger, {heir.id: "owner"})
    with refused("previous_key"):
        world.ledger.add(bent(entry, world.owner.device, body=rewrapped(entry, previous=bytes(112))))
