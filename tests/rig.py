"""The real service for tests: on a real socket in this process, or as a process of its own, with a real mail server."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
import threading
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import httpx
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette

from cerby_service.clock import DAY, Clock, system_clock
from cerby_service.database import enrolment
from cerby_service.directory import DataDirectory, SandboxAccount
from cerby_service.keys import fresh_id, token_hash
from cerby_service.limits import UNLIMITED
from cerby_service.parts import Given, Parts
from cerby_service.server import Server, Service
from cerby_service.settings import Settings, Smtp, Timings
from cerby_wire.records import fingerprint
from cerby_wire.texts import ProvisioningToken

LOOPBACK = "127.0.0.1"
SECONDS = 20.0
SENDER = "22000"


class Mail:
    """A real SMTP server that keeps letters; `refuse` makes it say no."""

    def __init__(self) -> None:
        self.refuse = False
        self.letters: defaultdict[str, list[str]] = defaultdict(list)
        self.port = 0
        self._arrived = threading.Condition()
        self._stopping = threading.Event()
        listening = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(listening)), name="cerby-mail-rig")
        self._thread.start()
        assert listening.wait(SECONDS), "the mail server did not start"

    def stop(self) -> None:
        """Close the server."""
        self._stopping.set()
        self._thread.join(SECONDS)

    async def _serve(self, listening: threading.Event) -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(self, hostname="localhost", loop=loop), LOOPBACK, 0)
        async with server:
            self.port = int(server.sockets[0].getsockname()[1])
            listening.set()
            await asyncio.to_thread(self._stopping.wait)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a letter (aiosmtpd calls it by this name)."""
        if self.refuse:
            return "554 not today"
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        body = message_from_bytes(content, policy=default).get_content()
        with self._arrived:
            for address in envelope.rcpt_tos:
                self.letters[address].append(body)
            self._arrived.notify_all()
        return "250 taken"

    def code_for(self, email: str) -> str:
        """The code of the newest letter to an address; waits for one."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: self.letters[email], SECONDS), f"no letter to {email}"
            found = re.search(r"\b\d{6}\b", self.letters[email][-1])
        assert found
        return found.group()


class Rig(ABC):
    """What both kinds of rig have: a data directory, a mail server, and a hand on the sandbox carrier."""

    def __init__(self, data: Path, mail: Mail) -> None:
        self.data = data
        self.mail = mail
        self.directory = DataDirectory(data)
        self.origin = ""

    @property
    def sandbox_account(self) -> SandboxAccount:
        """The credentials of the sandbox carrier."""
        return self.directory.sandbox_account()

    @property
    def sandbox_url(self) -> str:
        """Where the sandbox carrier's API is."""
        return f"{self.origin}/sandbox/2010-04-01/Accounts/{self.sandbox_account.sid}"

    @abstractmethod
    def token(self) -> str:
        """A fresh provisioning token."""

    def code_for(self, email: str) -> str:
        """The code that was mailed to an address last."""
        return self.mail.code_for(email)

    async def text(self, number: str, text: str, sender: str = SENDER) -> None:
        """Somebody texts a number; done once the service has taken the message."""
        answer = await self.sandbox("POST", "/Messages.json", {"To": number, "From": sender, "Body": text})
        assert answer.status_code == 201 and answer.json()["error_code"] is None, answer.text

    async def sandbox(self, method: str, path: str, form: dict[str, str] | None = None) -> httpx.Response:
        """A request to the sandbox carrier, as its customer."""
        account = self.sandbox_account
        async with httpx.AsyncClient(auth=(account.sid, account.token), trust_env=False, timeout=SECONDS) as client:
            return await client.request(method, self.sandbox_url + path, data=form)


