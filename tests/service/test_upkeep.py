"""What happens by itself: old notes go, health says the truth, limits hold, logs keep quiet, letters travel safely."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import func, select

from cerby_service.database import Reading
from cerby_service.database.tables import changes, idempotency, inbound_seen, verifications
from cerby_service.directory import DataDirectory
from cerby_service.errors import Misconfigured, Refusal
from cerby_service.limits import Buckets, Rate, Rates
from cerby_service.logs import fields, set_up
from cerby_service.mail import Mailer
from cerby_service.parts import _once
from cerby_service.server import Service
from cerby_service.settings import Settings, Smtp
from cerby_tui.errors import RefusedError
from tests.fakes import FrozenClock
from tests.rig import LOOPBACK, ServiceRig, replace_port, service_rig
from tests.service.member import Member

DAY = 86_400


def counts(reading: Reading) -> list[int]:
    """How many rows each of the notes has that are kept for a time only."""
    tables = (verifications, inbound_seen, idempotency, changes)
    return [int(reading.value(select(func.count()).select_from(table)) or 0) for table in tables]


async def test_notes_are_kept_for_their_time_and_then_go(ada: Member, rig: ServiceRig, clock: FrozenClock) -> None:
    """Codes go after an hour, carriers' ids and keys after a week, changes after thirty days; not sooner."""
    member = Member(rig)
    member.device, member.user, member.workspace, member.ledger = ada.device, ada.user, ada.workspace, ada.ledger
    member.api._device = ada.device
    _, committed = await member.numbered()
    await rig.text(committed.number.e164, "hello")
    await member.api.close()
    full = rig.parts.database.read_now(counts)
    seen = []
    for seconds in (3000, 1200, 6.9 * DAY, 0.2 * DAY, 22.7 * DAY, 0.5 * DAY):
        clock.advance(seconds)
        await rig.parts.sweeper.sweep()
        seen.append([count > 0 for count in rig.parts.database.read_now(counts)])

    assert all(count > 0 for count in full)
    assert [
        [True, True, True, True],
        [False, True, True, True],
        [False, True, True, True],
        [False, False, False, True],
        [False, False, False, True],
        [False, False, False, False],
    ] == seen


async def test_health_and_readiness_mean_it(rig: ServiceRig) -> None:
    """While it serves both say yes; once the database is closed both say no, each in its own words."""
    async with httpx.AsyncClient(base_url=rig.origin, transport=httpx.ASGITransport(rig.app)) as client:
        before = [(await client.get(path)).status_code for path in ("/healthz", "/readyz")]
        rig.stop()
        after = [await client.get(path) for path in ("/healthz", "/readyz")]

    assert [200, 200] == before
    assert [(503, "the writer stopped\n"), (503, "the database takes no writes\n")] == [
        (answer.status_code, answer.text) for answer in after
    ]


async def test_the_directory_is_free_once_the_service_ended(rig: ServiceRig) -> None:
    """After its end the service can be started again, by whichever thread."""
    rig.stop()
    await asyncio.to_thread(rig.start)

    assert rig.directory.running()


async def test_a_start_that_fails_leaves_nothing_held(tmp_path: Path, rig: ServiceRig) -> None:
    """With the port taken the service is refused in words, and its directory is free for the next attempt."""
    directory = DataDirectory(tmp_path / "second")
    directory.create(Settings())
    with pytest.raises(Misconfigured, match="cannot be listened on"):
        Service(directory, replace_port(Settings(), int(rig.origin.rpartition(":")[2])))

    directory.hold().release()


async def test_the_sandbox_is_asked_on_this_machine(tmp_path: Path) -> None:
    """Whatever the service is called outside, it reaches its own sandbox without going there."""
    directory = DataDirectory(tmp_path / "second")
    settings = Settings(port=0, origin="https://cerby.invalid")
    directory.create(settings)
    service = Service(directory, settings)
    listening = asyncio.Event()
    server = service.server(lambda _running: listening.set())
    serving = asyncio.create_task(service.serve(server))
    await listening.wait()
    found = await service.parts.carriers["sandbox"].search("voip", 1)
    server.should_exit = True
    await serving

    assert found


async def test_counts_are_told_without_content(ada: Member, rig: ServiceRig) -> None:
    """The metrics page counts feeds and messages by what became of them."""
    rig.parts.inbound.counts["unknown"] += 2
    async with httpx.AsyncClient(base_url=rig.origin, transport=httpx.ASGITransport(rig.app)) as client:
        text = (await client.get("/metrics")).text

    assert 'cerby_messages_total{fate="unknown"} 2' in text.splitlines()
    assert "cerby_feeds_open 0" in text.splitlines()


async def test_somebody_who_asks_too_often_is_told_to_wait(tmp_path: Path) -> None:
    """Past the burst, a session hears 429 with the seconds to wait; another session is not concerned."""
    rates = Rates(device=Rate(1, 3), address=Rate(1, 100))
    with service_rig(tmp_path, rates=rates) as rig:
        ada, bob = Member(rig), Member(rig, "bob@example.com")
        await ada.found()
        await bob.found()
        for _ in range(3):
            await ada.api.heads("")
        with pytest.raises(RefusedError) as caught:
            await ada.api.heads("")
        assert (await bob.api.heads("")).full
        await ada.api.close()
        await bob.api.close()

    assert ("too_many_requests", 1) == (caught.value.code, caught.value.retry_after)


