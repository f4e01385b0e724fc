"""A service that lies about the activity log while it answers: each lie ends in an alarm that names the line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from cerby_service.database import Draft
from cerby_tui.activity import ActivityFilter
from cerby_tui.errors import Alarm
from cerby_tui.session import Session
from cerby_tui.values import Item
from cerby_wire.activity import ACTIVITY, PAGE, ActivityPage, Line, Seen, Shown, line_digest, next_hash
from cerby_wire.encoding import decode, encode
from cerby_wire.records import sign_record
from tests.devices import Device, found_directly
from tests.fakes import FrozenClock
from tests.hostile.service import Hostile
from tests.rig import ServiceRig, service_rig

Lie = Callable[[ActivityPage], ActivityPage]


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
def hostile(rig: ServiceRig) -> Hostile:
    """What their device reaches in place of the service."""
    return Hostile(rig)


@pytest.fixture
async def session(device: Device, hostile: Hostile) -> AsyncIterator[Session]:
    """A session with one account, of which a password was viewed."""
    session = device.open(transport=hostile)
    account = await session.add_account(Item("Shop"))
    await session.sync_now()
    session.activity.note("viewed", account, "password")
    await session.sync_now()
    yield session
    await session.close()


def lie(hostile: Hostile, about: Lie) -> None:
    """From now on, lie about pages of the log."""
    hostile.tell(ACTIVITY, lambda _asked, page: about(page), ActivityPage)


def relinked(page: ActivityPage, workspace: bytes, change: Callable[[Line], Line]) -> ActivityPage:
    """The chain with changed lines and hashes that follow."""
    head, lines = workspace, list[Shown]()
    for one in page.lines:
        line = change(decode(one.raw, Line))
        head = next_hash(head, line_digest(line))
        lines.append(Shown(one.n, head, raw=encode(line)))
    return replace(page, lines=tuple(lines), head=replace(page.head, hash=head))


async def alarm(session: Session) -> tuple[str, str]:
    """The rule and the sentence of the alarm that a verification raises."""
    with pytest.raises(Alarm) as caught:
        await session.activity.verify()
    return caught.value.rule, caught.value.sentence


async def test_a_log_that_is_said_to_be_longer(session: Session, hostile: Hostile) -> None:
    """The head has to be the last line that was shown."""
    lie(hostile, lambda page: replace(page, head=replace(page.head, n=page.head.n + 1)))
    assert await alarm(session) == ("activity_truncated", "Line 7 of the activity log is missing.")


async def test_lines_without_end(session: Session, hostile: Hostile) -> None:
    """`There is more` without anything more ends the question, not the program."""
    lie(hostile, lambda page: replace(page, lines=() if page.lines[0].n > 1 else page.lines[:3], more=True))
    async with asyncio.timeout(20):
        assert await alarm(session) == ("activity_truncated", "Line 4 of the activity log is missing.")
        assert len(await session.activity.lines(ActivityFilter())) == 0


async def test_a_line_in_the_place_of_another(session: Session, hostile: Hostile) -> None:
    """A line says which place it has, and it has that place."""

    def move(page: ActivityPage) -> ActivityPage:
        return relinked(page, session._identity.workspace, lambda line: replace(line, n=9) if line.n == 2 else line)

    lie(hostile, move)
    assert await alarm(session) == (
        "activity_broken",
        "Line 2 of the activity log is not what it says it is (another_line).",
    )


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda line: replace(line, device=b"\x01" * 16), "unknown_device"),
        (lambda line: replace(line, detail="password, copied"), "another_event"),
        (lambda line: replace(line, event="Message Viewed"), "another_event"),
        (lambda line: replace(line, account=b"\x01" * 20), "another_event"),
        (lambda line: replace(line, signature=bytes(64)), "bad_signature"),
    ],
    ids=["device", "detail", "event", "account", "signature"],
)
async def test_a_signed_event_that_was_bent(
    session: Session, hostile: Hostile, change: Callable[[Line], Line], rule: str
) -> None:
    """Whatever a line says beside what the session signed, or of another session, is noticed."""
    workspace = session._identity.workspace
    lie(hostile, lambda page: relinked(page, workspace, lambda line: change(line) if line.signature else line))
    rule_found, said = await alarm(session)
    assert (rule_found, f"Line 6 of the activity log is not what it says it is ({rule})." == said) == (
        "activity_broken",
        True,
    ), said


async def test_an_event_made_up_for_somebody_else(session: Session, hostile: Hostile, device: Device) -> None:
    """Nobody is told of as having done what another person's session signed."""
    one = session._identity

    def frame(line: Line) -> Line:
        if not line.signature:
            return line
        seen = Seen(line.id, one.workspace, b"\x02" * 20, one.device, "copied", "password", line.account, 5)
        signed = sign_record(device.keys.sign, seen)
        return replace(line, detail="password, copied", raw=signed.raw, signature=signed.signature)

    lie(hostile, lambda page: relinked(page, one.workspace, frame))
    assert "another_event" in (await alarm(session))[1]


async def test_long_logs_are_read_page_by_page(session: Session, rig: ServiceRig) -> None:
    """More lines than go into one page: all of them are verified, and as many are listed as are asked for."""
    one = session._identity
    drafts = [Draft(one.workspace, "Workspace Settings Changed", one.user) for _ in range(2 * PAGE)]
    rig.parts.database.write_now(lambda writing: writing.log(*drafts))

    assert await session.activity.verify() == f"All {2 * PAGE + 6} lines of the activity log follow from one another."
    counts = [len(await session.activity.lines(ActivityFilter(limit=most))) for most in (3, PAGE, PAGE + 1, 0)]
    assert counts == [3, PAGE, PAGE + 1, 2 * PAGE + 6]
    places = [line.n for line in await session.activity.lines(ActivityFilter(limit=PAGE + 1))]
    assert places == list(range(2 * PAGE + 6, PAGE + 5, -1))
