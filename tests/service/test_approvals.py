"""The mailbox of approvals and the proof of a removal, on the real HTTP surface: who may say what, and when."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from cerby_service.clock import DAY, HOUR, MINUTE
from cerby_service.database import approvals as rows
from cerby_service.database import history
from cerby_tui import authoring
from cerby_tui.errors import RefusedError, SessionRemoved
from cerby_tui.keys import DeviceKeys, new_seed
from cerby_tui.sync.api import Api
from cerby_wire.activity import ACTIVITY, ActivityPage, Line
from cerby_wire.approving import (
    APPROVALS,
    MINE,
    ApprovalAsked,
    ApprovalEvent,
    ApprovalList,
    ApprovalSeen,
    ApprovalView,
    Approve,
    AskApproval,
    LookAfter,
    Reveal,
    Taken,
    Welcome,
    commitment,
)
from cerby_wire.encoding import decode
from cerby_wire.headers import Entry, Policy, Position
from cerby_wire.removing import REMOVAL, AskRemoval, RemovalEvidence
from cerby_wire.sessions import DEVICES, DeviceList
from cerby_wire.shapes import Shape
from tests.fakes import FrozenClock
from tests.rig import ServiceRig
from tests.service.member import Member

RANDOM = bytes(16)


class New:
    """A device that asks, by itself."""

    def __init__(self, rig: ServiceRig, clock: FrozenClock) -> None:
        self.keys = DeviceKeys(new_seed())
        self.api = Api(rig.origin, self.keys, clock)
        self.id = b""

    async def ask(self, email: str) -> None:
        """Ask a person's sessions."""
        asked = AskApproval(email, self.keys.public, commitment(self.keys.public, RANDOM))
        self.id = (await self.api.ask("POST", APPROVALS, asked, ApprovalAsked)).id

    async def look(self, *, reveal: bool = False) -> ApprovalSeen:
        """Look after it."""
        said = Reveal(RANDOM, b"name") if reveal else None
        return await self.api.ask("POST", MINE, LookAfter(self.id, self.keys.public, said), ApprovalSeen)

    @property
    def path(self) -> str:
        """Where sessions find the request."""
        return f"{APPROVALS}/{self.id.hex()}"


class Anything(Shape, frozen=True):
    """An answer that is of no interest."""


def answer(member: Member, device: DeviceKeys | None = None) -> Taken:
    """What a session of a member answers."""
    person = member.ledger.user(member.user)
    assert person is not None
    return Taken(member.user, Position(person.n, person.head), (device or member.device).public, os.urandom(16))


def adding(member: Member, new: DeviceKeys) -> Entry:
    """The entry that adds a device."""
    person = member.ledger.user(member.user)
    assert person is not None
    return authoring.add_device(member.device, person, member.keys, new.public)


@asynccontextmanager
async def refused(code: str) -> AsyncIterator[None]:
    """What happens inside is refused with this code."""
    with pytest.raises(RefusedError) as caught:
        yield
    assert caught.value.code == code


Begin = Callable[[], New]


@pytest.fixture
async def begin(rig: ServiceRig, clock: FrozenClock) -> AsyncIterator[Begin]:
    """Makes new devices."""
    made: list[New] = []

    def one() -> New:
        made.append(New(rig, clock))
        return made[-1]

    yield one
    for device in made:
        await device.api.close()


async def test_a_request_is_for_its_person_alone(rig: ServiceRig, ada: Member, begin: Begin) -> None:
    """Nobody else sees, answers or denies it, and nobody answers for somebody else."""
    new, eve = begin(), Member(ada.rig, "eve@example.com")
    await eve.found()
    await new.ask("ADA@example.com ")
    (view,) = (await ada.api.ask("GET", APPROVALS, None, ApprovalList)).approvals
    assert (view.id, view.state, view.expires - view.asked, view.device) == (new.id, "waiting", 5 * MINUTE, None)
    assert (await eve.api.ask("GET", APPROVALS, None, ApprovalList)).approvals == []
    for method, path, body in (("GET", "", None), ("POST", "/take", answer(eve)), ("POST", "/deny", None)):
        async with refused("not_found"):
            await eve.api.ask(method, new.path + path, body, ApprovalView)
    async with refused("bad_request"):
        await ada.api.ask("POST", f"{new.path}/take", answer(eve), ApprovalView)
    assert (await new.look()).state == "waiting"
    await eve.api.close()


