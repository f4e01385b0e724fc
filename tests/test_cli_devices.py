"""Trusted sessions from the command line, at both ends and with no screen at all: real commands, a real service."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from cerby_tui.home import Home
from tests.command_line import Dialogue, Ended, run
from tests.enrolled import EMAIL, PASSPHRASE, enrol
from tests.rig import ServiceRig, service_rig

SECONDS = 60.0


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ServiceRig]:
    """A service of one's own."""
    with service_rig(tmp_path) as running:
        yield running


@pytest.fixture
def old(rig: ServiceRig, tmp_path: Path) -> Path:
    """The home of somebody who founded a workspace."""
    home = Home(tmp_path / "old")

    async def set_up() -> None:
        await (await enrol(home, rig, rig.token())).close()

    asyncio.run(set_up())
    return home.root


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """An empty home whose configuration leaves this machine's keyring alone."""
    home = tmp_path / "new"
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text("keyring = false\n")
    return home


def ask(home: Path, *arguments: str, given: str = "") -> Ended:
    """Run a command with the right passphrase; it has to succeed."""
    ended = run(*arguments, home=home, passphrase=PASSPHRASE, given=given)
    assert ended.returncode == 0, ended.stderr
    return ended


class NewDevice(Dialogue):
    """`cerby-tui join --new-device` with answers given one by one."""

    def __init__(self, home: Path, *arguments: str) -> None:
        super().__init__(home, PASSPHRASE, "join", "--new-device", *arguments)

    def code(self) -> str:
        """The code that it prints."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self, *lines: str) -> tuple[int, str]:
        """Give the last answers; gives exit code and what was said."""
        _out, err = self.process.communicate("".join(f"{line}\n" for line in lines), timeout=SECONDS)
        return self.process.returncode, err


class Approving(Dialogue):
    """`cerby-tui devices approve` with answers given one by one."""

    def __init__(self, home: Path, *arguments: str) -> None:
        super().__init__(home, PASSPHRASE, "devices", "approve", *arguments)

    def end(self, code: str) -> tuple[int, str, str]:
        """Type the code; gives exit code, what was printed, and what was said."""
        self.until("Code on the new device: ")
        out, err = self.process.communicate(f"{code}\n", timeout=SECONDS)
        return self.process.returncode, out, err


def begun(rig: ServiceRig, new: Path) -> NewDevice:
    """A new device whose request lies at the service."""
    device = NewDevice(new, "--device", "server", "--service", rig.origin, "--email", EMAIL)
    device.until("devices approve")
    return device


def test_approved_without_a_screen(rig: ServiceRig, old: Path, new: Path) -> None:
    """One command at either end, a code between them, and the new device opens the vault."""
    device = begun(rig, new)
    assert "Pending approval" in ask(old, "devices").stdout
    approving = Approving(old)
    approving.until("[server]: ")
    approving.answer("build server")
    code, out, _err = approving.end(device.code())
    assert (code, out) == (0, "build server is one of your trusted sessions now. Say so on the new device.\n")
    device.until("trusted")
    code, err = device.end("y")
    assert (code, "This device is set up." in err) == (0, True)
    ask(new, "sync")
    listed = json.loads(ask(new, "devices", "list", "--json").stdout)
    assert [(one["name"], one["this"], one["how"]) for one in listed["sessions"]] == [
        ("build server", True, "Approved"),
        ("test device", False, "First session"),
    ]
    assert listed["pending"] == []


def test_a_wrong_code_ends_a_script(rig: ServiceRig, old: Path, new: Path) -> None:
    """Where nobody sits before it, a mistyped code is an exit code, and nothing was added; the request is denied."""
    device = begun(rig, new)
    approving = Approving(old, "--name", "server")
    right = device.code()
    code, _out, err = approving.end("0000-0000" if right != "0000-0000" else "1111-1111")
    assert (code, "That is not the code" in err) == (2, True)
    assert ask(old, "devices", "deny").stdout == "Denied: the device is not trusted.\n"
    code, err = device.end()
    assert (code, "was denied" in err) == (6, True)
    assert len(json.loads(ask(old, "devices", "--json").stdout)["sessions"]) == 1


def test_killed_and_gone_on_with(rig: ServiceRig, old: Path, new: Path) -> None:
    """kill -9 while the request waits: the same command goes on with it, and asks for nothing twice."""
    killed = begun(rig, new)
    killed.process.send_signal(signal.SIGKILL)
    killed.process.communicate(timeout=SECONDS)
    device = NewDevice(new)
    assert "Going on where an earlier attempt ended." in device.until("devices approve")
    approving = Approving(old, "--name", "server")
    assert approving.end(device.code())[0] == 0
    device.until("trusted")
    assert device.end("y")[0] == 0


def test_removed_from_the_command_line(rig: ServiceRig, old: Path, new: Path) -> None:
    """The removed session says at its next command what happened, deletes itself, and says so again afterwards."""
    device = begun(rig, new)
    assert Approving(old, "--name", "server").end(device.code())[0] == 0
    device.until("trusted")
    device.end("y")
    ask(new, "sync")
    assert "is called" in run("devices", "remove", "nobody", "--yes", home=old, passphrase=PASSPHRASE).stderr
    assert ask(old, "devices", "remove", "SERVER", "--yes").stdout == "server is no trusted session any more.\n"
    ended = run("sync", home=new, passphrase=PASSPHRASE)
    assert (ended.returncode, "removed by you, on test device" in ended.stderr) == (4, True)
    assert "deleted from this device" in ended.stderr
    assert not (new / "vault.db").exists() and not (new / "device.json").exists()
    again = run("accounts", home=new, passphrase=PASSPHRASE)
    assert (again.returncode, "removed by you, on test device" in again.stderr) == (4, True)


def test_nothing_to_answer(old: Path) -> None:
    """A request that is not there is said to be not there."""
    ended = run("devices", "approve", home=old, passphrase=PASSPHRASE)
    assert (ended.returncode, "No device asks." in ended.stderr) == (2, True)
