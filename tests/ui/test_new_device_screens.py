"""Adding a device by another session, on the new device's screen: over a real service, and how each step looks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from textual.pilot import Pilot
from textual.widgets import Digits

from cerby_tui import farewells
from cerby_tui.enrolling.new_device import NewDevice, NewDeviceKnown
from cerby_tui.enrolling.ways import Ways
from cerby_tui.home import Home
from cerby_tui.keys import FLOOR, DeviceKeys
from cerby_tui.screens.cards import CardsScreen
from cerby_tui.screens.enrolment import EnrolmentScreen
from cerby_tui.screens.enrolment_approval import ApprovalStep, ApprovedStep, WaitingStep
from cerby_tui.session import Session
from cerby_tui.team_values import Farewell
from cerby_tui.values import Item
from cerby_wire.approving import ApprovalSeen, Taken, Welcome
from cerby_wire.headers import Position
from tests.devices import NO_KEYRING, PASSPHRASE, enrol
from tests.fakes import FrozenClock
from tests.rig import ServiceRig
from tests.ui.gallery import DARK, PLAIN_LOOKS, Look, app_over, keys, settle, shown
from tests.ui.test_enrolment_screens import fill, step

ORIGIN = "https://cerby.example.com"
EMAIL = "ada@example.com"


@pytest.fixture
async def old(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Session]:
    """The session of somebody with one device and one account."""
    device = await enrol(rig, tmp_path / "first", clock, email=f"{tmp_path.name}@example.org")
    session = device.open()
    await session.add_account(Item("Shop"))
    await session.sync_now()
    yield session
    await session.close()


async def to_waiting(pilot: Pilot[Any], rig: ServiceRig, old: Session) -> bytes:
    """From the first screen to where the code is waited for; gives the request."""
    await settle(pilot)
    await keys(pilot, "down", "down", "enter")
    await fill(pilot, device="New laptop")
    await fill(pilot, first=PASSPHRASE, second=PASSPHRASE)
    assert isinstance(step(pilot), ApprovalStep)
    await fill(pilot, origin=rig.origin, email=old.who()[1])
    assert isinstance(step(pilot), WaitingStep)
    (request,) = await old.devices.pending()
    return request.id


async def looked(pilot: Pilot[Any], taking: asyncio.Task[str]) -> None:
    """Look after the request until the other end has what it waits for."""
    while not taking.done():
        step(pilot)._look()
        await settle(pilot)


async def test_the_whole_way(home: Home, rig: ServiceRig, clock: FrozenClock, old: Session) -> None:
    """Service and address, the code as soon as the other session answers, its word, and the cards."""
    app = app_over(None, clock, DARK, enrolment=lambda: Ways(home, clock, keyring=NO_KEYRING, cost=FLOOR))
    async with app.run_test(size=(120, 36)) as pilot:
        request = await to_waiting(pilot, rig, old)
        assert "Choose Approve there" in shown(pilot) and not step(pilot).query_one(Digits).display
        await looked(pilot, asyncio.ensure_future(old.devices.take(request)))
        await settle(pilot)
        code = step(pilot).query_one(Digits).value
        await keys(pilot, "enter")
        assert "has not approved this device yet" in shown(pilot)
        await old.devices.approve(request, code, "laptop")
        step(pilot)._look()
        await settle(pilot)
        assert isinstance(step(pilot), ApprovedStep), shown(pilot)
        await keys(pilot, "enter")
        assert isinstance(app.screen, CardsScreen), shown(pilot)
        assert "Shop" in shown(pilot)


async def test_denied_and_asked_again(home: Home, rig: ServiceRig, clock: FrozenClock, old: Session) -> None:
    """A denied request is said to be one; Enter leads back to the question, which knows the answers still."""
    app = app_over(None, clock, DARK, enrolment=lambda: Ways(home, clock, keyring=NO_KEYRING, cost=FLOOR))
    async with app.run_test(size=(120, 36)) as pilot:
        request = await to_waiting(pilot, rig, old)
        await old.devices.deny(request)
        step(pilot)._look()
        await settle(pilot)
        assert "denied on your other session" in shown(pilot)
        await keys(pilot, "enter")
        assert isinstance(step(pilot), ApprovalStep)
        assert old.who()[1] in shown(pilot)
        await keys(pilot, "tab", "enter")
        assert isinstance(step(pilot), WaitingStep)


async def test_why_there_is_no_vault(home: Home, clock: FrozenClock) -> None:
    """Where a session ended before, the first screen says who ended it, and offers the ways in."""
    kept = farewells.Kept(bytes(16), Farewell("removed", "you, on laptop", 0, ("Bank: username",)))
    home.farewell.write_bytes(msgspec.json.encode(kept))
    home.vault.write_bytes(b"what a cut-short deletion left")
    app = app_over(None, clock, DARK, enrolment=lambda: Ways(home, clock, keyring=NO_KEYRING, cost=FLOOR))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert "removed by you, on laptop" in " ".join(shown(pilot).split())
        assert "Create a workspace" in shown(pilot)
    assert not home.vault.exists()


class Standing(httpx.AsyncBaseTransport):
    """A service at which the request stays as it is."""

    def __init__(self, seen: ApprovalSeen) -> None:
        self._seen = seen

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Always the same."""
        return httpx.Response(200, content=msgspec.msgpack.encode(self._seen))


