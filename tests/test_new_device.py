"""A second device by approval: real clients, the real service, every step lost, mistyped or too late once."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from cerby_tui import authoring
from cerby_tui.errors import OfflineError, RefusedError, UsageError
from cerby_tui.home import Home
from cerby_tui.keys import DeviceKeys
from cerby_tui.session import Session, open_session
from cerby_tui.sync.tries import Tries
from cerby_tui.values import CardFilter, Item
from cerby_wire.shapes import Pull, PushEntry
from tests.devices import NO_KEYRING, PASSPHRASE, Device, enrol, until
from tests.fakes import FrozenClock
from tests.newcomers import LosesOnce, approved, newcomer, raised, resumed, taken, wait_for
from tests.rig import ServiceRig, service_rig

EMAILS = (f"ada{number}@example.org" for number in itertools.count())


@pytest.fixture
def email() -> str:
    """An address of nobody else."""
    return next(EMAILS)


@pytest.fixture
async def first(rig: ServiceRig, tmp_path: Path, clock: FrozenClock, email: str) -> Device:
    """The first device of a person."""
    return await enrol(rig, tmp_path / "first", clock, email=email)


@pytest.fixture
async def old(first: Device) -> AsyncIterator[Session]:
    """Its session."""
    session = first.open()
    yield session
    await session.close()


async def test_a_second_device_by_approval(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, old: Session, email: str
) -> None:
    """The code that the new device shows is typed on the old one, both confirm, and the new one has every account."""
    account = await old.add_account(Item("Shop", password="secret"))
    await old.sync_now()
    device = newcomer(tmp_path / "new", clock)
    await approved(old, device, rig.origin, email)
    assert device.step == "done"
    session = device.open()
    assert [card.label for card in session.cards(CardFilter())] == ["Shop"]
    assert session.account(account).item.password == "secret"
    assert session.who()[:3] == ("Ada Founder", email, "phone")
    await session.edit_account(account, {"username": "ada"})
    await session.sync_now()
    await old.sync_now()
    assert old.account(account).item.username == "ada"
    await session.close()
    again = open_session(device._home, PASSPHRASE, clock=clock, keyring=NO_KEYRING)
    await again.close()
    assert {one.name: one.how for one in await old.devices.own()} == {"first": "First session", "phone": "Approved"}


async def test_times_are_those_of_the_writing(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, old: Session, email: str
) -> None:
    """A new device says when somebody joined and a card was changed, not when all of it came to this device."""
    account = await old.add_account(Item("Shop"))
    await old.sync_now()
    written = clock.now()
    clock.advance(3600.0)
    device = newcomer(tmp_path / "new", clock)
    await approved(old, device, rig.origin, email)
    session = device.open()
    assert session.people.me().joined == written
    assert [(card.id, card.changed_at) for card in session.cards(CardFilter())] == [(account, written)]
    await session.close()


async def test_steps_and_another_process(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, old: Session, email: str
) -> None:
    """The new device may be ended after each step and goes on with its passphrase; nothing is asked twice."""
    assert newcomer(tmp_path / "new", clock).step == "approval"
    second = resumed(tmp_path / "new", clock)
    assert (second.resume(PASSPHRASE), second.stage) == ("approval", "ask")
    await second.ask(rig.origin, email)
    third = resumed(tmp_path / "new", clock)
    assert (third.resume(PASSPHRASE), third.stage) == ("waiting", "wait")
    request, _name = await taken(old, third)
    fourth = resumed(tmp_path / "new", clock)
    fourth.resume(PASSPHRASE)
    assert (fourth.stage, fourth.code()) == ("code", third.code())
    await old.devices.approve(request, fourth.code(), "phone")
    await wait_for(fourth, "confirm")
    fifth = resumed(tmp_path / "new", clock)
    fifth.resume(PASSPHRASE)
    assert fifth.stage == "confirm"
    await fifth.confirm()
    assert (fifth.step, Home(tmp_path / "new").enrolled()) == ("done", True)


async def test_killed_while_the_vault_is_written(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, old: Session, email: str
) -> None:
    """A half-written vault is completed by confirming again."""
    device = newcomer(tmp_path / "new", clock)
    await device.ask(rig.origin, email)
    request, name = await taken(old, device)
    await old.devices.approve(request, device.code(), name)
    await wait_for(device, "confirm")
    kept = device._home.enrolment_file.read_bytes()
    await device.confirm()
    device._home.enrolment_file.write_bytes(kept)  # as if it had ended just before the last step
    again = resumed(tmp_path / "new", clock)
    assert (again.resume(PASSPHRASE), again.stage) == ("approved", "confirm")
    await again.confirm()
    session = again.open()
    await session.sync_now()
    await session.close()


async def test_an_address_of_nobody(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> None:
    """The service does not say that it knows nobody of that address: it takes the request, and it runs out."""
    device = newcomer(tmp_path / "new", clock)
    await device.ask(rig.origin, "nobody@example.org")
    assert await device.look() == "wait"
    assert device.ends == clock.now() + 5 * 60_000


async def test_an_emailed_code_adds_nothing(rig: ServiceRig, tmp_path: Path, clock: FrozenClock, old: Session) -> None:
    """A request alone gives the new device nothing at all, whatever it asks the service for."""
    device = newcomer(tmp_path / "new", clock)
    await device.ask(rig.origin, old.who()[1])
    async with device._line(rig.origin) as api:
        for asked in (api.heads(""), api.pull(Pull({old._identity.user: 0})), api.push([])):
            error = await raised(asked, RefusedError)
            assert isinstance(error, RefusedError) and error.code == "unknown_device"


async def test_denied(rig: ServiceRig, tmp_path: Path, clock: FrozenClock, old: Session, email: str) -> None:
    """The new device hears it, nothing was added, and it can ask again."""
    device = newcomer(tmp_path / "new", clock)
    await device.ask(rig.origin, email)
    (request,) = await old.devices.pending()
    await old.devices.deny(request.id)
    error = await raised(device.look(), RefusedError)
    assert isinstance(error, RefusedError) and error.code == "request_denied"
    assert (device.stage, await old.devices.pending()) == ("ask", [])
    assert len(await old.devices.own()) == 1
    await approved(old, device, rig.origin, email)
    assert device.step == "done"


async def test_expired(tmp_path: Path, clock: FrozenClock, email: str) -> None:
    """After five minutes a request is over at both ends, answered or not."""
    with service_rig(tmp_path, clock=clock.now) as rig:
        old = (await enrol(rig, tmp_path / "first", clock, email=email)).open()
        device = newcomer(tmp_path / "new", clock)
        await device.ask(rig.origin, email)
        request, _name = await taken(old, device)
        clock.advance(5 * 60)
        assert await old.devices.pending() == []
        error = await raised(old.devices.approve(request, device.code(), "phone"), RefusedError)
        assert isinstance(error, RefusedError) and error.code == "request_expired"
        error = await raised(device.look(), RefusedError)
        assert isinstance(error, RefusedError) and error.code == "request_expired"
        assert len(await old.devices.own()) == 1
        await old.close()


async def test_wrong_codes_are_slowed_and_end(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, first: Device, old: Session, email: str
) -> None:
    """Each wrong code makes the next wait longer; after five nothing is approved until the session is opened anew."""
    device = newcomer(tmp_path / "new", clock)
    await device.ask(rig.origin, email)
    request, _name = await taken(old, device)
    wrong = f"{(int(device.code().replace('-', '')) + 1) % 10**8:08}"
    with pytest.raises(UsageError, match="eight digits"):
        await old.devices.approve(request, "1234", "phone")
    for wait in (2, 4, 8, 16):
        with pytest.raises(UsageError, match="not the code"):
            await old.devices.approve(request, wrong, "phone")
        with pytest.raises(RefusedError, match="Wait"):
            await old.devices.approve(request, device.code(), "phone")
        clock.advance(wait)
    with pytest.raises(UsageError, match="fifth"):
        await old.devices.approve(request, wrong, "phone")
    clock.advance(7200)
    error = await raised(old.devices.approve(request, device.code(), "phone"), RefusedError)
    assert isinstance(error, RefusedError) and error.code == "too_many_tries"
    assert isinstance(await raised(old.devices.take(request), RefusedError), RefusedError)
    assert len(await old.devices.own()) == 1


def test_wrong_codes_of_another_hour(clock: FrozenClock) -> None:
    """Only those of the last hour count."""
    tries = Tries(clock)
    for _ in range(4):
        tries.wrong()
    clock.advance(3601)
    tries.check()
    assert tries.wrong() == "4 more wrong ones end it."


async def test_another_session_took_it(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, old: Session, email: str
) -> None:
    """Whichever session answers first has the request; the others see so, and any of them can deny it."""
    second = newcomer(tmp_path / "second", clock, name="tablet")
    await approved(old, second, rig.origin, email)
    other = second.open()
    await other.sync_now()
    device = newcomer(tmp_path / "new", clock)
    await device.ask(rig.origin, email)
    request, _name = await taken(old, device)
    error = await raised(other.devices.take(request), RefusedError)
    assert isinstance(error, RefusedError) and error.code == "request_taken"
    (here,), (there,) = await old.devices.pending(), await other.devices.pending()
    assert [here.taken_here, here.taken_elsewhere, there.taken_here, there.taken_elsewhere] == [1, 0, 0, 1]
    with pytest.raises(UsageError, match="not answered from here"):
        await other.devices.approve(request, device.code(), "phone")
    await other.devices.deny(request)
    assert isinstance(await raised(device.look(), RefusedError), RefusedError)
    await other.close()


async def test_the_answering_session_ended(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, first: Device, old: Session, email: str
) -> None:
    """Its random value went with it: the request is not answered a second time, but denied, and asked anew."""
    device = newcomer(tmp_path / "new", clock)
    await device.ask(rig.origin, email)
    request, _name = await taken(old, device)
    again = first.open()
    with pytest.raises(RefusedError, match="a run that ended"):
        await again.devices.take(request)
    await again.devices.deny(request)
    assert isinstance(await raised(device.look(), RefusedError), RefusedError)
    await approved(again, device, rig.origin, email)
    assert device.step == "done"
    await again.close()


async def test_names_are_unique(rig: ServiceRig, tmp_path: Path, clock: FrozenClock, old: Session, email: str) -> None:
    """A name that another session has, in whatever case, has to be changed on the session that approves."""
    device = newcomer(tmp_path / "new", clock, name="FIRST")
    await device.ask(rig.origin, email)
    request, name = await taken(old, device)
    assert name == "FIRST"
    with pytest.raises(UsageError, match="called FIRST"):
        await old.devices.approve(request, device.code(), name)
    await old.devices.approve(request, device.code(), "phone")
    await wait_for(device, "confirm")
    await device.confirm()
    session = device.open()
    assert session.who()[2] == "phone"
    await session.close()


async def test_twenty_sessions_are_the_most(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, old: Session, email: str
) -> None:
    """The twenty-first is not added until another one is removed; then the same request goes on."""
    for number in range(19):
        added = await old._thread.call(add_silently, old, DeviceKeys(bytes([number]) * 32))
        (answer,) = await old._thread.run((await old._ground.online()).api.push([added]))
        assert answer.status == "accepted"
        await old.sync_now()
    device = newcomer(tmp_path / "new", clock)
    await device.ask(rig.origin, email)
    request, name = await taken(old, device)
    error = await raised(old.devices.approve(request, device.code(), name), RefusedError)
    assert isinstance(error, RefusedError) and error.code == "too_many_devices"
    await old.devices.remove(DeviceKeys(bytes(32)).id)
    await old.devices.approve(request, device.code(), name)
    await wait_for(device, "confirm")
    assert sum(one.status == "Approved" for one in await old.devices.own()) == 20


def add_silently(session: Session, new: DeviceKeys) -> PushEntry:
    """The entry that adds a device of nobody in particular."""
    person = session._writing.vault.streams.user(session._identity.user)
    keys = session._writing.opener.user_keys(1)
    assert person and keys
    return PushEntry(person.stream, authoring.add_device(session._device, person, keys, new.public))


async def test_the_chain_moves_on_meanwhile(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, old: Session, email: str
) -> None:
    """What another session wrote between the code and the approval does not harm: the entry is written on top."""
    second = newcomer(tmp_path / "second", clock, name="tablet")
    await approved(old, second, rig.origin, email)
    other = second.open()
    await other.sync_now()
    device = newcomer(tmp_path / "new", clock)
    await device.ask(rig.origin, email)
    request, name = await taken(old, device)
    await other._thread.run((await other._ground.online()).api.push([add_silently(other, DeviceKeys(bytes(32)))]))
    await old.devices.approve(request, device.code(), name)
    await wait_for(device, "confirm")
    await device.confirm()
    assert device.step == "done"
    await other.close()


async def test_lost_answer_to_the_approval(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, first: Device, email: str
) -> None:
    """When only the answer was lost, approving again adds the device once."""
    line = LosesOnce("/welcome")
    session = first.open(transport=line)
    device = newcomer(tmp_path / "new", clock)
    await device.ask(rig.origin, email)
    request, name = await taken(session, device)
    with pytest.raises(OfflineError):
        await session.devices.approve(request, device.code(), name)
    await session.devices.approve(request, device.code(), name)
    await wait_for(device, "confirm")
    assert (line.lost, len(await session.devices.own())) == (1, 2)
    await session.close()


async def test_a_request_is_heard_at_once(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, old: Session, email: str
) -> None:
    """A session that follows the service is told that a device asks, and when that is over."""
    heard: list[bool] = []
    old.subscribe(lambda changed: heard.append(changed.requests))
    old.start()
    await until(old, lambda: old.status().state == "live")
    await until(old, lambda: sum(heard) > 0)  # that it may have missed something
    before = sum(heard)
    device = newcomer(tmp_path / "new", clock)
    await device.ask(rig.origin, email)
    await until(old, lambda: sum(heard) > before)
    (request,) = await old.devices.pending()
    before = sum(heard)
    await old.devices.deny(request.id)
    await until(old, lambda: sum(heard) > before)


async def test_last_contact(tmp_path: Path, clock: FrozenClock, email: str) -> None:
    """When a session was here last is known to the minute, and one that follows the service is here now."""
    with service_rig(tmp_path, clock=clock.now) as rig:
        old = (await enrol(rig, tmp_path / "first", clock, email=email)).open()
        began = clock.now()
        device = newcomer(tmp_path / "new", clock)
        await approved(old, device, rig.origin, email)
        clock.advance(600)
        (mine, other) = await old.devices.own()
        assert (mine.last_contact, other.last_contact, other.name) == (began + 600_000, began, "phone")
        session = device.open()
        session.start()
        await until(session, lambda: session.status().state == "live")
        clock.advance(600)
        assert (await old.devices.own())[1].last_contact == began + 1_200_000
        for one in (session, old):
            await one.close()


@pytest.mark.parametrize("again", [True, False])
async def test_a_popup_that_was_closed_goes_on(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, old: Session, email: str, again: bool
) -> None:
    """Whoever closes it while the device is waited for, or before the code is typed, takes the same answer up again."""
    device = newcomer(tmp_path / "new", clock)
    await device.ask(rig.origin, email)
    (request,) = await old.devices.pending()
    closed = asyncio.ensure_future(old.devices.take(request.id))
    await wait_for(device, "code")
    closed.cancel()
    assert [one.taken_here for one in await old.devices.pending()] == [True]
    if again:
        assert await old.devices.take(request.id) == "phone"
        assert await old.devices.take(request.id) == "phone"
    await old.devices.approve(request.id, device.code(), "phone")
    await wait_for(device, "confirm")


@pytest.mark.parametrize("end", ["/approvals", "/mine", "/heads", "/pull"])
async def test_lost_answers_to_the_new_device(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, old: Session, email: str, end: str
) -> None:
    """Whichever answer is lost, doing the same again goes on."""
    device = newcomer(tmp_path / "new", clock, transport=LosesOnce(end))
    while device.stage == "ask":
        with suppress(OfflineError):
            await device.ask(rig.origin, email)
    request = device._known.request if device._known else b""
    taking = asyncio.ensure_future(old.devices.take(request))
    while device.stage != "confirm":
        with suppress(OfflineError):
            await device.look()
        if taking and taking.done():
            await old.devices.approve(request, device.code(), await taking)
            taking = None
    await device.confirm()
    assert device.step == "done"


async def test_another_address_of_the_service(rig: ServiceRig, tmp_path: Path, clock: FrozenClock, email: str) -> None:
    """Requests are signed for one address; a service that is reached by another one says which it is known by."""
    device = newcomer(tmp_path / "new", clock)
    with pytest.raises(UsageError, match=rig.origin):
        await device.ask(rig.origin.replace("127.0.0.1", "localhost"), email)


async def test_a_request_that_the_service_forgot(tmp_path: Path, clock: FrozenClock, email: str) -> None:
    """It is over like one that ran out, and can be asked again."""
    with service_rig(tmp_path, clock=clock.now) as rig:
        device = newcomer(tmp_path / "new", clock)
        await device.ask(rig.origin, email)
        clock.advance(2 * 3600)
        await rig.parts.sweeper.sweep()
        error = await raised(device.look(), RefusedError)
        assert isinstance(error, RefusedError) and (error.code, device.stage) == ("request_expired", "ask")
