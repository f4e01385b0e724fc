"""Made-up people, sessions and roles, shown to a real client over a real socket.

Numbers are the rows of the threat model (docs/threat-model.md). Who somebody is comes from signed streams alone: the
service can leave people out, and cannot put any in.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from cerby_tui import authoring
from cerby_tui.errors import RefusedError, UsageError
from cerby_tui.keys import DeviceKeys, new_seed
from cerby_tui.session import Session
from cerby_wire.entries import entry_hash, read_header
from cerby_wire.headers import Entry, Policy
from cerby_wire.ledger import Ledger
from cerby_wire.primitives import SigningKey
from cerby_wire.state import AccountState
from tests.fakes import FrozenClock
from tests.hostile.scene import Scene, alarm, make_scene, said
from tests.people import bent
from tests.rig import ServiceRig

ADA, BOB, CLEO = 0, 1, 2
Forge = Callable[[Scene], Entry]


@pytest.fixture
async def scene(rig: ServiceRig, tmp_path: Path) -> AsyncIterator[Scene]:
    """Ada, the Owner; Bob, an Admin; Cleo, a User."""
    made = await make_scene(rig, tmp_path, devices=2)
    await made.look()
    yield made
    await made.close()


async def held(scene: Scene) -> bytes:
    """An account that Ada had before the service turned."""
    return await scene.account_of(ADA, label="Mail")


def readable(session: Session, account: bytes) -> bool:
    """Whether what was there before is readable still."""
    return session.account(account).item.notes == "held before"


def outsider() -> DeviceKeys:
    """A device of the service's own."""
    return DeviceKeys(new_seed())


def forged_join(scene: Scene) -> list[Entry]:
    """The service answers an invite in the invited person's place, without its secret."""
    invite = authoring.invite(scene.author(ADA), authoring.invite_key(os.urandom(16)), "user", bytes(32))
    scene.ledger.add(invite)
    device = outsider()
    genesis, _keys = authoring.user_genesis(device, outsider().public)
    user = scene.ledger.add(genesis).stream
    scene.outsiders.append(user)
    author = authoring.Author.of(device, user, scene.ledger)
    return [invite, authoring.join(author, SigningKey(os.urandom(32)), entry_hash(invite), "user", bytes(32))]


def orphaned_join(scene: Scene) -> list[Entry]:
    """Somebody comes in by an invite whose author has been removed meanwhile."""
    key = authoring.invite_key(os.urandom(16))
    invite = authoring.invite(scene.author(BOB), key, "user", bytes(32))
    scene.ledger.add(invite)
    gone = authoring.remove(scene.author(ADA), scene.crowd[BOB].user)
    scene.ledger.add(gone)
    device = outsider()
    genesis, _keys = authoring.user_genesis(device, outsider().public)
    user = scene.ledger.add(genesis).stream
    scene.outsiders.append(user)
    author = authoring.Author.of(device, user, scene.ledger)
    return [invite, gone, authoring.join(author, key, entry_hash(invite), "user", bytes(32))]


def used_invite(scene: Scene) -> list[Entry]:
    """A second person comes in by an invite that was used."""
    key = authoring.invite_key(os.urandom(16))
    invite = authoring.invite(scene.author(ADA), key, "user", bytes(32))
    scene.ledger.add(invite)
    made = [invite]
    for _ in range(2):
        device = outsider()
        user = scene.ledger.add(authoring.user_genesis(device, outsider().public)[0]).stream
        scene.outsiders.append(user)
        author = authoring.Author.of(device, user, scene.ledger)
        made.append(authoring.join(author, key, entry_hash(invite), "user", bytes(32)))
        if len(made) == 2:
            scene.ledger.add(made[-1])
    return made


def raised_role(scene: Scene) -> list[Entry]:
    """Bob, an Admin, makes himself a Super Admin."""
    return [authoring.role(scene.author(BOB), scene.crowd[BOB].user, "super_admin")]


def user_removes_owner(scene: Scene) -> list[Entry]:
    """Cleo, a User, removes the Owner."""
    return [authoring.remove(scene.author(CLEO), scene.crowd[ADA].user)]


def policy_by_user(scene: Scene) -> list[Entry]:
    """Cleo, a User, lengthens the time that a session may be out of contact."""
    return [authoring.policy(scene.author(CLEO), Policy(offline_allowance=90 * 86400))]


