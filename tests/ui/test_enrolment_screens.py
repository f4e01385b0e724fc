"""Setting up a device on screen, over a real service with real mail: every step, and backing out of every one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from cerby_tui.app import CerbyApp
from cerby_tui.enrolling.ways import Ways
from cerby_tui.home import Home
from cerby_tui.keys import FLOOR
from cerby_tui.screens.cards import CardsScreen
from cerby_tui.screens.enrolment import EnrolmentScreen
from cerby_tui.screens.enrolment_kit import CheckStep, KitStep
from cerby_tui.screens.enrolment_steps import NameStep, PassphraseStep
from cerby_tui.screens.enrolment_ways import CodeStep, TokenStep
from cerby_tui.screens.welcome import WelcomeScreen
from cerby_tui.widgets.entry import Entry
from tests.devices import NO_KEYRING, PASSPHRASE
from tests.fakes import FrozenClock
from tests.rig import ServiceRig
from tests.ui.gallery import DARK, PLAIN_LOOKS, WIDE, Look, app_over, keys, settle, shown

NAMES = iter(range(1000))


def app_for(home: Home, clock: FrozenClock, look: Look = DARK) -> CerbyApp:
    """The app on a device without a vault."""
    return app_over(
        None, clock, look, enrolment=lambda: Ways(home, clock, keyring=NO_KEYRING, cost=FLOOR)
    )  # fmt: skip


def step(pilot: Pilot[Any]) -> Any:
    """The step on screen."""
    screen = pilot.app.screen
    assert isinstance(screen, EnrolmentScreen)
    return screen.step


async def fill(pilot: Pilot[Any], **values: str) -> None:
    """Put values into the entries of the step and press Enter in the last one."""
    for name, value in values.items():
        entry = step(pilot).query_one(f"#{name}", Entry)
        entry.value = value
        entry.focus()
    await settle(pilot)
    await keys(pilot, "enter")


async def to_passphrase(pilot: Pilot[Any]) -> None:
    """From the first screen to the passphrase."""
    await settle(pilot)
    await keys(pilot, "enter")
    await fill(pilot, device="Ada's laptop")


async def to_token(pilot: Pilot[Any]) -> None:
    """And on to the token."""
    await to_passphrase(pilot)
    await fill(pilot, first=PASSPHRASE, second=PASSPHRASE)


async def to_code(pilot: Pilot[Any], rig: ServiceRig) -> str:
    """And on to the code; gives the address it was sent to."""
    email = f"screen{next(NAMES)}@example.org"
    await to_token(pilot)
    await fill(pilot, token=rig.token(), name="Ada Founder", email=email)
    return email


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_welcome(snap_compare: Any, home: Home, clock: FrozenClock, look: Look) -> None:
    """The very first screen."""

    async def act(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        assert isinstance(pilot.app.screen, WelcomeScreen)

    assert snap_compare(app_for(home, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_passphrase(snap_compare: Any, home: Home, clock: FrozenClock, look: Look) -> None:
    """The passphrase twice, its strength, and in words whether the system keeps a second secret."""

    async def act(pilot: Pilot[Any]) -> None:
        await to_passphrase(pilot)
        await keys(pilot, *"password123")
        assert "very weak" in shown(pilot)
        assert "The passphrase alone protects this vault" in " ".join(shown(pilot).split())
        assert "password123" not in shown(pilot)

    assert snap_compare(app_for(home, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_token(snap_compare: Any, home: Home, clock: FrozenClock, look: Look) -> None:
    """What the service needs to know."""

    async def act(pilot: Pilot[Any]) -> None:
        await to_token(pilot)
        await fill(pilot, token="cerby-token-nonsense", name="Ada", email="ada@example.org")
        assert isinstance(step(pilot), TokenStep)
        assert "✗" in shown(pilot)

    assert snap_compare(app_for(home, clock, look), terminal_size=look.size, run_before=act)


async def test_whole_way(home: Home, rig: ServiceRig, clock: FrozenClock) -> None:
    """From nothing to the empty, inviting cards: name, passphrase, token, mailed code, kit, two groups asked back."""
    async with app_for(home, clock).run_test(size=WIDE) as pilot:
        email = await to_code(pilot, rig)
        assert isinstance(step(pilot), CodeStep)
        assert "It is good for 5:00. Ctrl+R asks for another one, in 1:00." in " ".join(shown(pilot).split())
        await fill(pilot, code=rig.code_for(email))
        assert isinstance(step(pilot), KitStep)
        kit = step(pilot).enrolment.kit()
        assert all(group in shown(pilot) for group in kit.groups)
        await keys(pilot, "enter")
        asked = step(pilot).enrolment.asked_back()
        assert not any(kit.groups[number - 1] in shown(pilot) for number in asked)
        await fill(pilot, **{f"group-{number}": kit.groups[number - 1] for number in asked})
        assert isinstance(pilot.app.screen, CardsScreen)
        assert home.enrolled()
        assert "No accounts yet" in shown(pilot)
        assert "Press a to add the first one" in shown(pilot)
    await pilot.app.desk.session.close()


async def test_wrong_code_and_another_one(home: Home, rig: ServiceRig, clock: FrozenClock) -> None:
    """A wrong code is said to be wrong; another one can be asked for after a minute, and it is the one that counts."""
    async with app_for(home, clock).run_test(size=WIDE) as pilot:
        email = await to_code(pilot, rig)
        first = rig.code_for(email)
        await fill(pilot, code="000000" if first != "000000" else "111111")
        assert isinstance(step(pilot), CodeStep)
        assert "✗" in shown(pilot)
        await keys(pilot, "ctrl+r")
        assert "Another code can be asked for in a moment." in shown(pilot)


async def test_wrong_groups_show_the_kit_again(home: Home, rig: ServiceRig, clock: FrozenClock) -> None:
    """Groups that are not what the kit says do not pass; Esc shows the kit once more."""
    async with app_for(home, clock).run_test(size=WIDE) as pilot:
        email = await to_code(pilot, rig)
        await fill(pilot, code=rig.code_for(email))
        await keys(pilot, "enter")
        await fill(pilot, **{f"group-{number}": "AAAAA" for number in step(pilot).enrolment.asked_back()})
        assert isinstance(step(pilot), CheckStep)
        assert "That is not what the kit says." in shown(pilot)
        await keys(pilot, "escape")
        assert isinstance(step(pilot), KitStep)


async def test_passphrases_must_agree_and_be_strong(home: Home, clock: FrozenClock) -> None:
    """Two different passphrases, or a weak one, write nothing."""
    async with app_for(home, clock).run_test(size=WIDE) as pilot:
        await to_passphrase(pilot)
        for first, second, said in (
            (PASSPHRASE, "another", "The two passphrases differ."),
            ("password1234567", "password1234567", "it could be guessed"),
        ):
            await fill(pilot, first=first, second=second)
            assert isinstance(step(pilot), PassphraseStep)
            assert said in " ".join(shown(pilot).split())
        assert not home.key_file.exists()


async def test_escape_backs_out_of_every_step(home: Home, clock: FrozenClock) -> None:
    """Esc goes back from each step, up to the first screen; from there Enter goes on where one was."""
    async with app_for(home, clock).run_test(size=WIDE) as pilot:
        await to_passphrase(pilot)
        await keys(pilot, "escape")
        assert isinstance(step(pilot), NameStep)
        await keys(pilot, "escape")
        assert isinstance(pilot.app.screen, WelcomeScreen)
        await keys(pilot, "enter")
        await fill(pilot, first=PASSPHRASE, second=PASSPHRASE)
        await keys(pilot, "escape", "enter")
        assert isinstance(step(pilot), TokenStep)


async def test_resumes_with_its_passphrase(home: Home, clock: FrozenClock, tmp_path: Path) -> None:
    """A device that was begun goes on where it ended, in another process, with its passphrase; or is discarded."""
    async with app_for(home, clock).run_test(size=WIDE) as pilot:
        await to_token(pilot)
    async with app_for(home, clock).run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert "Go on setting up this device" in shown(pilot)
        await keys(pilot, "enter")
        await fill(pilot, first=PASSPHRASE)
        assert isinstance(step(pilot), TokenStep)
        await keys(pilot, "escape")
    async with app_for(home, clock).run_test(size=WIDE) as pilot:
        await settle(pilot)
        await keys(pilot, "j", "enter", "y")
        assert not home.key_file.exists()
        assert "Create a workspace" in shown(pilot)
