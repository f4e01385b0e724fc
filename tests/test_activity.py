"""The activity log as a client has it: noted offline, shown under names, and checked line by line."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from cerby_service.database import Writing
from cerby_service.database.tables import activity as log
from cerby_service.database.tables import meta
from cerby_tui.activity import ActivityFilter
from cerby_tui.errors import Alarm
from cerby_tui.session import Session
from cerby_tui.values import Item
from cerby_wire.activity import Line, line_digest, next_hash
from tests.crowd import gather
from tests.devices import Device, found_directly
from tests.fakes import FrozenClock
from tests.rig import ServiceRig, service_rig

MINUTE = 60_000


@pytest.fixture
def rig(tmp_path: Path, clock: FrozenClock) -> Iterator[ServiceRig]:
    """The real service."""
    with service_rig(tmp_path, clock=clock.now) as rig:
        yield rig


@pytest.fixture
async def device(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> Device:
    """A device of somebody who founded a workspace."""
    return (await found_directly(rig, tmp_path, clock))[0]


@pytest.fixture
async def session(device: Device) -> AsyncIterator[Session]:
    """Their open session, in step with the service, with one account."""
    session = device.open()
    await session.add_account(Item("Shop", username="ada", password="swordfish"))
    await session.sync_now()
    yield session
    await session.close()


@asynccontextmanager
async def reopened(device: Device, *, after_sync: bool = False) -> AsyncIterator[Session]:
    """Another session over the same vault."""
    session = device.open()
    try:
        if after_sync:
            await session.sync_now()
        yield session
    finally:
        await session.close()


async def told(session: Session, **wanted: object) -> list[str]:
    """Events and details, the newest first."""
    lines = await session.activity.lines(ActivityFilter(**wanted))  # type: ignore[arg-type]
    return [f"{line.event}: {line.detail}" if line.detail else line.event for line in lines]


async def broken(session: Session) -> tuple[str, str]:
    """The rule and the sentence of the alarm that a verification raises."""
    with pytest.raises(Alarm) as caught:
        await session.activity.verify()
    return caught.value.rule, caught.value.sentence


def shop(session: Session) -> bytes:
    """The id of the account."""
    return session.find("Shop").id


async def test_lines_carry_the_names_that_people_know(session: Session) -> None:
    """Who, at which session, which account: under their names, with the time."""
    newest = (await session.activity.lines(ActivityFilter(accounts=(shop(session),))))[-1]

    assert (newest.event, newest.person, newest.account) == ("Existing Account Added", "Ada Founder", "Shop")
    assert newest.device == "test device"
    assert newest.at == newest.received > 0


async def test_what_is_noted_offline_is_sent_with_the_next_round(
    session: Session, device: Device, rig: ServiceRig, clock: FrozenClock
) -> None:
    """Noting needs no service; the signed events wait in the vault, over a restart too, with the time they happened."""
    account, at = shop(session), clock.now()
    session.activity.note("copied", account, "password")
    session.activity.note("viewed", account, "notes")
    await session.close()
    clock.advance(600)
    async with reopened(device, after_sync=True) as again:
        lines = await again.activity.lines(ActivityFilter(events=("Password Retrieved", "Field Viewed")))

    told = [(line.detail, line.at, line.received) for line in lines]
    assert told == [("notes, viewed", at, clock.now()), ("password, copied", at, clock.now())]


async def test_looking_at_the_same_thing_again_is_one_event(session: Session, clock: FrozenClock) -> None:
    """Within a minute; later it is another one."""
    for seconds in (0, 10, 100):
        clock.advance(seconds)
        session.activity.note("viewed", shop(session), "password")
    await session.sync_now()

    assert (await told(session))[:3] == ["Password Retrieved: password, viewed"] * 2 + ["Existing Account Added"]


async def test_a_log_in_order_is_verified(session: Session) -> None:
    """The whole chain follows, and goes on following as it grows."""
    assert await session.activity.verify() == "All 5 lines of the activity log follow from one another."
    session.activity.note("viewed", shop(session), "password")
    await session.sync_now()
    assert await session.activity.verify() == "All 6 lines of the activity log follow from one another."


async def test_an_altered_line_is_named(session: Session, rig: ServiceRig) -> None:
    """Another event in the middle of the log: the first line that does not follow is named."""
    rig.parts.database.write_now(lambda w: w.run(update(log).where(log.c.n == 3).values(event="Account Updated")))

    assert await broken(session) == ("activity_broken", "Line 3 of the activity log was altered, or put in.")


async def test_a_dropped_line_is_named(session: Session, rig: ServiceRig) -> None:
    """A gap in the middle."""
    rig.parts.database.write_now(lambda w: w.run(delete(log).where(log.c.n == 2)))

    assert await broken(session) == ("activity_gap", "Line 2 of the activity log is missing.")


async def test_reordered_lines_are_named(session: Session, rig: ServiceRig) -> None:
    """Two lines that changed places, each with its own hash."""

    def swap(writing: Writing) -> None:
        for old, new in ((2, 99), (3, 2), (99, 3)):
            writing.run(update(log).where(log.c.n == old).values(n=new))

    rig.parts.database.write_now(swap)
    assert await broken(session) == ("activity_broken", "Line 2 of the activity log was altered, or put in.")


async def test_a_truncated_log_is_noticed(session: Session, rig: ServiceRig) -> None:
    """Lines that were verified and are gone from the end; asking for lines notices it too."""
    await session.activity.verify()
    rig.parts.database.write_now(lambda w: w.run(delete(log).where(log.c.n >= 4)))

    said = "Line 4 of the activity log is gone: it had 5 lines before."
    assert await broken(session) == ("activity_truncated", said)
    with pytest.raises(Alarm) as caught:
        await told(session)
    assert caught.value.sentence == said


def rewrite(rig: ServiceRig, first: int) -> None:
    """Write the log anew from a line on, with hashes that follow."""

    def change(writing: Writing) -> None:
        names = list(Line.__struct_fields__)
        rows = writing.rows(select(*(log.c[name] for name in names), log.c.hash, log.c.workspace).order_by(log.c.n))
        head = rows[0].workspace
        for row in rows:
            line = Line(*row[:-2])
            if line.n >= first:
                line = Line(*(value if name != "at" else value + 1 for name, value in zip(names, row, strict=False)))
            head = next_hash(head, line_digest(line))
            writing.run(update(log).where(log.c.n == line.n).values(at=line.at, hash=head))

    rig.parts.database.write_now(change)


async def test_history_that_was_rewritten_since_is_noticed(session: Session, rig: ServiceRig) -> None:
    """A chain that follows in itself, but is not the one that was verified: the first other line is named."""
    await session.activity.verify()
    rewrite(rig, 4)

    said = "Line 4 of the activity log was rewritten since it was seen here."
    assert await broken(session) == ("activity_rewritten", said)
    with pytest.raises(Alarm, match="up to line 5 was rewritten"):
        await told(session)


async def test_what_the_service_said_when_it_took_events_is_held_against_it(session: Session, rig: ServiceRig) -> None:
    """Handing in an event fixes the log as it stood, without any verification."""
    session.activity.note("viewed", shop(session), "password")
    await session.sync_now()
    rewrite(rig, 2)

    assert (await broken(session))[0] == "activity_rewritten"


async def test_a_forged_event_of_a_session_is_noticed(session: Session, rig: ServiceRig) -> None:
    """A chain that follows, with a signed event that was never signed: the signature is checked."""
    session.activity.note("viewed", shop(session), "password")
    await session.sync_now()
    rig.parts.database.write_now(lambda w: w.run(update(log).where(log.c.n == 6).values(detail="password, copied")))
    rewrite(rig, 9)

    assert await broken(session) == (
        "activity_broken",
        "Line 6 of the activity log is not what it says it is (another_event).",
    )


async def test_a_line_that_cites_another_entry_is_noticed(session: Session, rig: ServiceRig) -> None:
    """A line that says it follows from an entry has to cite the one that is held here."""

    def lie(writing: Writing) -> None:
        raw: bytes | None = writing.value(select(log.c.raw).where(log.c.n == 4))
        assert raw
        raw = raw[:-32] + bytes(32)
        writing.run(update(log).where(log.c.n == 4).values(raw=raw))

    rig.parts.database.write_now(lie)
    rewrite(rig, 9)
    rule, said = await broken(session)
    assert (rule, "Line 4" in said, "another_entry" in said) == ("activity_broken", True, True)


@pytest.mark.parametrize("known", ["verified", "reported"])
async def test_a_restored_backup_is_told_and_is_no_alarm(session: Session, rig: ServiceRig, known: str) -> None:
    """A new generation of the database may have lost the end of the log; it is said once, then the log goes on."""
    if known == "verified":
        await session.activity.verify()
    else:
        session.activity.note("viewed", shop(session), "password")
        await session.sync_now()
    rig.parts.database.write_now(lambda w: w.run(delete(log).where(log.c.n >= 4)))
    rig.parts.database.write_now(lambda w: w.run(delete(meta).where(meta.c.key == "generation")))
    rig.stop()
    rig.start()

    assert len(await told(session)) == 3
    lost = 2 if known == "verified" else 3
    said = f"The service came back from a backup: the last {lost} lines known here are not in it."
    assert (await session.activity.verify()).endswith(said)
    assert await session.activity.verify() == "All 3 lines of the activity log follow from one another."


async def test_filters_reach_the_service(session: Session) -> None:
    """By event, person, account and time."""
    assert await told(session, events=("Workspace Created",)) == ["Workspace Created"]
    assert await told(session, people=(b"\x01" * 20,)) == []
    assert await told(session, since=session._clock.now() + MINUTE) == []
    assert len(await told(session, limit=2)) == 2


async def test_when_people_were_here_last(tmp_path: Path, rig: ServiceRig, clock: FrozenClock) -> None:
    """Members are listed with their last contact, and on an account with when they last did something to it."""
    crowd = await gather(rig, tmp_path, clock, ("owner", "user", "guest"))
    ada, bob, eve = (person.open() for person in crowd.people)
    account = await ada.add_account(Item("Shop"))
    await ada.sharing.share(account, crowd[1].user, "owner")
    await ada.sync_now()
    clock.advance(3600)
    await bob.sync_now()
    bob.activity.note("viewed", account, "account")
    await bob.sync_now()
    await ada.sync_now()
    await eve.sync_now()

    assert {one.name: one.last_activity for one in ada.people.members()}["Bob Example"] == clock.now()
    used = {one.name: one.last_used for one in ada.sharing.members(account)}
    assert used["Bob Example"] - used["Ada Example"] == 3_600_000
    assert {one.last_activity for one in eve.people.members()} == {0}
    for session in (ada, bob, eve):
        await session.close()


async def test_an_administrator_verifies_what_they_cannot_open(
    tmp_path: Path, rig: ServiceRig, clock: FrozenClock
) -> None:
    """Lines of accounts that somebody does not hold are checked as far as that goes; a Guest checks digests."""
    crowd = await gather(rig, tmp_path, clock, ("owner", "admin", "guest"))
    owner, admin, guest = (person.open() for person in crowd.people)
    account = await owner.add_account(Item("Shop"))
    await owner.sync_now()
    owner.activity.note("viewed", account, "password")
    for session in (owner, admin, guest):
        await session.sync_now()
    lines = await admin.activity.lines(ActivityFilter(accounts=(account,)))

    assert [line.event for line in lines] == ["Password Retrieved", "Existing Account Added"]
    assert {line.account for line in lines} == {f"Account {account[:3].hex().upper()}"}
    assert (await admin.activity.verify()).endswith("follow from one another.")
    assert "are not for you to read; their digests were checked." in await guest.activity.verify()
    for session in (owner, admin, guest):
        await session.close()