def policy_for_ever(scene: Scene) -> list[Entry]:
    """A policy beyond what any policy may say."""
    return [authoring.policy(scene.author(ADA), Policy(offline_allowance=3650 * 86400))]


def role_signed_by_service(scene: Scene) -> list[Entry]:
    """The service signs in the Owner's name."""
    return [bent(authoring.role(scene.author(ADA), scene.crowd[CLEO].user, "admin"), outsider())]


def founded_again(scene: Scene) -> list[Entry]:
    """The workspace begins once more."""
    return [authoring.workspace_genesis(scene.author(ADA), bytes(32))]


WORKSPACE: dict[str, tuple[str, Callable[[Scene], list[Entry]]]] = {
    "01 the service joins in somebody's place": ("bad_signature", forged_join),
    "01 an invite is used twice": ("invite_not_open", used_invite),
    "03 the service signs in the Owner's name": ("bad_signature", role_signed_by_service),
    "04 an Admin rises": ("not_allowed", raised_role),
    "04 a User removes the Owner": ("not_allowed", user_removes_owner),
    "04 a User changes the policy": ("not_allowed", policy_by_user),
    "04 a policy without bounds": ("bad_policy", policy_for_ever),
    "an invite whose author is gone": ("inviter_may_no_longer", orphaned_join),
    "a second genesis": ("second_genesis", founded_again),
}


@pytest.mark.parametrize(("rule", "forge"), WORKSPACE.values(), ids=WORKSPACE.keys())
async def test_forged_workspace(scene: Scene, rule: str, forge: Callable[[Scene], list[Entry]]) -> None:
    """A forged act ends the workspace there: nobody gets in or up by it, and accounts stay readable."""
    account = await held(scene)
    before = scene.entries(scene.crowd.workspace)
    session, layer = scene.open(ADA)
    await session.sync_now()
    people = {one.user: one.role for one in session.people.members()}
    layer.shows("workspace", scene.crowd.workspace, [*before, *forge(scene)])
    for one in scene.outsiders:
        layer.shows("user", one, scene.entries(one))
    await session.sync_now()
    assert alarm(session, scene.crowd.workspace) == rule
    assert "the people and roles of your workspace" in said(session)
    assert readable(session, account)
    last = {one.user: one.role for one in session.people.members() if one.status == "active"}
    assert scene.outsiders == [] or scene.outsiders[-1] not in last
    assert all(last[user] == role for user, role in people.items() if user in last)


def swapped_device(scene: Scene) -> Entry:
    """A device of the service's adds itself."""
    bob, mallory = scene.crowd[BOB], outsider()
    state = scene.ledger.user(bob.user)
    assert state
    return authoring.add_device(mallory, state, bob.seed, mallory.public)


def device_in_bobs_name(scene: Scene) -> Entry:
    """A device of the service's is added in Bob's name."""
    bob, mallory = scene.crowd[BOB], outsider()
    state = scene.ledger.user(bob.user)
    assert state
    return bent(authoring.add_device(bob.keys[0], state, bob.seed, mallory.public), mallory)


def recovery_adds_quietly(scene: Scene) -> Entry:
    """A thief with Bob's kit adds a device without replacing the kit."""
    bob, thief = scene.crowd[BOB], outsider()
    state = scene.ledger.user(bob.user)
    assert state
    return authoring.add_device(DeviceKeys.from_recovery(bob.recovery_secret), state, bob.seed, thief.public)


def person_begins_again(scene: Scene) -> Entry:
    """Bob's chain begins once more, with other keys."""
    return authoring.user_genesis(outsider(), outsider().public)[0]


CHAINS: dict[str, tuple[str, Forge]] = {
    "02 keys are swapped later": ("device_not_active", swapped_device),
    "03 a session is added in somebody's name": ("bad_signature", device_in_bobs_name),
    "35 a kit is used quietly": ("recovery_alone", recovery_adds_quietly),
    "a second genesis": ("second_genesis", person_begins_again),
}


@pytest.mark.parametrize(("rule", "forge"), CHAINS.values(), ids=CHAINS.keys())
async def test_forged_chain(scene: Scene, rule: str, forge: Forge) -> None:
    """Somebody's keys change only by an entry that one of their own sessions signed."""
    account = await held(scene)
    bob = scene.crowd[BOB].user
    session, layer = scene.open(ADA)
    layer.shows("user", bob, [*scene.entries(bob), forge(scene)])
    await session.sync_now()
    assert alarm(session, bob) == rule
    assert "the trusted sessions of Bob Example" in said(session)
    assert readable(session, account)
    state = session._ground.around().user(bob)
    assert state and state.n == len(scene.entries(bob))


