"""Setting up this device from the command line, for every way: begun or gone on with, question by question.

Each question can be answered on a terminal, or by a line on standard input; the passphrase comes by --passphrase-fd or
is asked on the terminal. No secret is an argument, since arguments are seen by every process of the machine.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cerby_tui.cli.output import complain, say, say_json
from cerby_tui.cli.shell import Shell
from cerby_tui.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from cerby_tui.enrolling.base import Enrolling
    from cerby_tui.enrolling.known import Way
    from cerby_tui.enrolling.ways import Ways

T = TypeVar("T")
GROUPS_A_LINE = 4


def ways_of(shell: Shell) -> Ways:
    """The ways in for this home directory. Raises UsageError where a device is set up already."""
    from cerby_tui.clock import SystemClock
    from cerby_tui.config import Configuration, trust_authority
    from cerby_tui.enrolling.ways import Ways
    from cerby_tui.system_keyring import SystemKeyring

    if shell.home.enrolled():
        raise UsageError("This device is set up already.", next_step="Name another directory with --home.")
    settings = Configuration(shell.home.ready()).load().settings
    trust_authority(settings, os.environ)
    return Ways(shell.home, SystemClock(), keyring=SystemKeyring() if settings.keyring else SystemKeyring(allowed=()))


def begin(shell: Shell, ways: Ways, way: Way, device: str) -> Enrolling[Any]:
    """An attempt with its passphrase chosen, or the one that was begun earlier.

    Raises UsageError if that was of another way, WrongPassphrase, Alarm.
    """
    if ways.begun:
        complain("Going on where an earlier attempt ended.")
        earlier = ways.resume(shell.passphrase())
        if earlier.way != way:
            step = "Run cerby-tui to go on with it, or to discard it."
            raise UsageError("The earlier attempt to set up this device was of another kind.", next_step=step)
        return earlier
    attempt = ways.begin(way)
    attempt.name_device(device or ask("Name of this device", _machine()))
    complain(attempt.keyring_sentence())
    attempt.choose_passphrase(chosen_passphrase(shell))
    return attempt


def ask(question: str, default: str = "") -> str:
    """An answer from the terminal or the next line of standard input; the end of it is an interrupt."""
    answer: str = click.prompt(question, default=default or None, err=True, show_default=bool(default))
    return answer.strip()


def insist(work: Callable[[], Awaitable[T]]) -> T:
    """Do something that begins with a question; on a terminal it is asked again until the answer is good.

    Raises CerbyError at once where nobody sits before it, or where another answer would not help.
    """
    import asyncio

    while True:
        try:
            return asyncio.run(_awaited(work))
        except (UsageError, RefusedError) as error:
            if not sys.stdin.isatty():
                raise
            complain(error.whole())


async def _awaited(work: Callable[[], Awaitable[T]]) -> T:
    return await work()


def show_kit(attempt: Enrolling[Any]) -> None:
    """Show the recovery kit and ask two groups of it back."""
    kit = attempt.kit()
    complain("Your recovery kit. Write it down, and keep it away from this device; it is not shown again.")
    for at in range(0, len(kit.groups), GROUPS_A_LINE):
        say("   ".join(f"{at + place} {group}" for place, group in enumerate(kit.groups[at : at + GROUPS_A_LINE], 1)))
    complain(f"Service {kit.origin}   User {kit.user}")

    async def give_back() -> None:
        answers = {number: ask(f"Group {number}") for number in attempt.asked_back()}
        if not attempt.confirm_kit(answers):
            raise UsageError("That is not what the kit says.", next_step="Compare the groups and type them again.")

    insist(give_back)


def finish(shell: Shell, attempt: Enrolling[Any]) -> None:
    """Show the kit where there is one, and say that it is done."""
    if attempt.step == "kit":
        show_kit(attempt)
    session = attempt.open()
    name, email, device, workspace = session.who()
    insist(session.close)
    if shell.as_json:
        say_json({"name": name, "email": email, "device": device, "workspace": workspace})
    else:
        complain("This device is set up. Run: cerby-tui")


def _machine() -> str:
    import platform

    return platform.node().partition(".")[0]


def chosen_passphrase(shell: Shell) -> str:
    """A passphrase for this device, typed twice on a terminal."""
    given = shell.given_passphrase()
    if given is not None:
        return given
    first, second = shell.passphrase(), shell.passphrase()
    if first != second:
        raise UsageError("The two passphrases differ.", next_step="Type the same one twice.")
    return first
