"""A session is removed: it locks at once, and is destroyed once signed entries prove it; a lie only locks."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import pytest

from cerby_service.auth import REMOVED
from cerby_tui import authoring, farewells, unsent
from cerby_tui.errors import RefusedError, SessionRemoved, UsageError
from cerby_tui.home import Home
from cerby_tui.keyfile import write_key_file
from cerby_tui.keys import FLOOR, DeviceKeys, new_seed
from cerby_tui.session import Session, open_session
from cerby_tui.sync.ending import Ending
from cerby_tui.team_values import Farewell
from cerby_tui.values import CardFilter, Item
from cerby_tui.vault.outbox import Pending
from cerby_wire.removing import REMOVAL, RemovalEvidence
from cerby_wire.shapes import Problem, StoredEntry
from tests.devices import NO_KEYRING, PASSPHRASE, Device, enrol, found_directly, until
from tests.fakes import NOON, FrozenClock
from tests.joined import invited
from tests.newcomers import approved, newcomer
from tests.people import flipped
from tests.rig import ServiceRig

NUMBERS = itertools.count()
KEPT_FILES = {"sync.lock", "farewell.json"}


@pytest.fixture
async def pair(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> tuple[Device, Device]:
    """Two devices of one person."""
    return await found_directly(rig, tmp_path, clock)


def left_of(device: Device) -> set[str]:
    """The files of a device."""
    return {path.name for path in device.home.root.iterdir()}


def bytes_of(file: Path) -> bytes:
    """What stands in a file."""
    return file.read_bytes()


def mode_of(file: Path) -> int:
    """Who may reach a file."""
    return file.stat().st_mode & 0o777


async def ended(session: Session) -> Farewell:
    """How the session ends at its next contact."""
    with pytest.raises(SessionRemoved):
        await session.sync_now()
    assert session.ended is not None and session.ended.farewell is not None, session.ended
    return session.ended.farewell


async def test_removed_by_another_session(pair: tuple[Device, Device]) -> None:
    """The removed session says who, and nothing of its keys and its vault is left."""
    one, other = (device.open() for device in pair)
    await one.sync_now()
    await one.devices.remove(pair[1].keys.id)
    farewell = await ended(other)
    assert (farewell.what, farewell.by) == ("removed", "you, on another session of yours")
    assert (farewell.at > 0, farewell.unsent, farewell.export) == (True, (), "")
    await other.close()
    assert left_of(pair[1]) <= KEPT_FILES
    assert {session.status for session in await one.devices.own()} == {"Approved", "Removed"}
    await one.close()


async def test_whatever_is_asked_first(pair: tuple[Device, Device]) -> None:
    """It need not be a round of sync that hears of the end."""
    one, other = (device.open() for device in pair)
    await one.devices.remove(pair[1].keys.id)
    with pytest.raises(SessionRemoved) as caught:
        await other.devices.own()
    assert caught.value.farewell is not None
    assert left_of(pair[1]) <= KEPT_FILES
    for session in (one, other):
        await session.close()


async def test_unsent_changes_reach_another_session(pair: tuple[Device, Device], tmp_path: Path) -> None:
    """What the removed session did not send is named, exported sealed, and taken in by another one, once."""
    one, other = (device.open() for device in pair)
    old = await one.add_account(Item("Bank", username="ada"))
    await one.sync_now()
    await other.sync_now()
    await other.edit_account(old, {"username": "lovelace"})
    await other.add_account(Item("Shop", password="pass-phrase-7"))
    await one.devices.remove(pair[1].keys.id)
    farewell = await ended(other)
    await other.close()
    assert set(farewell.unsent) == {"Bank: username", "Shop: new account"}
    file = Path(farewell.export)
    assert (file.parent, mode_of(file)) == (tmp_path, 0o600)
    assert b"pass-phrase-7" not in bytes_of(file)
    assert (await one.devices.import_unsent(file)).changes == 2
    await one.sync_now()
    assert sorted(card.label for card in one.cards(CardFilter())) == ["Bank", "Shop"]
    assert one.account(old).item.username == "lovelace"
    assert one.account(one.find("Shop").id).item.password == "pass-phrase-7"
    with pytest.raises(UsageError, match="before"):
        await one.devices.import_unsent(file)
    await one.close()


async def test_nowhere_to_keep_what_was_not_sent(pair: tuple[Device, Device], tmp_path: Path) -> None:
    """Nothing is deleted before the export stands: the vault locks as it is, and the next unlocking tries again."""
    one, other = (device.open() for device in pair)
    await other.add_account(Item("Shop"))
    await one.devices.remove(pair[1].keys.id)
    online = await other._ground.online()
    nowhere = Home(tmp_path / "missing" / "home")
    ending = Ending(nowhere, pair[1].keys, online._judging, online.api, pair[1].clock)
    said = await other._thread.run(ending.judged(SessionRemoved("over")))
    assert (said.farewell, "could not be kept" in said.sentence) == (None, True)
    assert pair[1].home.vault.exists() and pair[1].home.session_file.exists()
    assert (await ended(other)).export
    for session in (one, other):
        await session.close()


async def test_an_export_of_somebody_else_or_a_damaged_one(
    rig: ServiceRig, pair: tuple[Device, Device], tmp_path: Path, clock: FrozenClock
) -> None:
    """Only sessions of the same person open it, and not after a single byte was changed."""
    stranger, _second = await found_directly(rig, tmp_path / "stranger", clock)
    one, other, third = (device.open() for device in (*pair, stranger))
    await other.add_account(Item("Shop"))
    await one.devices.remove(pair[1].keys.id)
    file = Path((await ended(other)).export)
    with pytest.raises(UsageError, match="somebody else"):
        await third.devices.import_unsent(file)
    bent = tmp_path / "bent.cerby"
    bent.write_bytes(flipped(bytes_of(file), -9))
    with pytest.raises(UsageError, match="damaged"):
        await one.devices.import_unsent(bent)
    with pytest.raises(UsageError, match="cannot be read"):
        await one.devices.import_unsent(tmp_path / "missing.cerby")
    for session in (one, other, third):
        await session.close()


@pytest.mark.parametrize("named", [False, True])
async def test_a_forged_export(pair: tuple[Device, Device], clock: FrozenClock, named: bool) -> None:
    """Whoever knows a public key can seal to it; without the signature of a session of that person it is nothing."""
    session = pair[0].open()
    identity, person = session._identity, session._ground.around().user(session._identity.user)
    assert person is not None
    rows = [Pending(1, b"", identity.personal, "favourite", 0, {b"x": True}, 0, b"", "", "Shop")]
    forger = DeviceKeys(new_seed())
    if named:
        forger.id = pair[1].keys.id
    file = unsent.export(pair[0].home, forger, identity.user, person.generation_at(person.n), rows, clock.now())
    with pytest.raises(UsageError, match="damaged"):
        await session.devices.import_unsent(file)
    await session.close()


class Lying(httpx.AsyncBaseTransport):
    """A service that says the session was removed, and shows what it likes for evidence."""

    def __init__(self, evidence: list[StoredEntry] | None = None) -> None:
        self._evidence = evidence
        self.asked = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """A lie."""
        if request.url.path == REMOVAL and self._evidence is not None:
            self.asked += 1
            return httpx.Response(200, content=msgspec.msgpack.encode(RemovalEvidence(self._evidence, NOON)))
        problem = Problem("Not allowed", 403, "session_removed", REMOVED)
        return httpx.Response(403, content=msgspec.msgpack.encode(problem))


async def lied_to(device: Device, line: Lying) -> None:
    """The session locks, nothing is deleted, and everything opens again."""
    session = device.open(transport=line)
    with pytest.raises(SessionRemoved) as caught:
        await session.sync_now()
    assert session.ended is not None and session.ended.farewell is None
    assert caught.value.farewell is None
    await session.close()
    again = device.open()
    assert [card.label for card in again.cards(CardFilter())] == ["Shop"]
    await again.sync_now()
    await again.close()


async def test_a_lie_only_locks(pair: tuple[Device, Device]) -> None:
    """Without evidence, with none that is new, and with an entry that another hand has signed."""
    first = pair[0].open()
    await first.add_account(Item("Shop"))
    await first.sync_now()
    identity, around = first._identity, first._ground.around()
    person = around.user(identity.user)
    seed = first._writing.opener.user_keys(1)
    await first.close()
    assert person and seed
    forged, _fresh = authoring.revoke_device(DeviceKeys(new_seed()), person, seed, pair[0].keys.id)
    wrong, _fresh = authoring.revoke_device(pair[1].keys, person, seed, pair[1].keys.id)
    gap, _fresh = authoring.revoke_device(pair[1].keys, person, seed, pair[0].keys.id)
    shown = [
        None,
        [],
        [StoredEntry(identity.user, person.n + 1, forged)],
        [StoredEntry(identity.user, person.n + 1, wrong)],
        [StoredEntry(identity.user, person.n + 2, gap)],
    ]
    for evidence in shown:
        await lied_to(pair[0], Lying(evidence))


async def test_this_session_is_removed(pair: tuple[Device, Device]) -> None:
    """A person ends the session they use: it destroys itself, and the other one takes it out of the chain."""
    one, other = (device.open() for device in pair)
    await one.sync_now()
    await other.sync_now()
    assert "using" in other.devices.warnings(pair[1].keys.id)[0]
    await other.devices.remove(pair[1].keys.id)
    assert other.ended is not None and other.ended.farewell is not None
    assert (other.ended.farewell.what, other.ended.farewell.by) == ("removed", "you, on this device")
    await other.close()
    assert left_of(pair[1]) <= KEPT_FILES
    await one.sync_now()
    person = one._ground.around().user(one._identity.user)
    assert person and person.active_devices(person.n) == (pair[0].keys.id,)
    await one.close()


async def test_the_last_session(pair: tuple[Device, Device]) -> None:
    """Removing it is possible, and said to be what it is; what was not sent is named, though nobody could open it."""
    one, other = (device.open() for device in pair)
    await other.close()
    await one.devices.remove(pair[1].keys.id)
    said = " ".join(one.devices.warnings(pair[0].keys.id))
    assert "last trusted session" in said and "recovery kit" in said
    await one.add_account(Item("Shop"))
    assert "1 change made here" in " ".join(one.devices.warnings(pair[0].keys.id))
    await one._thread.call(lambda: one._writing.vault.outbox.refuse([1], "not now"))
    await one.devices.remove(pair[0].keys.id)
    assert one.ended is not None and one.ended.farewell is not None
    assert (one.ended.farewell.unsent, one.ended.farewell.export) == (("Shop: new account",), "")
    await one.close()
    assert left_of(pair[0]) <= KEPT_FILES


async def test_proved_at_unlock(rig: ServiceRig, pair: tuple[Device, Device], clock: FrozenClock) -> None:
    """A session whose lease is over asks before it opens anything, and is destroyed where the answer is proved."""
    one = pair[0].open()
    await one.devices.remove(pair[1].keys.id)
    await one.close()
    write_key_file(pair[1].home.key_file, pair[1].keys.seed, PASSPHRASE, cost=FLOOR)
    clock.advance(15 * 86400)
    with pytest.raises(SessionRemoved) as caught:
        await asyncio.to_thread(open_session, pair[1].home, PASSPHRASE, clock=clock, keyring=NO_KEYRING)
    assert caught.value.farewell is not None
    assert "removed by you" in caught.value.whole()
    assert left_of(pair[1]) <= KEPT_FILES


def test_a_deletion_that_was_cut_short(home: Home, clock: FrozenClock) -> None:
    """It is completed at the next start, which says what happened; a device set up later is left alone."""
    keys = write_key_file(home.key_file, bytes(32), PASSPHRASE, cost=FLOOR)
    farewell = Farewell("removed", "Bob", 1)
    content = msgspec.json.encode(farewells.Kept(keys.id, farewell))
    home.farewell.write_bytes(content)
    home.vault.write_bytes(b"x")
    assert farewells.settle(home) == farewell
    assert [path.name for path in home.root.iterdir()] == ["farewell.json"]
    assert farewells.settle(home) == farewell
    write_key_file(home.key_file, bytes(31) + b"1", PASSPHRASE, cost=FLOOR)
    assert farewells.settle(home) is None
    assert home.key_file.exists()


async def test_the_live_session_says_so(pair: tuple[Device, Device]) -> None:
    """A session that follows the service ends by itself, with its farewell, as soon as it is removed."""
    live = pair[1].open()
    live.start()
    await until(live, lambda: live.status().state == "live")
    one = pair[0].open()
    await one.devices.remove(pair[1].keys.id)
    await until(live, lambda: live.ended is not None)
    assert live.ended is not None and live.ended.farewell is not None
    for session in (live, one):
        await session.close()


@pytest.fixture
async def team(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> AsyncIterator[tuple[Session, Session, Device]]:
    """Ada, an administrator; Bob with a session; and Bob's device."""
    number = next(NUMBERS)
    ada = (await enrol(rig, tmp_path / "ada", clock, email=f"ada{number}@team.example")).open()
    device = await invited(rig, ada, tmp_path / "bob", clock, email=f"bob{number}@team.example")
    bob = device.open()
    await bob.sync_now()
    yield ada, bob, device
    for session in (ada, bob):
        await session.close()


