"""What clients see to by themselves after somebody or a session has gone: chains, settings, keys of accounts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from msgspec.structs import replace

from cerby_tui import authoring
from cerby_tui.authoring import Author
from cerby_tui.errors import SessionRemoved
from cerby_tui.session import Session
from cerby_tui.sharing import RESTS
from cerby_tui.values import CardFilter, Changed, Item
from cerby_wire.headers import Entry
from cerby_wire.shapes import PushEntry
from cerby_wire.state import AccountState, UserState, WorkspaceState
from tests.crowd import Crowd, Somebody, everybody, gather
from tests.devices import QUICK, until
from tests.fakes import FrozenClock
from tests.rig import ServiceRig

ALL = CardFilter()


@pytest.fixture
async def crowd(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> Crowd:
    """Ada, Bob and Cleo, each with two devices."""
    return await gather(rig, tmp_path, clock, devices=2)


Open = Callable[..., Session]


@pytest.fixture
async def opened(crowd: Crowd) -> AsyncIterator[Open]:
    """Opens sessions, and closes them in the end."""
    async with AsyncExitStack() as stack:

        def open_one(person: int, device: int = 0, **given: object) -> Session:
            session = crowd[person].open(device, **given)
            stack.push_async_callback(session.close)
            return session

        yield open_one


def held(session: Session, account: bytes) -> AccountState:
    """An account as a session holds it."""
    state = session._ground.around().state(account)
    assert isinstance(state, AccountState)
    return state


def chain(session: Session, user: bytes) -> UserState:
    """Somebody's chain as a session holds it."""
    state = session._ground.around().user(user)
    assert state is not None
    return state


def workspace(session: Session) -> WorkspaceState:
    """The workspace as a session holds it."""
    state = session._ground.around().workspace()
    assert state is not None
    return state


async def write(session: Session, stream: bytes, make: Callable[[Author], Entry]) -> None:
    """Have an entry of a session's person accepted, as another part of the program would write it."""
    online = await session._ground.online()
    ground = session._ground
    entry = make(Author.of(ground.device, ground.identity.user, ground.around()))
    (answer,) = await ground.run(online.api.push([PushEntry(stream, entry)]))
    assert answer.status == "accepted", answer
    await session.sync_now()


async def revoke(session: Session, gone: bytes) -> None:
    """Somebody removes one of their own sessions."""
    me = chain(session, session._ground.identity.user)
    seed = session._ground.writing.opener.user_keys(me.generation_at(me.n).generation)
    assert seed
    await write(session, me.stream, lambda author: authoring.revoke_device(author.device, me, seed, gone)[0])


async def suspend(session: Session, user: bytes, device: bytes) -> None:
    """An administrator suspends a session."""
    await write(session, workspace(session).stream, lambda author: authoring.suspend(author, user, device))


async def shared(
    session: Session, *people: Somebody, role: str = "collaborator", reader: Somebody | None = None
) -> bytes:
    """An account with these people on it; `reader` as a Collaborator in any case."""
    account = await session.add_account(Item("Shop", password="s3cret"))
    for one in people:
        await session.sharing.share(account, one.user, role)  # type: ignore[arg-type]
    if reader:
        await session.sharing.share(account, reader.user, "collaborator")
    await session.sync_now()
    return account


async def test_removed_session_is_rotated_out(crowd: Crowd, opened: Open) -> None:
    """After somebody removed a session, workspace, settings and the accounts of others follow, and it is said."""
    ada, bob = opened(0), opened(1)
    account = await shared(ada, crowd[1])
    told: list[Changed] = []
    ada.subscribe(told.append)
    await bob.sync_now()
    await revoke(bob, crowd[1].keys[1].id)
    await everybody(ada, bob)
    me = chain(bob, crowd[1].user)
    assert workspace(ada).chain_at(crowd[1].user, workspace(ada).n).n == me.n
    personal = bob._ground.around().state(crowd[1].personal)
    assert getattr(personal, "generation", 0) == 2
    assert held(ada, account).members[crowd[1].user].generation == 2
    assert bob.account(account).item.password == "s3cret"
    news = [one.sentence for changed in told for one in changed.news]
    assert news == ["The key of an account was renewed: a session of Bob Example was removed."]
    with pytest.raises(SessionRemoved):
        await opened(1, 1).sync_now()


async def test_nothing_is_renewed_twice(crowd: Crowd, opened: Open) -> None:
    """Where everything is in order nobody writes anything, however often they look."""
    ada, bob = opened(0), opened(1)
    account = await shared(ada, crowd[1], role="owner")
    await everybody(ada, bob, ada, bob)
    before = held(ada, account), workspace(ada).n, chain(ada, crowd[1].user).n
    await everybody(ada, bob)
    assert (held(ada, account), workspace(ada).n, chain(ada, crowd[1].user).n) == before


async def test_suspended_person_rests_and_returns(crowd: Crowd, opened: Open) -> None:
    """A suspended session shuts its person out of keys until their other session has removed it; then they return."""
    ada, bob = opened(0), opened(1)
    account = await shared(ada, crowd[1], role="owner")
    await bob.sync_now()
    await suspend(ada, crowd[1].user, crowd[1].keys[1].id)
    await ada.sync_now()
    assert crowd[1].user not in held(ada, account).members
    await bob.sync_now()
    assert not chain(bob, crowd[1].user).device_active(crowd[1].keys[1].id, chain(bob, crowd[1].user).n)
    await everybody(ada, bob)
    assert held(ada, account).members[crowd[1].user].role == "owner"
    assert bob.account(account).item.password == "s3cret"