async def test_a_request_belongs_to_its_device(ada: Member, begin: Begin) -> None:
    """Another device neither follows it nor says its part."""
    new, other = begin(), begin()
    await new.ask(ada.email)
    other.id = new.id
    async with refused("not_found"):
        await other.look(reveal=True)
    async with refused("bad_signature"):
        await other.api.ask("POST", MINE, LookAfter(new.id, new.keys.public), ApprovalSeen)


async def test_each_part_is_said_once(ada: Member, begin: Begin) -> None:
    """What the device reveals comes after the answer, and neither is taken a second time."""
    new = begin()
    await new.ask(ada.email)
    assert (await new.look(reveal=True)).state == "waiting"
    first = answer(ada)
    assert (await ada.api.ask("POST", f"{new.path}/take", first, ApprovalView)).reveal is None
    async with refused("request_taken"):
        await ada.api.ask("POST", f"{new.path}/take", answer(ada), ApprovalView)
    seen = await new.look(reveal=True)
    assert (seen.state, seen.taken) == ("revealed", first)
    again = LookAfter(new.id, new.keys.public, Reveal(b"1" * 16, b""))
    await new.api.ask("POST", MINE, again, ApprovalSeen)
    view = await ada.api.ask("GET", new.path, None, ApprovalView)
    assert (view.reveal, view.device) == (Reveal(RANDOM, b"name"), new.keys.public)


async def test_only_the_device_that_asked_is_added(ada: Member, begin: Begin) -> None:
    """By the session that answered, after both have said their parts, with the entry that adds just it; once."""
    new, welcome = begin(), Welcome(b"w", b"s")
    await new.ask(ada.email)
    entry, other = adding(ada, new.keys), adding(ada, DeviceKeys(new_seed()))
    await ada.api.ask("POST", f"{new.path}/take", answer(ada), ApprovalView)
    async with refused("request_taken"):
        await ada.api.ask("POST", f"{new.path}/welcome", Approve(entry, b"n", welcome), Anything)
    await new.look(reveal=True)
    async with refused("bad_request"):
        await ada.api.ask("POST", f"{new.path}/welcome", Approve(other, b"n", welcome), Anything)
    async with refused("bad_request"):
        await ada.api.ask("POST", f"{new.path}/welcome", Approve(entry, b"n" * 5000, welcome), Anything)
    for _ in range(2):
        await ada.api.ask("POST", f"{new.path}/welcome", Approve(entry, b"n", welcome), Anything)
    seen = await new.look()
    assert (seen.state, seen.welcome) == ("approved", welcome)
    listed = (await new.api.ask("GET", DEVICES, None, DeviceList)).devices
    assert [(one.id == new.keys.id, one.name) for one in listed][1:] == [(True, b"n")]


async def test_no_device_asks_twice_in_two_workspaces(ada: Member) -> None:
    """A device that is a session already does not become another one."""
    asked = AskApproval("eve@example.com", ada.device.public, bytes(32))
    async with refused("forbidden"):
        await ada.api.ask("POST", APPROVALS, asked, ApprovalAsked)


async def test_nobody_is_flooded(ada: Member, begin: Begin, clock: FrozenClock) -> None:
    """Ten requests are shown at a time; the next one is answered like any other, and waits for nobody."""
    devices = [begin() for _ in range(11)]
    for device in devices:
        await device.ask(ada.email)
    shown = (await ada.api.ask("GET", APPROVALS, None, ApprovalList)).approvals
    assert {view.id for view in shown} == {device.id for device in devices[:10]}
    assert (await devices[10].look()).state == "waiting"
    clock.advance(300)
    assert (await ada.api.ask("GET", APPROVALS, None, ApprovalList)).approvals == []
    assert (await devices[0].look()).state == "expired"


async def test_requests_are_forgotten(rig: ServiceRig, ada: Member, begin: Begin, clock: FrozenClock) -> None:
    """Those that came to nothing after an hour, approved ones after a week, in which the device can come back."""
    one, other = begin(), begin()
    for new in (one, other):
        await new.ask(ada.email)
    await ada.api.ask("POST", f"{one.path}/take", answer(ada), ApprovalView)
    await one.look(reveal=True)
    await ada.api.ask("POST", f"{one.path}/welcome", Approve(adding(ada, one.keys), b"", Welcome(b"", b"")), Anything)
    database, sweeper = rig.parts.database, rig.parts.sweeper
    clock.advance((HOUR + 6 * MINUTE) / 1000)
    await sweeper.sweep()
    assert await database.read(lambda reading: rows.find(reading, other.id)) is None
    assert (await one.look()).state == "approved"
    clock.advance(7 * DAY / 1000)
    await sweeper.sweep()
    assert await database.read(lambda reading: rows.find(reading, one.id)) is None


