"""What every command stands on: where the home directory is, how the vault is opened, how the command answers."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cerby_tui.cli.documented import Documented

if TYPE_CHECKING:
    from cerby_tui.home import Home
    from cerby_tui.session import Session

Function = TypeVar("Function", bound=Callable[..., Any])
PASSPHRASE_LIMIT = 4096


@dataclass
class Shell:
    """The options that all commands share. Nothing is imported or opened before a command asks for it."""

    open_app: Callable[[Shell], int]
    root: str | None = None
    as_json: bool = False
    passphrase_fd: int | None = None
    demo_fd: int | None = None

    @cached_property
    def home(self) -> Home:
        """The home directory; nothing is created."""
        from cerby_tui.home import Home
        from cerby_tui.paths import home_directory

        return Home(home_directory(self.root))

    def given_passphrase(self) -> str | None:
        """The passphrase from `--passphrase-fd`, which is read once and closed; None without that option."""
        if self.passphrase_fd is None:
            return None
        fd, self.passphrase_fd = self.passphrase_fd, None
        return read_passphrase(fd)

    def passphrase(self) -> str:
        """The passphrase from `--passphrase-fd` or asked on the terminal. LockedError where neither is possible."""
        from cerby_tui.errors import LockedError

        given = self.given_passphrase()
        if given is not None:
            return given
        try:
            with open("/dev/tty", "r+b", buffering=0):  # noqa: PTH123  (a device, not a file)
                pass
        except OSError as error:
            step = "Hand the passphrase over with --passphrase-fd N, for example: 3< <(your command)."
            raise LockedError("The vault is locked and there is no terminal to ask on.", next_step=step) from error
        from getpass import getpass

        return getpass("Passphrase: ")

    @asynccontextmanager
    async def session(self, *, live: bool = False) -> AsyncIterator[Session]:
        """The open vault; with `live`, also its sync thread. NoVault, WrongPassphrase and other LockedErrors."""
        import asyncio

        from cerby_tui.clock import SystemClock
        from cerby_tui.errors import NoVault
        from cerby_tui.session import open_session

        if not self.home.enrolled():
            raise NoVault("Nothing is set up on this device yet.", next_step="Run cerby-tui, or cerby-tui demo.")
        session = await asyncio.to_thread(open_session, self.home, self.passphrase(), clock=SystemClock())
        try:
            if live:
                session.start()
            yield session
        finally:
            await session.close()


def read_passphrase(fd: int) -> str:
    """The first line of a descriptor, which is closed. UsageError if nothing can be read from it."""
    from cerby_tui.errors import UsageError

    try:
        with os.fdopen(fd, "rb") as source:
            return source.readline(PASSPHRASE_LIMIT).decode().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"No passphrase can be read from descriptor {fd}.") from error


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run a command's work to its end."""
    import asyncio

    asyncio.run(work)


def options(function: Function) -> Function:
    """`--home` and `--json`, understood before and after the command's name."""
    function = click.option(
        "--home", metavar="DIR", expose_value=False, callback=_keep("root"), help="Home directory (or CERBY_HOME)."
    )(function)
    return click.option(
        "--json", is_flag=True, default=None, expose_value=False, callback=_keep("as_json"), help="Answer in JSON."
    )(function)


def passphrase_option(function: Function) -> Function:
    """`--passphrase-fd`, for commands that open the vault."""
    return click.option(
        "--passphrase-fd",
        type=click.IntRange(0, 1 << 16),
        metavar="N",
        expose_value=False,
        callback=_keep("passphrase_fd"),
        help="Read the passphrase from this open descriptor instead of asking.",
    )(function)


def _keep(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def keep(ctx: click.Context, _parameter: click.Parameter, value: Any) -> None:
        if value is not None:
            setattr(ctx.ensure_object(Shell), name, value)

    return keep


def command(
    *examples: tuple[str, str], opens_vault: bool = True, name: str | None = None
) -> Callable[[Callable[..., Any]], Documented]:
    """Declare a command: its examples, the shared options, and the Shell as its first argument."""

    def declare(function: Callable[..., Any]) -> Documented:
        whole = options(passphrase_option(function)) if opens_vault else options(function)
        return click.command(name, cls=Documented, examples=examples)(click.pass_obj(whole))

    return declare


def stdout_is_terminal() -> bool:
    """Whether a person is reading."""
    return sys.stdout.isatty()
