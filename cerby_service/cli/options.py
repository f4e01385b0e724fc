"""Options that `init` keeps and `run` overrides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click
from msgspec.structs import replace

from cerby_service.settings import Settings, Smtp, check_origin, parse_address

Command = TypeVar("Command", bound=Callable[..., Any])
SMTP_PORT = 25

_OPTIONS = (
    click.option("--host", help="Address to listen on; loopback unless given."),
    click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 for any free one."),
    click.option("--origin", help="How clients reach the service, such as https://cerby.example.com."),
    click.option("--carrier", type=click.Choice(["sandbox", "none"]), help="The carrier to use."),
    click.option("--smtp", metavar="HOST:PORT", help="The mail server that takes verification codes."),
    click.option("--smtp-security", type=click.Choice(["none", "starttls", "tls"]), help="STARTTLS, but to loopback."),
    click.option("--smtp-user", help="Name to log in to the mail server with."),
    click.option("--smtp-password-file", type=click.Path(), help="File that holds the mail server's password."),
    click.option("--smtp-sender", help='Sender of the letters, such as "Cerby <codes@example.com>".'),
)
NAMES = ("host", "port", "origin", "carrier", "smtp", "smtp_security", "smtp_user", "smtp_password_file", "smtp_sender")


def settings_options(command: Command) -> Command:
    """Add every option that is a setting."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def with_options(settings: Settings, given: dict[str, Any]) -> Settings:
    """Settings with the options that were given. Raises Misconfigured."""
    named = {name: given[name] for name in ("host", "port", "origin", "carrier") if given[name] is not None}
    if named.get("origin"):
        check_origin(named["origin"])
    return replace(settings, **named, smtp=_smtp(settings.smtp, given))


def _smtp(smtp: Smtp, given: dict[str, Any]) -> Smtp:
    names = {"security": "smtp_security", "username": "smtp_user", "sender": "smtp_sender"}
    names["password_file"] = "smtp_password_file"  # noqa: S105 - the name of an option
    changed = {name: given[option] for name, option in names.items() if given[option] is not None}
    if given["smtp"] is not None:
        changed["host"], changed["port"] = parse_address(given["smtp"], SMTP_PORT)
    return replace(smtp, **changed)