TAKEN = Taken(bytes(20), Position(3, bytes(32)), DeviceKeys(bytes(32)).public, bytes(16))


def attempt(home: Home, clock: FrozenClock, taken: Taken | None, **more: Any) -> tuple[Ways, NewDevice]:
    """An attempt whose code is always the same."""
    seen = ApprovalSeen("revealed" if taken else "waiting", clock.now() + 272_000, taken)
    ways = Ways(home, clock, keyring=NO_KEYRING, cost=FLOOR, transport=Standing(seen))
    way = ways.begin("approve")
    assert isinstance(way, NewDevice)
    way._device = DeviceKeys(bytes(31) + b"1")
    asked: dict[str, Any] = {"origin": ORIGIN, "email": EMAIL, "service_key": bytes(32), "request": b"r", **more}
    way._known = NewDeviceKnown(
        way="approve", device_name="New laptop", random=bytes(16), ends=clock.now() + 272_000, taken=taken, **asked
    )
    return ways, way


def picture(snap_compare: Any, clock: FrozenClock, look: Look, ways: Ways, way: NewDevice) -> None:
    """Compare the step that an attempt stands at."""

    async def act(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        await pilot.app.push_screen(EnrolmentScreen(ways, lambda _session: None, clock, way))
        await settle(pilot)

    app = app_over(None, clock, look, enrolment=lambda: ways)
    assert snap_compare(app, terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_question(snap_compare: Any, home: Home, clock: FrozenClock, look: Look) -> None:
    """Whose device this is to be, with what was asked last."""
    picture(snap_compare, clock, look, *attempt(home, clock, None, request=b""))


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_waiting(snap_compare: Any, home: Home, clock: FrozenClock, look: Look) -> None:
    """Nobody has answered yet."""
    picture(snap_compare, clock, look, *attempt(home, clock, None))


@pytest.mark.parametrize("look", (*PLAIN_LOOKS, Look("none", (80, 24))), ids=str)
def test_code(snap_compare: Any, home: Home, clock: FrozenClock, look: Look) -> None:
    """The code that is to be typed at the other end."""
    picture(snap_compare, clock, look, *attempt(home, clock, TAKEN))


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_approved(snap_compare: Any, home: Home, clock: FrozenClock, look: Look) -> None:
    """What the other session says has to be confirmed; an account that cannot be had is said."""
    ways, way = attempt(home, clock, TAKEN, welcome=Welcome(b"", b""))
    way.missing = 1
    picture(snap_compare, clock, look, ways, way)
