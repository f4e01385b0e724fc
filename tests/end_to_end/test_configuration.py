"""Settings, key map and themes of a running app: taken over as soon as the file is saved, or refused in words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pseudo_terminal import PseudoTerminal, program


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home directory with a vault that nobody opens here."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    for name in ("device.json", "vault.db"):
        (home / name).write_bytes(b"")
    return home


@pytest.fixture
def app(home: Path) -> Iterator[PseudoTerminal]:
    """The app at its lock screen."""
    environ = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "CERBY_HOME": str(home)}
    environ.pop("NO_COLOR", None)
    with PseudoTerminal(program(), environ=environ) as terminal:
        terminal.wait_for("Passphrase")
        yield terminal


def save_until(app: PseudoTerminal, path: Path, text: str, expected: str) -> None:
    """Save a file again and again, because the watcher begins a moment after the first screen, until it shows."""
    for _ in range(40):
        path.write_text(text)
        try:
            app.wait_for(expected, seconds=1.0)
        except AssertionError:
            continue
        return
    app.wait_for(expected)


def test_a_theme_is_taken_over_live(app: PseudoTerminal, home: Path) -> None:
    """The whole screen is drawn again in the colours of another theme."""
    dark = app.background()

    for _ in range(40):
        (home / "config.toml").write_text('theme = "light"\n')
        if app.background_differs(dark, seconds=1.0):
            break

    assert dark != app.background()


def test_a_broken_file_is_reported_and_breaks_nothing(app: PseudoTerminal, home: Path) -> None:
    """A sentence names the file and what is wrong; the app goes on."""
    save_until(app, home / "config.toml", "theme = \n", "config.toml is not taken over")

    assert app.process.poll() is None


def test_a_key_map_is_taken_over_live(app: PseudoTerminal, home: Path) -> None:
    """A command of the map that does not exist is named with the nearest one; another key then leaves the app."""
    save_until(app, home / "keymap.toml", 'quit = "f9"\nlokc = "f8"\n', "mean 'lock'?")

    app.press("\x1b[20~")  # F9

    assert 0 == app.wait_exit()
