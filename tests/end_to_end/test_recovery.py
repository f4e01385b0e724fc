"""Recovery in the real program on a terminal: a forgotten passphrase, and a new device with the kit alone."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cerby_tui.home import Home
from cerby_tui.values import Item
from tests.enrolled import PASSPHRASE, enrol_with_kit
from tests.pseudo_terminal import CTRL_L, CTRL_Q, ENTER, PseudoTerminal, program
from tests.rig import ServiceRig, service_rig

AGAIN = "another horse battery staple"
GROUP = re.compile(r"\b[1-8] ([0-9A-Z]{5})\b")
F2, END = "\x1bOQ", "\x1b[F"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ServiceRig]:
    """A service of one's own."""
    with service_rig(tmp_path) as running:
        yield running


@pytest.fixture
def ada(tmp_path: Path) -> Home:
    """Where the first device lives."""
    return Home(tmp_path / "ada")


@pytest.fixture
def code(rig: ServiceRig, ada: Home) -> str:
    """The code of Ada's kit; her vault holds one account."""

    async def set_up() -> str:
        session, code = await enrol_with_kit(ada, rig, rig.token())
        await session.add_account(Item("Trips", app="airbnb"))
        await session.sync_now()
        await session.close()
        return code

    made = asyncio.run(set_up())
    (ada.root / "config.toml").write_text("keyring = false\n")
    return made


def opened(home: Path) -> PseudoTerminal:
    """The app on a home."""
    return PseudoTerminal(program(), environ={**os.environ, "TERM": "xterm-256color", "CERBY_HOME": str(home)})


def test_a_forgotten_passphrase(ada: Home, code: str) -> None:
    """F2, the code, a new passphrase twice: the cards. After a lock only the new passphrase opens."""
    with opened(ada.root) as app:
        app.wait_for("Passphrase", "F2 opens it with your recovery kit")
        app.settle()
        app.press(F2)
        app.wait_for("Open with your recovery kit")
        app.settle()
        app.enter(code, AGAIN, AGAIN)
        app.wait_for("1 account", "Trips")
        app.settle()
        app.press(CTRL_L)
        app.wait_for("F2 opens it")
        app.settle()
        app.enter(PASSPHRASE)
        app.wait_for("That passphrase does not open this vault.")
        app.enter(AGAIN)
        app.wait_for("Trips")
        app.press(CTRL_Q)
        assert app.wait_exit() == 0


def test_a_new_device(rig: ServiceRig, code: str, tmp_path: Path) -> None:
    """From the first screen to the cards with nothing but what is on the kit, and the new kit in between."""
    home = tmp_path / "new"
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text("keyring = false\n")
    with opened(home) as app:
        app.wait_for("Recover with my recovery kit")
        app.settle()
        app.press(END, ENTER)
        app.wait_for("Name your device")
        app.settle()
        app.press(ENTER)
        app.wait_for("Choose a passphrase")
        app.settle()
        app.enter(AGAIN, AGAIN)
        app.wait_for("Vault recovery")
        app.settle()
        app.enter(rig.origin, code.lower())
        app.wait_for("Is this you?", "Ada Founder", "has the key that your other sessions know")
        app.settle()
        app.press(ENTER)
        shown = app.wait_until(lambda shown: len(GROUP.findall(shown)) == 8, "the kit")
        groups = GROUP.findall(shown)
        app.settle()
        app.press(ENTER)
        app.wait_for("Two groups of your recovery kit")
        asked = re.findall(r"Group (\d)", app.settle())
        app.enter(*(groups[int(number) - 1] for number in asked))
        app.wait_for("1 account", "Trips", "live")
        app.press(CTRL_Q)
        assert app.wait_exit() == 0
