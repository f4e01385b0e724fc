"""Roles, the Owner's seat and the policy: what may be given to whom, what stands afterwards, and what it changes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from cerby_tui.errors import LeaseOver, OfflineError, RefusedError
from cerby_tui.lease import check_lease, read_session_file
from cerby_tui.session import Session
from cerby_wire.headers import Policy
from tests.crowd import Crowd, gather
from tests.fakes import FrozenClock
from tests.faults import BadNetwork
from tests.rig import ServiceRig, service_rig

HOUR = 3_600


@pytest.fixture
async def crowd(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> Crowd:
    """One person of each role, in the order of the ladder."""
    return await gather(rig, tmp_path, clock, ("owner", "super_admin", "admin", "user", "login_only", "guest"))


async def test_roles_that_may_be_given(crowd: Crowd, sessions: list[Session]) -> None:
    """Nobody gives a role above their own, changes somebody above themselves, or changes themselves."""
    owner, super_admin, admin, user, login_only, _guest = sessions
    assert owner.people.assignable(crowd[1].user) == ("super_admin", "admin", "user", "login_only")
    assert super_admin.people.assignable(crowd[0].user) == ()
    assert admin.people.assignable(crowd[3].user) == ("admin", "user", "login_only")
    assert admin.people.assignable(crowd[1].user) == () == admin.people.assignable(crowd[2].user)
    assert user.people.assignable(crowd[4].user) == () == login_only.people.assignable(crowd[5].user)


async def test_role_is_changed_and_refused(crowd: Crowd, sessions: list[Session]) -> None:
    """A role stands for everybody once it is given; what the guard rails forbid is refused with the reason."""
    _owner, super_admin, admin, user, *_rest = sessions
    await super_admin.people.set_role(crowd[3].user, "admin")
    await user.sync_now()
    assert user.people.me().role == "admin"
    await super_admin.people.set_role(crowd[3].user, "admin")
    for act in (admin.people.set_role(crowd[1].user, "user"), admin.people.remove(crowd[0].user, {})):
        with pytest.raises(RefusedError) as caught:
            await act
        assert (caught.value.code, caught.value.safe) == ("not_allowed", "Nothing was changed.")
        assert caught.value.sentence.startswith("You may not")


async def test_seat_is_handed_over(crowd: Crowd, sessions: list[Session]) -> None:
    """The Owner's seat goes to a User or above, by its Owner alone; the old Owner is a Super Admin then."""
    owner, super_admin, _admin, user, *_rest = sessions
    with pytest.raises(RefusedError):
        await super_admin.people.transfer(crowd[3].user)
    with pytest.raises(RefusedError):
        await owner.people.transfer(crowd[4].user)
    with pytest.raises(RefusedError):
        await owner.people.remove(crowd[0].user, {})
    await owner.people.transfer(crowd[3].user)
    await user.sync_now()
    roles = {one.name: one.role for one in user.people.members()}
    assert (roles["Dan Example"], roles["Ada Example"]) == ("owner", "super_admin")


async def test_two_administrators_at_once(crowd: Crowd, sessions: list[Session]) -> None:
    """Two acts on the workspace at the same moment both stand, one after the other."""
    owner, super_admin, _admin, _user, *_rest = sessions
    await asyncio.gather(
        owner.people.set_role(crowd[3].user, "login_only"), super_admin.people.set_role(crowd[4].user, "user")
    )
    await owner.sync_now()
    roles = {one.name: one.role for one in owner.people.members()}
    assert (roles["Dan Example"], roles["Eve Example"]) == ("login_only", "user")


async def test_members_offline(crowd: Crowd) -> None:
    """Everybody is listed without a network; an act on the workspace says that it needs one."""
    network = BadNetwork()
    session = crowd[0].open(transport=network)
    assert len(session.people.members()) == 6
    network.faults = ["refused"] * 9
    with pytest.raises(OfflineError):
        await session.people.set_role(crowd[3].user, "admin")
    await session.close()


async def test_shorter_allowance_is_kept_by_leases(tmp_path: Path, clock: FrozenClock) -> None:
    """Once the workspace allows an hour without contact, a session that was out of contact for longer stays locked."""
    with service_rig(tmp_path, clock=clock.now) as rig:
        crowd = await gather(rig, tmp_path, clock, ("owner", "user"), policy=Policy())
        ada, bob = crowd[0].open(), crowd[1].open()
        await ada.people.set_policy(replace(ada.people.policy(), offline_allowance=HOUR))
        await bob.sync_now()
        device = crowd[1].devices[0]
        facts = read_session_file(device.home.session_file, device.keys.mac_key)
        check_lease(facts, device.keys.id, clock.now() + (HOUR - 1) * 1000)
        with pytest.raises(LeaseOver):
            check_lease(facts, device.keys.id, clock.now() + (HOUR + 1) * 1000)
        await ada.close()
        await bob.close()
