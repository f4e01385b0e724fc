"""Who is in a workspace, who may change it, and how somebody comes in without an administrator being online."""

from __future__ import annotations

import os
from itertools import product

import pytest
from msgspec.structs import replace

from cerby_tui import authoring
from cerby_wire import roles
from cerby_wire.entries import entry_hash
from cerby_wire.errors import Refused
from cerby_wire.headers import Entry, Policy, WorkspaceRole
from tests.people import PROFILE, Person, World, bent, fresh_device, refused

ROLES: tuple[WorkspaceRole, ...] = ("owner", "super_admin", "admin", "user", "login_only", "guest")

GRANTS = {
    "owner": {"super_admin", "admin", "user", "login_only", "guest"},
    "super_admin": {"super_admin", "admin", "user", "login_only", "guest"},
    "admin": {"admin", "user", "login_only", "guest"},
    "user": {"guest"},
    "login_only": set(),
    "guest": set(),
}


@pytest.fixture
def world() -> World:
    """A workspace with its Owner."""
    return World()


def _taken(world: World, entry: Entry) -> bool:
    """Whether an entry would be accepted; the rule it breaks otherwise has to be about permission."""
    try:
        world.ledger.add(entry)
    except Refused as error:
        assert error.rule == "not_allowed"
        return False
    return True


def test_the_founder_is_the_one_owner(world: World) -> None:
    """A workspace begins with its founder in the Owner's seat."""
    assert world.workspace.members(1) == {world.owner.id: "owner"}
    assert world.workspace.chain_at(world.owner.id, 1).n == 1


def test_an_invitee_joins_by_their_own_device(world: World) -> None:
    """The invite's key signs for the person, and everybody can check it."""
    person = world.join("admin")
    assert world.workspace.role_at(person.id, world.workspace.n) == "admin"
    assert world.workspace.role_at(person.id, 1) is None
    assert world.workspace.invites == {}


@pytest.mark.parametrize(("author", "role"), product(ROLES[1:], ROLES))
def test_the_matrix_of_grants(world: World, author: WorkspaceRole, role: WorkspaceRole) -> None:
    """Nobody grants a role above their own; Guests and Login-Only people grant none; nobody grants the Owner's seat."""
    policy = replace(world.workspace.policy, inviters="user")
    world.ledger.add(authoring.policy(world.owner.author(), policy))
    person = world.join(author)
    entry = authoring.invite(person.author(), authoring.invite_key(os.urandom(16)), role, PROFILE)
    assert _taken(world, entry) == (role in GRANTS[author])


@pytest.mark.parametrize(("author", "target"), product(ROLES[1:], ROLES))
def test_the_matrix_of_removals(world: World, author: WorkspaceRole, target: WorkspaceRole) -> None:
    """An administrator touches nobody above; the Owner is touched by nobody."""
    person = world.join(author)
    other = world.owner if target == "owner" else world.join(target)
    entry = authoring.remove(person.author(), other.id)
    allowed = author in roles.ADMINISTRATORS and target in GRANTS[author]
    assert _taken(world, entry) == allowed


@pytest.mark.parametrize(("author", "target"), product(ROLES[1:], ROLES[1:]))
def test_the_matrix_of_demotions(world: World, author: WorkspaceRole, target: WorkspaceRole) -> None:
    """Changing somebody's role takes power over what they are."""
    person, other = world.join(author), world.join(target)
    role: WorkspaceRole = "guest" if target != "guest" else "login_only"
    allowed = author in roles.ADMINISTRATORS and target in GRANTS[author]
    assert _taken(world, authoring.role(person.author(), other.id, role)) == allowed


@pytest.mark.parametrize(("author", "target"), product(ROLES[1:], ROLES))
def test_the_matrix_of_suspensions(world: World, author: WorkspaceRole, target: WorkspaceRole) -> None:
    """An order against a session takes the same power as a removal."""
    person = world.join(author)
    other = world.owner if target == "owner" else world.join(target)
    allowed = author in roles.ADMINISTRATORS and target in GRANTS[author]
    assert _taken(world, authoring.suspend(person.author(), other.id, other.device.id)) == allowed


def test_the_owner_may_do_all_but_give_the_seat_away(world: World) -> None:
    """The seat moves by `transfer` only."""
    person = world.join("super_admin")
    assert not _taken(world, authoring.role(world.owner.author(), person.id, "owner"))
    assert not _taken(world, authoring.role(world.owner.author(), world.owner.id, "admin"))
    assert _taken(world, authoring.role(world.owner.author(), person.id, "admin"))


