"""Messages are kept for as long as the policy says: then their texts go, at the service and in every vault."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from cerby_service.database import Reading
from cerby_service.database.tables import messages
from cerby_tui.session import Session
from cerby_tui.values import InboxFilter, Item
from cerby_wire.headers import Policy
from tests.crowd import Crowd, gather
from tests.fakes import FrozenClock
from tests.rig import ServiceRig, service_rig

EVERYTHING = InboxFilter()
DAY = 86_400


@pytest.fixture
def rig(tmp_path: Path, clock: FrozenClock) -> Any:
    """A service of its own, whose clock is the test's."""
    with service_rig(tmp_path, clock=clock.now) as running:
        yield running


@pytest.fixture
async def crowd(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> Crowd:
    """Ada and Bob, in a workspace that keeps messages for thirty days."""
    return await gather(rig, tmp_path, clock, ("owner", "user"), policy=Policy(retention=30 * DAY))


def texts(rig: ServiceRig) -> list[int]:
    """How many bytes of each message the service holds, oldest first."""

    def read(reading: Reading) -> list[int]:
        rows = reading.rows(messages.select().order_by(messages.c.at))
        return [len(row.sealed) for row in rows]

    return rig.parts.database.read_now(read)


async def numbered(session: Session, crowd: Crowd) -> str:
    """A number on an account that both are on."""
    account = await session.add_account(Item("Trips", app="airbnb"))
    offer = await session.offer_number(account)
    await session.commit_number(offer, offer.id.hex())
    await session.sharing.share(account, crowd[1].user, "collaborator")
    await session.sync_now()
    return offer.e164


async def test_texts_go_on_both_sides(
    crowd: Crowd, sessions: list[Session], rig: ServiceRig, clock: FrozenClock
) -> None:
    """After thirty days a text is gone everywhere; newer ones stay, and nobody sees an alarm, a newcomer included."""
    ada, bob = sessions
    e164 = await numbered(ada, crowd)
    await rig.text(e164, "old 111111")
    clock.advance(20 * DAY)
    await rig.text(e164, "new 222222")
    await ada.sync_now()
    assert ada.count_messages(EVERYTHING) == 2
    clock.advance(11 * DAY)
    await rig.parts.retention.sweep()
    await ada.sync_now()
    await bob.sync_now()
    sizes = texts(rig)
    assert sizes[0] == 0 and sizes[1] > 0
    for session in (ada, bob):
        assert [one.text for one in session.messages(EVERYTHING)] == ["new 222222"]
        assert session.status().state != "alarm"
    assert not ada._ground.reader.value("SELECT count(*) FROM messages_fts WHERE messages_fts MATCH 'old'")


async def test_text_withheld_too_early_is_an_alarm(
    crowd: Crowd, sessions: list[Session], rig: ServiceRig, clock: FrozenClock
) -> None:
    """A service that empties a text before the policy says so is found out."""
    ada, bob = sessions
    e164 = await numbered(ada, crowd)
    await rig.text(e164, "Your code is 593021")
    clock.advance(5 * DAY)
    rig.parts.retention._clock = lambda: clock.now() + 30 * DAY * 1000
    await rig.parts.retention.sweep()
    await bob.sync_now()
    assert bob.status().state == "alarm" and "another_sealed_text" in bob.status().sentence


async def test_longer_policy_keeps_what_is_there(
    crowd: Crowd, sessions: list[Session], rig: ServiceRig, clock: FrozenClock
) -> None:
    """A policy that keeps messages for ever ends the forgetting."""
    ada, _bob = sessions
    e164 = await numbered(ada, crowd)
    await rig.text(e164, "Your code is 593021")
    await ada.people.set_policy(replace(ada.people.policy(), retention=0))
    clock.advance(13 * DAY)
    clock.advance(40 * DAY)
    await rig.parts.retention.sweep()
    await ada.sync_now()
    assert ada.count_messages(EVERYTHING) == 1 and texts(rig)[0] > 0


async def test_what_went_under_an_earlier_policy_is_no_alarm(
    crowd: Crowd, sessions: list[Session], rig: ServiceRig, clock: FrozenClock
) -> None:
    """Messages whose text went before the policy became longer come to a newcomer without it, and without an alarm."""
    ada, bob = sessions
    e164 = await numbered(ada, crowd)
    await rig.text(e164, "old 111111")
    clock.advance(40 * DAY)
    await rig.parts.retention.sweep()
    await rig.text(e164, "new 222222")
    await ada.people.set_policy(replace(ada.people.policy(), retention=0))
    await bob.sync_now()
    assert [one.text for one in bob.messages(EVERYTHING)] == ["new 222222"]
    assert bob.status().state != "alarm"
