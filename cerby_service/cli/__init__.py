"""The commands of `cerby-service`; each module is imported only when its command runs."""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS = {
    "init": ("setup", "Make a data directory with a service key and the first provisioning token."),
    "run": ("serve", "Serve until SIGTERM."),
    "token": ("setup", "Make a further provisioning token."),
    "check": ("care", "Check the data directory, the database and its streams."),
    "reconcile": ("care", "Compare the carriers' numbers with ours, and settle what is open."),
    "restored": ("care", "Begin a new generation after a backup was put back."),
    "numbers": ("care", "List managed numbers."),
    "sandbox": ("sandbox", "Text a number of the sandbox carrier."),
}

EPILOG = """\b
Exit codes:
  0  done
  1  something is wrong with the data
  2  usage, or a setting that makes no sense
  5  the service does not run
  6  refused
"""


class Lazy(click.Group):
    """A group that imports a command when it is asked for, and knows its own summaries without."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order in which they are needed."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, _summary = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"{__name__}.{module}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_module, summary) in COMMANDS.items()])


@click.group(cls=Lazy, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cerby-tui", message="cerby-service %(version)s")
def root() -> None:
    """The provisioning service: real numbers, sealed messages, and nothing that opens what it stores."""