def test_no_role_above_ones_own(world: World) -> None:
    """An Admin does not make a Super Admin of anybody, themselves included."""
    admin, user = world.join("admin"), world.join("user")
    assert not _taken(world, authoring.role(admin.author(), user.id, "super_admin"))
    assert not _taken(world, authoring.role(admin.author(), admin.id, "super_admin"))
    assert _taken(world, authoring.role(admin.author(), user.id, "admin"))


def test_the_seat_is_handed_over(world: World) -> None:
    """There is exactly one Owner, before and after."""
    heir = world.join("admin")
    world.ledger.add(authoring.transfer(world.owner.author(), heir.id))
    members = world.workspace.members(world.workspace.n)
    assert members == {heir.id: "owner", world.owner.id: "super_admin"}


@pytest.mark.parametrize("role", ["login_only", "guest"])
def test_the_seat_does_not_go_to_just_anybody(world: World, role: WorkspaceRole) -> None:
    """Guests, Login-Only people, strangers and the Owner themselves are no heirs."""
    for heir in (world.join(role).id, Person(world).id, world.owner.id):
        with refused("cannot_be_owner"):
            world.ledger.add(authoring.transfer(world.owner.author(), heir))


def test_only_the_owner_hands_over_the_seat(world: World) -> None:
    """A Super Admin does not take it."""
    person = world.join("super_admin")
    with refused("not_allowed"):
        world.ledger.add(authoring.transfer(person.author(), person.id))


def test_a_member_may_leave_but_the_owner_may_not(world: World) -> None:
    """Leaving needs nobody's leave; a workspace is never without its Owner."""
    person = world.join("guest")
    world.ledger.add(authoring.remove(person.author(), person.id))
    assert world.workspace.role_at(person.id, world.workspace.n) is None
    with refused("not_allowed"):
        world.ledger.add(authoring.remove(world.owner.author(), world.owner.id))


def test_whoever_left_writes_no_more(world: World) -> None:
    """A person who was removed has no say, and removing them twice is nothing."""
    person = world.join("admin")
    world.ledger.add(authoring.remove(world.owner.author(), person.id))
    with refused("not_allowed"):
        world.ledger.add(authoring.policy(person.author(), world.workspace.policy))
    with refused("not_allowed"):
        world.ledger.add(authoring.remove(world.owner.author(), person.id))


def test_a_stranger_writes_nothing(world: World) -> None:
    """Not even a `chain`, which any member may write."""
    stranger = Person(world)
    with refused("not_allowed"):
        world.ledger.add(authoring.chain(stranger.author()))


def test_whoever_was_removed_can_be_invited_again(world: World) -> None:
    """A person keeps their id; the history of their roles shows the gap."""
    person = world.join("user")
    world.ledger.add(authoring.remove(world.owner.author(), person.id))
    gap = world.workspace.n
    world.join("guest", person)
    roles_held = [world.workspace.role_at(person.id, n) for n in (gap - 1, gap, world.workspace.n)]
    assert roles_held == ["user", None, "guest"]


def test_every_entry_has_seen_all_before_it(world: World) -> None:
    """Two administrators change people at once: the second one looks again."""
    first = authoring.invite(world.owner.author(), authoring.invite_key(b"a" * 16), "user", PROFILE)
    second = authoring.invite(world.owner.author(), authoring.invite_key(b"b" * 16), "user", PROFILE)
    world.ledger.add(first)
    with refused("stale"):
        world.ledger.add(second)


@pytest.mark.parametrize("offline", [1, 90 * 86400])
def test_a_policy_may_go_to_its_bounds(world: World, offline: int) -> None:
    """A second, and ninety days."""
    world.ledger.add(authoring.policy(world.owner.author(), Policy(offline_allowance=offline)))
    assert world.workspace.policy.offline_allowance == offline


def test_what_is_known_does_not_make_the_state_grow(world: World) -> None:
    """A chain is written down once, however often it is cited."""
    for seconds in (60, 70, 80):
        world.ledger.add(authoring.policy(world.owner.author(), Policy(idle_lock=seconds)))
    assert len(world.workspace.people[world.owner.id].chains) == 1


def test_nobody_has_no_powers() -> None:
    """Somebody who is not a member grants, changes and invites nothing."""
    assert not roles.may_grant(None, "guest")
    assert not roles.may_change(None, "guest")
    assert not roles.may_change("owner", None)
    assert not roles.may_invite(None, "guest", Policy())


def test_only_administrators_change_the_policy(world: World) -> None:
    """A User does not loosen the rules for everybody."""
    user, admin = world.join("user"), world.join("admin")
    with refused("not_allowed"):
        world.ledger.add(authoring.policy(user.author(), world.workspace.policy))
    world.ledger.add(authoring.policy(admin.author(), Policy(idle_lock=60)))
    assert world.workspace.policy.idle_lock == 60


