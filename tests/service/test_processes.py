"""The service as a process: its command line, its end, and that a kill at any moment loses nothing acknowledged."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from cerby_service.clock import system_clock
from cerby_service.database import Database
from cerby_service.database.tables import entries
from cerby_service.directory import DataDirectory
from cerby_service.errors import Misconfigured
from cerby_service.sandbox.texts import NAMELESS
from cerby_service.settings import Settings, check_origin, parse_address
from cerby_tui.errors import OfflineError
from cerby_wire.records import fingerprint
from cerby_wire.shapes import ABOUT, MessagesWanted, Pull, StoredMessage
from cerby_wire.texts import parse_token
from tests.rig import ProcessRig, process_rig
from tests.service.listening import listening
from tests.service.member import Card, Member, until
from tests.service.test_inbound import opened as _opened

ROUNDS = 5
CHANCE = random.Random(os.urandom(8))  # noqa: S311 - when to kill is no secret


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ProcessRig]:
    """A service process on a free port."""
    with process_rig(tmp_path) as rig:
        yield rig


@pytest.fixture
async def ada(rig: ProcessRig) -> AsyncIterator[Member]:
    """Ada, who founded a workspace at the process."""
    member = Member(rig)
    await member.found()
    yield member
    await member.api.close()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `cerby-service` and keep what it prints."""
    program = [sys.executable, "-m", "cerby_service", *arguments]
    return subprocess.run(program, capture_output=True, text=True, timeout=30)


def test_help_is_light() -> None:
    """`--help` and `--version` import neither the web framework nor the SQL layer."""
    for option in ("--help", "--version"):
        program = f"import sys; from cerby_service.__main__ import main; main(['{option}']); print(*sys.modules)"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
        heavy = {"starlette", "sqlalchemy", "uvicorn", "alembic", "httpx"} & set(done.stdout.split())

        assert 0 == done.returncode
        assert set() == heavy


def test_a_service_is_made_private(tmp_path: Path) -> None:
    """`init` makes a directory for its owner alone, prints a token that names origin and key, and never overwrites."""
    data = tmp_path / "service"
    done = run("init", "--data", str(data), "--origin", "https://cerby.example.com")
    token = parse_token(done.stdout.splitlines()[-1])
    again = run("init", "--data", str(data))

    assert 0o700 == stat.S_IMODE(data.stat().st_mode)
    assert {0o600} == {stat.S_IMODE(file.stat().st_mode) for file in data.iterdir()}
    assert ("https://cerby.example.com", fingerprint(DataDirectory(data).key().public)) == (
        token.origin,
        token.fingerprint,
    )
    assert (2, True) == (again.returncode, "already" in again.stderr)


def test_a_directory_open_to_others_is_refused(tmp_path: Path) -> None:
    """Where others may look in, nothing is served."""
    data = tmp_path / "service"
    run("init", "--data", str(data))
    data.chmod(0o755)
    done = run("run", "--data", str(data))

    assert 2 == done.returncode
    assert "700" in done.stderr


def test_commands_say_what_is_missing(tmp_path: Path) -> None:
    """Without a service, or without one that runs, each command says so by its exit code."""
    data = tmp_path / "service"
    missing = run("run", "--data", str(data))
    run("init", "--data", str(data))
    texting = run("sandbox", "text", "+12065550100", "hi", "--data", str(data))

    assert (2, 5) == (missing.returncode, texting.returncode)
    assert "cerby-service init" in missing.stderr
    assert "cerby-service run" in texting.stderr


def test_one_service_per_directory(rig: ProcessRig) -> None:
    """A second service on the same data is refused, and a taken port is named."""
    second = run("run", "--data", str(rig.data), "--port", "0")
    other = rig.data.with_name("other")
    run("init", "--data", str(other))
    taken = run("run", "--data", str(other), "--port", rig.origin.rpartition(":")[2])

    assert (2, True) == (second.returncode, "Another service runs" in second.stderr)
    assert (2, True) == (taken.returncode, "cannot be listened on" in taken.stderr)


def test_after_a_backup_a_new_generation_begins(rig: ProcessRig) -> None:
    """`restored` is refused while the service runs; then it gives the database a new generation, once."""
    running = run("restored", "--data", str(rig.data))
    before = generation(rig)
    rig.stop()
    rig.command("restored")
    rig.start()
    after = generation(rig)

    assert (2, True) == (running.returncode, "Another service runs" in running.stderr)
    assert before != after == generation(rig)


def generation(rig: ProcessRig) -> str:
    """What the service says of its database."""
    answer = httpx.get(rig.origin + ABOUT, headers={"accept": "application/json"}, trust_env=False)
    return str(answer.json()["generation"])


