"""The session while it runs: events over the live feed, a service that goes and comes, other processes beside it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from cerby_tui.errors import SessionRemoved
from cerby_tui.session import Session
from cerby_tui.sync.watcher import watch_files
from cerby_tui.values import CardFilter, Changed, InboxFilter, Item
from tests.devices import QUICK, Device, add_device, enrol, found_directly, remove, until
from tests.fakes import FrozenClock
from tests.rig import ServiceRig

EVERYTHING = InboxFilter()
NAMES = iter(range(10_000))


@pytest.fixture
async def first(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> Device:
    """An enrolled device."""
    return await enrol(rig, tmp_path / "first", clock, email=f"live{next(NAMES)}@example.org")


@pytest.fixture
async def live(first: Device) -> AsyncIterator[Session]:
    """A session that follows the service by itself."""
    session = first.open()
    session.start()
    await until(session, lambda: session.status().state == "live")
    yield session
    await session.close()


async def numbered(session: Session) -> tuple[bytes, str]:
    """A new account with a number."""
    account = await session.add_account(Item("Trips", app="airbnb"))
    offer = await session.offer_number(account)
    await session.commit_number(offer, offer.id.hex())
    return account, offer.e164


async def test_a_change_does_not_wait_for_read_marks(first: Device, rig: ServiceRig) -> None:
    """While more read marks are waited for, what others are to see is sent at once."""
    session = first.open(times=replace(QUICK, gather=3_600.0))
    session.start()
    try:
        await until(session, lambda: session.status().state == "live")
        account, e164 = await numbered(session)
        await session.sync_now()
        await rig.text(e164, "Your code is 593021")
        await until(session, lambda: session.count_messages(EVERYTHING) == 1)
        await session.mark_read([session.messages(EVERYTHING)[0].key])
        await session.edit_account(account, {"notes": "read this"})
        await until(session, lambda: not session.waiting())
    finally:
        await session.close()


async def test_message_arrives_without_asking(live: Session, rig: ServiceRig) -> None:
    """A text to the number shows up by itself, once, with its code, and the session says which message is new."""
    account, e164 = await numbered(live)
    told: list[Changed] = []
    live.subscribe(told.append)
    await rig.text(e164, "Your code is 593021")
    await until(live, lambda: live.count_messages(EVERYTHING) == 1)
    (message,) = live.messages(EVERYTHING)
    assert message.code is not None and message.code.text == "593021"
    assert [key for changed in told for key in changed.new_messages] == [message.key]
    assert live.card(account).code == message.code


async def test_edit_is_sent_without_asking(live: Session, rig: ServiceRig, first: Device, tmp_path: Path) -> None:
    """A change made on one running device shows on the other running device."""
    session = (await add_device(rig, first, tmp_path / "second")).open()
    session.start()
    account = await live.add_account(Item("Shop"))
    await until(session, lambda: bool(session.cards(CardFilter())))
    await session.edit_account(account, {"notes": "from the second"})
    await until(live, lambda: live.account(account).item.notes == "from the second")
    await session.close()


async def test_service_that_goes_and_comes(live: Session, rig: ServiceRig) -> None:
    """While the service is away the status says so and edits wait; afterwards everything arrives once."""
    account, e164 = await numbered(live)
    await rig.text(e164, "before 100001")
    await until(live, lambda: live.count_messages(EVERYTHING) == 1)
    rig.stop()
    try:
        await until(live, lambda: live.status().state == "offline")
        assert live.status().sentence
        await live.edit_account(account, {"notes": "offline"})
        assert live.status().waiting == 1
    finally:
        rig.start()
    await rig.text(e164, "while away 100002")
    await until(live, lambda: live.status().waiting == 0 and live.count_messages(EVERYTHING) == 2)
    await until(live, lambda: live.status().state == "live")
    assert [message.text for message in live.messages(EVERYTHING)] == ["while away 100002", "before 100001"]
    assert live.account(account).versions == 2


async def test_an_answer_ends_the_wait_for_the_feed(first: Device, rig: ServiceRig) -> None:
    """After a long outage the feed would wait for minutes; a request that is answered brings it back at once."""
    patient = first.open(times=replace(QUICK, first_wait=1e6, longest_wait=1e6))
    patient.start()
    await until(patient, lambda: patient.status().state == "live")
    rig.stop()
    try:
        await until(patient, lambda: patient.status().state == "offline")
    finally:
        rig.start()
    await patient.sync_now()
    await until(patient, lambda: patient.status().state == "live")
    await patient.close()


async def test_machine_that_slept(live: Session, clock: FrozenClock, rig: ServiceRig) -> None:
    """After a suspend the old connection is dropped and a new one follows on."""
    _account, e164 = await numbered(live)
    states: list[str] = []
    live.subscribe(lambda changed: states.append(live.status().state) if changed.status else None)
    clock.sleep(120)
    await until(live, lambda: "offline" in states and live.status().state == "live")
    clock.sleep(-120)
    await rig.text(e164, "after the sleep 777123")
    await until(live, lambda: live.count_messages(EVERYTHING) == 1)


CHANGE = (
    "import asyncio, sys\nfrom pathlib import Path\n"
    "from cerby_tui.home import Home\nfrom cerby_tui.keys import DeviceKeys\nfrom cerby_tui.session import Session\n"
    "from cerby_tui.values import Item\nfrom tests.fakes import FrozenClock\n"
    "keys = DeviceKeys.from_seed(bytes.fromhex(sys.stdin.readline()))\n"
    "session = Session(Home(Path(sys.argv[1])), keys, FrozenClock())\n"
)


def other_process(device: Device, work: str) -> subprocess.CompletedProcess[str]:
    """Do something with the same vault in another process."""
    program = CHANGE + work + "\nasyncio.run(session.close())\n"
    arguments = [sys.executable, "-c", program, str(device.home.root)]
    return subprocess.run(arguments, input=device.keys.seed.hex() + "\n", capture_output=True, text=True, check=True)


async def test_other_process_adds_and_this_one_sends(live: Session, first: Device) -> None:
    """What a command adds while the app runs shows in the app at once, and the app sends it."""
    work = "asyncio.run(session.add_account(Item('From the shell')))"
    ran = asyncio.create_task(asyncio.to_thread(other_process, first, work))
    await until(live, lambda: [card.label for card in live.cards(CardFilter())] == ["From the shell"])
    await until(live, lambda: live.status().waiting == 0)
    assert not live.cards(CardFilter())[0].waiting
    await ran


async def test_other_process_has_this_one_sync(live: Session, first: Device, rig: ServiceRig) -> None:
    """A command that wants a round of sync gets one from the app that holds the lock."""
    work = (
        "asyncio.run(session.sync_now())\n"
        "asyncio.run(session.add_account(Item('Asked for')))\n"
        "asyncio.run(session.sync_now())\n"
        "print(session.status().waiting)"
    )
    ran = await asyncio.to_thread(other_process, first, work)
    assert ran.stdout == "0\n"
    assert [card.label for card in live.cards(CardFilter())] == ["Asked for"]


async def test_removed_session_stops(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> None:
    """A session that its person removed elsewhere stops, says so, and does not come back by itself."""
    first, second = await found_directly(rig, tmp_path, clock)
    session = second.open()
    session.start()
    await until(session, lambda: session.status().state == "live")
    await remove(rig, first, second)
    await until(session, lambda: session.status().state == "stopped")
    assert isinstance(session.ended, SessionRemoved)
    with pytest.raises(SessionRemoved):
        await session.sync_now()
    await session.close()


async def test_lock_goes_to_who_is_left(live: Session, first: Device) -> None:
    """When the process that syncs ends, the next one takes over by itself."""
    second = first.open()
    second.start()
    await until(second, lambda: second.status().state == "live")  # as the first one says
    assert not second._go_online().conductor.leading
    await live.close()
    await until(second, lambda: second._go_online().conductor.leading)
    account = await second.add_account(Item("Mine now"))
    await until(second, lambda: not second.card(account).waiting)
    await second.close()


async def test_watching_files(tmp_path: Path) -> None:
    """Files that are written, replaced or made anew are told, others beside them are not."""
    wanted, other = tmp_path / "config.toml", tmp_path / "other.toml"
    told: asyncio.Queue[frozenset[Path]] = asyncio.Queue()
    watching = asyncio.ensure_future(watch_files([wanted], told.put_nowait))

    async def write_until_told() -> frozenset[Path]:
        while True:  # the watch may not have begun when the first write happens
            other.write_text("x")
            wanted.write_text("y")
            try:
                return await asyncio.wait_for(told.get(), 0.5)
            except TimeoutError:
                continue

    assert await asyncio.wait_for(write_until_told(), 20) == {wanted}
    watching.cancel()
    await asyncio.wait({watching})