async def test_01_another_key_at_sharing(scene: Scene, tmp_path: Path) -> None:
    """Asked for the keys of somebody new, the service answers with its own: nothing is ever shared with them.

    The person is named by the hash of their genesis, and that name came through the invite.
    """
    account = await held(scene)
    dan = await scene.arrive("Dan", "user", tmp_path, FrozenClock())
    session, layer = scene.open(ADA)
    genesis, _keys = authoring.user_genesis(outsider(), outsider().public)
    layer.shows("user", dan.user, [genesis])
    await session.sync_now()
    assert alarm(session, dan.user) == "not_the_expected_stream"
    assert "the trusted sessions of" in said(session)
    with pytest.raises((UsageError, RefusedError)):
        await session.sharing.share(account, dan.user, "collaborator")
    state = session._ground.around().state(account)
    assert isinstance(state, AccountState) and list(state.members) == [scene.crowd[ADA].user]
    assert readable(session, account)


async def test_10_withdrawn_revocation(scene: Scene) -> None:
    """A service that takes back a revocation that was seen is found out by what is held."""
    account = await held(scene)
    bob = scene.crowd[BOB]
    state = scene.ledger.user(bob.user)
    assert state
    revoked, _seed = authoring.revoke_device(bob.keys[0], state, bob.seed, bob.keys[1].id)
    await scene.push(BOB, bob.user, revoked)
    session, layer = scene.open(ADA)
    await session.sync_now()
    layer.shows("user", bob.user, scene.entries(bob.user)[:-1])
    await session.sync_now()
    assert alarm(session, bob.user) == "rolled_back"
    assert "the trusted sessions of Bob Example" in said(session)
    assert readable(session, account)
    known = session._ground.around().user(bob.user)
    assert known and not known.device_active(bob.keys[1].id, known.n)


async def test_12_revocation_left_out(scene: Scene) -> None:
    """A chain that goes on without its revocation does not hang together."""
    account = await held(scene)
    bob = scene.crowd[BOB]
    state = scene.ledger.user(bob.user)
    assert state
    revoked, seed = authoring.revoke_device(bob.keys[0], state, bob.seed, bob.keys[1].id)
    ledger = Ledger(scene.crowd.service.public)
    for entry in (*scene.entries(bob.user), revoked):
        ledger.add(entry)
    after = ledger.user(bob.user)
    assert after
    later = authoring.add_device(bob.keys[0], after, seed, outsider().public)
    session, layer = scene.open(ADA)
    layer.shows("user", bob.user, [*scene.entries(bob.user), later])
    await session.sync_now()
    assert alarm(session, bob.user) == "fork"
    assert "the trusted sessions of Bob Example" in said(session)
    assert readable(session, account)


async def test_11_two_workspaces_are_shown(scene: Scene) -> None:
    """Two people who are shown two workspaces find out by the first thing that one writes for the other."""
    account = await scene.account_of(ADA, CLEO, label="Mail")
    await scene.act(who=CLEO)
    await scene.look()
    ours = authoring.policy(scene.author(ADA), Policy(idle_lock=60))
    session, layer = scene.open(CLEO)
    layer.shows("workspace", scene.crowd.workspace, [*scene.entries(scene.crowd.workspace), ours])
    await session.sync_now()
    theirs = scene.ledger.copy()
    theirs.add(authoring.policy(scene.author(ADA), Policy(idle_lock=120)))
    scene.ledger = theirs
    layer.shows("account", account, [*scene.entries(account), scene.item(account, ADA)])
    await session.sync_now()
    assert alarm(session, account) == "workspace_fork"
    assert "the account “Mail”" in said(session)
    assert readable(session, account)


async def test_device_of_one_is_not_a_device_of_another(scene: Scene) -> None:
    """An entry in Ada's name by Bob's genuine device is refused."""
    account = await scene.account_of(ADA, CLEO, label="Mail")
    await scene.act(who=CLEO)
    await scene.look()
    entry = scene.item(account, ADA)
    bob = scene.crowd[BOB].keys[0]
    session, layer = scene.open(CLEO)
    layer.shows("account", account, [*scene.entries(account), bent(entry, bob, device=bob.id)])
    assert read_header(entry).author == scene.crowd[ADA].user
    await session.sync_now()
    assert alarm(session, account) == "device_not_active"
    assert readable(session, account)
