"""`cerby-tui invites`: who was invited and has not joined yet; new invites, and invites withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, get_args

import click

from cerby_tui.cli.declare import command, options, passphrase_option, run
from cerby_tui.cli.documented import Lazy
from cerby_tui.cli.output import complain, moment, say, say_json, table
from cerby_tui.cli.shell import Shell
from cerby_wire.headers import WorkspaceRole

if TYPE_CHECKING:
    from cerby_tui.team_values import Invitation

HERE = "cerby_tui.cli.invites"
ROLES = click.Choice([role.replace("_", "-") for role in get_args(WorkspaceRole) if role != "owner"])


@click.group(
    cls=Lazy,
    invoke_without_command=True,
    sections={
        "Commands": {
            "list": (f"{HERE}:listing", "List the open invites."),
            "new": (f"{HERE}:new", "Invite somebody, and print the string for them."),
            "withdraw": (f"{HERE}:withdraw", "Withdraw an open invite."),
        }
    },
    examples=[
        ("invites", "who was invited and has not joined yet"),
        ("invites new bob@example.org --role user", "print the string that Bob needs; it is shown once"),
        ("invites withdraw bob@example.org", "Bob can not join by it any more"),
    ],
)
@options
@passphrase_option
@click.pass_context
def invites(ctx: click.Context) -> None:
    """List the open invites. All of these commands need the service."""
    if ctx.invoked_subcommand is None:
        run(_listing(ctx.ensure_object(Shell)))


@command(("invites list", "who was invited and has not joined yet"), name="list")
def listing(shell: Shell) -> None:
    """List the open invites that you may see."""
    run(_listing(shell))


async def _listing(shell: Shell) -> None:
    from cerby_tui.words import workspace_role

    async with shell.session() as session:
        await session.sync_now()
        found = await session.invites.open()
    if shell.as_json:
        say_json([invite_shape(one) for one in found])
        return
    table(
        ("E-MAIL", "ROLE", "INVITED BY", "EXPIRES", "ID"),
        [(one.email, workspace_role(one.role), one.inviter, moment(one.expires), one.id.hex()) for one in found],
    )


@command(("invites new bob@example.org --role admin", "print the string that Bob needs; it is shown once"))
@click.argument("email")
@click.option("--role", type=ROLES, default="user", show_default=True, help="The workspace role that it gives.")
def new(shell: Shell, email: str, role: str) -> None:
    """Invite the person at EMAIL, and print the string for them.

    They are told by mail that they were invited, but not the string: give it to them yourself, by a way that you both
    trust. It is good once, and nobody can show it again.
    """
    run(_new(shell, email, role))


async def _new(shell: Shell, email: str, role: str) -> None:
    wanted: Any = role.replace("-", "_")
    async with shell.session() as session:
        await session.sync_now()
        made = await session.invites.invite(email, wanted)
    if shell.as_json:
        say_json({"invite": invite_shape(made.invitation), "string": made.text, "mailed": made.mailed})
        return
    say(made.text)
    told = "was told by mail, without this string" if made.mailed else "could not be told by mail"
    complain(f"{made.invitation.email} {told}. Give it to them yourself; it is not shown again.")


@command(("invites withdraw bob@example.org", "Bob can not join by it any more"))
@click.argument("invite")
def withdraw(shell: Shell, invite: str) -> None:
    """Withdraw the open invite INVITE, named by its e-mail address or the beginning of its id."""
    run(_withdraw(shell, invite))


async def _withdraw(shell: Shell, name: str) -> None:
    async with shell.session() as session:
        await session.sync_now()
        found = _find(await session.invites.open(), name)
        await session.invites.withdraw(found.id)
    if shell.as_json:
        say_json({"withdrawn": invite_shape(found)})
    else:
        say(f"The invite for {found.email} is withdrawn.")


def invite_shape(one: Invitation) -> dict[str, Any]:
    """An open invite, for a program."""
    return {
        "id": one.id.hex(),
        "email": one.email,
        "role": one.role,
        "inviter": one.inviter,
        "created": moment(one.created),
        "expires": moment(one.expires),
    }


def _find(found: Sequence[Invitation], name: str) -> Invitation:
    """The one invite that is meant. Raises UsageError."""
    from cerby_tui.errors import UsageError

    wanted = name.strip().lower()
    meant = [one for one in found if wanted and (one.email.lower() == wanted or one.id.hex().startswith(wanted))]
    if not meant:
        raise UsageError(f"No open invite is called “{name}”.", next_step="See: cerby-tui invites")
    if len(meant) > 1:
        raise UsageError(f"{len(meant)} open invites are called “{name}”.", next_step="Name one by its id.")
    return meant[0]
