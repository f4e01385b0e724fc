"""The clipboard: the right route, values on standard input, cleared only if it is still ours, honest words."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from cerby_tui.clipboard import Clipboard, find_tool, osc52
from cerby_tui.screens.keeping import ClipboardTimer
from tests.fakes import FrozenClock
from tests.ui.gallery import WIDE, StillSession, app_over, open_account, settle, shown

SECRET = "correct horse"


class Board:
    """A file that stands for the clipboard, and a program `xclip` in front of it that writes down its arguments."""

    def __init__(self, root: Path) -> None:
        self._held, self._arguments, self.program = root / "held", root / "arguments", root / "bin" / "xclip"
        self.program.parent.mkdir()
        self.become(
            f'echo "$@" >> {self._arguments}\n'
            f'case "$3" in -in) cat > {self._held} ;; -out) cat {self._held} ;; esac\n'
        )  # fmt: skip

    def become(self, script: str) -> None:
        """Another program of that name."""
        self.program.write_text(f"#!/bin/sh\n{script}")
        self.program.chmod(0o700)

    def held(self) -> str:
        """What is on the clipboard."""
        return self._held.read_text()

    def put(self, text: str) -> None:
        """Somebody else copies."""
        self._held.write_text(text)

    def arguments(self) -> str:
        """What the program was called with."""
        return self._arguments.read_text()


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    """The clipboard of a machine with X."""
    made = Board(tmp_path)
    monkeypatch.setenv("PATH", str(made.program.parent), prepend=":")
    return made


def local() -> Clipboard:
    """A clipboard on a machine with X."""
    return Clipboard(pytest.fail, {"DISPLAY": ":0"}, platform="linux")


@pytest.mark.parametrize(
    ("environ", "there", "name"),
    [
        ({"WAYLAND_DISPLAY": "w", "DISPLAY": ":0"}, {"wl-copy", "wl-paste", "xclip"}, "wl-copy"),
        ({"DISPLAY": ":0"}, {"wl-copy", "wl-paste", "xsel"}, "xsel"),
        ({"DISPLAY": ":0"}, set(), ""),
        ({}, {"xclip"}, ""),
        ({"DISPLAY": ":0", "SSH_CONNECTION": "x"}, {"xclip"}, ""),
        ({"DISPLAY": ":0", "SSH_TTY": "x"}, {"xclip"}, ""),
    ],
)
def test_tool_for_the_display(environ: dict[str, str], there: set[str], name: str) -> None:
    """The tool that fits the display is taken; over SSH or without a display none is."""
    tool = find_tool(environ, lambda program: program if program in there else None, "linux")

    assert name == (tool.name if tool else "")


def test_tool_of_a_mac() -> None:
    """On macOS pbcopy needs no display."""
    tool = find_tool({}, lambda program: program, "darwin")

    assert tool and tool.name == "pbcopy"


async def test_local_tool_gets_the_value_on_its_input(board: Board) -> None:
    """The value reaches the tool on standard input and is never among its arguments."""
    route = await local().copy(SECRET)

    assert (route.words, route.checkable) == ("by xclip", True)
    assert board.held() == SECRET
    assert SECRET not in board.arguments()


async def test_cleared_if_still_ours(board: Board) -> None:
    """What we put there is taken back."""
    clipboard = local()
    await clipboard.copy(SECRET)

    assert await clipboard.clear() == "cleared"
    assert board.held() == ""


async def test_left_alone_if_somebody_copied_since(board: Board) -> None:
    """What somebody else put there meanwhile stays."""
    clipboard = local()
    await clipboard.copy(SECRET)
    board.put("theirs")

    assert await clipboard.clear() == "not ours"
    assert board.held() == "theirs"


async def test_tool_that_fails_falls_back(board: Board) -> None:
    """If the tool cannot do it, the terminal is asked instead, and the route says so."""
    board.become("exit 1")
    sent: list[str] = []
    clipboard = Clipboard(sent.append, {"DISPLAY": ":0"}, platform="linux")

    route = await clipboard.copy(SECRET)

    assert (route.words, route.checkable) == ("by the terminal (OSC 52)", False)
    assert sent == [osc52(SECRET, {})]
    assert await clipboard.clear() == "unknown"


def test_plain_osc52() -> None:
    """The sequence for a terminal of its own."""
    assert osc52("äb", {}) == f"\x1b]52;c;{base64.b64encode('äb'.encode()).decode()}\x07"


def test_tmux_gets_both_forms() -> None:
    """Inside tmux the sequence is sent bare and in the envelope that passes it on, with its escapes doubled."""
    plain = osc52(SECRET, {})
    sent = osc52(SECRET, {"TMUX": "socket"})

    assert sent.startswith(plain)
    assert sent.removeprefix(plain) == "\x1bPtmux;\x1b" + plain + "\x1b\\"


def test_screen_gets_chunks() -> None:
    """GNU screen passes short strings only; put together they are the plain sequence."""
    sent = osc52("x" * 900, {"TERM": "screen-256color"})
    chunks = [part.removeprefix("\x1bP") for part in sent.split("\x1b\\")[:-1]]

    assert "".join(chunks) == osc52("x" * 900, {})
    assert max(map(len, chunks)) <= 256


async def test_countdown_and_clearing(board: Board, clock: FrozenClock) -> None:
    """The timer counts down, is due when the time is over, and says what became of the value."""
    timer = ClipboardTimer(local(), clock)

    assert await timer.copy(SECRET, "Password", 30) == "Password copied by xclip; cleared in 30 s."
    clock.advance(10)
    assert (timer.countdown(), timer.due()) == ("clipboard clears in 20 s", False)
    clock.advance(20)
    assert timer.due()
    assert await timer.clear() == "The clipboard was cleared."
    assert (timer.countdown(), timer.due(), await timer.clear()) == ("", False, "")


async def test_app_counts_down_and_clears(board: Board, still: StillSession, clock: FrozenClock) -> None:
    """The top bar shows how long a copied value stays, and it goes after the policy's 30 seconds."""
    async with app_over(still, clock, environ={"DISPLAY": ":0"}).run_test(size=WIDE) as pilot:
        await open_account(pilot, "Brand page")
        await pilot.press("c")
        await settle(pilot)
        assert board.held() == "+12065550102"
        clock.advance(1)
        await pilot.app._tick()
        assert "clipboard clears in 29 s" in shown(pilot)
        clock.advance(29)
        await pilot.app._tick()
        assert board.held() == ""
        assert "The clipboard was cleared." in shown(pilot)


async def test_cleared_on_lock(board: Board, still: StillSession, clock: FrozenClock) -> None:
    """Locking takes a copied value back at once."""
    async with app_over(still, clock, environ={"DISPLAY": ":0"}).run_test(size=WIDE) as pilot:
        await open_account(pilot, "Brand page")
        await pilot.press("c")
        await settle(pilot)
        await pilot.app.action_lock()
        assert board.held() == ""
