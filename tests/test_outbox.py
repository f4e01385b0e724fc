"""The outbox: what waits, what is under way, what could not be saved; and two processes at it at once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cerby_tui.errors import UsageError
from cerby_tui.home import Home
from cerby_tui.session import Session
from cerby_tui.values import CardFilter, Item
from cerby_tui.vault.database import Database
from cerby_tui.vault.migrations import migrate
from cerby_tui.vault.outbox import Outbox
from cerby_wire.headers import Entry
from cerby_wire.shapes import PUSH, Pushed, PushResult
from tests.devices import found_directly, until
from tests.fakes import FrozenClock
from tests.faults import Lying
from tests.rig import ServiceRig
from tests.stage import Founder, build, populate

A, B = b"stream a", b"stream b"
ENTRY = Entry(b"header", b"body", b"signature")


@pytest.fixture
def outbox(home: Home) -> Iterator[Outbox]:
    """An empty outbox."""
    database = Database(home.vault, bytes(32))
    migrate(database)
    yield Outbox(database)
    database.close()


def add(outbox: Outbox, stream: bytes, act: str = "edit", now: int = 1) -> int:
    """Queue something."""
    return outbox.add(stream, act, {"label": ["", "x"]}, base=1, label="L", now=now)  # type: ignore[arg-type]


def test_order_is_kept_within_a_stream_and_by_age_between_them(outbox: Outbox) -> None:
    """The longest wait comes first; within a stream nothing overtakes."""
    rows = [add(outbox, B, now=5), add(outbox, A, now=3), add(outbox, B, now=9)]
    assert outbox.streams() == [A, B]
    assert [one.id for one in outbox.pending(B)] == [rows[0], rows[2]]


def test_acknowledged_rows_are_done(outbox: Outbox) -> None:
    """When an entry stands, exactly what it carried is gone."""
    carried, later = add(outbox, A), add(outbox, A)
    outbox.put_under_way(b"hash", A, ENTRY, [carried], 2)
    assert outbox.under_way(A) == (b"hash", ENTRY)
    assert outbox.acknowledge(b"hash")
    assert not outbox.acknowledge(b"hash")
    assert [one.id for one in outbox.pending(A)] == [later]


def test_founded_account_still_has_its_content_to_send(outbox: Outbox) -> None:
    """A new account is founded first; its content then waits like any edit."""
    row = add(outbox, A, "create")
    outbox.put_under_way(b"hash", A, ENTRY, [row], 2)
    outbox.acknowledge(b"hash")
    (one,) = outbox.pending(A)
    assert (one.act, one.sent, one.changes) == ("edit", b"", {"label": ["", "x"]})


def test_late_rows_wait_again(outbox: Outbox) -> None:
    """An entry that was not taken gives back what it carried."""
    row = add(outbox, A)
    outbox.put_under_way(b"hash", A, ENTRY, [row], 2)
    outbox.take_back(b"hash")
    assert outbox.under_way(A) is None
    assert outbox.pending(A)[0].sent == b""


def test_refused_rows_are_listed_with_their_reason(outbox: Outbox) -> None:
    """What could not be saved does not wait any more, and is not forgotten either."""
    row, other = add(outbox, A), add(outbox, A)
    outbox.put_under_way(b"hash", A, ENTRY, [row], 2)
    outbox.give_up(b"hash", "no")
    assert [one.id for one in outbox.pending(A)] == [other]
    assert [(one.id, one.refused) for one in outbox.waiting()] == [(row, "no"), (other, "")]
    assert (outbox.count(), outbox.count(refused=True)) == (1, 1)


def test_read_marks_wait_in_silence(outbox: Outbox) -> None:
    """Nobody has to look at read marks that wait."""
    outbox.add(A, "read", {}, base=0, label="", now=1)
    assert (outbox.waiting(), outbox.count(), outbox.streams()) == ([], 0, [A])


def refuse_all(result: PushResult) -> PushResult:
    """The service refuses everything."""
    return PushResult([Pushed("refused", 0, b"", "not_allowed", "You may not.") for _ in result.results])


async def test_account_that_cannot_be_founded_is_kept(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> None:
    """A refused account goes from the cards to the list with all its content, and can be made again from there."""
    device, _other = await found_directly(rig, tmp_path, clock)
    session = device.open(transport=Lying(PUSH, PushResult, refuse_all))
    account = await session.add_account(Item("Shop", password="p"))
    await session.edit_account(account, {"notes": "later"})
    await session.sync_now()
    assert session.cards(CardFilter()) == []
    kept = session.waiting()
    assert [("You may not." in one.refused, one.label) for one in kept] == [(True, "Shop"), (True, "Shop")]
    await session.close()
    session = device.open()
    await session.restore_and_apply(kept[0].id)
    await session.sync_now()
    assert session.account(session.find("Shop").id).item.password == "p"
    await session.discard_waiting(kept[1].id)
    assert (session.waiting(), session.status().refused) == ([], 0)
    await session.close()


async def test_change_on_its_way_is_not_given_up(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> None:
    """What may have been sent already cannot be taken back silently."""
    device, _other = await found_directly(rig, tmp_path, clock)
    session = device.open()
    await session.add_account(Item("Shop"))
    with pytest.raises(UsageError, match="on its way"):
        await session.discard_waiting(session.waiting()[0].id)
    await session.close()


async def test_damaged_page_is_found_after_a_crash(home: Home, tmp_path: Path, clock: FrozenClock) -> None:
    """A vault that was not closed properly is looked over in the background, and damage is said."""
    founder = Founder()
    populate(founder, accounts=6, messages=600)
    build(home, founder, clock)
    session = Session(home, founder.device, clock)
    await session.edit_account(session.cards(CardFilter())[0].id, {"notes": "leaves a log behind"})
    crashed = Home(tmp_path / "crashed")
    shutil.copytree(home.root, crashed.root)
    await session.close()
    raw = bytearray(crashed.vault.read_bytes())
    raw[len(raw) * 3 // 4] ^= 1
    crashed.vault.write_bytes(raw)
    damaged = Session(crashed, founder.device, clock)
    damaged.start()
    await until(damaged, lambda: damaged.status().state == "alarm")
    assert "damaged" in damaged.status().sentence
    await damaged.close()
