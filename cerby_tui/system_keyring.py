"""A secret in the system keyring: only real keyrings, read back after every write, never a prompt on the terminal.

Which keyring is used depends on the list below alone. The package's own choice is not asked, because its environment
variable, its configuration file and installed plug-ins could name one that keeps nothing or writes plain text.
`keyring` takes long to import and to find out, so call from a worker thread.
"""

from __future__ import annotations

import base64
import binascii
import os
import sys
import threading
from importlib import import_module
from typing import Any

SERVICE = "cerby-tui"
SECRET_LENGTH = 32
ALLOWED = (
    "keyring.backends.SecretService.Keyring",
    "keyring.backends.libsecret.Keyring",
    "keyring.backends.kwallet.DBusKeyring",
    "keyring.backends.macOS.Keyring",
    "keyring.backends.Windows.WinVaultKeyring",
)


class NoKeyring(Exception):
    """There is no system keyring that can be used; the sentence says why."""


class SystemKeyring:
    """Keeps one 32-byte secret per name. `allowed` are qualified names of backend classes, in order of preference."""

    def __init__(self, allowed: tuple[str, ...] = ALLOWED) -> None:
        self._allowed = allowed
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return "SystemKeyring()"

    def name(self) -> str:
        """The keyring that would be used, in words. Raises NoKeyring."""
        with self._lock:
            return str(self._backend().name)

    def make(self, name: str) -> bytes:
        """Make a fresh secret, store it under `name`, read it back, and return it. Raises NoKeyring."""
        secret = os.urandom(SECRET_LENGTH)
        with self._lock:
            self._call("set_password", name, base64.b64encode(secret).decode())
            kept = self._fetch(name)
        if kept != secret:
            raise NoKeyring("The system keyring accepts secrets but does not keep them.")
        return secret

    def fetch(self, name: str) -> bytes:
        """The secret under `name`. Raises NoKeyring if there is none, or no keyring."""
        with self._lock:
            secret = self._fetch(name)
        if secret is None:
            raise NoKeyring("The system keyring holds no secret for this vault.")
        return secret

    def forget(self, name: str) -> None:
        """Remove the secret under `name`. Raises NoKeyring if it cannot be removed."""
        with self._lock:
            self._call("delete_password", name)

    def _fetch(self, name: str) -> bytes | None:
        text = self._call("get_password", name)
        try:
            return base64.b64decode(text, validate=True) if isinstance(text, str) else None
        except binascii.Error:
            raise NoKeyring("The system keyring holds something else under the name of this vault.") from None

    def _call(self, method: str, name: str, *arguments: str) -> Any:
        backend = self._backend()
        try:
            return getattr(backend, method)(SERVICE, name, *arguments)
        except _failures() as error:
            raise NoKeyring(f"The system keyring cannot be used: {error}") from None

    def _backend(self) -> Any:
        """The first allowed backend that works here. Raises NoKeyring."""
        for qualified in self._allowed:
            module, _, name = qualified.rpartition(".")
            try:
                backend = getattr(import_module(module), name)
            except ImportError:
                continue
            if backend.viable:
                return backend()
        raise NoKeyring("This system has no keyring that can be used.")


def _failures() -> tuple[type[Exception], ...]:
    """What a keyring raises when it cannot be used; on Linux not everything is translated by the package."""
    known: list[type[Exception]] = [import_module("keyring.errors").KeyringError, RuntimeError, OSError]
    if "secretstorage" in sys.modules:
        known.append(import_module("secretstorage.exceptions").SecretStorageException)
    return tuple(known)
