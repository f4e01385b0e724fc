"""The data directory: private to its owner, one service at a time, every file in one place."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout
from msgspec import Struct

from cerby_service.errors import Misconfigured
from cerby_service.keys import SEED_LENGTH, ServiceKey
from cerby_service.settings import Settings, decode_settings


class SandboxAccount(Struct, frozen=True):
    """The credentials of the sandbox carrier's one account."""

    sid: str
    token: str

    def __repr__(self) -> str:
        return f"SandboxAccount({self.sid})"


class Running(Struct, frozen=True):
    """What a running service leaves for commands beside it."""

    origin: str
    local: str
    pid: int


class DataDirectory:
    """Files of one service under `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.database_url = f"sqlite:///{root / 'service.db'}"
        self.sandbox_file = root / "sandbox.db"
        self._key = root / "service.key"
        self._settings = root / "service.json"
        self._sandbox = root / "sandbox.json"
        self._running = root / "running.json"
        # Whoever ends the service need not be the thread that began it.
        self._lock = FileLock(root / "service.lock", mode=0o600, thread_local=False)

    @property
    def made(self) -> bool:
        """Whether `create` was done here."""
        return self._key.exists()

    def create(self, settings: Settings) -> None:
        """Make the directory with a new service key and sandbox credentials. Raises Misconfigured if there is one."""
        if self.made:
            raise Misconfigured(f"There is a service in {self.root} already; nothing was changed.")
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._require_private()
        self.write_settings(settings)
        account = SandboxAccount("AC" + secrets.token_hex(16), secrets.token_hex(16))
        self._write(self._sandbox, msgspec.json.encode(account))
        # The key comes last: a directory without it was not finished, and `create` can be done again.
        self._write(self._key, os.urandom(SEED_LENGTH))

    def check(self) -> None:
        """Raises Misconfigured unless a service was made here and nobody else may look into it."""
        if not self.made:
            raise Misconfigured(f"There is no service in {self.root}. Make one with `cerby-service init`.")
        self._require_private()

    def key(self) -> ServiceKey:
        """The service key."""
        return ServiceKey(self._key.read_bytes())

    def settings(self) -> Settings:
        """The settings as they stand in the file. Raises Misconfigured."""
        return decode_settings(self._settings.read_bytes())

    def write_settings(self, settings: Settings) -> None:
        """Keep settings for the next start."""
        self._write(self._settings, msgspec.json.format(msgspec.json.encode(settings)))

    def sandbox_account(self) -> SandboxAccount:
        """The sandbox carrier's credentials."""
        return msgspec.json.decode(self._sandbox.read_bytes(), type=SandboxAccount)

    def running(self) -> Running | None:
        """The service that runs here now, if any."""
        if not self._running.exists() or not self._locked_by_somebody():
            return None
        return msgspec.json.decode(self._running.read_bytes(), type=Running)

    def hold(self) -> FileLock:
        """Claim the directory until the lock is released. Raises Misconfigured when another service runs here."""
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise Misconfigured(f"Another service runs in {self.root}.") from None
        return self._lock

    def write_running(self, running: Running) -> None:
        """Tell commands beside us where we are."""
        self._write(self._running, msgspec.json.encode(running))

    def _locked_by_somebody(self) -> bool:
        if self._lock.is_locked:
            return True
        try:
            with self._lock.acquire(timeout=0):
                return False
        except Timeout:
            return True

    def _require_private(self) -> None:
        mode = self.root.stat().st_mode & 0o777
        if mode & 0o077:
            raise Misconfigured(f"{self.root} is open to others (mode {mode:o}); make it 700.")

    def _write(self, path: Path, content: bytes) -> None:
        """Write a private file in one step: readers see the old one or the new one."""
        fresh = path.with_suffix(f".{os.getpid()}.new")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
