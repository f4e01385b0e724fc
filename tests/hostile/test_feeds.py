"""A feed that rings for ever, never, or with things nobody can follow; answers that lead in circles or nowhere."""

from __future__ import annotations

import asyncio
import os
import threading
import zlib
from collections.abc import AsyncIterator, Callable
from itertools import count
from pathlib import Path

import pytest
from msgspec.structs import replace

from cerby_tui.errors import OfflineError
from cerby_tui.sync.api import MOST_BYTES
from cerby_tui.sync.events import EventParser
from cerby_tui.sync.patience import MOST, PER_SECOND, ROUND, Patience
from cerby_tui.sync.pulling import IDLE_PAGES
from cerby_tui.values import CardFilter
from cerby_wire.entries import read_header
from cerby_wire.shapes import HEADS, PULL, PUSH, Pulled, Pushed, PushResult, StoredEntry
from tests.devices import QUICK, until
from tests.fakes import FrozenClock
from tests.hostile.scene import Scene, alarm, make_scene
from tests.people import bent
from tests.rig import ServiceRig

ADA, CLEO = 0, 2
Tell = Callable[[AsyncIterator[bytes]], AsyncIterator[bytes]]


@pytest.fixture
async def scene(rig: ServiceRig, tmp_path: Path) -> AsyncIterator[Scene]:
    """Ada, Bob and Cleo."""
    made = await make_scene(rig, tmp_path)
    yield made
    await made.close()


