"""Inviting and joining from the command line: real commands, a real service, real mail; killed and gone on with."""

from __future__ import annotations

import asyncio
import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from cerby_tui.home import Home
from tests.command_line import Dialogue, Ended, run
from tests.enrolled import PASSPHRASE, enrol
from tests.rig import ServiceRig, service_rig

BOB = "bob@cli.example"
SECONDS = 60.0


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ServiceRig]:
    """A service of one's own."""
    with service_rig(tmp_path) as running:
        yield running


@pytest.fixture
def ada(rig: ServiceRig, tmp_path: Path) -> Path:
    """The home of somebody who founded a workspace."""
    home = Home(tmp_path / "ada")

    async def set_up() -> None:
        await (await enrol(home, rig, rig.token())).close()

    asyncio.run(set_up())
    return home.root


@pytest.fixture
def bob(tmp_path: Path) -> Path:
    """An empty home whose configuration leaves this machine's keyring alone."""
    home = tmp_path / "bob"
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text("keyring = false\n")
    return home


def ask(home: Path, *arguments: str) -> Ended:
    """Run a command with the right passphrase; it has to succeed."""
    ended = run(*arguments, home=home, passphrase=PASSPHRASE)
    assert ended.returncode == 0, ended.stderr
    return ended


class Joining(Dialogue):
    """`cerby-tui join` with answers given one by one."""

    def __init__(self, home: Path, *arguments: str) -> None:
        super().__init__(home, PASSPHRASE, "join", *arguments)


def test_invited_and_joined(rig: ServiceRig, ada: Path, bob: Path) -> None:
    """The string is all that is printed; the invited person answers, and is a member under their name."""
    made = ask(ada, "invites", "new", BOB, "--role", "admin")
    assert re.fullmatch(r"cerby-invite-[0-9a-z]+\n", made.stdout)
    assert "it is not shown again" in made.stderr
    assert ask(ada, "invites").stdout.split("\t")[:3] == [BOB, "Admin", "Ada Founder"]
    joining = Joining(bob, "--device", "laptop", "--name", "Bob Builder", "--email", BOB)
    joining.until("Invite: ")
    joining.answer(made.stdout.strip())
    assert "Ada Founder (ada@example.org) invited you as Admin." in joining.until("for another: ")
    joining.answer(rig.code_for(BOB))
    ended = joining.give_back()
    assert (ended.returncode, "This device is set up." in ended.stderr) == (0, True)
    assert ask(bob, "status").returncode == 0
    members = json.loads(ask(ada, "members", "--json").stdout) or []
    ask(ada, "sync")
    members = json.loads(ask(ada, "members", "--json").stdout)
    assert {one["name"]: one["role"] for one in members} == {"Ada Founder": "owner", "Bob Builder": "admin"}
    assert ask(ada, "invites").stdout == ""


def test_killed_and_gone_on_with(rig: ServiceRig, ada: Path, bob: Path) -> None:
    """kill -9 while the code is on its way: the same command goes on there, and nothing is asked for twice."""
    invite = ask(ada, "invites", "new", BOB).stdout.strip()
    killed = Joining(bob, "--device", "laptop", "--name", "Bob", "--email", BOB)
    killed.until("Invite: ")
    killed.answer(invite)
    killed.until("for another: ")
    killed.process.send_signal(signal.SIGKILL)
    killed.process.communicate(timeout=SECONDS)
    again = Joining(bob)
    assert "Going on where an earlier attempt ended." in again.until("for another: ")
    again.answer(rig.code_for(BOB))
    assert again.give_back().returncode == 0
    used = Joining(bob)
    _out, err = used.process.communicate(timeout=SECONDS)
    assert (used.process.returncode, "set up already" in err) == (2, True)


def test_a_bad_invite_ends_a_script(ada: Path, bob: Path) -> None:
    """Where nobody sits before it, one sentence and an exit code; the secret is in no argument."""
    invite = ask(ada, "invites", "new", BOB).stdout.strip()
    ask(ada, "invites", "withdraw", BOB)
    for text, said, code in ((invite[:-9], "It is incomplete", 2), (invite, "was withdrawn", 6)):
        joining = Joining(bob, "--device", "laptop", "--name", "Bob", "--email", BOB)
        _out, err = joining.process.communicate(text + "\n", timeout=SECONDS)
        assert (joining.process.returncode, said in err) == (code, True), err


def test_an_invite_that_is_not_there(ada: Path) -> None:
    """A name that matches nothing is said to match nothing."""
    ended = run("invites", "withdraw", "nobody@example.org", home=ada, passphrase=PASSPHRASE)
    assert (ended.returncode, "No open invite is called" in ended.stderr) == (2, True)
