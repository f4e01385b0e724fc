"""`cerby-service check`, `reconcile`, `restored` and `numbers`: looking after what runs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cerby_service.cli.output import NotRunning, data_option, json_option, show
from cerby_service.directory import DataDirectory

if TYPE_CHECKING:
    from cerby_service.database import Database
    from cerby_service.reconciler import Report


@click.command()
@data_option
@json_option
@click.pass_context
def check(ctx: click.Context, data: Path, as_json: bool) -> None:
    """Check the data directory, the database and the hash chains of its streams. Exit code 1 if something is wrong."""
    directory = DataDirectory(data)
    directory.check()
    from cerby_service.checks import problems

    with _opened(directory) as database:
        said = database.check()
        found = [] if said == "ok" else [f"The database says: {said}."]
        found += database.read_now(lambda reading: list(problems(reading)))
    show(as_json, {"sound": not found, "problems": found}, *(found or ["Everything is sound."]))
    ctx.exit(1 if found else 0)


@click.command()
@data_option
@json_option
def reconcile(data: Path, as_json: bool) -> None:
    """Compare the carriers' numbers with ours, both ways, and settle what is open."""
    directory = DataDirectory(data)
    directory.check()
    running = directory.running()
    if running is None:
        raise NotRunning(f"The sandbox carrier is part of the service, which does not run in {data}.")
    with _opened(directory) as database:
        report = asyncio.run(_reconcile(directory, database, running.local))
    from msgspec.structs import asdict

    facts = asdict(report)
    sentences = [f"{name.replace('_', ' ')}: {', '.join(found)}" for name, found in facts.items() if found]
    show(as_json, facts, *(sentences or ["The carriers' lists and ours agree."]))


async def _reconcile(directory: DataDirectory, database: Database, local: str) -> Report:
    from cerby_service.carriers.sandbox import SandboxCarrier
    from cerby_service.clock import system_clock
    from cerby_service.reconciler import Reconciler
    from cerby_service.settings import Timings
    from cerby_service.settling import Settling

    timings = Timings()
    carrier = SandboxCarrier(f"{local}/sandbox", directory.sandbox_account(), timings)
    settling = Settling(database, directory.key(), system_clock)
    return await Reconciler(database, settling, {carrier.name: carrier}, system_clock, timings).everything()


@click.command()
@data_option
@json_option
def restored(data: Path, as_json: bool) -> None:
    """Begin a new generation after a backup was put back, while the service is stopped.

    Clients then compare everything, and hand back what the backup did not have.
    """
    directory = DataDirectory(data)
    directory.check()
    from cerby_service.database import upkeep

    lock = directory.hold()
    try:
        with _opened(directory) as database:
            database.write_now(upkeep.end_generation)
    finally:
        lock.release()
    show(as_json, {"new_generation": True}, "Clients will hand back what this backup does not have.")


@click.group()
def numbers() -> None:
    """Managed numbers."""


@numbers.command("list")
@data_option
@json_option
def list_numbers(data: Path, as_json: bool) -> None:
    """List every managed number that is ours or may be, with its state."""
    directory = DataDirectory(data)
    directory.check()
    from cerby_service.database import numbers as rows

    with _opened(directory) as database:
        found = database.read_now(lambda reading: rows.in_state(reading, rows.LIVE))
    listed = [
        {
            "number": row.e164,
            "kind": row.kind,
            "state": row.state,
            "carrier": row.carrier,
            "line_type": row.line_type,
            "account": row.account.hex(),
            "since": row.since,
        }
        for row in found
    ]
    lines = [f"{one['number']}  {one['kind']:<8}  {one['state']:<11}  {one['carrier']}" for one in listed]
    show(as_json, {"numbers": listed}, *(lines or ["There are no managed numbers."]))


@contextmanager
def _opened(directory: DataDirectory) -> Iterator[Database]:
    from cerby_service.clock import system_clock
    from cerby_service.database import Database

    database = Database(directory.database_url, system_clock)
    database.open()
    try:
        yield database
    finally:
        database.close()