class Rings:
    """Rings for ever, after an honest hello; counts how often anybody listened."""

    def __init__(self, ring: bytes) -> None:
        self.heard = 0
        self.enough = threading.Event()
        self._ring = ring

    async def __call__(self, honest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The feed as it is told."""
        async for piece in honest:
            yield piece
            if b"event: hello" in piece:
                break
        while True:
            self.heard += 1
            if self.heard >= MOST / ROUND:
                self.enough.set()
            yield self._ring


RINGS = {
    "access": b"event: access\ndata: {}\n\n",
    "unknown": b"event: dance\ndata: {}\n\n",
    "unreadable": b"event: head\ndata: {\n\n",
    "restored": b'event: hello\ndata: {"generation":"AAAA","time":1}\n\n',
}


@pytest.mark.parametrize("ring", RINGS.values(), ids=RINGS.keys())
async def test_feed_that_rings_for_ever(scene: Scene, ring: bytes) -> None:
    """It is read slowly once it has brought nothing for a while; the person's own work goes on meanwhile."""
    account = await scene.account_of(ADA, CLEO)
    rings = Rings(ring)
    session, layer = scene.open(ADA)
    layer.feed = rings
    session.start()
    bound = MOST / ROUND + 10
    assert await asyncio.to_thread(rings.enough.wait, 20.0)
    await session.edit_account(account, {"notes": "in spite of it"})
    await until(session, lambda: session.status().waiting == 0)
    assert rings.heard < bound
    other, _layer = scene.open(CLEO)
    await other.sync_now()
    assert other.account(account).item.notes == "in spite of it"


async def test_feed_that_never_rings(scene: Scene) -> None:
    """Beats of the heart alone do not keep anybody from asking now and then."""
    account = await scene.account_of(ADA, CLEO)
    session, layer = scene.open(CLEO, times=replace(QUICK, refresh=0.2))

    async def hearts(honest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for piece in honest:
            yield piece if b"event: hello" in piece else b":\n\n"

    layer.feed = hearts
    session.start()
    await until(session, lambda: session.status().state == "live")
    await until(session, lambda: session.cards(CardFilter()) != [])
    await scene.act(lambda ada: ada.edit_account(account, {"notes": "unrung"}))
    await until(session, lambda: session.account(account).item.notes == "unrung")


async def test_feed_without_a_hello(scene: Scene) -> None:
    """A feed that says nothing at all is not taken for a live one: the client asks by itself, and says so."""
    account = await scene.account_of(ADA, CLEO)
    session, layer = scene.open(CLEO, times=replace(QUICK, hello=0.2, poll=0.2))

    async def nothing(honest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for _piece in honest:
            yield b":\n\n"

    layer.feed = nothing
    session.start()
    await until(session, lambda: session.status().state == "polling")
    await scene.act(lambda ada: ada.edit_account(account, {"notes": "asked for"}))
    await until(
        session, lambda: session.cards(CardFilter()) != [] and session.account(account).item.notes == "asked for"
    )


async def test_patience() -> None:
    """What brings news costs nothing in the end; what does not is answered ever slower, and time heals."""
    clock, waits = FrozenClock(), []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    patience = Patience(clock, sleep)
    for news in range(1, 3000):
        await patience.after(asked=True, news=news)
    assert waits == []
    for _ in range(int(MOST / ROUND) - 1):
        await patience.after(asked=True, news=2999)
    assert waits == []
    await patience.after(asked=True, news=2999)
    assert waits == [ROUND / PER_SECOND]
    await patience.after(asked=False, news=2999)
    assert waits[1:] == [1 / PER_SECOND]
    clock.advance(ROUND / PER_SECOND)
    await patience.after(asked=True, news=2999)
    assert len(waits) == 2


async def test_citations_that_lead_on_and_on(scene: Scene) -> None:
    """Unsigned headers that cite ever more of the workspace do not keep a client asking."""
    account = await scene.account_of(ADA, CLEO)
    await scene.act(who=CLEO)
    await scene.look()
    entry, places = scene.item(account, ADA), count(100)
    ada = scene.crowd[ADA].keys[0]

    def ahead(asked: bytes, honest: Pulled) -> Pulled:
        ws = replace(read_header(entry).ws, n=next(places), head=os.urandom(32))
        lie = StoredEntry(account, len(scene.entries(account)) + 1, bent(entry, ada, ws=ws))
        return replace(honest, entries=[lie])

    session, layer = scene.open(CLEO)
    layer.shows("account", account, [*scene.entries(account), entry])
    layer.tell(PULL, ahead)
    await session.sync_now()
    assert layer.asked.count(PULL) <= IDLE_PAGES + 2
    assert session._writing.vault.meta.progress.behind
    assert session.account(account).item.notes == "held before"


PUSHES: dict[str, tuple[Callable[[list[Pushed]], list[Pushed]], bool]] = {
    # name: (what is answered, whether the change waits on)
    "stale for ever": (lambda real: [replace(one, status="stale") for one in real], True),
    "taken, far ahead": (lambda real: [replace(one, n=one.n + 1000) for one in real], True),
    "taken, in the past": (lambda real: [replace(one, n=0) for one in real], True),
}


@pytest.mark.parametrize(("lie", "waits"), PUSHES.values(), ids=PUSHES.keys())
async def test_lies_about_what_was_sent(scene: Scene, lie: Callable[[list[Pushed]], list[Pushed]], waits: bool) -> None:
    """Whatever is answered, a change is not dropped, nothing is asked for ever, and it is there in the end."""
    account = await scene.account_of(ADA)
    session, layer = scene.open(ADA)
    await session.edit_account(account, {"email": "ada@example.org"})
    layer.tell(PUSH, lambda _asked, honest: replace(honest, results=lie(honest.results)))
    layer.tell(PULL, lambda _asked, honest: replace(honest, entries=[]))
    await session.sync_now()
    assert (session.status().waiting > 0) == waits
    assert session.account(account).item.email == "ada@example.org"
    assert len(layer.asked) < 30
    layer.is_honest()
    await session.sync_now()
    assert session.status().waiting == 0
    assert session.account(account).item.email == "ada@example.org"


async def test_swallowed_push(scene: Scene) -> None:
    """A service that says that it took a change, and did not, is found out by the next heads."""
    account = await scene.account_of(ADA)
    await scene.look()
    session, layer = scene.open(ADA)
    await session.edit_account(account, {"email": "ada@example.org"})
    taken = Pushed("accepted", len(scene.entries(account)) + 1, bytes(32))
    layer.answers(PUSH, PushResult([taken]))
    await session.sync_now()
    assert session.account(account).item.email == "ada@example.org"
    layer.is_honest()
    layer.shows("account", account, scene.entries(account))
    await session.sync_now()
    assert alarm(session, account) == "rolled_back"
    assert session.account(account).item.email == "ada@example.org"


async def test_refused_change_is_kept(scene: Scene) -> None:
    """A service that refuses a change has it listed as not saved, with its content, and its words are only shown."""
    account = await scene.account_of(ADA)
    session, layer = scene.open(ADA)
    await session.edit_account(account, {"email": "ada@example.org"})
    layer.answers(PUSH, PushResult([Pushed("refused", 0, b"", "because", "\x1b]0;owned\x07[red]No[/]")]))
    await session.sync_now()
    (waiting,) = session.waiting()
    assert waiting.refused
    assert session.change(waiting.id)["email"][1] == "ada@example.org"


async def test_answers_that_do_not_fit(scene: Scene) -> None:
    """Fewer answers than questions are no answer."""
    account = await scene.account_of(ADA)
    session, layer = scene.open(ADA)
    await session.edit_account(account, {"email": "ada@example.org"})
    layer.answers(PUSH, PushResult([]))
    with pytest.raises(OfflineError):
        await session.sync_now()
    assert session.status().waiting == 1


async def test_answer_without_end(scene: Scene) -> None:
    """An answer larger than any honest one, once unpacked, is not read to its end; nothing changes."""
    account = await scene.account_of(ADA)
    session, layer = scene.open(ADA)
    layer.sends_raw(HEADS, zlib.compress(bytes(MOST_BYTES + 1)), {"content-encoding": "deflate"})
    with pytest.raises(OfflineError, match="does not end"):
        await session.sync_now()
    assert session.account(account).item.notes == "held before"


def test_event_without_end() -> None:
    """Lines that never add up to an event are given up after a mebibyte."""
    parser = EventParser()
    line = "data: " + "x" * 1000 + "\n"
    with pytest.raises(ValueError, match="1 MiB"):
        for _ in range(1100):
            list(parser.feed(line))


async def test_answers_in_crumbs(scene: Scene) -> None:
    """A service that hands out one entry at a time is slow, and nothing else: a round still brings all of it."""
    account = await scene.account_of(ADA, CLEO)
    session, layer = scene.open(CLEO)
    layer.pulled(lambda told: replace(told, entries=told.entries[:1]))
    await session.sync_now()
    assert session.account(account).item.notes == "held before"
    assert not session._writing.vault.meta.progress.behind
