"""`cerby-tui members policy`: what the workspace asks of its members' clients, shown and changed."""

from __future__ import annotations

from typing import get_args

import click

from cerby_tui.cli.declare import command, run
from cerby_tui.cli.output import say_json, table
from cerby_tui.cli.shell import Shell
from cerby_wire.headers import WorkspaceRole

INVITERS = click.Choice([role.replace("_", "-") for role in get_args(WorkspaceRole)[:4]])
SECONDS = {
    "idle_lock": "Lock an app that nobody touches for so long.",
    "offline_allowance": "Unlocking without the service works for so long.",
    "clipboard": "Clear what was copied after so long.",
    "retention": "Keep messages for so long; 0 keeps them for ever.",
}


@command(
    ("members policy", "what is asked now"),
    ("members policy --idle-lock 300 --clipboard 20", "lock after five idle minutes, clear copies after 20 seconds"),
)
@click.option("--idle-lock", type=click.INT, metavar="SECONDS", help=SECONDS["idle_lock"])
@click.option("--offline-allowance", type=click.INT, metavar="SECONDS", help=SECONDS["offline_allowance"])
@click.option("--clipboard", type=click.INT, metavar="SECONDS", help=SECONDS["clipboard"])
@click.option("--retention", type=click.INT, metavar="SECONDS", help=SECONDS["retention"])
@click.option("--inviters", type=INVITERS, help="Who may invite: this role and those above it.")
def policy(shell: Shell, **wanted: int | str | None) -> None:
    """Show the policy of the workspace, or change what is named."""
    run(_policy(shell, {name: value for name, value in wanted.items() if value is not None}))


async def _policy(shell: Shell, wanted: dict[str, int | str]) -> None:
    import msgspec

    from cerby_tui.words import span, workspace_role

    async with shell.session() as session:
        if wanted:
            await session.sync_now()
            roles = {name: str(value).replace("-", "_") for name, value in wanted.items() if name == "inviters"}
            await session.people.set_policy(msgspec.structs.replace(session.people.policy(), **wanted | roles))
        now = session.people.policy()
    if shell.as_json:
        say_json(msgspec.to_builtins(dict(zip(now.__struct_fields__, msgspec.structs.astuple(now), strict=True))))
        return
    rows = [(name.replace("_", "-"), span(getattr(now, name)), said) for name, said in SECONDS.items()]
    rows.append(("inviters", workspace_role(now.inviters), "Who may invite: this role and those above it."))
    table(("WHAT", "NOW", "MEANING"), rows)
