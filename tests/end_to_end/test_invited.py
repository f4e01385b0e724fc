"""A second person, on real processes: invited by a command, in by the app, killed on the way, known to the first."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from cerby_tui.home import Home
from tests.command_line import run
from tests.enrolled import PASSPHRASE, enrol
from tests.pseudo_terminal import DOWN, ENTER, PseudoTerminal, program
from tests.rig import ProcessRig, process_rig

BOB = "bob@example.org"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ProcessRig]:
    """A service process, made and run by its own command line."""
    with process_rig(tmp_path) as running:
        yield running


def empty_home(root: Path) -> Path:
    """A home directory whose configuration leaves this machine's keyring alone."""
    root.mkdir(mode=0o700)
    (root / "config.toml").write_text("keyring = false\n")
    return root


def app(home: Path) -> PseudoTerminal:
    """The app in a terminal of its own."""
    return PseudoTerminal(program(), environ={**os.environ, "TERM": "xterm-256color", "CERBY_HOME": str(home)})


def up_to_the_code(terminal: PseudoTerminal, invite: str) -> None:
    """Choose to join; name, passphrase, invite, name and address."""
    terminal.wait_for("Join by invite")
    terminal.settle()
    terminal.press(DOWN)
    terminal.settle()
    terminal.press(ENTER)
    terminal.wait_for("Name your device")
    terminal.settle()
    terminal.press(ENTER)
    terminal.wait_for("Choose a passphrase")
    terminal.enter(PASSPHRASE, PASSPHRASE)
    terminal.wait_for("The invite is the line that a colleague gave you")
    terminal.enter(invite, "Bob Builder", BOB)
    terminal.wait_for("Ada Founder (ada@example.org) invited you as User.")


def from_the_code_on(terminal: PseudoTerminal, code: str) -> None:
    """The code, the kit, two groups given back, and the cards."""
    terminal.settle()
    terminal.enter(code)
    terminal.wait_for("Your recovery kit")
    groups = dict(re.findall(r"(?<=\s)([1-8]) ([0-9A-Z]{5})(?=\s)", terminal.settle()))
    terminal.press(ENTER)
    terminal.wait_for("Two groups of your recovery kit")
    asked = re.findall(r"Group (\d)", terminal.settle())
    terminal.enter(*(groups[number] for number in asked))
    terminal.wait_for("No accounts yet", "live")


def members(home: Path) -> dict[str, str]:
    """Names and roles, as a command prints them after a round of sync."""
    assert run("sync", home=home, passphrase=PASSPHRASE).returncode == 0
    ended = run("members", "--json", home=home, passphrase=PASSPHRASE)
    return {one["name"]: one["role"] for one in json.loads(ended.stdout)}


def test_invited_killed_and_in(rig: ProcessRig, tmp_path: Path) -> None:
    """Nobody else is online meanwhile; kill -9 while the code is on its way costs nothing but typing the passphrase."""
    ada, bob = empty_home(tmp_path / "ada"), empty_home(tmp_path / "bob")
    asyncio.run(found(rig, ada))
    invite = run("invites", "new", BOB, home=ada, passphrase=PASSPHRASE).stdout.strip()
    with app(bob) as killed:
        up_to_the_code(killed, invite)
        killed.signal(signal.SIGKILL)
    with app(bob) as terminal:
        terminal.wait_for("Go on setting up this device")
        terminal.settle()
        terminal.press(ENTER)
        terminal.wait_for("The passphrase that you chose for it")
        terminal.enter(PASSPHRASE)
        terminal.wait_for("invited you as User.")
        from_the_code_on(terminal, rig.code_for(BOB))
    assert members(ada) == members(bob) == {"Ada Founder": "owner", "Bob Builder": "user"}


async def found(rig: ProcessRig, home: Path) -> None:
    """Ada founds the workspace and goes."""
    await (await enrol(Home(home), rig, rig.first_token)).close()
