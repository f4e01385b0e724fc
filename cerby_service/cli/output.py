"""What commands print: sentences for people, JSON for programs, errors that say what to do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from cerby_service.errors import Misconfigured, Refusal, ServiceError

USAGE, NOT_RUNNING, REFUSED = 2, 5, 6

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("cerby-data"),
    envvar="CERBY_SERVICE_DATA",
    show_default=True,
    show_envvar=True,
    help="The data directory.",
)


class NotRunning(ServiceError):
    """The service would have to run for this."""


CODES: dict[type[ServiceError], str] = {Misconfigured: "misconfigured", NotRunning: "not_running"}


def show(as_json: bool, facts: dict[str, Any], *sentences: str) -> None:
    """Print facts as JSON, or sentences."""
    if as_json:
        click.echo(msgspec.json.encode(facts).decode())
    else:
        for sentence in sentences:
            click.echo(sentence)


def failed(error: ServiceError) -> int:
    """Say what went wrong on standard error; gives the exit code."""
    as_json = "--json" in sys.argv
    code = error.code if isinstance(error, Refusal) else CODES.get(type(error), "failed")
    if as_json:
        click.echo(msgspec.json.encode({"error": code, "sentence": error.sentence}).decode(), err=True)
    else:
        click.echo(f"Error: {error.sentence}", err=True)
    if isinstance(error, Misconfigured):
        return USAGE
    return NOT_RUNNING if isinstance(error, NotRunning) else REFUSED
