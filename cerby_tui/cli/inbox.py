"""`cerby-tui inbox`: the messages, from the vault alone."""

from __future__ import annotations

import click

from cerby_tui.cli.declare import command, run
from cerby_tui.cli.output import moment, say_json, table
from cerby_tui.cli.shell import Shell

NO_INBOX = "Guests and Login-Only people get codes while they log in, and no Shared Inbox."


@command(
    ("inbox", "the newest messages of every account"),
    ("inbox --account “Acme bank” --code", "messages of one account that hold a code"),
    ("inbox statement --json", "messages whose text holds “statement”, for a program"),
)
@click.argument("words", nargs=-1)
@click.option("--account", "names", multiple=True, metavar="ACCOUNT", help="Only this account; may be repeated.")
@click.option("--app", "apps", multiple=True, metavar="SLUG", help="Only messages to accounts of this app.")
@click.option("--collection", "collections", multiple=True, metavar="NAME", help="Only this collection.")
@click.option("--code", "with_code", is_flag=True, help="Only messages that hold a code.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many at most.")
def inbox(
    shell: Shell,
    words: tuple[str, ...],
    names: tuple[str, ...],
    apps: tuple[str, ...],
    collections: tuple[str, ...],
    with_code: bool,
    limit: int,
) -> None:
    """List messages of the Shared Inbox, newest first. Works without a network."""
    run(_inbox(shell, " ".join(words), names, apps, collections, with_code, limit))


async def _inbox(
    shell: Shell,
    words: str,
    names: tuple[str, ...],
    apps: tuple[str, ...],
    collections: tuple[str, ...],
    with_code: bool,
    limit: int,
) -> None:
    from cerby_tui.cli.shapes import message_shape
    from cerby_tui.errors import RefusedError
    from cerby_tui.values import InboxFilter

    async with shell.session() as session:
        if not session.people.browses():
            raise RefusedError("no_inbox", NO_INBOX, next_step="Get the code of an account with: cerby-tui code show")
        accounts = tuple(session.find(name).id for name in names)
        wanted = InboxFilter(words, apps, accounts, collections, with_code=with_code)
        messages = session.messages(wanted, limit=limit)
        for account in {message.key.account for message in messages}:
            session.activity.note("viewed", account, "message")
    if shell.as_json:
        say_json([message_shape(message) for message in messages])
        return
    table(
        ("RECEIVED", "ACCOUNT", "FROM", "CODE", "TEXT"),
        [
            (
                moment(message.received_at),
                message.account_label,
                message.sender,
                message.code.text if message.code else "",
                message.text,
            )
            for message in messages
        ],
    )
