"""Declaring commands: the options that all of them share, and the Shell as their first argument."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import click

from cerby_tui.cli.documented import Documented
from cerby_tui.cli.shell import Shell

Function = TypeVar("Function", bound=Callable[..., Any])


def command(
    *examples: tuple[str, str], opens_vault: bool = True, name: str | None = None
) -> Callable[[Callable[..., Any]], Documented]:
    """Declare a command by its examples and its function; the options of the function stand below as usual."""

    def declare(function: Callable[..., Any]) -> Documented:
        whole = options(passphrase_option(function)) if opens_vault else options(function)
        return click.command(name, cls=Documented, examples=examples)(click.pass_obj(whole))

    return declare


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
        type=click.INT,
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


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run a command's work to its end."""
    import asyncio

    asyncio.run(work)
