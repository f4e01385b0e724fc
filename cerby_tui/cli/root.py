"""The root of the command line: the list of commands, and the one place where errors become exit codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click

from cerby_tui import __version__
from cerby_tui.cli.declare import options, passphrase_option
from cerby_tui.cli.documented import Lazy
from cerby_tui.cli.output import ReaderGone
from cerby_tui.cli.shell import Shell, failed
from cerby_tui.errors import CerbyError

COMMANDS = "cerby_tui.cli"
INTERRUPTED = 130

SECTIONS = {
    "Start": {
        "demo": (f"{COMMANDS}.demo:demo", "Open a ready demo workspace; nothing to set up, nothing kept."),
        "join": (f"{COMMANDS}.join:join", "Join a workspace by the invite that a colleague gave you."),
        "recover": (f"{COMMANDS}.recover:recover", "Come back with your recovery kit, or set a forgotten passphrase."),
    },
    "Look, without a network": {
        "accounts": (f"{COMMANDS}.accounts:accounts", "List account cards."),
        "inbox": (f"{COMMANDS}.inbox:inbox", "List messages of the Shared Inbox."),
        "numbers": (f"{COMMANDS}.numbers:numbers", "List managed phone numbers, or create one."),
        "status": (f"{COMMANDS}.status:status", "What is known without a passphrase, and with one."),
    },
    "Codes": {
        "code": (f"{COMMANDS}.code:code", "Show the newest code, wait for the next one, extract codes from texts."),
    },
    "People": {
        "members": (f"{COMMANDS}.members:members", "Who is in the workspace; roles, removals, policy."),
        "share": (f"{COMMANDS}.share:share", "Who is on an account; share it, take somebody off."),
        "invites": (f"{COMMANDS}.invites:invites", "Open invites; invite somebody, withdraw an invite."),
    },
    "What happened": {
        "activity": (f"{COMMANDS}.activity:activity", "What happened in the workspace; check that the log is whole."),
        "leavers": (f"{COMMANDS}.leavers:leavers", "What people and sessions that were removed may still know."),
    },
    "Care": {
        "devices": (f"{COMMANDS}.devices:devices", "Your trusted sessions; approve a new device, remove one."),
        "kit": (f"{COMMANDS}.kit:kit", "Whether your recovery kit works; a new one."),
        "sync": (f"{COMMANDS}.sync:sync", "Send what is waiting and fetch what is new."),
        "lock": (f"{COMMANDS}.lock:lock", "Lock every open app of this vault."),
        "doctor": (f"{COMMANDS}.doctor:doctor", "Check terminal, vault, clock and service; safe to paste."),
        "config": (f"{COMMANDS}.configuration:config", "Where the configuration is, and whether it makes sense."),
        "logs": (f"{COMMANDS}.logs:logs", "Where the log is, and its end."),
    },
}


@click.group(
    cls=Lazy,
    name="cerby-tui",
    sections=SECTIONS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    examples=[
        ("demo", "try everything now: nothing to set up, nothing kept"),
        ("", "open the app; the first time, it sets this device up"),
        ("code wait Shop --timeout 90", "print the next verification code, for a script"),
        ("accounts --json", "the account cards, for a program"),
    ],
)
@click.version_option(__version__, message="cerby-tui %(version)s")
@options
@passphrase_option
@click.option("--demo-fd", type=int, hidden=True)
@click.pass_context
def root(ctx: click.Context, demo_fd: int | None) -> None:
    """Managed phone numbers for shared accounts, with a live Shared Inbox in the terminal."""
    shell = ctx.ensure_object(Shell)
    shell.demo_fd = demo_fd
    if ctx.invoked_subcommand is None:
        ctx.exit(shell.open_app(shell))


def run(argv: Sequence[str], open_app: Callable[[Shell], int]) -> int:
    """Run a command line and give its exit code; `open_app` is what happens without a command."""
    shell = Shell(open_app)
    try:
        code = root.main(list(argv), prog_name="cerby-tui", obj=shell, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except CerbyError as error:
        return failed(error, shell.as_json)
    except ReaderGone:
        return 0
    return code if isinstance(code, int) else 0
