"""NO_COLOR in a real terminal: not one colour sequence; and nothing of the screen is left when the app has gone."""

from __future__ import annotations

import os
import re
from pathlib import Path

from cerby_tui.clock import SystemClock
from cerby_tui.home import Home
from tests.fakes import FrozenClock
from tests.pseudo_terminal import ENTER, PseudoTerminal, program
from tests.stage import PASSPHRASE, build
from tests.ui.gallery import founded

COLOUR = re.compile(rb"\x1b\[(?:[0-9;]*;)?(?:3[0-9]|4[0-9]|9[0-7]|10[0-7])(?:;[0-9;]*)?m")


def test_no_colour_sequence_is_sent(tmp_path: Path) -> None:
    """With NO_COLOR the lock screen, the cards, a page and the inbox are drawn without a single colour sequence."""
    home = tmp_path / "home"
    build(Home(home).ready(), founded(), FrozenClock(SystemClock().now()))
    environ = {**os.environ, "NO_COLOR": "1", "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    with PseudoTerminal(program("--home", str(home)), environ=environ) as terminal:
        terminal.wait_for("Passphrase")
        terminal.press(PASSPHRASE, ENTER)
        terminal.wait_for("Brand page", "Company bank")
        terminal.press("l", "l", ENTER)
        terminal.wait_for("Phone Number Linked to Account")
        terminal.press("i")
        terminal.wait_for("Shared Inbox")
        terminal.press("\x11")
        terminal.wait_exit()

    assert b"\x1b[1m" in terminal.raw or b"\x1b[7m" in terminal.raw
    assert COLOUR.findall(terminal.raw) == []
