"""What somebody who left may still know: who is listed, for which accounts, how risky, and what was done about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cerby_tui.errors import RefusedError, SessionRemoved, UsageError
from cerby_tui.leavers import CANNOT
from cerby_tui.session import Session
from cerby_tui.team_values import Leaver
from cerby_tui.values import Item
from tests.crowd import Crowd, everybody, gather
from tests.fakes import FrozenClock
from tests.rig import ServiceRig


@pytest.fixture
async def crowd(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> Crowd:
    """Ada, who founded the workspace, Bob and Cleo with two sessions each."""
    return await gather(rig, tmp_path, clock, devices=2)


async def shared(crowd: Crowd, sessions: list[Session], label: str = "Shop", role: str = "collaborator") -> bytes:
    """An account of Ada's with Bob on it."""
    ada, bob, _cleo = sessions
    account = await ada.add_account(Item(label, password="swordfish"))
    await ada.sharing.share(account, crowd[1].user, role)  # type: ignore[arg-type]
    await everybody(ada, bob)
    return account


def told(session: Session) -> list[tuple[str, str, str, int]]:
    """Name, kind, by whom and how much is open, of everybody who left."""
    return [(one.name, one.kind, one.by, one.open) for one in session.leavers.all()]


def only(session: Session) -> Leaver:
    """The one who left."""
    (one,) = session.leavers.all()
    return one


async def test_nobody_has_left(crowd: Crowd, sessions: list[Session]) -> None:
    """As long as everybody on an account may read it, there is nothing to do."""
    await shared(crowd, sessions)
    assert told(sessions[0]) == []


async def test_somebody_taken_off_an_account_is_listed(crowd: Crowd, sessions: list[Session]) -> None:
    """With who took them off, for its Owners only."""
    ada, bob, cleo = sessions
    account = await shared(crowd, sessions)
    await ada.sharing.remove(account, crowd[1].user)
    await everybody(ada, bob, cleo)

    assert told(ada) == [("Bob Example", "account", "Ada Example", 1)]
    assert told(bob) == told(cleo) == []


async def test_risk_follows_what_they_did(crowd: Crowd, sessions: list[Session], clock: FrozenClock) -> None:
    """Copied a secret, opened something, or could have: the riskiest first."""
    ada, bob, _cleo = sessions
    accounts = [await shared(crowd, sessions, label) for label in ("Could", "Opened", "Secret")]
    bob.activity.note("viewed", accounts[1], "message")
    bob.activity.note("copied", accounts[1], "code")
    bob.activity.note("copied", accounts[2], "password")
    bob.activity.note("viewed", accounts[2], "account")
    await bob.sync_now()
    await ada.people.remove(crowd[1].user, {})
    await everybody(ada)

    leaver = only(ada)
    assert (leaver.name, leaver.kind, leaver.by, leaver.open) == ("Bob Example", "person", "Ada Example", 3)
    assert leaver.at == clock.now()
    assert [(one.label, one.risk, one.what) for one in await ada.leavers.held(leaver.key)] == [
        ("Secret", 3, "Copied: password. Looked at: account."),
        ("Opened", 2, "Copied: code. Looked at: message."),
        ("Could", 1, "Had the key and could have opened it."),
    ]


async def test_without_the_service_the_vault_is_asked(crowd: Crowd, sessions: list[Session]) -> None:
    """Who left and what they had the key of is known offline; what they opened is not."""
    ada, _bob, _cleo = sessions
    account = await shared(crowd, sessions)
    await ada.sharing.remove(account, crowd[1].user)
    await everybody(ada)
    offline = crowd[0].open(origin="http://127.0.0.1:1")
    (held,) = await offline.leavers.held(only(ada).key)
    await offline.close()

    assert (held.risk, held.what) == (1, "Had the key. What was opened is known to the service only.")


