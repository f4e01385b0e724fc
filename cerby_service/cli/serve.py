"""`cerby-service run`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cerby_service.cli.options import settings_options, with_options
from cerby_service.cli.output import data_option, json_option, show
from cerby_service.directory import DataDirectory, Running


@click.command()
@data_option
@settings_options
@json_option
def run(data: Path, as_json: bool, **given: Any) -> None:
    """Serve until SIGTERM. Options override the settings in the data directory for this run.

    Prints one line once it is ready; the log goes to standard error, one JSON object a line.
    """
    directory = DataDirectory(data)
    directory.check()
    settings = with_options(directory.settings(), given)
    from cerby_service.logs import set_up
    from cerby_service.server import Service
    from cerby_service.server import run as serve

    set_up()

    def ready(running: Running) -> None:
        facts = {"ready": True, "origin": running.origin, "local": running.local, "pid": running.pid}
        show(as_json, facts, f"Ready at {running.origin} (carrier: {settings.carrier}). Stop with ctrl+c.")

    serve(Service(directory, settings), ready)
