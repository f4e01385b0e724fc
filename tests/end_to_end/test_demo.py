"""The demo as a person meets it: one command, cards at once, a number by keys, a code, a lock, and no trace."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cerby_tui.demo.passphrase import PASSPHRASE
from tests.pseudo_terminal import CTRL_L, CTRL_Q, CTRL_Z, ENTER, SPACE, PseudoTerminal, program

HINT = "This is a demo."
CTRL_C = "\x03"
TAB = "\t"


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """Where the demo makes its directory."""
    made = tmp_path / "temporary"
    made.mkdir()
    return made


@pytest.fixture
def demo(temporary: Path) -> Iterator[PseudoTerminal]:
    """A demo that was just started."""
    with start_demo(temporary) as terminal:
        yield terminal


def start_demo(temporary: Path, *arguments: str) -> PseudoTerminal:
    """Start a demo whose directory comes to stand in `temporary`."""
    environ = {**os.environ, "TERM": "xterm-256color", "TMPDIR": str(temporary)}
    return PseudoTerminal(program("demo", *arguments), environ=environ)


def processes_with(word: str) -> list[str]:
    """The command lines of running processes that name something; empty on systems without /proc."""
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = command.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it has ended meanwhile
        if word in line:
            found.append(line)
    return found


def none_is_left(word: str, seconds: float = 20.0) -> bool:
    """Whether all processes that name something end within so many seconds."""
    end, pause = time.monotonic() + seconds, threading.Event()
    while left := processes_with(word):
        if time.monotonic() > end:
            raise AssertionError(f"still running: {left}")
        pause.wait(0.1)
    return True


def assert_no_trace(temporary: Path) -> None:
    """Neither a directory nor a process is left."""
    assert [] == list(temporary.iterdir())
    assert [] == processes_with(str(temporary))


def find_account(demo: PseudoTerminal, label: str) -> None:
    """Filter the cards by typing, and open the one that is left."""
    demo.settle()
    demo.press("/")
    demo.settle()
    demo.press(label)
    demo.wait_for("1 account ·", label)
    demo.settle()
    demo.press(ENTER)
    demo.settle()
    demo.press(ENTER)
    demo.wait_for(f"Accounts › {label}", "p Create phone number")
    demo.settle()


def test_the_whole_walk(demo: PseudoTerminal, temporary: Path) -> None:
    """Cards appear without a question; a number is made by keys; its code comes by itself; lock, unlock, quit."""
    demo.wait_for("Accounts", "25 accounts", "Company bank", "live")
    find_account(demo, "Team chat")
    demo.press("p")
    demo.wait_for("Cerby-generated Phone Number", "I will add the phone number to Team chat account setting")
    demo.settle()
    demo.press(SPACE)
    demo.wait_for("[x] I will add")
    demo.press(ENTER)
    demo.wait_for("managed")
    demo.wait_until(lambda shown: re.search(r"Team chat: code [\d ]{6,}", shown) is not None, "the code")

    demo.press(CTRL_L)
    demo.wait_for(HINT, "Passphrase")
    demo.enter(PASSPHRASE)
    demo.wait_for("25 accounts", "live")
    demo.press(CTRL_Q)

    assert 0 == demo.wait_exit()
    assert_no_trace(temporary)


def test_the_menu_plays_the_other_side(demo: PseudoTerminal) -> None:
    """After a lock the line to the parent still works: the service stops and starts, and a text arrives."""
    demo.wait_for("25 accounts", "live")
    demo.settle()
    demo.press(CTRL_L)
    demo.wait_for(HINT)
    demo.enter(PASSPHRASE)
    demo.wait_for("25 accounts", "live")

    play(demo, "Stop the service", 2)
    demo.wait_for("offline")
    play(demo, "Start the service", 3)
    demo.wait_for("live")
    play(demo, "Text an alert", 1)

    demo.press("i")
    demo.wait_for("Sandbox Ads: a payment of $2,419.50")


def test_somebody_else_is_there_when_asked_for(demo: PseudoTerminal, temporary: Path) -> None:
    """A colleague joins and shares; a new device asks, its code is typed, and it is trusted; nothing is left behind."""
    demo.wait_for("25 accounts", "live")
    play(demo, "A colleague shares an account", 4)
    demo.wait_for("26 accounts")
    demo.wait_for("Jona Marsh shared")
    play(demo, "A new device of yours asks", 6)
    demo.wait_for("A device asks to become one of your trusted sessions")
    demo.settle()
    demo.press(TAB, TAB, ENTER)
    demo.wait_for("Robin's tablet shows")
    found = re.search(r"shows (\d{4}-\d{4})", demo.text())
    assert found
    demo.wait_for("Type the eight digits")
    demo.settle()
    demo.press(found[1])
    demo.wait_for(found[1][-4:])
    demo.press(ENTER)
    demo.wait_for("Robin's tablet is a trusted session now.")
    demo.press(ENTER)
    demo.settle()
    demo.press(CTRL_Q)

    assert 0 == demo.wait_exit()
    assert_no_trace(temporary)


def play(demo: PseudoTerminal, act: str, down: int) -> None:
    """Choose an act of the demo menu, which is so many lines below the first one."""
    demo.settle()
    demo.press("t")
    demo.wait_for("Demo: what can happen", act)
    demo.settle()
    demo.press(*"j" * down, ENTER)
    demo.settle()


@pytest.mark.skipif(not shutil.which("bash"), reason="job control is tried in bash")
def test_ctrl_z_locks_and_gives_the_shell_its_terminal(temporary: Path) -> None:
    """The whole job stops, the shell can be used, and `fg` comes back to the lock screen, not to the cards."""
    environ = {**os.environ, "TERM": "xterm-256color", "TMPDIR": str(temporary), "PS1": "SHELL> "}
    with PseudoTerminal(["bash", "--norc", "-i"], environ=environ) as shell:
        shell.wait_for("SHELL>")
        shell.press(shlex.join(program("demo")), ENTER)
        shell.wait_for("25 accounts", "live")
        shell.settle()

        shell.press(CTRL_Z)
        shell.wait_for("Stopped")
        shell.press("echo shell-$((40 + 2))", ENTER)
        shell.wait_for("shell-42")
        shell.press("fg", ENTER)
        shell.wait_for(HINT, "Passphrase")
        shell.enter(PASSPHRASE)
        shell.wait_for("25 accounts", "live")
        shell.press(CTRL_Q)
        shell.settle()
        shell.press("echo status-$?", ENTER)
        shell.wait_for("status-0")
        shell.press("exit", ENTER)
        assert 0 == shell.wait_exit()
    assert_no_trace(temporary)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)], ids=lambda each: str(each)
)
def test_a_signal_leaves_no_trace(temporary: Path, number: signal.Signals, code: int) -> None:
    """The parent passes it on, waits for the app to lock, stops the service and removes everything."""
    with start_demo(temporary) as demo:
        demo.wait_for("25 accounts", "live")

        demo.signal(number)

        assert code == demo.wait_exit()
        assert demo.raw.rfind(b"\x1b[?1049h") < demo.raw.rfind(b"\x1b[?1049l")
        assert_no_trace(temporary)


def test_giving_up_while_it_is_made_leaves_no_trace(temporary: Path) -> None:
    """ctrl+c before the cards are there."""
    with start_demo(temporary) as demo:
        demo.wait_for("Founding a workspace…")

        demo.press(CTRL_C)

        assert 130 == demo.wait_exit()
        assert_no_trace(temporary)


def test_a_killed_demo_takes_its_processes_along(temporary: Path) -> None:
    """kill -9 cannot be answered; the service and the app notice, and end."""
    with start_demo(temporary) as demo:
        demo.wait_for("25 accounts", "live")

        demo.signal(signal.SIGKILL)

        assert 137 == demo.wait_exit()
        assert none_is_left(str(temporary))


def test_a_kept_demo_opens_again(temporary: Path, tmp_path: Path) -> None:
    """`--keep` says where it is and how to open it; what was there is there, on the same port, and it stays."""
    kept = tmp_path / "kept"
    with start_demo(temporary, "--keep", "--home", str(kept)) as demo:
        demo.wait_for("25 accounts", "live")
        demo.settle()
        demo.press("a")
        demo.wait_for("Add account")
        demo.settle()
        demo.press("Kept account")
        demo.settle()
        demo.press("\x13")
        demo.wait_for("Accounts › Kept account")
        demo.press(CTRL_Q)
        assert 0 == demo.wait_exit()
        assert b"cerby-tui demo --home " + str(kept).encode() in demo.raw.replace(b"\r\n", b"")

    with start_demo(temporary, "--home", str(kept)) as again:
        again.wait_for("26 accounts", "live")
        again.press(CTRL_Q)
        assert 0 == again.wait_exit()
    assert kept.is_dir()


def test_a_directory_with_something_else_in_it_is_left_alone(temporary: Path, tmp_path: Path) -> None:
    """The demo refuses it in words, with status 2, before it starts anything."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter").write_text("dear")

    with start_demo(temporary, "--home", str(tmp_path / "mine")) as demo:
        assert 2 == demo.wait_exit()
        assert "holds something else than a demo" in demo.text()

    assert "dear" == (tmp_path / "mine" / "letter").read_text()
