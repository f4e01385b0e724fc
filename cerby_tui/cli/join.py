"""`cerby-tui join`: set up this device by the invite that a colleague gave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cerby_tui.cli.declare import command
from cerby_tui.cli.output import complain
from cerby_tui.cli.shell import Shell

if TYPE_CHECKING:
    from cerby_tui.enrolling.known import Known
    from cerby_tui.enrolling.mailed import Mailed


@command(
    ("join", "with the invite string that a colleague gave you; everything is asked for"),
    ("join --device laptop --name 'Bob Builder' --email bob@example.org", "with fewer questions"),
    ("join --new-device", "this device beside others of yours: one of them approves it"),
)
@click.option("--new-device", is_flag=True, help="Add this device to your account; another session of yours approves.")
@click.option("--service", default="", metavar="URL", help="With --new-device: the service that your account is at.")
@click.option("--device", default="", help="How this device is called among your trusted sessions.")
@click.option("--name", default="", help="Your name, as colleagues will know it.")
@click.option("--email", default="", help="The e-mail address that you were invited at.")
def join(shell: Shell, new_device: bool, service: str, device: str, name: str, email: str) -> None:
    """Join a workspace by invite. The invite is asked for, since it is a secret; so is a code sent by e-mail.

    With --new-device, no invite is needed: this device prints a code that you type on another session of yours, on its
    screen or with `cerby-tui devices approve`. If it is interrupted, the same command goes on where it ended.
    """
    if new_device:
        from cerby_tui.cli.new_device import join_new_device

        join_new_device(shell, device, service, email)
        return
    from cerby_tui.cli.setting_up import begin, finish, ways_of
    from cerby_tui.enrolling.mailed import Mailed

    attempt = begin(shell, ways_of(shell), "join", device)
    if isinstance(attempt, Mailed):
        _join(attempt, name, email)
    finish(shell, attempt)


def _join(attempt: Mailed[Known], name: str, email: str) -> None:
    """From the invite, or from the code where that was asked for already, to the kit."""
    from cerby_tui.cli.setting_up import ask, insist

    async def request() -> None:
        invite = ask("Invite")
        address = email or ask("The e-mail address that you were invited at")
        await attempt.request_code(invite, address, name or ask("Your name, as colleagues will know it"))

    async def confirm() -> None:
        complain(attempt.invited_by)
        while (code := ask("The six-digit code that was sent to you, or “new” for another")) == "new":
            await attempt.another_code()
        await attempt.confirm(code)

    async def request_and_confirm() -> None:
        if attempt.step == "invite":
            await request()
        await confirm()

    if attempt.step in ("invite", "code"):
        insist(request_and_confirm)
