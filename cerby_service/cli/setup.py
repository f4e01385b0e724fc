"""`cerby-service init` and `cerby-service token`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace

from cerby_service.cli.options import settings_options, with_options
from cerby_service.cli.output import data_option, json_option, show
from cerby_service.directory import DataDirectory
from cerby_service.settings import Settings, check_origin


@click.command()
@data_option
@settings_options
@json_option
def init(data: Path, as_json: bool, **given: Any) -> None:
    """Make a data directory with a service key and the first provisioning token.

    The token founds one workspace; it is shown once and cannot be shown again.
    """
    settings = with_options(Settings(), given)
    if settings.port == 0:
        # The token names the origin, so the port is chosen now and kept.
        settings = replace(settings, port=_free_port(settings.host))
    directory = DataDirectory(data)
    directory.create(settings)
    origin = settings.origin_at(settings.port)
    text = make_token(directory, origin)
    facts = {"data": str(data), "origin": origin, "token": text}
    show(as_json, facts, f"A service was made in {data}. Start it with: cerby-service run --data {data}", "", text)


@click.command()
@data_option
@click.option("--origin", help="Origin to put into the token; that of the running service, or the configured one.")
@json_option
def token(data: Path, origin: str | None, as_json: bool) -> None:
    """Make a further provisioning token; it founds one workspace and is shown once."""
    directory = DataDirectory(data)
    directory.check()
    running, settings = directory.running(), directory.settings()
    found = origin or (running.origin if running else settings.origin_at(settings.port))
    text = make_token(directory, check_origin(found))
    show(as_json, {"origin": found, "token": text}, text)


def _free_port(host: str) -> int:
    from cerby_service.server import bind

    with bind(host, 0) as listening:
        return int(listening.getsockname()[1])


def make_token(directory: DataDirectory, origin: str) -> str:
    """Make a token, keep its hash, and return its text."""
    from cerby_service.clock import system_clock
    from cerby_service.database import Database, enrolment
    from cerby_service.keys import token_hash
    from cerby_wire.records import fingerprint
    from cerby_wire.texts import TOKEN_SECRET_LENGTH, ProvisioningToken

    secret = os.urandom(TOKEN_SECRET_LENGTH)
    database = Database(directory.database_url, system_clock)
    database.open()
    try:
        database.write_now(lambda writing: enrolment.add_token(writing, token_hash(secret), system_clock()))
    finally:
        database.close()
    return ProvisioningToken(origin, fingerprint(directory.key().public), secret).encode()