async def test_suspended_by_an_administrator(
    rig: ServiceRig, team: tuple[Session, Session, Device], tmp_path: Path, clock: FrozenClock
) -> None:
    """The suspended session is destroyed and names the administrator; what it had not sent goes to the other one."""
    ada, bob, device = team
    second = newcomer(tmp_path / "second", clock, name="tablet")
    await approved(bob, second, rig.origin, bob.who()[1])
    other = second.open()
    await other.sync_now()
    await ada.sync_now()
    sessions = await ada.devices.of(bob._identity.user)
    assert [(one.name, one.how) for one in sessions] == [
        (f"Session {sessions[0].device[:2].hex().upper()}", "Invite"),
        (f"Session {sessions[1].device[:2].hex().upper()}", "Approved"),
    ]
    await bob.add_account(Item("Shop"))
    await ada.devices.suspend(bob._identity.user, device.keys.id)
    farewell = await ended(bob)
    assert (farewell.what, farewell.by) == ("suspended", "Ada Founder")
    await other.sync_now()
    assert (await other.devices.import_unsent(Path(farewell.export))).changes == 1
    assert left_of(device) <= KEPT_FILES
    await other.close()


async def test_removed_from_the_workspace(team: tuple[Session, Session, Device]) -> None:
    """Nobody of that person is left to open an export: what was not sent is named, and gone."""
    ada, bob, device = team
    await bob.add_account(Item("Shop"))
    await ada.people.remove(bob._identity.user, {})
    farewell = await ended(bob)
    assert (farewell.what, farewell.by, farewell.unsent) == ("left", "Ada Founder", ("Shop: new account",))
    assert [one.status for one in await ada.devices.of(bob._identity.user)] == ["Removed"]
    assert farewell.export == ""
    assert left_of(device) <= KEPT_FILES


async def test_members_do_not_see_or_suspend_sessions_of_others(team: tuple[Session, Session, Device]) -> None:
    """That is for administrators, and nobody approves a session of somebody else."""
    ada, bob, _device = team
    with pytest.raises(RefusedError, match="role"):
        await bob.devices.of(ada._identity.user)
    (session,) = await ada.devices.own()
    with pytest.raises(RefusedError):
        await bob.devices.suspend(ada._identity.user, session.device)
    assert [one.status for one in await ada.devices.own()] == ["Approved"]
