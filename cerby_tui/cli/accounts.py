"""`cerby-tui accounts`: the cards, from the vault alone."""

from __future__ import annotations

import click

from cerby_tui.cli.declare import command, run
from cerby_tui.cli.output import say_json, table
from cerby_tui.cli.shell import Shell


@command(
    ("accounts", "every account card"),
    ("accounts bank --json", "cards whose text holds “bank”, for a program"),
    ("accounts --collection Finance", "the cards of a collection"),
)
@click.argument("words", nargs=-1)
@click.option("--app", "apps", multiple=True, metavar="SLUG", help="Only accounts of this app; may be repeated.")
@click.option("--collection", "collections", multiple=True, metavar="NAME", help="Only this collection.")
@click.option("--deleted", is_flag=True, help="Deleted accounts, which can be restored for 30 days.")
def accounts(
    shell: Shell, words: tuple[str, ...], apps: tuple[str, ...], collections: tuple[str, ...], deleted: bool
) -> None:
    """List account cards. Works without a network."""
    run(_accounts(shell, " ".join(words), apps, collections, deleted))


async def _accounts(
    shell: Shell, words: str, apps: tuple[str, ...], collections: tuple[str, ...], deleted: bool
) -> None:
    from cerby_tui.cli.shapes import card_shape
    from cerby_tui.clock import SystemClock
    from cerby_tui.values import CardFilter
    from cerby_tui.words import age

    async with shell.session() as session:
        cards = session.cards(CardFilter(words=words, apps=apps, collections=collections, deleted=deleted))
    if shell.as_json:
        say_json([card_shape(card) for card in cards])
        return
    now = SystemClock().now()
    table(
        ("ACCOUNT", "APP", "NUMBER", "LAST CODE", "ID"),
        [
            (
                card.label,
                card.app_name,
                card.number.e164 if card.number else "",
                age(card.code_at, now) if card.code_at else "",
                card.id.hex(),
            )
            for card in cards
        ],
    )
