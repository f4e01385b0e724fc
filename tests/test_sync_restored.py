"""A service that comes back from an older backup: its clients give it back what it lost, before anything new."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cerby_tui.values import CardFilter, InboxFilter, Item
from tests.devices import Device, found_directly
from tests.fakes import NOON, FrozenClock
from tests.rig import ServiceRig, service_rig


def restore(rig: ServiceRig, backup: Path) -> None:
    """Put a copy of the data directory back, and begin a new generation, as restoring a backup does."""
    rig.stop()
    shutil.rmtree(rig.data)
    shutil.copytree(backup, rig.data)
    with closing(sqlite3.connect(rig.data / "service.db")) as database, database:
        database.execute("DELETE FROM meta WHERE key = 'generation'")
    rig.start()


@pytest.fixture
async def restored(tmp_path: Path, clock: FrozenClock):
    """A service restored to before the newest edits, accounts and messages of the first device."""
    with service_rig(tmp_path, clock=lambda: NOON) as rig:
        first, second = await found_directly(rig, tmp_path, clock)
        session = first.open()
        trips = await session.add_account(Item("Trips", app="airbnb"))
        offer = await session.offer_number(trips)
        await session.commit_number(offer, "key")
        await rig.text(offer.e164, "before the backup 111111")
        await session.sync_now()
        rig.stop()
        shutil.copytree(rig.data, tmp_path / "backup")
        rig.start()
        await session.edit_account(trips, {"notes": "after the backup"})
        await session.add_account(Item("Made after"))
        await rig.text(offer.e164, "after the backup 222222")
        await session.sync_now()
        await session.close()
        restore(rig, tmp_path / "backup")
        yield rig, first, second, offer.e164


async def test_lost_tail_is_given_back(restored: tuple[ServiceRig, Device, Device, str]) -> None:
    """Edits and whole accounts that the backup did not have are at the service again, and on the other device."""
    _rig, first, second, _number = restored
    session = first.open()
    await session.edit_account(session.find("Trips").id, {"email": "new@example.org"})
    await session.sync_now()
    assert session.status().waiting == 0
    assert [card.alarm for card in session.cards(CardFilter())] == ["", ""]
    await session.close()
    other = second.open()
    await other.sync_now()
    assert [card.label for card in other.cards(CardFilter())] == ["Made after", "Trips"]
    item = other.account(other.find("Trips").id).item
    assert (item.notes, item.email) == ("after the backup", "new@example.org")
    await other.close()


async def test_messages_are_kept_and_counted_anew(restored: tuple[ServiceRig, Device, Device, str]) -> None:
    """Messages that the service lost stay where they were, and new ones come beside them under the new generation."""
    rig, first, _second, number = restored
    session = first.open()
    await session.sync_now()
    await rig.text(number, "after the restore 333333")
    await session.sync_now()
    texts = {message.text for message in session.messages(InboxFilter())}
    assert texts == {"before the backup 111111", "after the backup 222222", "after the restore 333333"}
    assert len(session._writing.vault.records.spans()) == 2
    await session.close()
