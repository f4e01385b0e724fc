"""The one directory where everything of a device lives: key file, session file, vault, locks, log, configuration."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cerby_tui.errors import UsageError

DIRECTORY_MODE = 0o700
FILE_MODE = 0o600
OTHERS = 0o077


class Home:
    """Paths inside a private directory; creating a `Home` touches nothing."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.key_file = root / "device.json"
        self.session_file = root / "session.json"
        self.enrolment_file = root / "enrolment.json"
        self.farewell = root / "farewell.json"
        self.vault = root / "vault.db"
        self.sync_lock = root / "sync.lock"
        self.log = root / "cerby.log"
        self.config = root / "config.toml"
        self.keymap = root / "keymap.toml"
        self.themes = root / "themes"

    def __repr__(self) -> str:
        return f"Home({str(self.root)!r})"

    def ready(self) -> Home:
        """Create the directory for its owner alone, or check that it is. Raises UsageError for a wider one."""
        self.root.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
        refuse_wider(self.root)
        return self

    def enrolled(self) -> bool:
        """Whether a device has been set up here completely."""
        return self.key_file.exists() and self.vault.exists() and not self.enrolment_file.exists()


def refuse_wider(path: Path) -> None:
    """Raise UsageError if anybody but the owner can reach `path`."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & OTHERS:
        kept = DIRECTORY_MODE if path.is_dir() else FILE_MODE
        raise UsageError(
            f"{path} can be reached by other users of this machine (mode {mode:o}).",
            safe="Nothing was opened.",
            next_step=f"Run: chmod {kept:o} {path}",
        )


def create_private(path: Path) -> None:
    """Create an empty file for its owner alone unless there is one, and refuse one that is wider."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, FILE_MODE))
    refuse_wider(path)


def write_private(path: Path, content: bytes) -> None:
    """Replace a file in one step: whoever reads it sees the old bytes or the new ones, and only its owner can."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    with os.fdopen(os.open(beside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, FILE_MODE), "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    beside.replace(path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