def test_any_free_port_names_the_origin(tmp_path: Path) -> None:
    """With port 0 the real port is printed, the origin follows it, and a token made beside it names it."""
    data = tmp_path / "service"
    run("init", "--data", str(data))
    program = [sys.executable, "-m", "cerby_service", "run", "--data", str(data), "--port", "0"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        line = process.stdout.readline()
        origin = line.split()[2]
        about = httpx.get(f"{origin}/v1/", headers={"accept": "application/json"}, trust_env=False).json()
        token = parse_token(run("token", "--data", str(data)).stdout.strip())
        process.send_signal(signal.SIGTERM)

    assert 0 == process.returncode
    assert origin == about["origin"] == token.origin
    assert not origin.endswith(":0")


async def test_a_workspace_is_founded_at_a_process(ada: Member, rig: ProcessRig) -> None:
    """Init, run, a code by real SMTP, a workspace, a number, a text by the command line: all by processes."""
    card, committed = await ada.numbered()
    number = committed.number.e164
    said = await asyncio.to_thread(rig.command, "sandbox", "text", number, "-", given="Your code is 123456\n")
    listed = await asyncio.to_thread(rig.command, "numbers", "list")
    contents = opened(card, await stored(card), (await ada.api.heads("")).generation)

    assert {"to": number, "from": "22000", "taken": True} == said
    assert (number, "active") == (listed["numbers"][0]["number"], listed["numbers"][0]["state"])
    assert ["Your code is 123456"] == [text for text in contents if text.endswith("123456")]  # the app texts as well


async def test_checks_and_comparisons_run_beside_the_service(ada: Member, rig: ProcessRig) -> None:
    """`check` finds a sound service sound, `reconcile` reports a number that only the carrier has."""
    await ada.numbered()
    stranger = (await rig.sandbox("POST", "/IncomingPhoneNumbers.json", {"AreaCode": "212"})).json()
    checked = await asyncio.to_thread(rig.command, "check")
    report = await asyncio.to_thread(rig.command, "reconcile")

    assert {"sound": True, "problems": []} == checked
    assert [stranger["phone_number"]] == report["unknown_to_us"]


async def test_a_broken_chain_is_found(ada: Member, rig: ProcessRig) -> None:
    """`check` names the stream of an entry that was changed on disk, and ends with 1."""
    card = await ada.account()
    await asyncio.to_thread(rig.stop)
    change_on_disk(rig, card.id)
    done = await asyncio.to_thread(run, "check", "--data", str(rig.data))

    assert 1 == done.returncode
    assert card.id.hex() in done.stdout


async def test_sigterm_ends_it_with_feeds_open(ada: Member, rig: ProcessRig) -> None:
    """With three feeds open, SIGTERM ends the process in seconds with exit code 0."""
    async with listening(ada), listening(ada), listening(ada):
        started = time.monotonic()
        code = await asyncio.to_thread(rig.stop)
        took = time.monotonic() - started

    assert 0 == code
    assert took < 8


async def test_kill_9_under_webhooks_loses_nothing_acknowledged(ada: Member, rig: ProcessRig) -> None:
    """Killed while carriers call: what was answered 200 is there once, the chain is whole, and no text is on disk."""
    card, committed = await ada.numbered()
    caller = Caller(rig, committed.number.e164)
    for _ in range(ROUNDS):
        calling = [asyncio.create_task(caller.call()) for _ in range(4)]
        await until(lambda: len(caller.acknowledged) >= caller.goal)
        await asyncio.to_thread(rig.kill)
        await asyncio.gather(*calling)
        await asyncio.to_thread(rig.start)
        caller.goal = len(caller.acknowledged) + CHANCE.randrange(3, 20)
    await caller.retry_unanswered()
    contents = opened(card, await stored(card), (await ada.api.heads("")).generation)
    checked = await asyncio.to_thread(rig.command, "check")

    assert len(contents) == len(set(contents))
    assert caller.acknowledged <= set(contents)
    assert caller.sent == set(contents)
    assert checked["sound"]
    assert [] == [text for text in caller.sent if text.encode() in on_disk(rig)]


async def test_kill_9_while_buying_settles_by_itself(ada: Member, rig: ProcessRig) -> None:
    """Killed in the middle of purchases and started again: every number of the carrier is ours, each bought once."""
    for _ in range(ROUNDS):
        card = await ada.account()
        offer = await ada.offer(card.id)
        buying = asyncio.create_task(ada.api.commit(offer.id, os.urandom(8).hex()))
        await pause_before_kill()
        await asyncio.to_thread(rig.kill)
        await asyncio.gather(buying, return_exceptions=True)
        await asyncio.to_thread(rig.start)
        await until_settled(ada)
    heads = await ada.api.heads("")
    bought = (await rig.sandbox("GET", "/IncomingPhoneNumbers.json")).json()["incoming_phone_numbers"]
    ours = {view.id.hex() for view in heads.numbers if view.state in ("active", "unsure")}

    assert {number["friendly_name"] for number in bought} <= ours
    assert len(bought) == len({number["phone_number"] for number in bought})
    assert len(heads.numbers) == len({view.account for view in heads.numbers})


class Caller:
    """Carriers that call the webhook until the service is gone, and remember what it acknowledged."""

    def __init__(self, rig: ProcessRig, to: str) -> None:
        self.url = f"{rig.origin}/v1/carriers/sandbox/sms"
        self.to = to
        self.goal = 5
        self.sent: set[str] = set()
        self.acknowledged: set[str] = set()
        self._signer = RequestValidator(rig.sandbox_account.token)

    async def call(self, most: int = 1_000_000) -> None:
        """Send message after message, at most so many; end when the service no longer answers."""
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            for _ in range(most):
                text = os.urandom(8).hex()
                self.sent.add(text)
                if not await self._post(client, text):
                    return

    async def retry_unanswered(self) -> None:
        """The carriers' retries of everything that was not acknowledged."""
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            for text in self.sent - self.acknowledged:
                assert await self._post(client, text)

    async def _post(self, client: httpx.AsyncClient, text: str) -> bool:
        sid = "SM" + sha256(text.encode()).hexdigest()[:32]
        form = {"MessageSid": sid, "From": "22000", "To": self.to, "Body": text}
        headers = {"x-twilio-signature": self._signer.compute_signature(self.url, form)}
        try:
            answer = await client.post(self.url, data=form, headers=headers)
        except httpx.HTTPError:
            return False
        if answer.status_code == 200:
            self.acknowledged.add(text)
        return True


def on_disk(rig: ProcessRig) -> bytes:
    """Every byte that the service wrote: its data directory and its log."""
    return b"".join(file.read_bytes() for file in (*rig.data.iterdir(), rig.log))


async def pause_before_kill() -> None:
    """Up to 30 ms: long enough to be killed before, during and after the carrier is asked."""
    await asyncio.wait([asyncio.create_task(asyncio.Event().wait())], timeout=CHANCE.random() * 0.03)


async def until_settled(ada: Member) -> None:
    """Wait until no purchase is in `committing`; what is `unsure` waits for its minute."""
    async with asyncio.timeout(20):
        while not await settled(ada):  # noqa: ASYNC110 - the service is another process
            await asyncio.sleep(0.02)


async def settled(ada: Member) -> bool:
    """Whether the service answers and no purchase is in `committing`."""
    try:
        heads = await ada.api.heads("")
    except OfflineError:
        return False
    return all(view.state != "committing" for view in heads.numbers)


async def stored(card: Card) -> list[StoredMessage]:
    """All messages of an account, page by page."""
    generation = (await card.member.api.heads("")).generation
    found: list[StoredMessage] = []
    more = True
    while more:
        wanted = MessagesWanted(card.id, generation, after=len(found))
        pulled = await card.member.api.pull(Pull(messages=[wanted]))
        found += pulled.messages
        more = pulled.more
    return found


def opened(card: Card, messages: list[StoredMessage], generation: bytes) -> list[str]:
    """The texts of messages, verified as one chain, without the code that the sandbox's app sends by itself."""
    texts = (content.text for content in _opened(card, messages, generation))
    return [text for text in texts if not text.startswith(NAMELESS.partition("{")[0])]


def change_on_disk(rig: ProcessRig, account: bytes) -> None:
    """Flip a byte of an entry's signature behind everybody's back."""
    database = Database(rig.directory.database_url, system_clock)
    database.open()
    changed = entries.update().where(entries.c.stream == account, entries.c.n == 2).values(signature=bytes(64))
    database.write_now(lambda writing: writing.run(changed))
    database.close()


@pytest.mark.parametrize(
    "origin", ["cerby.example.com", "https://", "https://a.b/", "https://a.b/path", "ftp://a.b", ""]
)
def test_an_origin_is_scheme_and_authority(origin: str) -> None:
    """Anything else would never equal what clients sign."""
    with pytest.raises(Misconfigured):
        check_origin(origin)


@pytest.mark.parametrize("address", ["", ":25", "host:port", "host:99999", "host/path"])
def test_an_address_is_host_and_port(address: str) -> None:
    """A mail server that cannot be one is refused in words."""
    with pytest.raises(Misconfigured):
        parse_address(address, 25)


def test_addresses_of_both_families_are_read() -> None:
    """Names, IPv4 and IPv6, with and without a port."""
    assert ("mail.example.com", 587) == parse_address("mail.example.com:587", 25)
    assert ("127.0.0.1", 25) == parse_address("127.0.0.1", 25)
    assert ("::1", 2525) == parse_address("[::1]:2525", 25)
    assert "http://[::1]:80" == Settings(host="::1").origin_at(80)


def test_loopback_is_the_default() -> None:
    """Unless told otherwise, only this machine can reach the service."""
    assert socket.inet_aton(Settings().host) == b"\x7f\x00\x00\x01"
