"""The main job on real processes: service, mail server, app in a terminal, webhook by HTTP, a command beside it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from cerby_tui.home import Home
from cerby_tui.values import Item
from tests.command_line import pipe_with, run, start
from tests.enrolled import EMAIL, PASSPHRASE, enrol
from tests.pseudo_terminal import CTRL_Q, ENTER, ESCAPE, SPACE, PseudoTerminal, program
from tests.rig import ProcessRig, process_rig

CTRL_S, TAB = "\x13", "\t"
CANARY = "canary 7d1c9f in the notes of an account"
NUMBER = re.compile(r"\+1 \((\d{3})\) (555)-(01\d\d)")


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ProcessRig]:
    """A service process, made and run by its own command line."""
    with process_rig(tmp_path) as running:
        yield running


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home directory whose configuration leaves this machine's keyring alone."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text("keyring = false\n")
    return home


@contextmanager
def open_app(home: Path, passphrase: str = "") -> Iterator[PseudoTerminal]:
    """The app in a terminal; with a passphrase on a descriptor it opens unlocked."""
    environ = {**os.environ, "TERM": "xterm-256color", "CERBY_HOME": str(home)}
    if not passphrase:
        with PseudoTerminal(program(), environ=environ) as terminal:
            yield terminal
        return
    reader = pipe_with(passphrase)
    command = program("--passphrase-fd", str(reader))
    with PseudoTerminal(command, environ=environ, pass_fds=(reader,)) as terminal:
        os.close(reader)
        yield terminal


@pytest.fixture
def app(rig: ProcessRig, home: Path) -> Iterator[PseudoTerminal]:
    """The app, open on a device that was set up at the service and holds the account Shop."""

    async def set_up() -> None:
        session = await enrol(Home(home), rig, rig.first_token)
        await session.add_account(Item(label="Shop", app="sandbox-shop", app_name="Sandbox Shop", notes=CANARY))
        await session.sync_now()
        await session.close()

    asyncio.run(set_up())
    with open_app(home, PASSPHRASE) as terminal:
        terminal.wait_for("1 account ·", "Shop", "live")
        terminal.settle()
        yield terminal


def set_up_by_keys(app: PseudoTerminal, rig: ProcessRig) -> None:
    """Walk the whole enrolment: device, passphrase, token, mailed code, kit, two groups asked back."""
    app.wait_for("Create a workspace")
    app.press(ENTER)
    app.wait_for("Name your device")
    app.settle()
    app.press(ENTER)
    app.wait_for("Choose a passphrase")
    app.enter(PASSPHRASE, PASSPHRASE)
    app.wait_for("Create the workspace")
    app.enter(rig.first_token, "Ada Founder", EMAIL)
    app.wait_for("Confirm your e-mail address")
    app.enter(rig.code_for(EMAIL))
    app.wait_for("Your recovery kit")
    kit = app.settle()
    groups = dict(re.findall(r"(?<=\s)([1-8]) ([0-9A-Z]{5})(?=\s)", kit))
    app.press(ENTER)
    app.wait_for("Two groups of your recovery kit")
    asked = re.findall(r"Group (\d)", app.settle())
    app.enter(*(groups[number] for number in asked))
    app.wait_for("No accounts yet")


def add_account_by_keys(app: PseudoTerminal, label: str, app_name: str) -> None:
    """Add an account with the form; its page opens."""
    app.settle()
    app.press("a")
    app.wait_for("Add account")
    app.settle()
    app.press(label, TAB)
    app.settle()
    app.press(app_name)
    app.settle()
    app.press(CTRL_S)
    app.wait_for(f"Accounts › {label}", "p Create phone number")
    app.settle()


def create_number_by_keys(app: PseudoTerminal, label: str) -> str:
    """Walk the dialog: copy, tick, commit; gives the number as it stands in the field."""
    app.press("p")
    app.wait_for("Cerby-generated Phone Number", f"I will add the phone number to {label} account setting")
    offered = app.settle()
    app.press(SPACE)
    app.wait_for("[x] I will add")
    app.press(ENTER)
    app.wait_for("managed")
    number = NUMBER.search(offered)
    assert number and number.group() in app.text()
    return "+1" + "".join(number.groups())


def text(rig: ProcessRig, number: str, words: str) -> None:
    """Somebody texts the number: an HTTP request to the carrier, which calls the service's webhook."""
    asyncio.run(rig.text(number, words))


def open_shop(app: PseudoTerminal) -> None:
    """Open the page of the only account."""
    app.press(ENTER)
    app.wait_for("Accounts › Shop", "p Create phone number")
    app.settle()


