"""Commands whose help starts with examples, and groups that import a command only when it is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import click

EXIT_CODES = (
    ("0", "done"),
    ("2", "the command, a name or a setting makes no sense"),
    ("3", "what was waited for did not come in time"),
    ("4", "locked: no vault here, a wrong passphrase, or a session that may not open it"),
    ("5", "offline: the service cannot be reached"),
    ("6", "the service or a rule said no"),
)


class Documented(click.Command):
    """A command whose `examples` come first in its help and whose exit codes come last."""

    def __init__(self, *args: Any, examples: Sequence[tuple[str, str]] = (), **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.examples = tuple(examples)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Examples, usage, what it does, options, exit codes."""
        write_pairs(formatter, "Examples", [(f"cerby-tui {line}", why) for line, why in self.examples])
        formatter.write_paragraph()
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        self.format_options(ctx, formatter)
        write_pairs(formatter, "Exit codes", EXIT_CODES)


class Lazy(click.Group):
    """A group whose commands live in modules of their own.

    `sections` maps a heading to commands, and a command to where it is (`module:name`) and one line of help, so that
    the list of commands can be shown without importing any of them.
    """

    def __init__(
        self,
        *args: Any,
        sections: Mapping[str, Mapping[str, tuple[str, str]]],
        examples: Sequence[tuple[str, str]] = (),
        **settings: Any,
    ) -> None:
        super().__init__(*args, **settings)
        self.sections = sections
        self.examples = tuple(examples)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the help."""
        return [name for section in self.sections.values() for name in section]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command of this name, if there is one."""
        for section in self.sections.values():
            if cmd_name in section:
                module, _, name = section[cmd_name][0].partition(":")
                found = getattr(import_module(module), name)
                return found if isinstance(found, click.Command) else None
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest known name in the error."""
        if args and not args[0].startswith("-") and args[0] not in self.list_commands(ctx):
            from difflib import get_close_matches

            near = get_close_matches(args[0], self.list_commands(ctx), n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(f"No such command {args[0]!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Examples, usage, what it does, commands under their headings, options, exit codes."""
        write_pairs(formatter, "Examples", [(f"cerby-tui {line}".rstrip(), why) for line, why in self.examples])
        formatter.write_paragraph()
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        for title, section in self.sections.items():
            write_pairs(formatter, title, [(name, text) for name, (_, text) in section.items()])
        click.Command.format_options(self, ctx, formatter)
        write_pairs(formatter, "Exit codes", EXIT_CODES)


def write_pairs(formatter: click.HelpFormatter, title: str, pairs: Sequence[tuple[str, str]]) -> None:
    """A heading and two columns; nothing at all if there is nothing to say."""
    if pairs:
        with formatter.section(title):
            formatter.write_dl(pairs, col_max=46)