class ServiceRig(Rig):
    """The service in this process. `app` also works with `httpx.ASGITransport`, for everything but the feed."""

    def __init__(self, data: Path, mail: Mail, given: Given, settings: Settings) -> None:
        super().__init__(data, mail)
        self._given = given
        self._settings = settings
        self._thread: threading.Thread | None = None
        if not self.directory.made:
            self.directory.create(settings)
        self.start()

    @property
    def parts(self) -> Parts:
        """The parts of the service that runs now."""
        return self._service.parts

    @property
    def app(self) -> Starlette:
        """The service as an ASGI application."""
        app = self._server.config.app
        assert isinstance(app, Starlette)
        return app

    def start(self) -> None:
        """Start the service; after a stop, at the same port with the same data."""
        listening = threading.Event()
        self._service = Service(self.directory, self._settings, self._given)
        self._settings = replace_port(self._settings, self._service.port)
        self.origin = self._service.origin
        self._server: Server = self._service.server(lambda _running: listening.set())
        self._thread = threading.Thread(target=self._serve, name="cerby-service-rig")
        self._thread.start()
        assert listening.wait(SECONDS), "the service did not start"

    def stop(self) -> None:
        """Stop the service, as SIGTERM does."""
        if self._thread is not None:
            self._server.should_exit = True
            self._thread.join(SECONDS)
            assert not self._thread.is_alive(), "the service did not stop"
            self._thread = None

    def token(self) -> str:
        """A fresh provisioning token."""
        secret = fresh_id()
        now = system_clock()
        self.parts.database.write_now(lambda writing: enrolment.add_token(writing, token_hash(secret), now))
        return ProvisioningToken(self.origin, fingerprint(self.parts.key.public), secret).encode()

    def _serve(self) -> None:
        asyncio.run(self._service.serve(self._server))


class ProcessRig(Rig):
    """The service as a process of its own, made and run by its command line."""

    def __init__(self, data: Path, mail: Mail) -> None:
        super().__init__(data, mail)
        made = self.command("init", "--port", "0", "--smtp", f"{LOOPBACK}:{mail.port}")
        self.first_token = str(made["token"])
        self.origin = str(made["origin"])
        self.log = data.with_suffix(".log")
        self.start()

    def start(self) -> None:
        """Start it and wait for its ready line."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self._program("run"), stdout=subprocess.PIPE, stderr=log)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.log.read_text()
        assert json.loads(line)["origin"] == self.origin

    def kill(self) -> None:
        """kill -9, without any warning."""
        self.process.kill()
        self._reap()

    def stop(self) -> int:
        """SIGTERM; gives the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self._reap()

    def token(self) -> str:
        """A fresh provisioning token."""
        return str(self.command("token")["token"])

    def command(self, *arguments: str, status: int = 0, given: str | None = None) -> dict[str, Any]:
        """Run another command of `cerby-service` on the same data; gives what it printed."""
        done = subprocess.run(self._program(*arguments), input=given, capture_output=True, text=True, timeout=SECONDS)
        assert done.returncode == status, done.stderr
        printed: dict[str, Any] = json.loads(done.stdout if status == 0 else done.stderr)
        return printed

    def _program(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "cerby_service", *arguments, "--data", str(self.data), "--json"]

    def _reap(self) -> int:
        code = self.process.wait(SECONDS)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


def replace_port(settings: Settings, port: int) -> Settings:
    """Settings with another port."""
    return Settings(settings.host, port, settings.origin, settings.carrier, settings.smtp)


@contextmanager
def service_rig(
    root: Path,
    *,
    clock: Clock = system_clock,
    timings: Timings | None = None,
    texts_after: int = DAY,
    **given: Any,
) -> Iterator[ServiceRig]:
    """A running service with its data in `root`; whoever buys a number is texted a code after `texts_after` ms."""
    mail = Mail()
    waits = timings or Timings(sandbox_text=texts_after)
    settings = Settings(port=0, smtp=Smtp(LOOPBACK, mail.port))
    parts = replace(Given(clock=clock, timings=waits, rates=UNLIMITED), **given)
    try:
        rig = ServiceRig(root / "service", mail, parts, settings)
        try:
            yield rig
        finally:
            rig.stop()
    finally:
        mail.stop()


@contextmanager
def process_rig(root: Path) -> Iterator[ProcessRig]:
    """A service process with its data in `root`."""
    mail = Mail()
    try:
        rig = ProcessRig(root / "service", mail)
        try:
            yield rig
        finally:
            rig.stop()
    finally:
        mail.stop()
