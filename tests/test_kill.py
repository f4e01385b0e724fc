"""kill -9 in the middle of edits and sync: no change that was acknowledged is ever lost or doubled."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cerby_tui.values import CardFilter, Item
from tests.devices import Device, add_device, enrol, until
from tests.fakes import FrozenClock
from tests.rig import ServiceRig

ROUNDS = 50
SEED = 20_251_231


@contextmanager
def target(device: Device) -> Iterator[subprocess.Popen[str]]:
    """The process whose children are killed."""
    program = [sys.executable, "-m", "tests.kill_target", str(device.home.root)]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        assert process.stdin
        process.stdin.write(device.keys.seed.hex() + "\n")
        yield process
        process.stdin.close()


def one_round(process: subprocess.Popen[str], turn: int, after: int) -> list[str]:
    """Run a child and kill it after so many acknowledged changes; everything that it acknowledged."""
    assert process.stdin and process.stdout
    process.stdin.write(f"r{turn}\n")
    child, done = 0, []
    for line in process.stdout:
        word, _, rest = line.strip().partition(" ")
        if word == "child":
            child = int(rest)
        elif word == "done":
            done.append(rest)
        else:
            break
        if child and len(done) >= after:
            os.kill(child, signal.SIGKILL)
            child = 0
    return done


async def test_fifty_kills_lose_nothing(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> None:
    """After fifty kills at random moments the vault is whole, and both devices have each acknowledged change once."""
    first = await enrol(rig, tmp_path / "first", clock, email="kill@example.org")
    session = first.open()
    shared = await session.add_account(Item("AAA shared"))
    await session.sync_now()
    await session.close()
    chance = random.Random(SEED)  # noqa: S311 - only chooses moments
    acknowledged: list[str] = []
    with target(first) as process:
        for turn in range(ROUNDS):
            after = chance.randint(1, 9)
            acknowledged += await asyncio.to_thread(one_round, process, turn, after)
    assert len(acknowledged) >= ROUNDS
    session = first.open()
    assert session._writing.vault.database.damaged_pages() == []
    session.start()
    await until(session, lambda: session.status().waiting == 0 and session.status().state == "live")
    assert session.status().refused == 0
    second = (await add_device(rig, first, tmp_path / "second")).open()
    await second.sync_now()
    for reader in (session, second):
        labels = [card.label for card in reader.cards(CardFilter())]
        kept = [*reader.card(shared).collections, *labels]
        assert len(kept) == len(set(kept))
        assert set(acknowledged) <= set(kept)
    await second.close()
    await session.close()
