"""Who is in a workspace and who may change it."""

from __future__ import annotations

import os
from itertools import product

import pytest
from msgspec.structs import replace

from cerby_tui import authoring
from cerby_wire import roles
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


@pytest.mark.parametrize("role", ROLES)
def test_everybody_ends_sessions_of_their_own(world: World, role: WorkspaceRole) -> None:
    """The very session they write from, and one that the workspace has not heard of; it writes nothing afterwards."""
    person = world.owner if role == "owner" else world.join(role)
    second = person.add()
    world.ledger.add(authoring.suspend(person.author(), person.id, second.id))
    world.ledger.add(authoring.suspend(person.author(), person.id, person.device.id))
    assert world.workspace.suspended(person.id, world.workspace.n) == (second.id, person.device.id)
    with refused("device_suspended"):
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
