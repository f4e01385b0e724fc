"""Coming back with the recovery kit on screen, over a real service; the kit, its square, and how they look."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from cerby_tui.app import CerbyApp
from cerby_tui.enrolling.recovering import Recovering, Whose
from cerby_tui.enrolling.ways import Ways
from cerby_tui.home import Home
from cerby_tui.keys import FLOOR
from cerby_tui.screens.cards import CardsScreen
from cerby_tui.screens.enrolment import EnrolmentScreen
from cerby_tui.screens.enrolment_kit import CheckStep, KitStep
from cerby_tui.screens.enrolment_recovery import RecoveryStep, SentStep, UseStep
from cerby_tui.screens.kit_face import SquareScreen
from cerby_wire.headers import Entry
from cerby_wire.recovering import Proof, Recover
from tests.devices import NO_KEYRING
from tests.fakes import FrozenClock
from tests.faults import BadNetwork
from tests.kits import AGAIN, Kept, keep
from tests.rig import ServiceRig
from tests.ui.gallery import DARK, PLAIN_LOOKS, Look, app_over, keys, settle, shown
from tests.ui.test_enrolment_screens import fill, step

USER = bytes.fromhex("9f3ab2c41d07e65880aa31f2b6c9d4e7015c83aa")
ORIGIN = "https://cerby.example.com"


@pytest.fixture
def kept(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> Kept:
    """Somebody with one device, one account and a kit."""
    return asyncio.run(keep(rig, tmp_path / "first", clock, f"{tmp_path.name}@example.org"))


def app_for(home: Home, clock: FrozenClock, look: Look = DARK, transport: Any = None) -> CerbyApp:
    """The app on a device without a vault."""

    def ways() -> Ways:
        return Ways(home, clock, keyring=NO_KEYRING, cost=FLOOR, transport=transport)

    return app_over(None, clock, look, enrolment=ways)


async def to_kit(pilot: Pilot[Any]) -> None:
    """From the first screen to where the kit is asked for."""
    await settle(pilot)
    await keys(pilot, "end", "enter")
    await fill(pilot, device="New laptop")
    await fill(pilot, first=AGAIN, second=AGAIN)


async def test_the_whole_way(home: Home, rig: ServiceRig, clock: FrozenClock, kept: Kept) -> None:
    """Address and code, whose kit it is, the new kit with its square, two groups asked back, and the cards."""
    app = app_for(home, clock)
    async with app.run_test(size=(120, 36)) as pilot:
        await to_kit(pilot)
        assert isinstance(step(pilot), RecoveryStep)
        await fill(pilot, origin=rig.origin, code=kept.code)
        assert isinstance(step(pilot), UseStep)
        assert "Ada Founder" in shown(pilot)
        assert "has the key that your other sessions know" in shown(pilot)
        await keys(pilot, "enter")
        assert isinstance(step(pilot), KitStep)
        groups = step(pilot).enrolment.kit().groups
        assert "-".join(groups) != kept.code
        await keys(pilot, "s")
        assert isinstance(app.screen, SquareScreen)
        await keys(pilot, "escape", "enter")
        assert isinstance(step(pilot), CheckStep)
        asked = step(pilot).enrolment.asked_back()
        await fill(pilot, **{f"group-{number}": groups[number - 1] for number in asked})
        assert isinstance(app.screen, CardsScreen), shown(pilot)


async def test_a_mistyped_kit_is_told_in_place(home: Home, rig: ServiceRig, clock: FrozenClock, kept: Kept) -> None:
    """What is wrong with the code is said below it; Esc from the question leads back to it."""
    wrong = kept.code[:-1] + ("X" if kept.code[-1] != "X" else "Y")
    async with app_for(home, clock).run_test(size=(120, 36)) as pilot:
        await to_kit(pilot)
        await fill(pilot, origin=rig.origin, code=wrong)
        assert "Group 8" in shown(pilot)
        await fill(pilot, origin=rig.origin, code=kept.code)
        await keys(pilot, "escape")
        assert isinstance(step(pilot), RecoveryStep)


async def test_a_lost_answer_is_asked_for_another_time(
    home: Home, rig: ServiceRig, clock: FrozenClock, kept: Kept
) -> None:
    """Left after a lost answer, it goes on with the passphrase alone: Enter asks again, the new kit follows."""
    network = BadNetwork()
    async with app_for(home, clock, transport=network).run_test(size=(120, 36)) as pilot:
        await to_kit(pilot)
        await fill(pilot, origin=rig.origin, code=kept.code)
        network.faults = ["fine"] * 3 + ["lost"]
        await keys(pilot, "enter")
        assert "cannot be reached" in shown(pilot)
    async with app_for(home, clock).run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await keys(pilot, "enter")
        await fill(pilot, first=AGAIN)
        assert isinstance(step(pilot), SentStep)
        await keys(pilot, "enter")
        assert isinstance(step(pilot), KitStep)


def attempt(home: Home, clock: FrozenClock) -> tuple[Ways, Recovering]:
    """An attempt with a kit that is always the same."""
    ways = Ways(home, clock, keyring=NO_KEYRING, cost=FLOOR)
    way = ways.begin("recover")
    assert isinstance(way, Recovering)
    way.name_device("New laptop")
    way.choose_passphrase(AGAIN)
    assert way._known
    way._known = replace(way._known, recovery=b"twenty bytes of rain", origin=ORIGIN, user=USER)
    return ways, way


def picture(snap_compare: Any, home: Home, clock: FrozenClock, look: Look, ready: Any, *pressed: str) -> None:
    """Compare the step that an attempt stands at."""
    ways, way = attempt(home, clock)
    ready(way)
    app = app_for(home, clock, look)

    async def act(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        await pilot.app.push_screen(EnrolmentScreen(ways, lambda _session: None, clock, way))
        await settle(pilot)
        await keys(pilot, *pressed)

    assert snap_compare(app, terminal_size=look.size, run_before=act)


def looked_at(way: Recovering) -> None:
    """Its kit was looked at."""
    way.whose = Whose("Ada Founder", "ada@example.org", USER.hex(), 2, pinned=True)


def added(way: Recovering) -> None:
    """Its device was added."""
    assert way._known
    way._known = replace(way._known, added=True)
    way._home.vault.touch()


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_recovery_step(snap_compare: Any, home: Home, clock: FrozenClock, look: Look) -> None:
    """Where the kit is typed."""
    picture(snap_compare, home, clock, look, lambda _way: None)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_use_step(snap_compare: Any, home: Home, clock: FrozenClock, look: Look) -> None:
    """Whose kit it is."""
    picture(snap_compare, home, clock, look, looked_at)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_kit_step(snap_compare: Any, home: Home, clock: FrozenClock, look: Look) -> None:
    """The kit that is made."""
    picture(snap_compare, home, clock, look, added)


@pytest.mark.parametrize("look", (*PLAIN_LOOKS, Look("light", (80, 24))), ids=str)
def test_square(snap_compare: Any, home: Home, clock: FrozenClock, look: Look) -> None:
    """The square of the kit fits into a small terminal whole."""
    picture(snap_compare, home, clock, look, added, "s")


def sent(way: Recovering) -> None:
    """Its answer was lost."""
    assert way._known and way._device
    proof, entry = Proof(b"", 0, b""), Entry(b"", b"", b"")
    way._known = replace(way._known, request=Recover(way._device.public, proof, entry, b""))


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_sent_step(snap_compare: Any, home: Home, clock: FrozenClock, look: Look) -> None:
    """Where a lost answer is asked for again."""
    picture(snap_compare, home, clock, look, sent)
