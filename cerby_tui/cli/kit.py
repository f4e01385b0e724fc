"""`cerby-tui kit`: whether the recovery kit works, and a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cerby_tui.cli.declare import command, options, passphrase_option, run
from cerby_tui.cli.documented import Lazy
from cerby_tui.cli.output import complain, moment, say, say_json
from cerby_tui.cli.shell import Shell

if TYPE_CHECKING:
    from cerby_tui.kit import Kit
    from cerby_tui.session import Session

HERE = "cerby_tui.cli.kit"


@click.group(
    cls=Lazy,
    invoke_without_command=True,
    sections={
        "Commands": {
            "try": (f"{HERE}:try_it", "Prove that a code opens a copy of this vault; uses nothing up."),
            "new": (f"{HERE}:new", "Make a new kit; the one before is spent."),
        }
    },
    examples=[
        ("kit", "when the kit was last tried"),
        ("kit try", "type its code, and see what it opens"),
        ("kit new --square", "a new kit, also as a square for a camera"),
    ],
)
@options
@passphrase_option
@click.pass_context
def kit(ctx: click.Context) -> None:
    """Say when the recovery kit was last tried, and whether a new one waits to be confirmed."""
    if ctx.invoked_subcommand is None:
        run(_standing(ctx.ensure_object(Shell)))


async def _standing(shell: Shell) -> None:
    from cerby_tui.kit_uses import news_of

    async with shell.session() as session:
        tried, new, keys = session.recovery.last_drill(), session.recovery.unconfirmed(), session.recovery.known()
        if uses := session.recovery.uses():
            complain(news_of(uses).whole())
            await session.recovery.acknowledge()
    if shell.as_json:
        known = [{"identifier": one.identifier, "status": one.status} for one in keys]
        say_json({"last_tried": moment(tried) or None, "unconfirmed": new is not None, "keys": known})
        return
    for one in keys:
        say(f"{one.identifier}  {one.status}")
    say(f"Last tried: {moment(tried) or 'never'}")
    if new is not None:
        say("A new kit waits to be confirmed. Run: cerby-tui kit new")


@command(("kit try", "the code is asked for, since it is a secret"), name="try")
def try_it(shell: Shell) -> None:
    """Open a card with the code of the kit alone, read-only. Exit code 2 for a code that is not the kit's."""
    run(_try(shell))


async def _try(shell: Shell) -> None:
    from cerby_tui.cli.setting_up import ask

    async with shell.session() as session:
        said = await session.recovery.drill(ask("Recovery key"))
    if shell.as_json:
        say_json({"works": True, "sentence": said})
    else:
        say(said)


@command(("kit new", "two groups of it are asked back"), ("kit new --square", "also as a square for a camera"))
@click.option("--square", is_flag=True, help="Print the kit as a square too.")
def new(shell: Shell, square: bool) -> None:
    """Make a new kit. Needs the service. Until two of its groups were given back, the same one is shown again."""
    run(_new(shell, square))


async def _new(shell: Shell, square: bool) -> None:
    async with shell.session() as session:
        await session.recovery.replace()
        made = session.recovery.unconfirmed()
        if made is not None:
            _print(session, made, square=square)
            await _give_back(session, made)
    complain("The new kit is yours, and the one before is spent.")


def _print(session: Session, made: Kit, *, square: bool) -> None:
    from cerby_tui.kit import kit_text

    for line in kit_text(made, session.who()[0]).splitlines():
        say(line)
    if square:
        from cerby_tui.square import square_lines

        for line in square_lines(made.link):
            say(line)


async def _give_back(session: Session, made: Kit) -> None:
    """Ask for two groups. Raises UsageError where nobody sits before it to answer again."""
    import sys

    from cerby_tui.cli.setting_up import ask
    from cerby_tui.errors import UsageError
    from cerby_tui.kit import asked_back

    while not await session.recovery.confirm({one: ask(f"Group {one}") for one in asked_back(made.groups)}):
        if not sys.stdin.isatty():
            raise UsageError("That is not what the kit says.", next_step="Run cerby-tui kit new again to see it.")
        complain("That is not what the kit says. Compare the groups and type them again.")
