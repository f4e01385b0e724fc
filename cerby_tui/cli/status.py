"""`cerby-tui status`: what can be known without a passphrase; with one, how much there is and what is waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cerby_tui.cli.declare import command, run
from cerby_tui.cli.output import moment, say, say_json
from cerby_tui.cli.shell import Shell

if TYPE_CHECKING:
    from cerby_tui.home import Home
    from cerby_tui.values import SyncStatus


@command(
    ("status", "without a passphrase: is a vault here, is an app open, is it locked"),
    ("status --unlock", "also who you are, how much there is, and what is waiting"),
    ("status --json", "for a prompt or a status bar"),
)
@click.option("--unlock", is_flag=True, help="Ask for the passphrase and look into the vault.")
def status(shell: Shell, unlock: bool) -> None:
    """Say how things stand. Exit code 0 if a vault is set up here, 4 if none is."""
    facts = outside(shell.home)
    if unlock or shell.passphrase_fd is not None:
        run(_inside(shell, facts))
    if shell.as_json:
        say_json(facts)
    else:
        for line in sentences(facts):
            say(line)
    if facts["set_up"] != "yes":
        raise click.exceptions.Exit(4)


def outside(home: Home) -> dict[str, Any]:
    """The facts that need no passphrase."""
    from cerby_tui.presence import open_apps

    apps = open_apps(home)
    unlocked = any(app.state == "unlocked" for app in apps)
    return {
        "home": str(home.root),
        "set_up": "yes" if home.enrolled() else "begun" if home.key_file.exists() else "no",
        "apps": [{"pid": app.pid, "state": app.state} for app in apps],
        "state": "unlocked" if unlocked else "locked",
    }


async def _inside(shell: Shell, facts: dict[str, Any]) -> None:
    from cerby_tui.values import CardFilter, InboxFilter

    async with shell.session() as session:
        person, email, device, workspace = session.who()
        facts["person"] = {"name": person, "email": email, "device": device, "workspace": workspace}
        facts["accounts"] = len(session.cards(CardFilter()))
        facts["messages"] = session.count_messages(InboxFilter())
        facts["sync"] = status_shape(session.status())


def status_shape(status: SyncStatus) -> dict[str, Any]:
    """How things stand with the service, for programs."""
    return {
        "state": status.state,
        "waiting": status.waiting,
        "refused": status.refused,
        "last_contact": moment(status.last_contact) or None,
        "sentence": status.sentence,
    }


def status_sentence(status: SyncStatus) -> str:
    """How things stand with the service, for people."""
    from cerby_tui.words import count_of

    parts = [status.sentence or status.state.capitalize() + "."]
    if status.waiting:
        parts.append(f"{count_of(status.waiting, 'change')} waiting to be sent.")
    if status.refused:
        parts.append(f"{count_of(status.refused, 'change')} could not be saved.")
    parts.append(f"Last contact: {moment(status.last_contact) or 'never'}.")
    return " ".join(parts)


def sentences(facts: dict[str, Any]) -> list[str]:
    """The facts, one sentence a line."""
    set_up = {
        "yes": "A vault is set up here.",
        "begun": "Setting up was begun here and not finished; cerby-tui goes on with it.",
        "no": "Nothing is set up here yet; cerby-tui sets this device up, cerby-tui demo needs no set-up.",
    }
    lines = [f"Home: {facts['home']}", set_up[facts["set_up"]]]
    for app in facts["apps"]:
        lines.append(f"An app is open (process {app['pid']}) and {app['state']}.")
    if not facts["apps"]:
        lines.append("No app is open: the vault is locked.")
    if "person" in facts:
        person = facts["person"]
        lines.append(f"You are {person['name']} ({person['email']}) on {person['device']}.")
        lines.append(f"{facts['accounts']} accounts, {facts['messages']} messages.")
        lines.append(f"Changes waiting: {facts['sync']['waiting']}. Last contact: {facts['sync']['last_contact']}.")
    return lines