async def test_guessing_from_one_address_is_slowed_down(tmp_path: Path) -> None:
    """Whoever is not known here gets only so many attempts from an address."""
    with service_rig(tmp_path, rates=Rates(address=Rate(1, 2))) as rig:
        stranger = Member(rig)
        codes = []
        for _ in range(4):
            with pytest.raises(RefusedError) as caught:
                await stranger.api.heads("")
            codes.append(caught.value.code)
        await stranger.api.close()

    assert ["unknown_device", "unknown_device", "too_many_requests", "too_many_requests"] == codes


def test_a_bucket_fills_again_with_time() -> None:
    """So many at once, then so many a second, and never more than the burst after a pause."""
    now = [0.0]
    buckets = Buckets(Rate(2, 3), lambda: now[0])

    def allowed() -> int:
        """How many go through in a row."""
        count = 0
        while True:
            try:
                buckets.spend("x")
            except Refusal:
                return count
            count += 1

    first = allowed()
    now[0] = 0.5
    second = allowed()
    now[0] = 100.0

    assert (3, 1, 3) == (first, second, allowed())


async def test_what_recurs_survives_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    """A piece of recurring work that fails is logged by its kind, and does not end the rest."""

    async def fails() -> None:
        raise ZeroDivisionError

    await _once(fails)

    assert "recurring work failed" in caplog.text


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the service would write to its log."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    set_up(stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)


def test_log_lines_are_json_and_tracebacks_hold_no_values(log: io.StringIO) -> None:
    """Named fields are there; of an error only its kind and the lines it passed, never its text."""
    try:
        raise ValueError("canary text of a message")
    except ValueError:
        logging.getLogger("test").exception("failed", extra=fields(number="id-1"))
    line = json.loads(log.getvalue())

    assert ("error", "failed", "id-1", "ValueError") == (line["level"], line["event"], line["number"], line["error"])
    assert "test_upkeep.py" in line["trace"][-1]
    assert "canary" not in log.getvalue()


async def test_a_mistake_of_ours_is_logged_and_not_told(ada: Member, rig: ServiceRig, log: io.StringIO) -> None:
    """An unexpected error becomes a 503 problem document without detail, and a log line without content."""

    async def broken(*_args: object) -> Any:
        raise KeyError("canary")

    rig.parts.streams._database.read = broken  # type: ignore[method-assign, assignment]
    ada.api._client._transport = httpx.ASGITransport(rig.app, raise_app_exceptions=False)
    with pytest.raises(RefusedError) as caught:
        await ada.api.heads("")

    assert "unavailable" == caught.value.code
    assert "KeyError" in log.getvalue() and "canary" not in log.getvalue()


class Post:
    """A mail server that insists on STARTTLS and a login."""

    def __init__(self, certificate: Path) -> None:
        self.letters = 0
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._tls.load_cert_chain(certificate)

    async def handle_DATA(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        """Take a letter (aiosmtpd calls it by this name)."""
        self.letters += 1
        return "250 taken"

    def smtp(self) -> SMTP:
        """The protocol of one connection."""
        return SMTP(
            self,
            hostname="localhost",
            tls_context=self._tls,
            require_starttls=True,
            auth_required=True,
            authenticator=self._authenticate,
            loop=asyncio.get_running_loop(),
        )

    def _authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: Any) -> AuthResult:
        right = (data.login, data.password) == (b"cerby", b"a secret")
        return AuthResult(success=right, handled=right)


def certificate_for(host: str, file: Path) -> Path:
    """A certificate that an authority of one's own might have made, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.mark.parametrize(
    ("trusted", "password", "security", "arrives"),
    [
        (True, "a secret\n", "starttls", True),
        (False, "a secret\n", "starttls", False),
        (True, "wrong", "starttls", False),
        (True, "a secret\n", "none", False),
    ],
    ids=["right", "unknown authority", "wrong password", "without encryption"],
)
async def test_letters_travel_encrypted_and_logged_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool, password: str, security: Any, arrives: bool
) -> None:
    """With STARTTLS to a trusted server and the password from its file it arrives; otherwise nothing is sent."""
    certificate = certificate_for("localhost", tmp_path / "server.pem")
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    secret = tmp_path / "password"
    secret.write_text(password)
    post = Post(certificate)
    server = await asyncio.get_running_loop().create_server(post.smtp, LOOPBACK, 0)
    port = server.sockets[0].getsockname()[1]
    mailer = Mailer(Smtp("localhost", port, security, "cerby", str(secret)))
    try:
        await mailer.send_code("ada@example.com", "123456", 5)
        sent = True
    except Refusal as error:
        sent = error.code != "mail_failed"
    server.close()

    assert (arrives, int(arrives)) == (sent, post.letters)


def test_loopback_alone_goes_without_encryption() -> None:
    """Unless the operator says otherwise, STARTTLS is asked for from every server but one on this machine."""
    assert "none" == Smtp("127.0.0.1").effective_security
    assert "starttls" == Smtp("mail.example.com").effective_security
    assert "tls" == Smtp("127.0.0.1", security="tls").effective_security
