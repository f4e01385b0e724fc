"""How the program leaves a terminal and how it empties its memory, seen from outside in a real pty."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from cerby_tui.process import RESTORE, why_no_screen, without_option
from tests.pseudo_terminal import CTRL_Q, PseudoTerminal, program

ENVIRON = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
ON = (b"\x1b[?1049h", b"\x1b[?1000h", b"\x1b[?1006h", b"\x1b[?25l")
OFF = (b"\x1b[?1049l", b"\x1b[?1000l", b"\x1b[?1006l", b"\x1b[?25h")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A directory in which the app finds a vault to lock; nothing here opens it."""
    tmp_path.chmod(0o700)
    for name in ("device.json", "vault.db"):
        (tmp_path / name).write_bytes(b"")
    return tmp_path


def assert_restored(terminal: PseudoTerminal) -> None:
    """Everything that was switched on is off again, and the line discipline is as it was."""
    for on, off in zip(ON, OFF, strict=True):
        assert terminal.raw.rfind(on) < terminal.raw.rfind(off), f"{on!r} is still on"
    assert terminal.attributes == termios.tcgetattr(terminal.slave)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)], ids=lambda each: str(each)
)
def test_a_signal_ends_the_app_and_gives_the_terminal_back(home: Path, number: signal.Signals, code: int) -> None:
    """The alternate screen, the mouse and the hidden cursor do not outlive the app; the status names the signal."""
    with PseudoTerminal(program("--home", str(home)), environ=ENVIRON) as terminal:
        terminal.wait_for("Passphrase")

        terminal.signal(number)

        assert code == terminal.wait_exit()
        assert_restored(terminal)


def test_quitting_gives_the_terminal_back(home: Path) -> None:
    """Leaving by key is an orderly end with status 0."""
    with PseudoTerminal(program("--home", str(home)), environ=ENVIRON) as terminal:
        terminal.wait_for("Passphrase")

        terminal.press(CTRL_Q)

        assert 0 == terminal.wait_exit()
        assert_restored(terminal)


def test_an_app_that_hangs_is_ended_all_the_same(tmp_path: Path) -> None:
    """If the orderly end does not come within the deadline, the terminal is restored and the process ends."""
    script = (
        "import sys, threading\n"
        "from cerby_tui.process import Leaving, Terminal\n"
        "Leaving(Terminal(), deadline=0.2).install(lambda: None)\n"
        "sys.stderr.write('\\x1b[?1049h\\x1b[?1000h\\x1b[?1006h\\x1b[?25lready')\n"
        "sys.stderr.flush()\n"
        "threading.Event().wait()\n"
    )
    with PseudoTerminal([sys.executable, "-c", script], environ=ENVIRON) as terminal:
        terminal.wait_for("ready")

        terminal.signal(signal.SIGTERM)

        assert 143 == terminal.wait_exit()
        assert_restored(terminal)


CRASH = """
import sys
from pathlib import Path
from cerby_tui.app import CerbyApp
from cerby_tui.home import Home
from cerby_tui.running import Running

class Crashing(CerbyApp):
    def on_key(self, event):
        secret = "code 493" + "027"
        raise ValueError(secret)

running = Running(Home(Path(sys.argv[1])))
ending = running.run(Crashing(open_session=None))
sys.exit(running.exit_code)
"""


def test_a_crash_gives_the_terminal_back_and_nothing_away(home: Path) -> None:
    """The status is 1; the person and the log read where it happened, neither of them what was in a variable."""
    with PseudoTerminal([sys.executable, "-c", CRASH, str(home)], environ=ENVIRON) as terminal:
        terminal.wait_for("Passphrase")
        terminal.settle()
        terminal.press("\x1b[20~")  # F9, which nothing else takes

        assert 1 == terminal.wait_exit()
        assert_restored(terminal)
        assert "because of a fault of its own: ValueError at <string>:" in " ".join(terminal.text().split())
        assert b"493027" not in terminal.raw
    log = (home / "cerby.log").read_text()
    assert "crashed [ValueError at" in log
    assert "493027" not in log


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_dumb_terminal_is_refused_in_words(home: Path, term: str) -> None:
    """Nothing is drawn; the sentence names commands that do the job, and the status is 2."""
    with PseudoTerminal(program("--home", str(home)), environ={**ENVIRON, "TERM": term}) as terminal:
        assert 2 == terminal.wait_exit()

        assert "cerby-tui accounts" in terminal.text()
        assert b"\x1b[?1049h" not in terminal.raw


def test_without_a_terminal_the_app_is_refused_in_words(home: Path) -> None:
    """In a pipe nothing is drawn either."""
    ended = subprocess.run(program("--home", str(home)), capture_output=True, text=True, env=ENVIRON, check=False)

    assert 2 == ended.returncode
    assert "The app needs a terminal" in ended.stderr
    assert "" == ended.stdout


def test_the_process_leaves_no_core_and_cannot_be_read() -> None:
    """Hardening forbids core files, and takes /proc away from other processes of the user."""
    script = (
        "import resource, ctypes; from cerby_tui.process import harden; harden();"
        "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert "(0, 0) 0" == ended.stdout.strip()


def test_a_passphrase_pipe_does_not_survive_a_lock() -> None:
    """After a lock the descriptor may be anything, so the option is taken out of the command line."""
    argv = ["--home", "/h", "--passphrase-fd", "7", "--demo-fd", "8", "--passphrase-fd=9"]

    assert ["--home", "/h", "--demo-fd", "8"] == without_option(argv, "--passphrase-fd")


def test_why_no_screen_is_silent_on_a_real_terminal() -> None:
    """A terminal that can draw is not refused."""
    master, slave = os.openpty()

    assert "" == why_no_screen({"TERM": "xterm"}, (slave,))
    assert "" != why_no_screen({"TERM": "dumb"}, (slave,))
    os.close(master)
    os.close(slave)


def test_restoring_turns_everything_off_that_can_be_on() -> None:
    """The sequence covers every mode that the app's driver switches on."""
    for mode in ("1000", "1003", "1006", "1015", "1004", "2004", "1049"):
        assert f"\x1b[?{mode}l" in RESTORE
    assert "\x1b[?25h" in RESTORE
