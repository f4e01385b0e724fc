"""From a carrier's webhook to the code on the screen of a running client, and where the time goes.

    python benchmarks/arrival.py [--messages 100] [--json]

A real service process, a device enrolled at it through the whole of the enrolment, a number bought for an account. Then
signed webhooks, one after the other: first with a session without screens, which gives the time until the message is
verified, opened and in the vault; then with the app in a terminal, which adds the drawing. The floor is what no design
can avoid: a bare HTTP round trip on the loopback and one fsync.
"""

from __future__ import annotations

import asyncio
import http.client
import os
import secrets
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

from measuring import (
    PATIENCE,
    Canvas,
    Program,
    Row,
    environment,
    options,
    passphrase_pipe,
    ratio,
    report,
    running,
    summary,
)

if TYPE_CHECKING:
    from cerby_tui.home import Home
    from cerby_tui.session import Session
    from tests.rig import Rig

WARM_UP = 3
LABEL = "Arrival"


class Carrier:
    """Sends signed webhooks over one connection, as a carrier does; `number` is whom it texts."""

    def __init__(self, rig: Rig, number: str) -> None:
        from cerby_wire.shapes import SANDBOX_WEBHOOK

        self._account = rig.sandbox_account
        self._url = rig.origin + SANDBOX_WEBHOOK
        self._connection = http.client.HTTPConnection(rig.origin.removeprefix("http://"))
        self._path = SANDBOX_WEBHOOK
        self._number = number

    def text(self, code: str) -> tuple[float, float]:
        """Send a message with a code; returns when it was sent and when the service had answered."""
        from urllib.parse import urlencode

        from cerby_service.carriers.signatures import twilio_signature
        from cerby_service.sandbox.delivery import webhook_form
        from cerby_service.sandbox.store import Message

        text = f"{code} is your verification code. Do not share it."
        message = Message("SM" + secrets.token_hex(16), "22000", self._number, text, int(time.time()))
        form = webhook_form(self._account.sid, message)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": twilio_signature(self._account.token, self._url, form.items()),
        }
        body = urlencode(form)
        sent = time.perf_counter()
        self._connection.request("POST", self._path, body, headers)
        answer = self._connection.getresponse()
        answer.read()
        answered = time.perf_counter()
        if answer.status >= 300:
            sys.exit(f"the webhook was answered {answer.status}")
        return sent, answered


def main() -> None:
    """Measure and print the table."""
    asked = options("From a carrier's webhook to the code on the screen.", messages=100)
    with tempfile.TemporaryDirectory(prefix="cerby-bench-") as scratch:
        rows = measure(Path(scratch), asked.messages + WARM_UP)
    report("arrival", rows, asked.json)


def measure(scratch: Path, messages: int) -> list[Row]:
    """The rows of the table."""
    from cerby_tui.home import Home
    from tests.rig import process_rig

    with process_rig(scratch) as rig:
        home = Home(scratch / "home").ready()
        vault = asyncio.run(to_vault(home, rig, messages))
        carrier, answered, stored = vault
        screen = to_screen(home.root, carrier, messages)
    trip, flush = round_trips(messages), fsyncs(scratch, messages)
    floor = summary([one + other for one, other in zip(trip, flush, strict=True)])
    in_vault, on_screen = summary(stored[WARM_UP:]), summary(screen[WARM_UP:])
    return [
        Row("a bare loopback round trip and one fsync", floor),
        Row(
            "webhook sent → answered (sealed and committed)",
            summary(answered[WARM_UP:]),
            ratio(summary(answered), floor),
        ),
        Row("webhook sent → verified, opened, in the vault", in_vault, ratio(in_vault, floor)),
        Row("webhook sent → code on the screen", on_screen, ratio(on_screen, floor)),
    ]


async def to_vault(home: Home, rig: Rig, messages: int) -> tuple[Carrier, list[float], list[float]]:
    """Enrol, buy a number, and receive messages with a session that has no screens."""
    from tests.devices import until
    from tests.enrolled import enrol

    session = await enrol(home, rig, rig.token())
    try:
        carrier = Carrier(rig, await buy(session))
        came = threading.Event()
        moments: list[float] = []

        def changed(change: object) -> None:  # on the sync thread
            if getattr(change, "new_messages", ()):
                moments.append(time.perf_counter())
                came.set()

        session.subscribe(changed)
        session.start()
        await until(session, lambda: session.status().state == "live", PATIENCE)
        answered, stored = [], []
        for _message in range(messages):
            came.clear()
            sent, replied = await asyncio.to_thread(carrier.text, fresh_code())
            await asyncio.to_thread(came.wait, PATIENCE)
            answered.append(replied - sent)
            stored.append(moments[-1] - sent)
        return carrier, answered, stored
    finally:
        await session.close()


async def buy(session: Session) -> str:
    """A number for a new account, as a person makes one."""
    from cerby_tui.values import Item

    account = await session.add_account(Item(label=LABEL, app="sandbox-social"))
    await session.sync_now()
    committed = await session.commit_number(await session.offer_number(account), secrets.token_hex(16))
    if committed.number is None:
        sys.exit("the sandbox had no number")
    return committed.number.e164


def to_screen(home: Path, carrier: Carrier, messages: int) -> list[float]:
    """Receive messages with the app in a terminal; seconds until each code stood on its card."""
    from tests.stage import PASSPHRASE

    reader = passphrase_pipe(PASSPHRASE)
    command = [sys.executable, "-m", "cerby_tui", "--passphrase-fd", str(reader)]
    times = []
    with running(command, environment(home), (reader,)) as app:
        os.close(reader)
        app.wait_for(LABEL)
        app.wait_for("live")
        canvas = Canvas()
        canvas.catch_up(app)
        for _message in range(messages):
            code = fresh_code()
            sent, _answered = carrier.text(code)
            times.append(wait_for_code(app, canvas, f"{code[:3]} {code[3:]}") - sent)
    return times


def wait_for_code(app: Program, canvas: Canvas, text: str) -> float:
    """When the text first stood on the screen; waits until it does and the screen has settled."""
    end = time.perf_counter() + PATIENCE
    while time.perf_counter() < end:
        app.settle(0.1, least=canvas.drawn + 1)
        at = canvas.catch_up(app, lambda: text in canvas.text())
        if at is not None:
            return at
    sys.exit(f"{text} is not on the screen:\n{canvas.text()}")


def fresh_code() -> str:
    """Six digits."""
    return str(secrets.randbelow(900_000) + 100_000)


class Nothing(BaseHTTPRequestHandler):
    """Answers every POST with nothing."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Read the body, answer 204 (http.server calls it by this name)."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def bare_server() -> Iterator[int]:
    """The port of a server that does nothing."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Nothing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def round_trips(count: int) -> list[float]:
    """Seconds of bare HTTP requests on the loopback, over one connection."""
    times = []
    with bare_server() as port:
        connection = http.client.HTTPConnection(f"127.0.0.1:{port}")
        for _trip in range(count):
            began = time.perf_counter()
            connection.request("POST", "/", b"x" * 400)
            connection.getresponse().read()
            times.append(time.perf_counter() - began)
        connection.close()
    return times


def fsyncs(directory: Path, count: int) -> list[float]:
    """Seconds of writing one page and flushing it to the disk."""
    times = []
    with (directory / "flushed").open("wb", buffering=0) as file:
        for _flush in range(count):
            began = time.perf_counter()
            file.write(bytes(4096))
            os.fsync(file.fileno())
            times.append(time.perf_counter() - began)
    return times


if __name__ == "__main__":
    main()
