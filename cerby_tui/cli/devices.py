"""`cerby-tui devices`: one's own trusted sessions, devices that ask to become one, changes of a session that ended."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cerby_tui.cli.declare import command, options, passphrase_option, run
from cerby_tui.cli.documented import Lazy
from cerby_tui.cli.output import complain, moment, say, say_json, table
from cerby_tui.cli.shell import Shell
from cerby_tui.errors import OfflineError, RefusedError, UsageError

if TYPE_CHECKING:
    from cerby_tui.devices import Devices
    from cerby_tui.session import Session
    from cerby_tui.team_values import PendingSession, TrustedSession

HERE = "cerby_tui.cli.devices"


@click.group(
    cls=Lazy,
    invoke_without_command=True,
    sections={
        "Commands": {
            "list": (f"{HERE}:listing", "List your trusted sessions, and devices that ask to become one."),
            "approve": (f"{HERE}:approve", "Trust a device that asks, by the code that it shows."),
            "deny": (f"{HERE}:deny", "Do not trust a device that asks."),
            "remove": (f"{HERE}:remove", "Remove one of your trusted sessions."),
            "import-unsent": (f"{HERE}:import_unsent", "Take in what an ended session had not sent."),
        }
    },
    examples=[
        ("devices", "your trusted sessions, and what asks to become one"),
        ("devices approve", "answer the device that asks; then type the code that it shows"),
        ("devices remove phone", "that session ends at once"),
    ],
)
@options
@passphrase_option
@click.pass_context
def devices(ctx: click.Context) -> None:
    """List your trusted sessions."""
    if ctx.invoked_subcommand is None:
        run(_listing(ctx.ensure_object(Shell)))


@command(("devices list --json", "for a program"), name="list")
def listing(shell: Shell) -> None:
    """List your trusted sessions, this one first, and devices that ask to become one."""
    run(_listing(shell))


async def _listing(shell: Shell) -> None:
    async with shell.session() as session:
        found = await session.devices.own()
        try:
            asking = await session.devices.pending()
        except OfflineError as error:
            asking = []
            complain(error.sentence)
    if shell.as_json:
        say_json({"sessions": [_shape(one) for one in found], "pending": [_request_shape(one) for one in asking]})
        return
    rows: list[tuple[str, ...]] = [
        (one.name, "this device" if one.this else "", one.status, one.how, moment(one.last_contact), one.device.hex())
        for one in found
    ]
    rows += [("", "", "Pending approval", one.address, moment(one.asked), one.id.hex()) for one in asking]
    table(("NAME", "", "STATUS", "HOW", "LAST CONTACT", "ID"), rows)


@command(
    ("devices approve", "the one device that asks"),
    ("devices approve 3f2a --name phone", "one of several, by the beginning of its id, under a name of your choice"),
)
@click.argument("request_id", metavar="[REQUEST]", default="")
@click.option("--name", default="", help="How the session is called; without it, as the device calls itself.")
def approve(shell: Shell, request_id: str, name: str) -> None:
    """Trust the device of REQUEST. It shows its code once this command runs; the code is then asked for.

    Approve only a device that you are setting up yourself just now, and that you have before you.
    """
    run(_approve(shell, request_id, name))


async def _approve(shell: Shell, wanted: str, name: str) -> None:
    from cerby_tui.cli.setting_up import ask

    async with shell.session() as session:
        found = _request(await session.devices.pending(), wanted)
        complain(f"A device asked at {moment(found.asked)} from {found.address or 'an unknown place'}.")
        called = await session.devices.take(found.id)
        complain("It shows a code of eight digits now. Nobody but you should read it to you.")
        name = insist_on_name(await session.devices.own(), name or ask("Name of the session", called))
        await _typed(session.devices, found.id, name)
    if shell.as_json:
        say_json({"approved": found.id.hex(), "name": name})
    else:
        say(f"{name} is one of your trusted sessions now. Say so on the new device.")


def insist_on_name(found: Sequence[TrustedSession], name: str) -> str:
    """A name that no trusted session has; on a terminal it is asked for again. Raises UsageError elsewhere."""
    from cerby_tui.cli.setting_up import ask

    taken = [one.name.casefold() for one in found if one.status != "Removed"]
    while name.casefold() in taken:
        said = f"Another session of yours is called {name}."
        if not sys.stdin.isatty():
            raise UsageError(said, next_step="Choose another one with --name.")
        complain(said)
        name = ask("Name of the session")
    return name


async def _typed(devices: Devices, request: bytes, name: str) -> None:
    """Ask for the code; on a terminal again, as often as it may be mistyped."""
    from cerby_tui.cli.setting_up import ask

    code = ask("Code on the new device")
    while True:
        try:
            await devices.approve(request, code, name)
        except RefusedError as error:
            if error.code != "slow_down":
                raise
            complain(error.sentence)
            await asyncio.sleep(error.retry_after)
        except UsageError as error:
            if not sys.stdin.isatty():
                raise
            complain(error.whole())
            code = ask("Code on the new device")
        else:
            return


@command(("devices deny", "the one device that asks"))
@click.argument("request_id", metavar="[REQUEST]", default="")
def deny(shell: Shell, request_id: str) -> None:
    """Do not trust the device of REQUEST."""
    run(_deny(shell, request_id))


async def _deny(shell: Shell, wanted: str) -> None:
    async with shell.session() as session:
        found = _request(await session.devices.pending(), wanted)
        await session.devices.deny(found.id)
    if shell.as_json:
        say_json({"denied": found.id.hex()})
    else:
        say("Denied: the device is not trusted.")


@command(
    ("devices remove phone", "asks before it does"),
    ("devices remove 3f2a --yes", "by the beginning of its id, at once"),
)
@click.argument("session")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(shell: Shell, session: str, yes: bool) -> None:
    """Remove your trusted session SESSION, named as in the list or by the beginning of its id."""
    run(_remove(shell, session, yes))


async def _remove(shell: Shell, wanted: str, yes: bool) -> None:
    async with shell.session() as session:
        found = _session(await session.devices.own(), wanted)
        for warning in session.devices.warnings(found.device):
            complain(warning)
        if not yes:
            click.confirm(f"Remove {found.name}", abort=True, err=True)
        await session.devices.remove(found.device)
        _say_ended(session)
    if shell.as_json:
        say_json({"removed": _shape(found)})
    else:
        say(f"{found.name} is no trusted session any more.")


def _say_ended(session: Session) -> None:
    """What became of the vault here, where it was this very session."""
    if session.ended is not None:
        complain(session.ended.whole())


@command(("devices import-unsent unsent-2026-01-31.cerby", "changes of a session that was removed before it sent them"))
@click.argument("file", type=click.Path(path_type=Path))
def import_unsent(shell: Shell, file: Path) -> None:
    """Take in the changes in FILE, which another session of yours wrote when it ended."""
    run(_import_unsent(shell, file))


async def _import_unsent(shell: Shell, file: Path) -> None:
    from cerby_tui.words import count_of

    async with shell.session() as session:
        imported = await session.devices.import_unsent(file)
    for skipped in imported.skipped:
        complain(f"Left out: {skipped}.")
    if shell.as_json:
        say_json({"changes": imported.changes, "skipped": list(imported.skipped)})
    else:
        say(f"{count_of(imported.changes, 'change')} will be sent with the next sync.")


def _shape(one: TrustedSession) -> dict[str, Any]:
    """A session, for a program."""
    return {
        "id": one.device.hex(),
        "name": one.name,
        "this": one.this,
        "status": one.status,
        "how": one.how,
        "enrolled": moment(one.enrolled) or None,
        "last_contact": moment(one.last_contact) or None,
    }


def _request_shape(one: PendingSession) -> dict[str, Any]:
    """A device that asks, for a program."""
    return {
        "id": one.id.hex(),
        "asked": moment(one.asked),
        "expires": moment(one.expires),
        "address": one.address,
        "answered_elsewhere": one.taken_elsewhere,
    }


def _request(found: Sequence[PendingSession], wanted: str) -> PendingSession:
    """The one request that is meant. Raises UsageError."""
    meant = [one for one in found if one.id.hex().startswith(wanted.strip().lower())]
    if not meant:
        step = "On the new device, run: cerby-tui join --new-device"
        raise UsageError("No such device asks to be trusted." if wanted else "No device asks.", next_step=step)
    if len(meant) > 1:
        step = "Deny those that you did not begin; see: cerby-tui devices"
        raise UsageError(f"{len(meant)} devices ask. Name one by its id.", next_step=step)
    return meant[0]


def _session(found: Sequence[TrustedSession], wanted: str) -> TrustedSession:
    """The one session that is meant, by its name or the beginning of its id. Raises UsageError."""
    live = [one for one in found if one.status != "Removed"]
    named = [one for one in live if one.name.casefold() == wanted.strip().casefold()]
    meant = named or [one for one in live if wanted and one.device.hex().startswith(wanted.strip().lower())]
    if len(meant) == 1:
        return meant[0]
    said = f"{len(meant)} of your sessions fit" if meant else "No trusted session of yours is called"
    raise UsageError(f"{said} “{wanted}”.", next_step="See: cerby-tui devices")
