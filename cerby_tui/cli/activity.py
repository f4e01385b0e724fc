"""`cerby-tui activity`: what happened in the workspace, and whether anybody changed what was written about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from cerby_tui.cli.declare import command, options, passphrase_option, run
from cerby_tui.cli.documented import Lazy
from cerby_tui.cli.output import say, say_json, table
from cerby_tui.cli.shell import Shell

if TYPE_CHECKING:
    from cerby_tui.activity import ActivityFilter
    from cerby_tui.session import Session

HERE = "cerby_tui.cli.activity"
SPANS = {"today": 0, "7d": 7, "30d": 30, "3m": 91}


class Moment(click.ParamType[int]):
    """A time: today, 7d, 30d, 3m, or an ISO date or time; gives UTC milliseconds."""

    name = "when"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read a time, or fail with what can be written."""
        if isinstance(value, int):
            return value
        try:
            then = _ago(SPANS[value]) if value in SPANS else datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a time: write today, 7d, 30d, 3m, or a date like 2026-05-31.", param, ctx)
        return round(then.timestamp() * 1000)


def _ago(days: int) -> datetime:
    """The beginning of the day so many days ago, by this machine's calendar."""
    return (datetime.now(UTC).astimezone() - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)


@click.group(
    cls=Lazy,
    invoke_without_command=True,
    sections={
        "Commands": {
            "verify": (f"{HERE}:verify", "Check that nobody has changed the log; names the first broken line."),
        }
    },
    examples=[
        ("activity --since 7d", "what happened in the last seven days"),
        ("activity --account Shop --event “Password Retrieved”", "who looked at the password of one account"),
        (
            "activity --since 3m --limit 0 --csv > activity.csv",
            "all of three months, for a spreadsheet",
        ),
        ("activity verify", "check the whole chain of the log"),
    ],
)
@options
@passphrase_option
@click.option("--since", type=Moment(), default=0, help="From then on: today, 7d, 30d, 3m, or a date.")
@click.option("--until", type=Moment(), default=0, help="Before then.")
@click.option("--event", "events", multiple=True, metavar="NAME", help="Only these events; may be repeated.")
@click.option("--user", "people", multiple=True, metavar="PERSON", help="Only these people, by name or address.")
@click.option("--account", "accounts", multiple=True, metavar="ACCOUNT", help="Only these accounts.")
@click.option("--limit", type=click.IntRange(0), default=100, show_default=True, help="How many at most; 0 for all.")
@click.option("--csv", "as_csv", is_flag=True, help="Answer in CSV.")
@click.pass_context
def activity(
    ctx: click.Context,
    since: int,
    until: int,
    events: tuple[str, ...],
    people: tuple[str, ...],
    accounts: tuple[str, ...],
    limit: int,
    as_csv: bool,
) -> None:
    """List the activity that you may see, newest first. Administrators see all of it, others what they own and did."""
    if ctx.invoked_subcommand is None:
        from cerby_tui.activity import ActivityFilter

        wanted = ActivityFilter(since, until, _named(events), limit=limit)
        run(_list(ctx.ensure_object(Shell), wanted, people, accounts, as_csv))


def _named(events: tuple[str, ...]) -> tuple[str, ...]:
    """The events under the names that the log knows, whatever their case. Raises click.BadParameter."""
    from cerby_wire.activity import EVENTS

    known = {event.casefold(): event for event in EVENTS}
    for event in events:
        if event.casefold() not in known:
            raise click.BadParameter(f"There is no event {event!r}. The events are: {', '.join(EVENTS)}.")
    return tuple(known[event.casefold()] for event in events)


async def _list(
    shell: Shell, wanted: ActivityFilter, people: tuple[str, ...], accounts: tuple[str, ...], as_csv: bool
) -> None:
    from msgspec.structs import replace

    from cerby_tui.activity_export import COLUMNS, csv_rows, row_of, shape_of

    async with shell.session() as session:
        named = tuple(_person(session, name) for name in people)
        cards = tuple(session.find(name).id for name in accounts)
        found = await session.activity.lines(replace(wanted, people=named, accounts=cards))
    if shell.as_json:
        say_json([shape_of(line) for line in found])
    elif as_csv:
        for row in csv_rows(found):
            say(row)
    else:
        table([column.upper() for column in COLUMNS], [row_of(line) for line in found])


def _person(session: Session, name: str) -> bytes:
    """Somebody who is or was in the workspace. Raises UsageError."""
    from cerby_tui.errors import UsageError

    wanted = name.casefold()
    found = [one for one in session.people.members() if wanted in (one.name.casefold(), one.email.casefold())]
    if len(found) != 1:
        raise UsageError(f"{len(found) or 'No'} people here are called {name!r}.", next_step="Give the e-mail address.")
    return found[0].user


@command(("activity verify", "exit code 6 and the first broken line, if the log was changed"))
def verify(shell: Shell) -> None:
    """Check every line of the log, also those that you may not read, against the hashes that bind them together."""
    run(_verify(shell))


async def _verify(shell: Shell) -> None:
    async with shell.session() as session:
        sentence = await session.activity.verify()
    if shell.as_json:
        say_json({"verified": True, "sentence": sentence})
    else:
        say(sentence)
