"""What every command stands on: where the home directory is, how the vault is opened, how the command answers.

Free of click, so that opening the app without arguments does not pay for it.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property

from cerby_tui.errors import CerbyError, LockedError, NoVault, UsageError
from cerby_tui.home import Home
from cerby_tui.paths import home_directory

TYPE_CHECKING = False  # `typing` is slow to import; type checkers know this name
if TYPE_CHECKING:
    from cerby_tui.session import Session

PASSPHRASE_LIMIT = 4096


@dataclass
class Shell:
    """The options that all commands share. Nothing is opened before a command asks for it."""

    open_app: Callable[[Shell], int]
    root: str | None = None
    as_json: bool = False
    passphrase_fd: int | None = None
    demo_fd: int | None = None

    @cached_property
    def home(self) -> Home:
        """The home directory; nothing is created."""
        return Home(home_directory(self.root))

    def given_passphrase(self) -> str | None:
        """The passphrase from `--passphrase-fd`, which is read once and closed; None without that option."""
        if self.passphrase_fd is None:
            return None
        fd, self.passphrase_fd = self.passphrase_fd, None
        return read_passphrase(fd)

    def passphrase(self) -> str:
        """The passphrase from `--passphrase-fd` or asked on the terminal. LockedError where neither is possible."""
        given = self.given_passphrase()
        if given is not None:
            return given
        try:
            os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
        except OSError as error:
            step = "Hand the passphrase over with --passphrase-fd N, for example: 3< <(your command)."
            raise LockedError("The vault is locked and there is no terminal to ask on.", next_step=step) from error
        from getpass import getpass

        return getpass("Passphrase: ")

    def _say_ended(self) -> None:
        """Where a session was ended here, say so. Raises SessionRemoved."""
        if self.home.farewell.exists():
            from cerby_tui.farewells import said, settle

            if farewell := settle(self.home):
                raise said(farewell)

    @asynccontextmanager
    async def session(self, *, live: bool = False) -> AsyncIterator[Session]:
        """The open vault; with `live`, also in sync with the service. Raises LockedErrors."""
        import asyncio

        if not self.home.enrolled():
            self._say_ended()
            raise NoVault("Nothing is set up on this device yet.", next_step="Run cerby-tui, or cerby-tui demo.")
        passphrase = self.passphrase()
        from cerby_tui.clock import SystemClock
        from cerby_tui.config import Configuration, trust_authority
        from cerby_tui.session import open_session

        trust_authority(Configuration(self.home).load().settings, os.environ)
        session = await asyncio.to_thread(open_session, self.home, passphrase, clock=SystemClock())
        try:
            if live:
                session.start()
            yield session
        finally:
            await session.close()


def read_passphrase(fd: int) -> str:
    """The first line of a descriptor, which is closed. UsageError if nothing can be read from it."""
    try:
        with os.fdopen(fd, "rb") as source:
            line = source.readline(PASSPHRASE_LIMIT).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"No passphrase can be read from descriptor {fd}.") from error
    if not line:
        raise UsageError(f"There is no passphrase on descriptor {fd}.")
    return line.rstrip("\r\n")


def failed(error: CerbyError, as_json: bool) -> int:
    """Say on standard error what went wrong, and give the exit code that stands for it."""
    from cerby_tui.cli.output import complain, complain_json

    if as_json:
        name = getattr(error, "code", type(error).__name__)
        parts = {"sentence": error.sentence, "safe": error.safe, "next_step": error.next_step}
        complain_json({"error": {"code": name, "exit_code": error.exit_code, **parts}})
    else:
        complain(error.whole())
    return error.exit_code
