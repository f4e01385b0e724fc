"""`cerby-tui members`: who is in the workspace, in which role, and the policy of the workspace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, get_args

import click

from cerby_tui.cli.declare import command, options, passphrase_option, run
from cerby_tui.cli.documented import Lazy
from cerby_tui.cli.output import moment, say, say_json, table
from cerby_tui.cli.shell import Shell
from cerby_wire.headers import WorkspaceRole

if TYPE_CHECKING:
    from cerby_tui.session import Session
    from cerby_tui.team_values import Colleague, SoleOwned

HERE = "cerby_tui.cli.members"
ROLES = click.Choice([role.replace("_", "-") for role in get_args(WorkspaceRole) if role != "owner"])
SURE = click.option("--yes", "sure", is_flag=True, help="You are sure; without this nothing is done.")
HEIRS = click.option(
    "--heir",
    "heirs",
    multiple=True,
    metavar="[ACCOUNT=]PERSON",
    help="The new Owner of an account that only this person owns, by its id or number; without ACCOUNT, of all others.",
)


@click.group(
    cls=Lazy,
    invoke_without_command=True,
    sections={
        "Commands": {
            "role": (f"{HERE}:role", "Change somebody's workspace role."),
            "remove": (f"{HERE}:remove", "Remove somebody from the workspace."),
            "transfer": (f"{HERE}:transfer", "Hand the Owner's seat over."),
            "accounts": (f"{HERE}:accounts", "What somebody alone owns, and others would take over."),
            "policy": ("cerby_tui.cli.policy:policy", "Show or change what the workspace asks of its members."),
        }
    },
    examples=[
        ("members", "everybody, with role and status"),
        ("members role bob@example.org admin", "make somebody an Admin"),
        ("members remove bob@example.org --heir cleo@example.org --yes", "remove Bob; Cleo takes his accounts over"),
    ],
)
@options
@passphrase_option
@click.pass_context
def members(ctx: click.Context) -> None:
    """List the members of the workspace; works without a network."""
    if ctx.invoked_subcommand is None:
        run(_members(ctx.ensure_object(Shell)))


async def _members(shell: Shell) -> None:
    from cerby_tui.words import workspace_role

    async with shell.session() as session:
        found = session.people.members()
    if shell.as_json:
        say_json([member_shape(one) for one in found])
        return
    table(
        ("NAME", "E-MAIL", "ROLE", "STATUS", "ACCOUNTS", "ID"),
        [
            (
                f"{one.name} (you)" if one.you else one.name,
                one.email,
                workspace_role(one.role),
                one.status,
                str(one.accounts),
                one.user.hex(),
            )
            for one in found
        ],
    )


@command(("members role bob@example.org login-only", "Bob may log in, and own nothing"))
@click.argument("person")
@click.argument("role", type=ROLES)
@HEIRS
def role(shell: Shell, person: str, role: str, heirs: tuple[str, ...]) -> None:
    """Change the workspace role of PERSON to ROLE. Whoever may own accounts no more hands over what only they own."""
    run(_role(shell, person, role, heirs))


async def _role(shell: Shell, person: str, role: str, heirs: Sequence[str]) -> None:
    async with shell.session() as session:
        await session.sync_now()
        one = session.people.find(person)
        wanted: Any = role.replace("-", "_")
        await session.people.set_role(one.user, wanted, await _heirs(session, one, heirs))
        _answer(shell, session, one)


@command(("members remove bob@example.org --yes", "Bob leaves; all his sessions end"))
@click.argument("person")
@HEIRS
@SURE
def remove(shell: Shell, person: str, heirs: tuple[str, ...], sure: bool) -> None:
    """Remove PERSON. All their sessions end; accounts that only they own go to others in the same act."""
    run(_remove(shell, person, heirs, sure))


async def _remove(shell: Shell, person: str, heirs: Sequence[str], sure: bool) -> None:
    async with shell.session() as session:
        await session.sync_now()
        one = session.people.find(person)
        _require(sure, f"{one.name} would lose every account, and all their sessions would end.")
        await session.people.remove(one.user, await _heirs(session, one, heirs))
        _answer(shell, session, one)


@command(("members transfer cleo@example.org --yes", "Cleo becomes the Owner; you become a Super Admin"))
@click.argument("person")
@SURE
def transfer(shell: Shell, person: str, sure: bool) -> None:
    """Hand the Owner's seat to PERSON. Only they can give it back."""
    run(_transfer(shell, person, sure))


