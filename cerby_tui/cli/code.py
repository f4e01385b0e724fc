"""`cerby-tui code`: show the newest code, wait for the next one, or draw codes out of texts."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from cerby_tui.cli.declare import command, run
from cerby_tui.cli.documented import Lazy
from cerby_tui.cli.output import say, say_json
from cerby_tui.cli.shell import Shell

if TYPE_CHECKING:
    from cerby_tui.values import Message

HERE = "cerby_tui.cli.code"


@click.group(
    cls=Lazy,
    sections={
        "Commands": {
            "show": (f"{HERE}:show", "Print the newest code of an account."),
            "wait": (f"{HERE}:wait", "Wait for the next code of an account, and print it."),
            "extract": (f"{HERE}:extract", "Draw codes out of texts on standard input; needs no vault."),
        }
    },
    examples=[
        ("code wait Shop --timeout 90", "block until a code comes, print only the code"),
        ("code show Shop", "the newest code that is here already"),
    ],
)
def code() -> None:
    """Verification codes, for people and for scripts."""


@command(("code show Shop", "the newest code of the account Shop"), ("code show Shop --json", "and when it came"))
@click.argument("account")
def show(shell: Shell, account: str) -> None:
    """Print the newest code of ACCOUNT. Exit code 3 if there is none yet. Works without a network."""
    run(_show(shell, account))


async def _show(shell: Shell, name: str) -> None:
    from cerby_tui.errors import TimedOut

    async with shell.session() as session:
        card = session.find(name)
        message = session.code_now(card.id)
        if message is not None:
            session.activity.note("copied", card.id, "code")
    if message is None:
        step = f"Wait for one with: cerby-tui code wait {card.label!r}"
        raise TimedOut(f"No message of {card.label} holds a code yet.", next_step=step)
    _answer(shell, message)


def _answer(shell: Shell, message: Message) -> None:
    """Only the code on standard output, or the whole message as JSON."""
    if shell.as_json:
        from cerby_tui.cli.shapes import message_shape

        say_json(message_shape(message))
    elif message.code is not None:
        say(message.code.text)


@command(
    ("code wait Shop --timeout 90", "print the next code, or exit with 3 after 90 seconds"),
    ("code wait Shop --since 60", "also take a code that came in the last 60 seconds"),
)
@click.argument("account")
@click.option("--timeout", type=click.FloatRange(0, 86_400), default=120.0, show_default=True, help="Seconds.")
@click.option(
    "--since",
    type=click.FloatRange(0, 86_400),
    default=0.0,
    metavar="SECONDS",
    help="Also take a code that came up to so many seconds ago. Without it, only one that comes from now on.",
)
def wait(shell: Shell, account: str, timeout: float, since: float) -> None:
    """Wait for the next code of ACCOUNT, and print only the code.

    Works while the app is open on the same vault, and syncs by itself while it is not.
    """
    run(_wait(shell, account, timeout, since))


async def _wait(shell: Shell, name: str, timeout: float, since: float) -> None:  # noqa: ASYNC109
    from cerby_tui.cli.waiting import next_code

    async with shell.session(live=True) as session:
        message = await next_code(session, session.find(name), timeout, since)
        session.activity.note("copied", message.key.account, "code")
    _answer(shell, message)


@command(
    ("code extract < messages.jsonl", 'lines like {"text": "Your code is 123456", "sender": "Shop"}'),
    opens_vault=False,
)
def extract(shell: Shell) -> None:
    """Read JSON lines {"text", "sender"?} from standard input; answer {"code"|null, "confidence"} for each.

    Needs no vault, no configuration and no network.
    """
    for number, line in enumerate(sys.stdin, start=1):
        if line.strip():
            say_json(_extracted(line, number))


def _extracted(line: str, number: int) -> dict[str, Any]:
    import json

    from cerby_tui.codes.extract import extract as draw
    from cerby_tui.errors import UsageError

    try:
        asked = json.loads(line)
        text, sender = asked["text"], asked.get("sender", "")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f'Line {number} is not a JSON object with "text".') from error
    if not isinstance(text, str) or not isinstance(sender, str | None):
        raise UsageError(f'In line {number}, "text" and "sender" must be texts.')
    found = draw(text, sender or "")
    return {"code": found.text if found else None, "confidence": found.confidence if found else 0.0}
