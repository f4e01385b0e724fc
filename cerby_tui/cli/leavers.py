"""`cerby-tui leavers`: what people and sessions that were removed may still know, to be changed one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cerby_tui.cli.declare import command, options, passphrase_option, run
from cerby_tui.cli.documented import Lazy
from cerby_tui.cli.output import complain, moment, say, say_json, table
from cerby_tui.cli.shell import Shell

if TYPE_CHECKING:
    from cerby_tui.session import Session
    from cerby_tui.team_values import Held, Leaver

HERE = "cerby_tui.cli.leavers"
RISKS = {3: "copied a secret", 2: "opened it", 1: "could have"}


@click.group(
    cls=Lazy,
    invoke_without_command=True,
    sections={
        "Commands": {
            "show": (f"{HERE}:show", "What one of them may still know, the riskiest first."),
            "tick": (f"{HERE}:tick", "Note that an account's secrets were changed at its site."),
        }
    },
    examples=[
        ("leavers", "who was removed, and how many accounts are still to be changed"),
        ("leavers show Bob", "what Bob opened, copied or held"),
        ("leavers tick Bob Shop", "the password of Shop was changed after Bob had left"),
    ],
)
@options
@passphrase_option
@click.pass_context
def leavers(ctx: click.Context) -> None:
    """List people and sessions that were removed from accounts that you own. Works without a network."""
    if ctx.invoked_subcommand is None:
        run(_leavers(ctx.ensure_object(Shell)))


async def _leavers(shell: Shell) -> None:
    async with shell.session() as session:
        found = session.leavers.all()
    if shell.as_json:
        say_json([_shape(one) for one in found])
        return
    rows = [(one.name, one.kind, one.by, moment(one.at), str(one.open)) for one in found]
    table(("WHO", "WHAT", "REMOVED BY", "AT", "TO CHANGE"), rows)


def _shape(one: Leaver) -> dict[str, Any]:
    return {
        "key": one.key.hex(),
        "name": one.name,
        "kind": one.kind,
        "by": one.by or None,
        "at": moment(one.at) or None,
        "open": one.open,
    }


@command(("leavers show Bob", "what Bob may still know"), ("leavers show Bob --json", "the same for a program"))
@click.argument("who")
def show(shell: Shell, who: str) -> None:
    """List what WHO, a name or a key, may still know of your accounts. Asks the service what was opened and copied."""
    run(_show(shell, who))


async def _show(shell: Shell, who: str) -> None:
    from cerby_tui.leavers import CANNOT

    async with shell.session() as session:
        found = await session.leavers.held(_find(session, who).key)
    if shell.as_json:
        say_json([_held_shape(one) for one in found])
        return
    complain(CANNOT)
    rows = [(RISKS[one.risk], one.label, one.what, moment(one.changed_at)) for one in found]
    table(("RISK", "ACCOUNT", "WHAT", "CHANGED"), rows)


def _held_shape(one: Held) -> dict[str, Any]:
    return {
        "account": one.account.hex(),
        "label": one.label,
        "risk": one.risk,
        "what": one.what,
        "changed_at": moment(one.changed_at) or None,
    }


@command(("leavers tick Bob Shop", "done"), ("leavers tick Bob Shop --undo", "it was not changed after all"))
@click.argument("who")
@click.argument("account")
@click.option("--undo", is_flag=True, help="Take the tick back.")
def tick(shell: Shell, who: str, account: str, undo: bool) -> None:
    """Note that the secrets of ACCOUNT were changed at its site since WHO left; all its Owners see it."""
    run(_tick(shell, who, account, undo))


async def _tick(shell: Shell, who: str, account: str, undo: bool) -> None:
    async with shell.session() as session:
        card, leaver = session.find(account), _find(session, who)
        await session.leavers.tick(leaver.key, card.id, changed=not undo)
        left = next((one.open for one in session.leavers.all() if one.key == leaver.key), 0)
    if shell.as_json:
        say_json({"account": card.id.hex(), "changed": not undo, "open": left})
    else:
        say(f"{card.label}: {'to be changed' if undo else 'changed'}; {left} to change after {leaver.name}")


def _find(session: Session, who: str) -> Leaver:
    """The one leaver of that name or key. Raises UsageError."""
    from cerby_tui.errors import UsageError

    found = [one for one in session.leavers.all() if who.casefold() in (one.name.casefold(), one.key.hex())]
    found = found or [one for one in session.leavers.all() if who.casefold() in one.name.casefold()]
    if len(found) != 1:
        several = f"{len(found)} who left are" if found else "Nobody who left is"
        raise UsageError(f"{several} called {who!r}.", next_step="See: cerby-tui leavers --json, and give the key.")
    return found[0]
