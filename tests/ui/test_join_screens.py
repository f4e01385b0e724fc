"""Joining by invite on screen, over a real service with real mail: what each step says, and the whole way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot

from cerby_tui.home import Home
from cerby_tui.screens.cards import CardsScreen
from cerby_tui.screens.enrolment import BOXES, box_of
from cerby_tui.screens.enrolment_kit import KitStep
from cerby_tui.screens.enrolment_steps import EnrolmentStep
from cerby_tui.screens.enrolment_ways import CodeStep, InviteStep
from cerby_tui.screens.welcome import WelcomeScreen
from tests.devices import PASSPHRASE, enrol
from tests.fakes import FrozenClock
from tests.rig import ServiceRig
from tests.ui.gallery import PLAIN_LOOKS, WIDE, Look, keys, settle, shown
from tests.ui.test_enrolment_screens import app_for, fill, step


async def invite(rig: ServiceRig, root: Path, clock: FrozenClock, name: str) -> tuple[str, str]:
    """An invite for somebody by somebody who founded a workspace: the string, and the address it is for."""
    session = (await enrol(rig, root, clock, email=f"ada-{name}@pictures.example")).open()
    new = await session.invites.invite(f"bob-{name}@pictures.example", "user")
    await session.close()
    return new.text, new.invitation.email


async def to_invite(pilot: Pilot[Any]) -> None:
    """From the first screen to the invite."""
    await settle(pilot)
    await keys(pilot, "down", "enter")
    await fill(pilot, device="Bob's laptop")
    await fill(pilot, first=PASSPHRASE, second=PASSPHRASE)
    assert isinstance(step(pilot), InviteStep)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_invite(snap_compare: Any, home: Home, clock: FrozenClock, look: Look) -> None:
    """A token that is pasted instead is told from an invite, and everything typed stays."""

    async def act(pilot: Pilot[Any]) -> None:
        await to_invite(pilot)
        await fill(pilot, invite="cerby-token-nonsense", name="Bob", email="bob@example.org")
        assert isinstance(step(pilot), InviteStep)
        assert "It is a provisioning token" in " ".join(shown(pilot).split())

    assert snap_compare(app_for(home, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_code(snap_compare: Any, home: Home, rig: ServiceRig, tmp_path: Path, clock: FrozenClock, look: Look) -> None:
    """Who invited, and to what, before anything is confirmed."""

    async def act(pilot: Pilot[Any]) -> None:
        text, email = await invite(rig, tmp_path / "ada", clock, f"code-{look.size[0]}")
        await to_invite(pilot)
        await fill(pilot, invite=text, name="Bob", email=email)
        assert isinstance(step(pilot), CodeStep)
        assert "invited you as User." in " ".join(shown(pilot).split())

    assert snap_compare(app_for(home, clock, look), terminal_size=look.size, run_before=act)


async def test_whole_way(home: Home, rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> None:
    """From nothing to the cards, by an invite that was pasted in several lines, as mail programs break it."""
    text, email = await invite(rig, tmp_path / "ada", clock, "way")
    async with app_for(home, clock).run_test(size=WIDE) as pilot:
        await to_invite(pilot)
        pilot.app.screen.post_message(events.Paste("\n  ".join((text[:60], text[60:120], text[120:])) + "\n"))
        await settle(pilot)
        assert step(pilot).value("invite") == text
        await fill(pilot, name="Bob Builder", email=email)
        await fill(pilot, code=rig.code_for(email))
        assert isinstance(step(pilot), KitStep)
        kit = step(pilot).enrolment.kit()
        await keys(pilot, "enter")
        asked = step(pilot).enrolment.asked_back()
        await fill(pilot, **{f"group-{number}": kit.groups[number - 1] for number in asked})
        assert isinstance(pilot.app.screen, CardsScreen)
        assert home.enrolled()
    await pilot.app.desk.session.close()


async def test_refused_and_put_right(home: Home, rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> None:
    """Another person's address is refused where it was typed; the right one then goes on."""
    text, email = await invite(rig, tmp_path / "ada", clock, "right")
    async with app_for(home, clock).run_test(size=WIDE) as pilot:
        await to_invite(pilot)
        await fill(pilot, invite=text, name="Eve", email="eve@pictures.example")
        assert "✗ This invite is for another e-mail address." in " ".join(shown(pilot).split())
        await fill(pilot, email=email)
        assert isinstance(step(pilot), CodeStep)


async def test_another_code_after_coming_back(home: Home, rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> None:
    """Esc leaves, Enter goes on at the code; another one is asked for without typing anything again."""
    text, email = await invite(rig, tmp_path / "ada", clock, "again")
    async with app_for(home, clock).run_test(size=WIDE) as pilot:
        await to_invite(pilot)
        await fill(pilot, invite=text, name="Bob", email=email)
        await keys(pilot, "escape")
        assert isinstance(pilot.app.screen, WelcomeScreen)
        assert "Go on setting up this device" in shown(pilot)
        await keys(pilot, "enter", "ctrl+r")
        assert isinstance(step(pilot), CodeStep)
        assert "Another code can be sent in 60 s." in " ".join(shown(pilot).split())


def test_every_step_of_every_way_has_its_box() -> None:
    """Whatever an attempt says is next can be shown."""
    for name in BOXES:
        assert issubclass(box_of(name), EnrolmentStep)