async def test_person_removed_is_rotated_out(crowd: Crowd, opened: Open) -> None:
    """Whoever left the workspace is on no list any more once another Owner was online."""
    ada, cleo = opened(0), opened(2)
    account = await shared(ada, crowd[1], crowd[2], role="owner")
    await cleo.sync_now()
    await ada.people.remove(crowd[1].user, {})
    await cleo.sync_now()
    assert set(held(cleo, account).members) == {crowd[0].user, crowd[2].user}


async def test_two_owners_renew_at_once(crowd: Crowd, opened: Open) -> None:
    """Two Owners who are live find the same stale account: it is renewed once, and both can read on."""
    ada, bob, cleo = opened(0), opened(1), opened(2)
    accounts = [await shared(ada, crowd[1], role="owner", reader=crowd[2]) for _ in range(5)]
    for session in (ada, bob):
        session.start()
        await until(session, lambda session=session: session.status().state == "live" and len(session.cards(ALL)) == 5)  # type: ignore[misc]
    await cleo.sync_now()
    epochs = {account: held(ada, account).epoch for account in accounts}
    await revoke(cleo, crowd[2].keys[1].id)

    def renewed(session: Session) -> bool:
        return all(held(session, one).members[crowd[2].user].generation == 2 for one in accounts)

    await asyncio.gather(until(ada, lambda: renewed(ada)), until(bob, lambda: renewed(bob)))
    await everybody(ada, bob, cleo)
    assert {account: held(bob, account).epoch for account in accounts} == {one: n + 1 for one, n in epochs.items()}
    for session in (ada, bob, cleo):
        assert {session.account(account).item.password for account in accounts} == {"s3cret"}


async def test_live_owner_follows_a_small_event(crowd: Crowd, opened: Open) -> None:
    """An Owner who is live renews a key as soon as they are rung that somebody may own accounts no more."""
    patient = replace(QUICK, silence=60.0)  # no connection is made anew meanwhile, which a whole round would follow
    ada, bob, cleo = opened(0), opened(1, times=patient), opened(2)
    account = await shared(bob, crowd[2], role="owner")
    await cleo.sync_now()
    bob.start()
    await until(bob, lambda: bob.status().state == "live")
    await bob.edit_account(account, {"notes": "sent"})
    await until(bob, lambda: not bob.waiting())  # the first round is over: what follows is by events alone
    await ada.people.set_role(crowd[2].user, "login_only")
    await until(bob, lambda: held(bob, account).members[crowd[2].user].role == "collaborator")
    await cleo.sync_now()
    assert cleo.card(account).role == "collaborator"


async def test_person_taken_off_while_resting_stays_off(crowd: Crowd, opened: Open) -> None:
    """Whoever is off for a suspended session can be taken off for good: they do not come back by themselves."""
    ada, bob = opened(0), opened(1)
    account = await shared(ada, crowd[1])
    await bob.sync_now()
    await suspend(ada, crowd[1].user, crowd[1].keys[1].id)
    await ada.sync_now()
    assert [(one.name, one.stale) for one in ada.sharing.members(account)] == [
        ("Ada Example", ""),
        ("Bob Example", RESTS),
    ]
    await ada.sharing.remove(account, crowd[1].user)
    await everybody(ada, bob, ada, bob)
    assert set(held(ada, account).members) == {crowd[0].user}
    await ada.sharing.share(account, crowd[1].user, "collaborator")
    await everybody(ada, bob)
    assert bob.account(account).item.password == "s3cret"


async def test_own_change_of_people_waits_for_the_own_chain(crowd: Crowd, opened: Open) -> None:
    """An Owner with a suspended session can still share and delete: it is sent once their chain is in order."""
    ada, bob, cleo = opened(0), opened(1), opened(2)
    first, second = await shared(bob), await shared(bob)
    await bob.sharing.share(first, crowd[2].user, "owner")
    await bob.delete_account(second)
    await suspend(ada, crowd[1].user, crowd[1].keys[1].id)
    await everybody(bob, cleo)
    assert bob.waiting() == []
    assert cleo.account(first).item.password == "s3cret" and bob.card(second).deleted


async def test_owners_who_sync_at_the_same_moment(crowd: Crowd, opened: Open) -> None:
    """Without any patience between them, two Owners renew each key once: whoever comes late finds it done."""
    ada, bob, cleo = opened(0), opened(1), opened(2)
    accounts = [await shared(ada, crowd[1], role="owner", reader=crowd[2]) for _ in range(4)]
    await everybody(bob, cleo)
    epochs = {account: held(ada, account).epoch for account in accounts}
    await revoke(cleo, crowd[2].keys[1].id)
    told: list[Changed] = []
    for session in (ada, bob):
        session.subscribe(told.append)
    await asyncio.gather(ada.sync_now(), bob.sync_now())
    await everybody(ada, bob, cleo)
    assert {account: held(bob, account).epoch for account in accounts} == {one: n + 1 for one, n in epochs.items()}
    assert any(changed.news for changed in told)
    assert ada.status().state != "alarm" != bob.status().state
