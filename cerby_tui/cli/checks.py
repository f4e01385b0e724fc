"""What `cerby-tui doctor` looks at. Every finding is safe to paste: no name, number, code, key or user name in it."""

from __future__ import annotations

import os
import platform
import shutil
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from cerby_tui import __version__
from cerby_tui.home import Home

Verdict = Literal["ok", "note", "wrong"]
PLAIN_SQLITE = b"SQLite format 3\x00"
ROOM = 64 << 20
"""Bytes that should be free on the disk of the vault."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `wrong` needs something to be done, `note` may explain a surprise."""

    area: str
    verdict: Verdict
    sentence: str


def outside(home: Home, environ: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Everything that needs no passphrase."""
    yield from program()
    yield from terminal(environ)
    yield from files(home)
    yield from configuration(home)
    yield keyring()


def program() -> Iterator[Finding]:
    """Versions of the program and of what it stands on."""
    yield Finding(
        "program", "ok", f"cerby-tui {__version__}, Python {platform.python_version()}, {platform.platform()}"
    )
    libraries = ("textual", "cryptography", "sqlcipher3", "sqlite-utils", "httpx", "keyring", "watchfiles")
    missing = [name for name in libraries if _version(name) is None]
    yield Finding("libraries", "ok", ", ".join(f"{name} {_version(name)}" for name in libraries if name not in missing))
    if missing:
        yield Finding("libraries", "wrong", f"Not installed: {', '.join(missing)}.")


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def terminal(environ: Mapping[str, str]) -> Iterator[Finding]:
    """What the app can draw here, and how it can copy."""
    from cerby_tui.process import why_no_screen

    reason = why_no_screen(environ)
    size = shutil.get_terminal_size()
    yield Finding("terminal", "note" if reason else "ok", reason or f"TERM is {environ.get('TERM')}.")
    small = size.columns < 60 or size.lines < 16
    yield Finding("size", "wrong" if small else "ok", f"{size.columns}×{size.lines}; at least 60×16 is needed.")
    colours = "none (NO_COLOR)" if environ.get("NO_COLOR") else environ.get("COLORTERM") or "as TERM says"
    yield Finding("colours", "ok", f"Colours: {colours}.")
    yield _clipboard(environ)


def _clipboard(environ: Mapping[str, str]) -> Finding:
    from cerby_tui.clipboard import find_tool

    tool = find_tool(environ, shutil.which, sys.platform)
    if tool is not None:
        return Finding("clipboard", "ok", f"{tool.name} is used, and what was copied can be cleared.")
    through = "tmux" if environ.get("TMUX") else "GNU screen" if environ.get("STY") else ""
    sentence = "The terminal itself is asked to copy (OSC 52), which nobody can check"
    if through == "tmux":
        sentence += "; tmux lets it through with `set -g set-clipboard on` or `allow-passthrough on`"
    return Finding("clipboard", "note", sentence + ".")


def files(home: Home) -> Iterator[Finding]:
    """The home directory: there, private, encrypted, with room."""
    if not home.root.is_dir():
        yield Finding("home", "note", "There is no home directory yet; cerby-tui makes one.")
        return
    chosen = (home.config, home.keymap, home.themes)  # an editor makes these, and nothing in them is secret
    inside = [path for path in sorted(home.root.iterdir()) if path not in chosen]
    wide = [path.name for path in (home.root, *inside) if _open_to_others(path)]
    others = f"Others on this machine can reach: {', '.join(wide)}." if wide else "Only its owner can reach it."
    yield Finding("permissions", "wrong" if wide else "ok", others)
    yield _set_up(home)
    free = shutil.disk_usage(home.root).free
    yield Finding("disk", "wrong" if free < ROOM else "ok", f"{free >> 20:,} MiB are free.")


def _open_to_others(path: Path) -> bool:
    return bool(stat.S_IMODE(path.lstat().st_mode) & 0o077) and not path.is_symlink()


def _set_up(home: Home) -> Finding:
    if not home.enrolled():
        begun = home.key_file.exists() or home.enrolment_file.exists()
        return Finding("vault", "note", "Setting up was begun." if begun else "Nothing is set up here yet.")
    with home.vault.open("rb") as vault:
        plain = vault.read(len(PLAIN_SQLITE)) == PLAIN_SQLITE
    sentence = "The vault is NOT encrypted." if plain else "The vault is there, and it is encrypted."
    return Finding("vault", "wrong" if plain else "ok", sentence)


def configuration(home: Home) -> Iterator[Finding]:
    """Settings, key map and themes."""
    from cerby_tui.config import Configuration

    loaded = Configuration(home).load()
    for problem in loaded.problems:
        yield Finding("configuration", "wrong", problem)
    for warning in loaded.warnings:
        yield Finding("configuration", "note", warning)
    if not loaded.problems and not loaded.warnings:
        yield Finding("configuration", "ok", "Everything in it is understood.")


def keyring() -> Finding:
    """Whether the system's keyring can hold the second secret of a vault."""
    from cerby_tui.system_keyring import NoKeyring, SystemKeyring

    try:
        return Finding("keyring", "ok", f"{SystemKeyring().name()} can be used.")
    except NoKeyring as error:
        return Finding("keyring", "note", f"{error} A vault made here stands on its passphrase alone.")
