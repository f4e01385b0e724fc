"""How somebody comes into a workspace without an administrator being online, and how an invite ends."""

from __future__ import annotations

import os

import pytest

from cerby_tui import authoring
from cerby_wire.entries import entry_hash
from cerby_wire.headers import Policy
from tests.people import PROFILE, Person, World, bent, refused


@pytest.fixture
def world() -> World:
    """A workspace with its Owner."""
    return World()


def test_an_invitee_joins_by_their_own_device(world: World) -> None:
    """The invite's key signs for the person, and everybody can check it."""
    person = world.join("admin")
    assert world.workspace.role_at(person.id, world.workspace.n) == "admin"
    assert world.workspace.role_at(person.id, 1) is None
    assert world.workspace.invites == {}


def test_whoever_was_removed_can_be_invited_again(world: World) -> None:
    """A person keeps their id; the history of their roles shows the gap."""
    person = world.join("user")
    world.ledger.add(authoring.remove(world.owner.author(), person.id))
    gap = world.workspace.n
    world.join("guest", person)
    roles_held = [world.workspace.role_at(person.id, n) for n in (gap - 1, gap, world.workspace.n)]
    assert roles_held == ["user", None, "guest"]


def test_the_policy_says_who_invites(world: World) -> None:
    """By default administrators do; a User may only where the policy lets them."""
    user = world.join("user")
    invite = authoring.invite(user.author(), authoring.invite_key(os.urandom(16)), "guest", PROFILE)
    with refused("not_allowed"):
        world.ledger.add(invite)


def test_genesis_and_invite_carry_nonces(world: World) -> None:
    """So that each is the only one of its kind."""
    owner = world.owner.device
    invite = authoring.invite(world.owner.author(), authoring.invite_key(os.urandom(16)), "user", PROFILE)
    for entry in (world.genesis, invite):
        with refused("bad_nonce"):
            world.ledger.add(bent(entry, owner, act={"nonce": b""}))


def test_an_invite_key_is_a_key(world: World) -> None:
    """A malformed key would make an invite that nobody can use."""
    entry = authoring.invite(world.owner.author(), authoring.invite_key(os.urandom(16)), "user", PROFILE)
    with refused("bad_signing_key"):
        world.ledger.add(bent(entry, world.owner.device, act={"key": b"short"}))


def test_two_open_invites_have_two_keys(world: World) -> None:
    """One secret opens one invite."""
    key, _ = world.invite("user")
    with refused("invite_key_repeated"):
        world.ledger.add(authoring.invite(world.owner.author(), key, "admin", PROFILE))


def test_an_invite_is_withdrawn(world: World) -> None:
    """Afterwards nobody comes in by it."""
    person = Person(world)
    key, invite = world.invite("user")
    world.ledger.add(authoring.uninvite(world.owner.author(), invite))
    with refused("invite_not_open"):
        world.ledger.add(authoring.join(person.author(), key, invite, "user", PROFILE))
    with refused("invite_not_open"):
        world.ledger.add(authoring.uninvite(world.owner.author(), invite))


def test_who_may_withdraw_an_invite(world: World) -> None:
    """Its writer may, whatever has become of them, and administrators who could have written it."""
    admin, other, user = world.join("admin"), world.join("admin"), world.join("user")
    _, above = world.invite("super_admin")
    _, below = world.invite("user", by=admin)
    for author, invite in ((admin, above), (user, below)):
        with refused("not_allowed"):
            world.ledger.add(authoring.uninvite(author.author(), invite))
    world.ledger.add(authoring.uninvite(other.author(), below))
    _, own = world.invite("user", by=admin)
    world.ledger.add(authoring.role(world.owner.author(), admin.id, "user"))
    world.ledger.add(authoring.uninvite(admin.author(), own))
    assert list(world.workspace.invites) == [above]


def test_a_user_does_not_withdraw_an_invite_of_others(world: World) -> None:
    """That a User may invite Guests gives no power over invites of others."""
    world.ledger.add(authoring.policy(world.owner.author(), Policy(inviters="user")))
    user = world.join("user")
    _, invite = world.invite("guest")
    with refused("not_allowed"):
        world.ledger.add(authoring.uninvite(user.author(), invite))


def test_an_invite_is_good_for_once(world: World) -> None:
    """A second person does not come in by the same string."""
    key, invite = world.invite("user")
    first, second = Person(world), Person(world)
    world.ledger.add(authoring.join(first.author(), key, invite, "user", PROFILE))
    with refused("invite_not_open"):
        world.ledger.add(authoring.join(second.author(), key, invite, "user", PROFILE))


def test_nobody_joins_twice(world: World) -> None:
    """A member does not change their role by an invite."""
    person = world.join("guest")
    key, invite = world.invite("admin")
    with refused("already_a_member"):
        world.ledger.add(authoring.join(person.author(), key, invite, "admin", PROFILE))


def test_nobody_joins_into_another_role(world: World) -> None:
    """The invite says the role."""
    person = Person(world)
    key, invite = world.invite("guest")
    with refused("another_role"):
        world.ledger.add(authoring.join(person.author(), key, invite, "admin", PROFILE))


def test_without_the_secret_nobody_joins(world: World) -> None:
    """Whoever only saw the invite in the stream, the service included, cannot use it."""
    person = Person(world)
    _, invite = world.invite("user")
    key = authoring.invite_key(os.urandom(16))
    with refused("bad_signature"):
        world.ledger.add(authoring.join(person.author(), key, invite, "user", PROFILE))


def test_a_proof_is_for_one_person_with_these_devices(world: World) -> None:
    """A proof taken from one join is worth nothing in another."""
    person, thief = Person(world), Person(world)
    key, invite = world.invite("user")
    honest = authoring.join(person.author(), key, invite, "user", PROFILE)
    stolen = bent(honest, thief.device, author=thief.id, chain=thief.author().chain, device=thief.device.id)
    with refused("bad_signature"):
        world.ledger.add(stolen)


def test_an_inviter_who_may_no_longer_lets_nobody_in(world: World) -> None:
    """The inviter is judged where the invitee joins."""
    admin, person = world.join("admin"), Person(world)
    key, invite = world.invite("user", by=admin)
    world.ledger.add(authoring.role(world.owner.author(), admin.id, "user"))
    with refused("inviter_may_no_longer"):
        world.ledger.add(authoring.join(person.author(), key, invite, "user", PROFILE))
    world.ledger.add(authoring.remove(world.owner.author(), admin.id))
    with refused("inviter_may_no_longer"):
        world.ledger.add(authoring.join(person.author(), key, invite, "user", PROFILE))


def test_the_invite_is_named_by_its_entry(world: World) -> None:
    """What the invitee cites is the hash of what the inviter signed."""
    entry = authoring.invite(world.owner.author(), authoring.invite_key(os.urandom(16)), "user", PROFILE)
    world.ledger.add(entry)
    invite = world.workspace.invites[entry_hash(entry)]
    assert (invite.inviter, invite.role, invite.n) == (world.owner.id, "user", world.workspace.n)
