"""`cerby-tui recover`: a new device with the kit alone, and a new passphrase for a vault that is there."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from cerby_tui.home import Home
from tests.command_line import Dialogue, run
from tests.enrolled import PASSPHRASE, enrol_with_kit
from tests.rig import ServiceRig, service_rig

AGAIN = "another horse battery staple"
SECONDS = 60.0


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
    """The code of Ada's kit."""

    async def set_up() -> str:
        session, code = await enrol_with_kit(ada, rig, rig.token())
        await session.sync_now()
        await session.close()
        return code

    return asyncio.run(set_up())


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """An empty home whose configuration leaves this machine's keyring alone."""
    home = tmp_path / "new"
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text("keyring = false\n")
    return home


def recovering(home: Path, rig: ServiceRig) -> Dialogue:
    """The command, up to where the code is asked for."""
    dialogue = Dialogue(home, AGAIN, "recover", "--service", rig.origin, "--device", "laptop")
    dialogue.until("says): ")
    return dialogue


def test_a_new_device(rig: ServiceRig, ada: Home, code: str, new: Path) -> None:
    """Code, whose it is, the new kit, two groups given back: a vault. The first device hears; the old code is spent."""
    dialogue = recovering(new, rig)
    dialogue.answer(code.lower())
    said = dialogue.until("[Y/n]: ")
    assert "This kit belongs to Ada Founder (ada@example.org)." in said
    dialogue.answer("y")
    assert dialogue.give_back().returncode == 0
    assert run("sync", home=new, passphrase=AGAIN).returncode == 0
    used = "Your recovery key was used. Somebody used your recovery kit."
    assert used in run("sync", home=ada.root, passphrase=PASSPHRASE).stderr
    assert used in run("kit", home=ada.root, passphrase=PASSPHRASE).stderr
    assert used not in run("sync", home=ada.root, passphrase=PASSPHRASE).stderr
    other = new.with_name("other")
    other.mkdir(mode=0o700)
    (other / "config.toml").write_text("keyring = false\n")
    _out, err = recovering(other, rig).process.communicate(f"{code}\n", timeout=SECONDS)
    assert "only the newest kit counts" in err


def test_a_mistyped_code_ends_a_script(rig: ServiceRig, code: str, new: Path) -> None:
    """The group is named, with the exit code of wrong usage, and the kit is not used up."""
    wrong = code[:-1] + ("X" if code[-1] != "X" else "Y")
    dialogue = recovering(new, rig)
    _out, err = dialogue.process.communicate(f"{wrong}\n", timeout=SECONDS)
    assert (dialogue.process.returncode, "Group 8" in err) == (2, True)


def test_killed_and_gone_on_with(rig: ServiceRig, code: str, new: Path) -> None:
    """kill -9 after the kit was used: the same command shows the same new kit, and asks for nothing else."""
    killed = recovering(new, rig)
    killed.answer(code)
    killed.until("[Y/n]: ")
    killed.answer("y")
    groups = killed.kit()
    killed.process.send_signal(signal.SIGKILL)
    killed.process.communicate(timeout=SECONDS)
    again = Dialogue(new, AGAIN, "recover")
    shown = again.kit()
    assert shown == groups and len(groups) == 8
    assert again.give_back(shown).returncode == 0


def test_a_forgotten_passphrase(ada: Home, code: str) -> None:
    """Where a vault is, the kit gives it a new passphrase; the service is not asked."""
    (ada.root / "config.toml").write_text("keyring = false\n")
    dialogue = Dialogue(ada.root, AGAIN, "recover")
    _out, err = dialogue.process.communicate(f"{code}\n", timeout=SECONDS)
    assert "The vault has its new passphrase." in err
    assert run("accounts", home=ada.root, passphrase=PASSPHRASE).returncode == 4
    assert run("accounts", home=ada.root, passphrase=AGAIN).returncode == 0


def test_the_kit_is_tried_and_replaced(ada: Home, code: str) -> None:
    """Tried with its code; replaced by one whose groups are given back; then the old code is an earlier kit's."""
    (ada.root / "config.toml").write_text("keyring = false\n")
    assert "never" in run("kit", home=ada.root, passphrase=PASSPHRASE).stdout
    tried = run("kit", "try", home=ada.root, passphrase=PASSPHRASE, given=f"{code}\n")
    assert (tried.returncode, "The kit works." in tried.stdout) == (0, True)
    making = Dialogue(ada.root, PASSPHRASE, "kit", "new", "--square")
    groups: list[str] = []
    assert making.process.stdout
    while len(groups) < 8:
        groups += re.findall(r"\b([0-9A-Z]{5})\b", making.process.stdout.readline())
    assert making.give_back(groups).returncode == 0
    spent = run("kit", "try", home=ada.root, passphrase=PASSPHRASE, given=f"{code}\n")
    assert (spent.returncode, "an earlier kit" in spent.stderr) == (2, True)