async def test_a_removed_session_is_listed_and_only_its_own_traces_count(crowd: Crowd, sessions: list[Session]) -> None:
    """The person is still there: what they did at another session is not what the removed one knows."""
    ada, bob, _cleo = sessions
    account = await shared(crowd, sessions)
    bob.activity.note("copied", account, "password")
    await bob.sync_now()
    await bob.devices.remove(crowd[1].keys[1].id)
    await everybody(bob, ada)

    leaver = only(ada)
    assert leaver.name == f"Session {crowd[1].keys[1].id[:2].hex().upper()} of Bob Example"
    assert (leaver.kind, leaver.by) == ("session", "Bob Example")
    assert [one.risk for one in await ada.leavers.held(leaver.key)] == [1]


async def test_a_session_that_was_gone_before_knows_nothing(crowd: Crowd, sessions: list[Session]) -> None:
    """An account that was shared after the session was removed is not on its list."""
    ada, bob, _cleo = sessions
    await bob.devices.remove(crowd[1].keys[1].id)
    await everybody(bob, ada)
    await shared(crowd, sessions)

    assert told(ada) == []


async def test_what_a_session_did_offline_is_told_when_it_learns_of_its_end(
    crowd: Crowd, sessions: list[Session]
) -> None:
    """It hands in what it had copied before its vault is destroyed: once, and nobody else can do that for it."""
    ada, bob, _cleo = sessions
    account = await shared(crowd, sessions)
    lost = crowd[1].open(1)
    await lost.sync_now()
    lost.activity.note("copied", account, "password")
    await bob.devices.remove(crowd[1].keys[1].id)
    await everybody(bob, ada)
    key = only(ada).key
    assert [one.risk for one in await ada.leavers.held(key)] == [1]
    with pytest.raises(SessionRemoved):
        await lost.sync_now()
    await lost.close()

    assert [one.risk for one in await ada.leavers.held(key)] == [3]
    assert "follow from one another" in await ada.activity.verify()


async def test_ones_own_removed_session_is_listed(crowd: Crowd, sessions: list[Session]) -> None:
    """A lost laptop had the keys of everything its person had."""
    ada = sessions[0]
    await ada.add_account(Item("Shop"))
    await ada.sync_now()
    await ada.devices.remove(crowd[0].keys[1].id)
    await everybody(ada)

    assert told(ada) == [(f"Your session {crowd[0].keys[1].id[:2].hex().upper()}", "session", "Ada Example", 1)]


async def test_ticks_are_shared_among_owners(crowd: Crowd, sessions: list[Session], clock: FrozenClock) -> None:
    """Two Owners tick at the same time, offline, for different leavers: both ticks stay; one can be taken back."""
    ada, bob, cleo = sessions
    account = await shared(crowd, sessions, role="owner")
    await ada.sharing.share(account, crowd[2].user, "collaborator")
    await everybody(ada, bob, cleo)
    await ada.sharing.remove(account, crowd[2].user)
    await everybody(ada, bob)
    await bob.devices.remove(crowd[1].keys[1].id)
    await everybody(bob, ada)
    first, second = sorted(ada.leavers.all(), key=lambda one: one.kind)
    await ada.leavers.tick(first.key, account, changed=True)
    await bob.leavers.tick(second.key, account, changed=True)
    await everybody(ada, bob)

    assert [one.open for one in ada.leavers.all()] == [one.open for one in bob.leavers.all()] == [0, 0]
    assert [one.changed_at for one in await bob.leavers.held(first.key)] == [clock.now()]
    await bob.leavers.tick(first.key, account, changed=False)
    await everybody(bob, ada)
    assert {one.kind: one.open for one in ada.leavers.all()} == {"account": 1, "session": 0}


async def test_only_owners_tick(crowd: Crowd, sessions: list[Session]) -> None:
    """A Collaborator has no list, and cannot tick one off."""
    _ada, bob, _cleo = sessions
    account = await shared(crowd, sessions)
    with pytest.raises(UsageError, match="Nobody"):
        await bob.leavers.held(b"pnobody")
    with pytest.raises(RefusedError, match="Only Owners"):
        await bob.leavers.tick(b"pnobody", account, changed=True)


def test_what_removal_cannot_do_is_said() -> None:
    """In plain words, to be shown with every list."""
    for said in ("cannot undo", "changed at the site", "their own app reported", "could have read everything"):
        assert said in CANNOT
