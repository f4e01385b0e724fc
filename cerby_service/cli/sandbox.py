"""`cerby-service sandbox`: what the outside world does to numbers of the sandbox carrier."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cerby_service.cli.output import NotRunning, data_option, json_option, show
from cerby_service.directory import DataDirectory
from cerby_service.errors import Misconfigured, Refusal


@click.group()
def sandbox() -> None:
    """Text a number of the sandbox carrier."""


@sandbox.command()
@click.argument("number")
@click.argument("text")
@click.option("--from", "sender", default="22000", show_default=True, help="Who texts: a short code, a number, a name.")
@data_option
@json_option
def text(number: str, text: str, sender: str, data: Path, as_json: bool) -> None:
    """Text NUMBER, as an app would; TEXT is read from standard input if it is "-".

    The sandbox carrier hands it to the service as a signed webhook over HTTP; done means that it was taken.
    """
    directory = DataDirectory(data)
    directory.check()
    running = directory.running()
    if running is None:
        raise NotRunning(f"No service runs in {data}. Start it with: cerby-service run --data {data}")
    content = sys.stdin.read().rstrip("\n") if text == "-" else text
    if not content:
        raise Misconfigured("There is no text to send.")
    from cerby_service.carriers.texting import send_text

    taken = send_text(f"{running.local}/sandbox", directory.sandbox_account(), number, sender, content)
    if not taken:
        raise Refusal("not_found", f"{number} is no number that the sandbox sold, or the service did not take it.")
    show(as_json, {"to": number, "from": sender, "taken": True}, f"Texted {number}.")
