"""`cerby-tui share`: who is on an account, and putting people on it or taking them off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import click

from cerby_tui.cli.declare import command, run
from cerby_tui.cli.output import complain, say, say_json, table
from cerby_tui.cli.shell import Shell
from cerby_wire.headers import AccountRole

if TYPE_CHECKING:
    from cerby_tui.session import Session
    from cerby_tui.team_values import Member


@command(
    ("share Shop", "who is on the account Shop"),
    ("share Shop bob@example.org", "put Bob on it as a Collaborator, or make him one"),
    ("share Shop bob@example.org --as owner", "make Bob one of its Owners"),
    ("share Shop bob@example.org --remove", "take Bob off it"),
)
@click.argument("account")
@click.argument("person", required=False)
@click.option("--as", "role", type=click.Choice(get_args(AccountRole)), default="collaborator", help="Their role.")
@click.option("--remove", "off", is_flag=True, help="Take PERSON off the account.")
def share(shell: Shell, account: str, person: str | None, role: AccountRole, off: bool) -> None:
    """List who is on ACCOUNT, or share it with PERSON. Works without a network; the change is sent when it can be."""
    run(_share(shell, account, person, None if off else role))


async def _share(shell: Shell, name: str, person: str | None, role: AccountRole | None) -> None:
    async with shell.session() as session:
        card = session.find(name)
        if person is not None:
            await _change(session, card.id, session.people.find(person).user, role)
        found = _people(session, card.id)
    if shell.as_json:
        say_json({"account": card.id.hex(), "label": card.label, "people": [_shape(one) for one in found]})
        return
    _table(found)


async def _change(session: Session, account: bytes, user: bytes, role: AccountRole | None) -> None:
    """Take the change, and send it if the service is there."""
    from cerby_tui.errors import OfflineError

    await (session.sharing.remove(account, user) if role is None else session.sharing.share(account, user, role))
    try:
        await session.sync_now()
    except OfflineError as error:
        complain(f"{error.sentence} The change is kept and sent later.")


def _people(session: Session, account: bytes) -> list[Member]:
    """Everybody on it; nobody where that is not for us to see any more."""
    from cerby_tui.errors import UsageError

    try:
        return session.sharing.members(account)
    except UsageError:
        return []


def _table(found: list[Member]) -> None:
    from cerby_tui.words import account_role

    if not found:
        say("You are not on this account any more.")
        return
    table(
        ("NAME", "E-MAIL", "ROLE", "NOTE"),
        [
            (
                f"{one.name} (you)" if one.you else one.name,
                one.email,
                account_role(one.role),
                "not sent yet" if one.waiting else one.stale,
            )
            for one in found
        ],
    )


def _shape(one: Member) -> dict[str, Any]:
    return {
        "id": one.user.hex(),
        "name": one.name,
        "email": one.email,
        "role": one.role,
        "workspace_role": one.workspace_role,
        "you": one.you,
        "waiting": one.waiting,
        "stale": one.stale or None,
    }
