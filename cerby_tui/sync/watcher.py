"""Being told by the system that files have changed: the vault by another process, the configuration by a person."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path

import watchfiles

from cerby_tui.vault.database import Database

GATHER = 60
"""Milliseconds over which changes to files are gathered into one."""


async def watch_files(paths: Iterable[Path], changed: Callable[[frozenset[Path]], None]) -> None:
    """Until cancelled: call `changed` with those of `paths` that were written, replaced or removed.

    Directories are watched rather than files, so that files that do not exist yet, or are replaced, are seen too.
    """
    wanted = {path.resolve() for path in paths}
    directories = sorted({path.parent for path in wanted if path.parent.is_dir()})
    if not directories:
        return
    stop = asyncio.Event()
    try:
        async for changes in watchfiles.awatch(
            *directories,
            watch_filter=lambda _change, path: Path(path) in wanted,
            debounce=GATHER * 4,
            step=GATHER,
            stop_event=stop,
            recursive=False,
        ):
            changed(frozenset(Path(path) for _change, path in changes))
    finally:
        stop.set()


class VaultWatch:
    """Notices commits of other processes: SQLite's data version moves only for those."""

    def __init__(self, database: Database, vault: Path, told: Callable[[], None]) -> None:
        self._database = database
        self._paths = (vault, vault.with_name(f"{vault.name}-wal"))
        self._told = told
        self._seen = self._version()

    async def run(self) -> None:
        """Until cancelled: call `told` after another process has committed."""
        await watch_files(self._paths, lambda _paths: self.look())

    def look(self) -> None:
        """Compare now."""
        version = self._version()
        if version != self._seen:
            self._seen = version
            self._told()

    def _version(self) -> int:
        return int(self._database.value("PRAGMA data_version"))
