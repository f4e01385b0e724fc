"""Which apps are open on a home directory, and whether they are locked: one file each, held by a lock of the system.

A file whose lock is free belonged to an app that is gone, so a process id that was given away again is never taken
for ours.
"""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cerby_tui.home import DIRECTORY_MODE, FILE_MODE, Home

State = Literal["locked", "unlocked"]


@dataclass(frozen=True)
class OpenApp:
    """An app that runs now."""

    pid: int
    state: State


class Presence:
    """Our own entry, until `leave()` or the end of the process."""

    def __init__(self, home: Home, pid: int | None = None) -> None:
        directory = _directory(home)
        directory.mkdir(mode=DIRECTORY_MODE, exist_ok=True)
        self._path = directory / str(pid or os.getpid())
        self._fd = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, FILE_MODE)
        fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.say("locked")

    def say(self, state: State) -> None:
        """Tell others whether we hold an open vault."""
        os.pwrite(self._fd, state.ljust(8).encode(), 0)

    def leave(self) -> None:
        """We are gone."""
        self._path.unlink(missing_ok=True)
        os.close(self._fd)


def open_apps(home: Home) -> list[OpenApp]:
    """The apps that run now on this home directory."""
    directory = _directory(home)
    if not directory.is_dir():
        return []
    found = (_look(path) for path in sorted(directory.iterdir()) if path.name.isdigit())
    return [app for app in found if app is not None]


def _look(path: Path) -> OpenApp | None:
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        unlocked = os.pread(fd, 8, 0).decode().strip() == "unlocked"
        return OpenApp(int(path.name), "unlocked" if unlocked else "locked")
    else:
        path.unlink(missing_ok=True)  # nobody holds it: its app ended without saying so
        return None
    finally:
        os.close(fd)


def _directory(home: Home) -> Path:
    return home.root / "apps"