def test_from_nothing_to_the_code_on_the_screen_and_in_a_script(rig: ProcessRig, home: Path) -> None:
    """A person sets up a device, adds an account, creates a number and sees codes come; a script gets one too."""
    with open_app(home) as app:
        set_up_by_keys(app, rig)
        add_account_by_keys(app, "Shop", "Sandbox Shop")
        number = create_number_by_keys(app, "Shop")
        app.wait_for("✓ first message received", "Shop: code ")

        app.press("2")
        text(rig, number, "Your Sandbox Shop code is 493027")
        app.wait_for("493 027", "Your Sandbox Shop code is 493027")

        waiting = start("code", "wait", "Shop", "--timeout", "60", home=home, passphrase=PASSPHRASE)
        code, printed = 730_000, None
        while printed is None:
            code += 1
            text(rig, number, f"Your Sandbox Shop code is {code}")
            printed = output_within(waiting, 0.5)
        assert 0 == waiting.returncode
        assert 730_000 < int(printed) <= code
        app.wait_for(f"Your Sandbox Shop code is {code}")
    logged = (home / "cerby.log").read_text() + rig.log.read_text()
    assert logged
    assert [] == [secret for secret in (number, "493027", str(code), EMAIL, "Shop", PASSPHRASE) if secret in logged]


def output_within(process: subprocess.Popen[str], seconds: float) -> str | None:
    """What a command has printed, once it has ended; None while it still runs after so many seconds."""
    try:
        return process.communicate(timeout=seconds)[0]
    except subprocess.TimeoutExpired:
        return None


def test_offline_everything_goes_on_and_nothing_is_lost(rig: ProcessRig, app: PseudoTerminal, home: Path) -> None:
    """The service dies: the status says so in words, an edit waits; it comes back: the edit is sent, a text arrives."""
    open_shop(app)
    number = create_number_by_keys(app, "Shop")
    app.wait_for("✓ first message received")

    rig.kill()
    app.wait_for("offline")
    app.settle()
    app.press(ESCAPE)
    app.wait_for("1 account ·")
    add_account_by_keys(app, "Made offline", "Sandbox Ads")
    app.wait_for("1 waiting")

    rig.start()
    text(rig, number, "Your Sandbox Shop code is 493027")
    app.wait_until(lambda shown: "live" in shown and "waiting" not in shown, "the waiting change to be sent")
    app.press("i")
    app.wait_for("493 027  Your Sandbox Shop code")
    app.press(CTRL_Q)
    assert 0 == app.wait_exit()

    rig.stop()
    offline = run("accounts", home=home, passphrase=PASSPHRASE)
    assert ["Made offline", "Shop"] == [line.split("\t")[0] for line in offline.stdout.splitlines()]
    assert 1 == len(run("inbox", "493027", home=home, passphrase=PASSPHRASE).stdout.splitlines())


def test_an_edit_by_a_command_shows_in_the_open_app(app: PseudoTerminal, home: Path) -> None:
    """Another process changes the vault; the app is told by the file and shows it, without a key being pressed."""
    open_shop(app)

    made = run("numbers", "create", "Shop", "--i-will-add-it", home=home, passphrase=PASSPHRASE)

    assert 0 == made.returncode, made.stderr
    app.wait_for("managed", made.stdout.strip()[-4:])


def test_a_vault_opens_by_key_and_locks_by_command(app: PseudoTerminal, home: Path) -> None:
    """`cerby-tui lock` sends the app to its lock screen, where a wrong passphrase is told from the right one."""
    assert '{"locked": 1}' == run("lock", "--json", home=home).stdout.strip()
    app.wait_for("Passphrase")
    app.enter("not the passphrase")
    app.wait_for("does not open this vault")
    app.settle()
    app.enter(PASSPHRASE)

    app.wait_for("1 account ·", "Shop")


def memory_of(pid: int) -> bytes:
    """Everything that a process can write to, as a debugger would read it; skips where nobody may."""
    maps = Path(f"/proc/{pid}/maps")
    if not os.access(maps, os.R_OK) or not os.access(f"/proc/{pid}/mem", os.R_OK):
        pytest.skip("nobody may read the memory of another process here")
    pages = b""
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in maps.read_text().splitlines():
            span, rights = line.split()[:2]
            first, last = (int(each, 16) for each in span.split("-"))
            if rights.startswith("rw"):
                with suppress(OSError):  # given back to the system meanwhile
                    memory.seek(first)
                    pages += memory.read(last - first)
    return pages


@pytest.mark.parametrize(("key", "what"), [("\x0c", "lock"), ("\x1a", "suspend")], ids=["lock", "suspend"])
def test_locking_leaves_nothing_in_memory(app: PseudoTerminal, home: Path, key: str, what: str) -> None:
    """The process keeps its id and becomes a fresh one: what was open is in none of its pages."""
    open_shop(app)
    before = memory_of(app.process.pid)
    assert CANARY.encode() in before

    app.press(key)
    app.wait_for("Passphrase")

    assert "locked" == json.loads(run("status", "--json", home=home).stdout)["apps"][0]["state"], what
    assert CANARY.encode() not in memory_of(app.process.pid)
