"""Commands against a real service: syncing, creating numbers, waiting for codes, and what stops them."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from cerby_tui.clock import SystemClock
from cerby_tui.home import Home
from cerby_tui.session import open_session
from cerby_tui.values import Changed, Item
from tests.command_line import Ended, run, start
from tests.enrolled import PASSPHRASE, enrol
from tests.rig import ServiceRig, service_rig

CARDS = (
    Item(label="Shop", app="shopify", app_name="Shopify"),
    Item(label="Bank", app="sandbox-bank", app_name="Sandbox Bank"),
    Item(label="Vault", app="sandbox-vault", app_name="Sandbox Vault"),
)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ServiceRig]:
    """A service that texts no code by itself."""
    with service_rig(tmp_path) as running:
        yield running


@pytest.fixture
def home(rig: ServiceRig, tmp_path: Path) -> Path:
    """A device of that service with three accounts, synced and closed."""
    home = Home(tmp_path / "home")

    async def set_up() -> None:
        session = await enrol(home, rig, rig.token())
        for card in CARDS:
            await session.add_account(card)
        await session.sync_now()
        await session.close()

    asyncio.run(set_up())
    return home.root


def ask(home: Path, *arguments: str) -> Ended:
    """Run a command with the right passphrase."""
    return run(*arguments, home=home, passphrase=PASSPHRASE)


def text(rig: ServiceRig, number: str, words: str) -> None:
    """Somebody texts a number; done once the service has taken the message."""
    asyncio.run(rig.text(number, words))


def create(home: Path, account: str) -> str:
    """Create a number and give it."""
    ended = ask(home, "numbers", "create", account, "--i-will-add-it")
    assert 0 == ended.returncode, ended.stderr
    return ended.stdout.strip()


def test_a_number_is_created_and_printed_alone(rig: ServiceRig, home: Path) -> None:
    """Standard output holds the number and nothing else; the rest is said beside it. The vault knows it at once."""
    ended = ask(home, "numbers", "create", "Shop", "--i-will-add-it")

    assert 0 == ended.returncode, ended.stderr
    assert re.fullmatch(r"\+1\d{3}55501\d\d\n", ended.stdout)
    assert "Now add it to Shop account setting." in ended.stderr
    rig.stop()
    assert ended.stdout.strip() == ask(home, "numbers").stdout.split("\t")[0]


def test_an_app_that_takes_no_voip_gets_another_kind(home: Path) -> None:
    """The kind follows the app."""
    ended = ask(home, "numbers", "create", "Bank", "--i-will-add-it", "--json")

    assert "non_voip" == json.loads(ended.stdout)["number"]["kind"]


@pytest.mark.parametrize(("account", "why"), [("Vault", "no phone number"), ("Shop", "has a")])
def test_what_the_service_refuses_is_status_six(home: Path, account: str, why: str) -> None:
    """An app that takes no number, or an account that has one: a sentence, and nothing is bought."""
    if account == "Shop":
        create(home, "Shop")

    ended = ask(home, "numbers", "create", account, "--i-will-add-it")

    assert (6, "") == (ended.returncode, ended.stdout)
    assert why in ended.stderr


def test_sync_says_how_things_stand(rig: ServiceRig, home: Path) -> None:
    """Status 0 while the service is there, 5 once it is not."""
    assert 0 == json.loads(ask(home, "sync", "--json").stdout)["waiting"]

    rig.stop()

    assert 5 == ask(home, "sync").returncode


def test_a_code_is_waited_for_and_printed_alone(rig: ServiceRig, home: Path) -> None:
    """Nobody else syncs this vault, so the command does it; a message without a code does not end it."""
    number = create(home, "Shop")
    waiting = start("code", "wait", "Shop", "--timeout", "30", home=home, passphrase=PASSPHRASE)

    sent, out, err = text_until_it_ends(rig, number, waiting)

    assert 0 == waiting.returncode, err
    assert out.strip() in sent and out.count("\n") == 1


def text_until_it_ends(rig: ServiceRig, number: str, waiting: subprocess.Popen[str]) -> tuple[list[str], str, str]:
    """Text codes and things that hold none until the command has ended: how long it takes to start is its business."""
    sent: list[str] = []
    while True:
        sent.append(str(493027 + len(sent)))
        text(rig, number, f"Your parcel of ${len(sent)}.50 is on its way")
        text(rig, number, f"Your Shop code is {sent[-1]}")
        try:
            return sent, *waiting.communicate(timeout=0.3)
        except subprocess.TimeoutExpired:
            continue


def test_an_old_code_does_not_count(rig: ServiceRig, home: Path) -> None:
    """A code that came before the command is not the next one, even if this vault has not seen it yet: status 3."""
    text(rig, create(home, "Shop"), "Your Shop code is 111111")

    ended = ask(home, "code", "wait", "Shop", "--timeout", "3")

    assert (3, "") == (ended.returncode, ended.stdout)
    assert "No code for Shop came within 3 seconds." in ended.stderr


def test_since_takes_a_code_that_was_just_there(rig: ServiceRig, home: Path) -> None:
    """A script that triggered the text before it began to wait does not miss it."""
    text(rig, create(home, "Shop"), "Your Shop code is 222222")

    ended = ask(home, "code", "wait", "Shop", "--timeout", "20", "--since", "60", "--json")

    assert (0, "222222") == (ended.returncode, json.loads(ended.stdout)["code"])


def test_waiting_can_be_given_up(home: Path) -> None:
    """ctrl+c ends it with status 130, quietly, and the vault is as good as before."""
    waiting = start("code", "wait", "Shop", "--timeout", "60", home=home, passphrase=PASSPHRASE)
    lock = home / "sync.lock"
    pause = threading.Event()
    while not is_held(lock):
        pause.wait(0.05)

    waiting.send_signal(signal.SIGINT)
    out, err = waiting.communicate(timeout=20)

    assert (130, "", "") == (waiting.returncode, out, err.strip())
    assert 0 == ask(home, "sync").returncode


def is_held(lock: Path) -> bool:
    """Whether a process holds the lock of this vault, which it takes once it is about to sync."""
    try:
        FileLock(lock).acquire(timeout=0).lock.release()
    except Timeout:
        return True
    return False


def test_waiting_without_the_service_is_status_five(rig: ServiceRig, home: Path) -> None:
    """A code cannot come; the sentence says why, not that time ran out."""
    rig.stop()

    ended = ask(home, "code", "wait", "Shop", "--timeout", "2")

    assert (5, "") == (ended.returncode, ended.stdout)
    assert "cannot be reached" in ended.stderr


async def test_a_code_is_waited_for_beside_an_open_app(rig: ServiceRig, home: Path) -> None:
    """Another process syncs this vault; the command is woken by the file."""
    number = await asyncio.to_thread(create, home, "Shop")
    other = open_session(Home(home), PASSPHRASE, clock=SystemClock())
    live, loop = asyncio.Event(), asyncio.get_running_loop()

    def notice(_changed: Changed) -> None:
        if other.status().state == "live":
            loop.call_soon_threadsafe(live.set)

    other.subscribe(notice)
    other.start()
    await live.wait()
    waiting = start("code", "wait", "Shop", "--timeout", "30", home=home, passphrase=PASSPHRASE)

    sent, out, err = await asyncio.to_thread(text_until_it_ends, rig, number, waiting)
    await other.close()

    assert (0, True) == (waiting.returncode, out.strip() in sent), err
