"""`cerby-tui logs`: where the log is, and its end. It is redacted when it is written."""

from __future__ import annotations

from collections import deque

import click

from cerby_tui.cli.declare import command
from cerby_tui.cli.documented import Lazy
from cerby_tui.cli.output import say, say_json
from cerby_tui.cli.shell import Shell

HERE = "cerby_tui.cli.logs"


@click.group(
    cls=Lazy,
    sections={
        "Commands": {
            "path": (f"{HERE}:path", "Print where the log file is."),
            "tail": (f"{HERE}:tail", "Print the last lines of the log."),
        }
    },
    examples=[("logs tail", "the last lines; safe to paste into an issue"), ("logs path", "for your own tools")],
)
def logs() -> None:
    """The log: no code, number, name or key is ever written to it."""


@command(("logs path", 'for example: less "$(cerby-tui logs path)"'), opens_vault=False)
def path(shell: Shell) -> None:
    """Print where the log file is."""
    if shell.as_json:
        say_json({"log": str(shell.home.log)})
    else:
        say(str(shell.home.log))


@command(("logs tail --lines 100", "the last 100 lines"), opens_vault=False)
@click.option("--lines", type=click.IntRange(1, 100_000), default=30, show_default=True, help="How many.")
def tail(shell: Shell, lines: int) -> None:
    """Print the last lines of the log."""
    try:
        with shell.home.log.open(encoding="utf-8", errors="replace") as log:
            last = [each.rstrip("\n") for each in deque(log, maxlen=lines)]
    except FileNotFoundError:
        last = []
    if shell.as_json:
        say_json(last)
        return
    for each in last:
        say(each)
