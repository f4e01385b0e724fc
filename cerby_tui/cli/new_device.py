"""`cerby-tui join --new-device`: this device beside others of its person, with a code that is carried over by hand."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from cerby_tui.cli.output import complain, say, say_json
from cerby_tui.cli.shell import Shell
from cerby_tui.errors import OfflineError

if TYPE_CHECKING:
    from cerby_tui.enrolling.new_device import NewDevice, Stage

GLANCE = 0.5
"""Seconds between two looks after the request."""
TRUSTED = "Does your other session say that this device is trusted"


def join_new_device(shell: Shell, device: str, service: str, email: str) -> None:
    """From the request to the vault; the code goes to standard output, everything else is said beside it."""
    from cerby_tui.cli.setting_up import begin, finish, insist, ways_of
    from cerby_tui.enrolling.new_device import NewDevice

    attempt = begin(shell, ways_of(shell), "approve", device)
    if isinstance(attempt, NewDevice):
        insist(lambda: _whole(shell, attempt, service, email))
    finish(shell, attempt)


async def _whole(shell: Shell, attempt: NewDevice, service: str, email: str) -> None:
    """Ask, show the code, and have both ends confirm."""
    from cerby_tui.cli.setting_up import ask

    if attempt.stage == "ask":
        await attempt.ask(service or ask("Service"), email or ask("Your e-mail address there"))
    if attempt.stage == "wait":
        complain("Waiting for approval: on another trusted session of yours, choose Approve.")
        complain("Without its screen, run there: cerby-tui devices approve")
    if attempt.stage in ("wait", "code"):
        await _until(attempt, "code")
        if shell.as_json:
            say_json({"code": attempt.code()})
        else:
            say(attempt.code())
        complain("Type this code on your other session.")
        await _until(attempt, "confirm")
    click.confirm(TRUSTED, abort=True, err=True)
    await attempt.confirm()
    if attempt.missing:
        complain(f"Accounts that your other session has and that cannot be had here: {attempt.missing}.")


async def _until(attempt: NewDevice, stage: Stage) -> None:
    """Look until the approval has come so far; a service that is away for a moment is waited for."""
    while attempt.stage not in (stage, "confirm"):
        try:
            await attempt.look()
        except OfflineError as error:
            complain(error.sentence)
        if attempt.stage not in (stage, "confirm"):
            await asyncio.sleep(GLANCE)