@pytest.mark.parametrize(
    "change",
    [
        {"offline_allowance": 0},
        {"offline_allowance": 91 * 86400},
        {"idle_lock": 0},
        {"clipboard": 0},
        {"retention": -1},
        {"inviters": "guest"},
        {"inviters": "login_only"},
    ],
)
def test_a_policy_that_undoes_itself_is_refused(world: World, change: dict[str, object]) -> None:
    """Clients follow a policy blindly, so what makes no sense is never accepted, from the genesis on."""
    policy = replace(world.workspace.policy, **change)
    with refused("bad_policy"):
        world.ledger.add(authoring.policy(world.owner.author(), policy))
    with refused("bad_policy"):
        world.ledger.add(authoring.workspace_genesis(replace(world.owner.author(), workspace=b""), PROFILE, policy))


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


def test_a_profile_is_cited_by_a_hash(world: World) -> None:
    """No name and no address finds its way into the stream."""
    owner, person = world.owner, Person(world)
    invite = authoring.invite(owner.author(), authoring.invite_key(os.urandom(16)), "user", PROFILE)
    for entry in (world.genesis, invite):
        with refused("bad_profile"):
            world.ledger.add(bent(entry, owner.device, act={"profile": b"Ada"}))
    key, opened = world.invite("user")
    with refused("bad_profile"):
        world.ledger.add(authoring.join(person.author(), key, opened, "user", b"Ada"))


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


def test_a_role_that_is_held_already_is_nothing_new(world: World) -> None:
    """An act that changes nothing is a mistake or a replay."""
    person = world.join("user")
    with refused("nothing_changes"):
        world.ledger.add(authoring.role(world.owner.author(), person.id, "user"))


def test_a_change_of_devices_is_made_known(world: World) -> None:
    """A `chain` entry raises the position at which a person is judged."""
    person = world.join("guest")
    person.revoke(person.add())
    before = world.workspace.n
    world.ledger.add(authoring.chain(person.author()))
    assert world.workspace.chain_at(person.id, before).n == 1
    assert world.workspace.chain_at(person.id, before + 1).n == 3
    with refused("nothing_changes"):
        world.ledger.add(authoring.chain(person.author()))


def test_any_act_makes_a_newer_chain_known(world: World) -> None:
    """Not only `chain` entries: whatever a device writes cites its chain."""
    world.owner.add()
    world.ledger.add(authoring.policy(world.owner.author(), Policy(idle_lock=60)))
    assert world.workspace.chain_at(world.owner.id, world.workspace.n).n == 2


def test_a_revoked_device_cannot_cite_the_past(world: World) -> None:
    """Once the workspace knows of the revocation, the chain before it is not accepted."""
    second = world.owner.add()
    old = world.owner.author(second)
    world.owner.revoke(second)
    world.ledger.add(authoring.chain(world.owner.author()))
    entry = authoring.policy(replace(old, ws=world.owner.author().ws), Policy(idle_lock=60))
    with refused("chain_runs_backwards"):
        world.ledger.add(entry)


def test_a_suspended_session_writes_nothing(world: World) -> None:
    """The person goes on at their other devices."""
    person = world.join("admin")
    second = person.add()
    world.ledger.add(authoring.chain(person.author()))
    world.ledger.add(authoring.suspend(world.owner.author(), person.id, second.id))
    assert world.workspace.suspended(person.id, world.workspace.n) == (second.id,)
    assert world.workspace.suspended(person.id, world.workspace.n - 1) == ()
    with refused("device_suspended"):
        world.ledger.add(authoring.policy(person.author(second), Policy(idle_lock=60)))
    world.ledger.add(authoring.policy(person.author(), Policy(idle_lock=60)))


def test_an_order_is_against_a_session_that_is_there(world: World) -> None:
    """Not against a stranger's device, one that is gone, the paper key, or one under an order already."""
    person = world.join("user")
    second = person.add()
    person.revoke(second)
    world.ledger.add(authoring.chain(person.author()))
    for device in (fresh_device().id, second.id, person.recovery.id):
        with refused("no_such_device"):
            world.ledger.add(authoring.suspend(world.owner.author(), person.id, device))
    world.ledger.add(authoring.suspend(world.owner.author(), person.id, person.device.id))
    with refused("nothing_changes"):
        world.ledger.add(authoring.suspend(world.owner.author(), person.id, person.device.id))


def test_the_invite_is_named_by_its_entry(world: World) -> None:
    """What the invitee cites is the hash of what the inviter signed."""
    entry = authoring.invite(world.owner.author(), authoring.invite_key(os.urandom(16)), "user", PROFILE)
    world.ledger.add(entry)
    invite = world.workspace.invites[entry_hash(entry)]
    assert (invite.inviter, invite.role, invite.n) == (world.owner.id, "user", world.workspace.n)
