"""`cerby-tui recover`: a new device with the recovery kit alone, or a new passphrase for the vault that is here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cerby_tui.cli.declare import command
from cerby_tui.cli.output import complain, say_json
from cerby_tui.cli.shell import Shell

if TYPE_CHECKING:
    from cerby_tui.enrolling.recovering import Recovering, Whose

CODE = "Recovery key (eight groups, or what the square says)"


@command(
    ("recover", "everything is asked for: the service and the code are on the kit"),
    ("recover --service https://cerby.example.com --device laptop", "with fewer questions"),
)
@click.option("--service", default="", metavar="URL", help="The service, as it is printed on the kit.")
@click.option("--device", default="", help="How this device is called among your trusted sessions.")
def recover(shell: Shell, service: str, device: str) -> None:
    """Come back with your recovery kit. The code is asked for, since it is a secret.

    Where nothing is set up, this makes a new trusted session and a new kit; the old kit is spent. Where a vault is, the
    kit opens it and gives it a new passphrase, without the service, and is not used up.
    """
    if shell.home.enrolled():
        _new_passphrase(shell)
        return
    from cerby_tui.cli.setting_up import begin, finish, ways_of
    from cerby_tui.enrolling.recovering import Recovering

    attempt = begin(shell, ways_of(shell), "recover", device)
    if isinstance(attempt, Recovering):
        _come_back(attempt, service)
    finish(shell, attempt)


def _come_back(attempt: Recovering, service: str) -> None:
    """From the code, or from the answer that was lost, to the new kit."""
    from cerby_tui.cli.setting_up import ask, insist
    from cerby_wire.recovering import read_link

    async def whole() -> None:
        if attempt.step == "sent":
            complain("The kit may have been used already; asking the service again.")
            await attempt.finish()
            return
        code = ask(CODE)
        whose = await attempt.look(read_link(code)[0] or service or ask("Service"), code)
        _describe(whose)
        click.confirm("Use the kit now", default=True, abort=True, err=True)
        await attempt.use()

    if attempt.step in ("recovery", "use", "sent"):
        insist(whole)


def _describe(whose: Whose) -> None:
    """Whose kit it is, to be compared with what is printed on it."""
    from cerby_tui.kit import user_groups
    from cerby_tui.words import count_of

    complain(f"This kit belongs to {whose.name} ({whose.email}).")
    complain(f"User id {user_groups(whose.user)}: compare it with the one on the kit.")
    complain(f"{count_of(whose.sessions, 'trusted session')} of yours will stay trusted beside this one.")
    if not whose.pinned:
        complain("None of your sessions wrote down the key of this service, so it could not be compared.")


def _new_passphrase(shell: Shell) -> None:
    """Open the vault that is here with the kit, and give it another passphrase."""
    import os

    from cerby_tui.cli.setting_up import ask, chosen_passphrase
    from cerby_tui.clock import SystemClock
    from cerby_tui.config import Configuration, trust_authority
    from cerby_tui.forgotten import open_with_kit, set_passphrase
    from cerby_tui.system_keyring import SystemKeyring

    settings = Configuration(shell.home).load().settings
    trust_authority(settings, os.environ)
    complain("There is a vault on this device: the kit gives it a new passphrase, and is not used up.")
    code = ask(CODE)
    device = open_with_kit(shell.home, code)
    keyring = SystemKeyring() if settings.keyring else SystemKeyring(allowed=())
    set_passphrase(shell.home, code, chosen_passphrase(shell), clock=SystemClock(), keyring=keyring)
    if shell.as_json:
        say_json({"device": device.id.hex()})
    else:
        complain("The vault has its new passphrase. Run: cerby-tui")
