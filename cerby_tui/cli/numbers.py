"""`cerby-tui numbers`: list the managed numbers, or create one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cerby_tui.cli.declare import command, options, passphrase_option, run
from cerby_tui.cli.documented import Lazy
from cerby_tui.cli.output import complain, moment, say, say_json, table
from cerby_tui.cli.shell import Shell

if TYPE_CHECKING:
    from cerby_tui.session import Session
    from cerby_tui.values import ManagedNumber, OfferedNumber

OFFERS = 5
"""How often somebody else may be faster before we stop trying."""


@click.group(
    cls=Lazy,
    invoke_without_command=True,
    sections={"Commands": {"create": ("cerby_tui.cli.numbers:create", "Create a phone number for an account.")}},
    examples=[
        ("numbers", "every managed number and its account"),
        ("numbers create Shop --i-will-add-it", "a new number for the account Shop"),
    ],
)
@options
@passphrase_option
@click.pass_context
def numbers(ctx: click.Context) -> None:
    """List the managed phone numbers; works without a network."""
    if ctx.invoked_subcommand is None:
        run(_numbers(ctx.ensure_object(Shell)))


async def _numbers(shell: Shell) -> None:
    from cerby_tui.cli.shapes import card_shape
    from cerby_tui.words import number_kind

    async with shell.session() as session:
        held = session.numbers()
    if shell.as_json:
        say_json([card_shape(card) for card, _ in held])
        return
    table(
        ("NUMBER", "KIND", "STATE", "ACCOUNT", "SINCE"),
        [
            (number.e164, number_kind(number.kind), number.state, card.label, moment(number.since))
            for card, number in held
        ],
    )


@command(("numbers create Shop --i-will-add-it", "print a new number that now belongs to the account Shop"))
@click.argument("account")
@click.option(
    "--i-will-add-it",
    "promised",
    is_flag=True,
    help="You will add the number to the account's settings at the app. A number is not created without this.",
)
def create(shell: Shell, account: str, promised: bool) -> None:
    """Create a phone number for ACCOUNT, and print it. It costs money from then on, so it asks for a promise."""
    run(_create(shell, account, promised))


async def _create(shell: Shell, name: str, promised: bool) -> None:
    from cerby_tui.errors import UsageError

    async with shell.session(live=True) as session:
        card = session.find(name)
        if not promised:
            promise = f"I will add the phone number to {card.label} account setting"
            step = f"If that is so, say it with --i-will-add-it: “{promise}”."
            raise UsageError("A number must be added to the account it is created for.", next_step=step)
        number = await _commit(session, await session.offer_number(card.id))
        await session.mark_copied_number(card.id)  # it is printed; whether it was added, only the person can say
    if shell.as_json:
        from cerby_tui.cli.shapes import number_shape

        say_json({"account": card.id.hex(), "label": card.label, "number": number_shape(number)})
        return
    say(number.e164)
    complain(f"Now add it to {card.label} account setting.")


async def _commit(session: Session, offer: OfferedNumber) -> ManagedNumber:
    """Commit an offer; while somebody else was faster, the one that came instead."""
    from uuid import uuid4

    from cerby_tui.errors import RefusedError

    for _ in range(OFFERS):
        answer = await session.commit_number(offer, uuid4().hex)
        if answer.number is not None:
            return answer.number
        if answer.next_offer is None:
            break
        complain(f"Somebody else took {offer.e164}; trying {answer.next_offer.e164}.")
        offer = answer.next_offer
    raise RefusedError(
        "number_taken", "Every number that was offered was taken by somebody else.", safe="No number was created."
    )