async def test_who_comes_back_hears_of_a_request(rig: ServiceRig, ada: Member, begin: Begin) -> None:
    """A feed that resumes is told that a request began, and only that person's."""
    database = rig.parts.database
    before = await database.read(lambda reading: history.since(reading, ada.workspace, ada.user, 0))
    await begin().ask(ada.email)
    _newest, heard = await database.read(lambda reading: history.since(reading, ada.workspace, ada.user, before[0]))
    assert [event for _cursor, event in heard] == [ApprovalEvent()]
    other = await database.read(lambda reading: history.since(reading, ada.workspace, b"x" * 20, before[0]))
    assert other[1] == []


async def test_proof_is_for_ended_sessions_only(rig: ServiceRig, ada: Member, begin: Begin, clock: FrozenClock) -> None:
    """A live session has nothing to ask for, a stranger neither; an ended one gets its proof, and nothing after it."""
    second = DeviceKeys(new_seed())
    await ada.push(adding(ada, second))
    ended = begin()
    await ended.api.close()
    api = ended.api = Api(rig.origin, second, clock)
    async with refused("forbidden"):
        await api.ask("POST", REMOVAL, AskRemoval(), RemovalEvidence)
    person = ada.ledger.user(ada.user)
    assert person is not None
    revoked, ada.keys = authoring.revoke_device(ada.device, person, ada.keys, second.id)
    later = authoring.policy(ada.author(), Policy(clipboard=9))
    for entry in (revoked, later):
        await ada.push(entry)
    await ada.push(adding(ada, DeviceKeys(new_seed())))
    with pytest.raises(SessionRemoved):
        await api.heads("")
    shown = await api.ask("POST", REMOVAL, AskRemoval(), RemovalEvidence)
    assert ([(one.stream, one.n) for one in shown.entries], shown.at, shown.more) == (
        [(ada.user, 1), (ada.user, 2), (ada.user, 3)],
        clock.now(),
        False,
    )
    page = await api.ask("POST", REMOVAL, AskRemoval({ada.user: 1}, budget=1), RemovalEvidence)
    assert ([one.n for one in page.entries], page.more) == ([2], True)
    async with refused("unknown_device"):
        await begin().api.ask("POST", REMOVAL, AskRemoval(), RemovalEvidence)


async def test_proof_of_an_order_ends_with_it(rig: ServiceRig, ada: Member, begin: Begin, clock: FrozenClock) -> None:
    """The workspace up to the order, and the chains that it cites, as far as it cites them."""
    second = DeviceKeys(new_seed())
    await ada.push(adding(ada, second))
    await ada.push(authoring.suspend(ada.author(), ada.user, second.id))
    await ada.push(authoring.policy(ada.author(), Policy(clipboard=9)))
    await ada.push(adding(ada, DeviceKeys(new_seed())))
    ended = begin()
    await ended.api.close()
    ended.api = Api(rig.origin, second, clock)
    shown = await ended.api.ask("POST", REMOVAL, AskRemoval(), RemovalEvidence)
    places = {(one.stream, one.n) for one in shown.entries}
    assert places == {(ada.user, 1), (ada.user, 2), (ada.workspace, 1), (ada.workspace, 2)}


async def test_the_log_tells_of_requests(ada: Member, begin: Begin) -> None:
    """That a device asked, and who denied it; a request to nobody leaves no line."""
    new, lost = begin(), begin()
    await lost.ask("nobody@example.com")
    await new.ask(ada.email)
    await ada.api.ask("POST", f"{new.path}/deny", None, Anything)
    page = await ada.api.ask("GET", ACTIVITY, None, ActivityPage)
    lines = [decode(line.raw, Line) for line in page.lines]
    told = [
        (line.event, line.user, line.device, line.subject) for line in lines if line.event.startswith("Secure Device")
    ]
    assert ("Secure Device Requested", ada.user, b"", new.keys.id) in told
    assert ("Secure Device Denied", ada.user, ada.device.id, new.keys.id) in told
    assert len(told) == 3  # and the first session