async def _transfer(shell: Shell, person: str, sure: bool) -> None:
    async with shell.session() as session:
        await session.sync_now()
        one = session.people.find(person)
        _require(sure, f"{one.name} would become the Owner of the workspace, and you a Super Admin.")
        await session.people.transfer(one.user)
        _answer(shell, session, one)


@command(("members accounts bob@example.org", "what Bob alone owns"))
@click.argument("person")
def accounts(shell: Shell, person: str) -> None:
    """List the accounts that PERSON alone owns. Their content stays closed to you."""
    run(_accounts(shell, person))


async def _accounts(shell: Shell, person: str) -> None:
    async with shell.session() as session:
        await session.sync_now()
        found = await session.people.sole_owned(session.people.find(person).user)
        if shell.as_json:
            say_json([_sole_shape(one) for one in found])
            return
        rows = [(one.account.hex(), one.label, one.e164, _names(session, one.collaborators)) for one in found]
    table(("ID", "ACCOUNT", "NUMBER", "COLLABORATORS"), rows)


def member_shape(one: Colleague) -> dict[str, Any]:
    """Somebody in the workspace, for a program."""
    return {
        "id": one.user.hex(),
        "name": one.name,
        "email": one.email,
        "role": one.role,
        "you": one.you,
        "status": one.status,
        "joined": moment(one.joined) or None,
        "last_activity": moment(one.last_activity) or None,
        "accounts": one.accounts,
    }


def _sole_shape(one: SoleOwned) -> dict[str, Any]:
    return {
        "account": one.account.hex(),
        "label": one.label or None,
        "e164": one.e164 or None,
        "collaborators": [user.hex() for user in one.collaborators],
    }


def _names(session: Session, users: Sequence[bytes]) -> str:
    return ", ".join(session.people.name(user) for user in users)


async def _heirs(session: Session, leaving: Colleague, given: Sequence[str]) -> dict[bytes, bytes]:
    """The new Owners that were named. Raises UsageError."""
    from cerby_tui.errors import UsageError

    if not given:
        return {}
    owned = await session.people.sole_owned(leaving.user)
    found: dict[bytes, bytes] = {}
    for one in sorted(given, key=lambda one: "=" not in one):  # named accounts first: the others are what is left
        name, _, person = one.rpartition("=")
        heir = session.people.find(person).user
        meant = [account for account in owned if _is_meant(account, name) and (name or account.account not in found)]
        if name and not meant:
            raise UsageError(f"{leaving.name} owns no account “{name}” alone.", next_step="See: members accounts")
        found |= dict.fromkeys((account.account for account in meant), heir)
    return found


def _is_meant(account: SoleOwned, name: str) -> bool:
    return not name or account.e164 == name or account.account.hex().startswith(name)


def _require(sure: bool, consequence: str) -> None:
    from cerby_tui.errors import UsageError

    if not sure:
        raise UsageError(consequence, safe="Nothing was changed.", next_step="If that is what you want, add --yes.")


def _answer(shell: Shell, session: Session, one: Colleague) -> None:
    """How that person stands now."""
    from cerby_tui.words import workspace_role

    now = session.people.by_user()[one.user]
    if shell.as_json:
        say_json(member_shape(now))
    else:
        say(f"{now.name}: {workspace_role(now.role) if now.status == 'active' else 'removed'}")
