"""What the operator decides: kept in `service.json` of the data directory, overridden by options of `run`."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from cerby_service.clock import DAY, HOUR, MINUTE, SECOND
from cerby_service.errors import Misconfigured

DEFAULT_PORT = 8743
LOOPBACK = ("127.0.0.1", "::1", "localhost")
Security = Literal["none", "starttls", "tls"]


class Smtp(Struct, frozen=True, forbid_unknown_fields=True):
    """The mail server that takes our codes. The password stands alone in `password_file`, never in an argument."""

    host: str = "127.0.0.1"
    port: int = 25
    security: Security | None = None
    username: str = ""
    password_file: str = ""
    sender: str = "Cerby <no-reply@localhost>"

    @property
    def effective_security(self) -> Security:
        """What was chosen; otherwise STARTTLS, except to this very machine."""
        return self.security or ("none" if self.host in LOOPBACK else "starttls")


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the service listens, what it is called from outside, whom it works with."""

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    origin: str = ""
    carrier: Literal["sandbox", "none"] = "sandbox"
    smtp: Smtp = Smtp()

    def origin_at(self, port: int) -> str:
        """The origin that clients sign for: as configured, else this machine at the port that was bound."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.origin or f"http://{host}:{port}"


class Timings(Struct, frozen=True):
    """Every waiting time, in milliseconds; tests give shorter ones."""

    offer_hold: int = 10 * MINUTE
    release_grace: int = 24 * HOUR
    quarantine: int = 90 * DAY
    settle_after: int = MINUTE
    reconcile_unsure: int = MINUTE
    reconcile_everything: int = DAY
    sweep: int = MINUTE
    ring_sweep: int = 5 * SECOND
    heartbeat: int = 15 * SECOND
    send_deadline: int = 30 * SECOND
    feed_life: tuple[int, int] = (60 * MINUTE, 90 * MINUTE)
    sandbox_text: int = 2 * SECOND
    carrier_answer: int = 15 * SECOND


def check_origin(origin: str) -> str:
    """An origin as clients sign for it: scheme and authority, nothing else. Raises Misconfigured."""
    parts = urlsplit(origin)
    if parts.scheme not in ("http", "https") or not parts.hostname or origin != f"{parts.scheme}://{parts.netloc}":
        raise Misconfigured(f"An origin looks like https://cerby.example.com; {origin!r} does not.")
    return origin


def parse_address(text: str, default_port: int) -> tuple[str, int]:
    """Read "host:port", "host" or "[v6]:port". Raises Misconfigured."""
    parts = urlsplit(f"//{text}")
    try:
        port = parts.port
    except ValueError:
        port = -1
    if not parts.hostname or port == -1 or parts.path:
        raise Misconfigured(f"An address looks like mail.example.com:587; {text!r} does not.")
    return parts.hostname, default_port if port is None else port


def decode_settings(raw: bytes) -> Settings:
    """Read settings as they stand in the file. Raises Misconfigured, naming the field."""
    try:
        return msgspec.json.decode(raw, type=Settings)
    except msgspec.DecodeError as error:
        raise Misconfigured(f"service.json cannot be read: {error}.") from None
