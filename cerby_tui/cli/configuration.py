"""`cerby-tui config`: where the configuration is, and whether it makes sense."""

from __future__ import annotations

import click

from cerby_tui.cli.declare import command
from cerby_tui.cli.documented import Lazy
from cerby_tui.cli.output import complain, say, say_json
from cerby_tui.cli.shell import Shell

HERE = "cerby_tui.cli.configuration"


@click.group(
    cls=Lazy,
    sections={
        "Commands": {
            "path": (f"{HERE}:path", "Print where the configuration file is."),
            "check": (f"{HERE}:check", "Read all configuration files and say what is wrong with them."),
        }
    },
    examples=[("config check", "say what is wrong, before the app does"), ("config path", "for your editor")],
)
def config() -> None:
    """Settings, key map and themes: TOML files in the home directory, taken over live."""


@command(("config path", 'for example: $EDITOR "$(cerby-tui config path)"'), opens_vault=False)
def path(shell: Shell) -> None:
    """Print where the configuration file is; it need not exist."""
    home = shell.home
    if shell.as_json:
        say_json({"config": str(home.config), "keymap": str(home.keymap), "themes": str(home.themes)})
    else:
        say(str(home.config))


@command(("config check", "exit code 0 if every file can be taken over"), opens_vault=False)
def check(shell: Shell) -> None:
    """Read settings, key map and themes; exit code 2 if a file cannot be taken over. Warnings alone are fine."""
    from cerby_tui.config import Configuration
    from cerby_tui.errors import UsageError

    loaded = Configuration(shell.home).load()
    if shell.as_json:
        say_json({"problems": loaded.problems, "warnings": loaded.warnings})
    for warning in () if shell.as_json else loaded.warnings:
        complain(f"Warning: {warning}")
    if loaded.problems:
        raise UsageError(" ".join(loaded.problems))
    if not shell.as_json:
        say("The configuration can be taken over.")
