"""Who syncs: of all processes that have the vault open, the one that holds this lock file."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout


class SyncLock:
    """A lock on a file, freed by the system when its process ends in whatever way."""

    def __init__(self, path: Path) -> None:
        self._lock = FileLock(path, timeout=0, mode=0o600, thread_local=False)

    def take(self) -> bool:
        """Take the lock if nobody else has it; True if it is ours now. Nests with `free`."""
        try:
            self._lock.acquire()
        except Timeout:
            return False
        return True

    def held(self) -> bool:
        """Whether the lock is ours."""
        return bool(self._lock.is_locked)

    def free(self) -> None:
        """Give the lock back, once for each time it was taken."""
        self._lock.release()
