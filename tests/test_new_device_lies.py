"""A new device, and a service that lies at each step or somebody between the two ends: nothing is added or kept."""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import msgspec
import pytest
from msgspec.structs import replace

from cerby_tui import authoring
from cerby_tui.enrolling.new_device import NewDevice
from cerby_tui.errors import Alarm, UsageError
from cerby_tui.keys import DeviceKeys, new_seed
from cerby_tui.session import Session
from cerby_wire import approving
from cerby_wire.approving import (
    MINE,
    ApprovalList,
    ApprovalSeen,
    ApprovalView,
    Pinned,
    Reveal,
    Signed,
    Taken,
    Vouched,
    Welcome,
)
from cerby_wire.encoding import encode
from cerby_wire.headers import Position
from cerby_wire.primitives import pad, seal, wrap
from cerby_wire.shapes import HEADS, PULL, Heads, Pulled, PushEntry
from tests.devices import Device, enrol
from tests.fakes import FrozenClock
from tests.newcomers import Liar, approved, newcomer, raised, taken, wait_for
from tests.rig import ServiceRig

EMAILS = (f"grace{number}@example.org" for number in itertools.count())
Change = Callable[[Vouched], Vouched]


@pytest.fixture
async def first(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> Device:
    """The first device of a person."""
    return await enrol(rig, tmp_path / "first", clock, email=next(EMAILS))


@pytest.fixture
async def old(first: Device) -> AsyncIterator[Session]:
    """Its session."""
    session = first.open()
    yield session
    await session.close()


async def nothing_added(session: Session) -> None:
    """There is one trusted session, as before."""
    await session.sync_now()
    assert [one.status for one in await session.devices.own()] == ["Approved"]


class Middle:
    """Somebody between the ends, with a device of their own in the place of either."""

    def __init__(self) -> None:
        self.device = DeviceKeys(new_seed())
        self.random = os.urandom(16)

    def to_new(self, request: httpx.Request, body: bytes) -> bytes | None:
        """What the new device is told: our device has answered."""
        if request.url.path != MINE:
            return None
        seen = msgspec.msgpack.decode(body, type=ApprovalSeen)
        if seen.taken is None:
            return None
        ours = replace(seen.taken, approver=self.device.public, random=self.random)
        return msgspec.msgpack.encode(replace(seen, taken=ours))

    def to_old(self, request: httpx.Request, body: bytes) -> bytes | None:
        """What the old session is told: our device asks."""
        if request.url.path == approving.APPROVALS:
            views = msgspec.msgpack.decode(body, type=ApprovalList).approvals
            return msgspec.msgpack.encode(ApprovalList([self._ours(view) for view in views]))
        if request.url.path.startswith(approving.APPROVALS) and not request.url.path.endswith("deny"):
            return msgspec.msgpack.encode(self._ours(msgspec.msgpack.decode(body, type=ApprovalView)))
        return None

    def _ours(self, view: ApprovalView) -> ApprovalView:
        view = replace(view, commitment=approving.commitment(self.device.public, self.random))
        if view.reveal is None:
            return view
        return replace(view, device=self.device.public, reveal=Reveal(self.random, view.reveal.name))


@pytest.mark.parametrize("place", ["new", "old", "both"])
async def test_somebody_in_the_middle(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, first: Device, old: Session, place: str
) -> None:
    """Whoever exchanges the keys of one end or of both makes the codes differ: what is typed is wrong."""
    middle = Middle()
    at_old = first.open(transport=Liar(middle.to_old)) if place != "new" else first.open()
    device = newcomer(tmp_path / "new", clock, transport=Liar(middle.to_new) if place != "old" else None)
    await device.ask(rig.origin, old.who()[1])
    request, _name = await taken(at_old, device)
    with pytest.raises(UsageError, match="not the code"):
        await at_old.devices.approve(request, device.code(), "phone")
    await nothing_added(old)
    await at_old.close()


async def test_keys_exchanged_after_the_commitment(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, first: Device, old: Session
) -> None:
    """The session notices before there is a code to type, denies the request, and says why."""
    middle = Middle()

    def late(request: httpx.Request, body: bytes) -> bytes | None:
        """Another device, once ours was committed to."""
        view = msgspec.msgpack.decode(body, type=ApprovalView) if request.url.path.count("/") == 3 else None
        return msgspec.msgpack.encode(replace(view, device=middle.device.public)) if view and view.reveal else None

    session = first.open(
        transport=Liar(lambda request, body: late(request, body) if "/approvals/" in str(request.url) else None)
    )
    device = newcomer(tmp_path / "new", clock)
    await device.ask(rig.origin, old.who()[1])
    with pytest.raises(Alarm, match="committed"):
        await taken(session, device)
    assert await session.devices.pending() == []
    await nothing_added(old)
    await session.close()


async def test_another_answer_than_at_first(rig: ServiceRig, tmp_path: Path, clock: FrozenClock, old: Session) -> None:
    """The first answer is the one in the code; whoever comes with a second one is found out."""
    middle, honest = Middle(), [True, True, False]
    lie = Liar(lambda request, body: None if honest.pop(0) else middle.to_new(request, body))
    device = newcomer(tmp_path / "new", clock)
    await device.ask(rig.origin, old.who()[1])
    await taken(old, device)
    device._transport = lie
    honest[:] = [False]
    with pytest.raises(Alarm, match="Another session answers"):
        await device.look()


Made = Callable[[Change, DeviceKeys | None], bytes]
"""Makes the answer that shows another welcome than the one that was said, signed by the old session or another hand."""


async def approved_up_to_the_welcome(rig: ServiceRig, device: NewDevice, old: Session) -> Made:
    """Approve honestly; gives what makes another welcome of the one that was said."""
    await device.ask(rig.origin, old.who()[1])
    request, name = await taken(old, device)
    await old.devices.approve(request, device.code(), name)
    return maker(device, old, request, name)


def maker(device: NewDevice, old: Session, request: bytes, name: str) -> Made:
    """What makes welcomes for a device whose request the old session has answered."""
    known, new, one = device._known, device._device, old._identity
    assert known is not None and known.taken is not None and new is not None
    answer: Taken = known.taken

    def made(change: Change, signer: DeviceKeys | None) -> bytes:
        held = old._writing.vault.streams.held()
        pins = tuple(Pinned(stream, at.position.n, at.position.head) for stream, at in sorted(held.items()))
        told = (one.service_key, one.workspace, one.user, one.personal, one.name, one.email, name)
        raw = encode(change(Vouched(request, new.id, *told, pins)))
        signed = encode(Signed(raw, (signer or old._device).sign.sign(approving.LABEL, raw)))
        key, place = bytes(32), approving.welcome_place(request, new.public)
        welcome = Welcome(wrap(new.public.kem, key, place), seal(key, place, pad(signed)))
        return msgspec.msgpack.encode(ApprovalSeen("approved", 0, answer, welcome))

    return made


def repinned(vouched: Vouched, stream: bytes, **changes: object) -> Vouched:
    """With another position of one stream."""
    pins = tuple(pin._replace(**changes) if pin.stream == stream else pin for pin in vouched.pins)
    return replace(vouched, pins=pins)


FORGED: dict[str, tuple[Change, bool]] = {
    "another hand": (lambda vouched: vouched, True),
    "another service key": (lambda vouched: replace(vouched, service_key=bytes(32)), False),
    "another device": (lambda vouched: replace(vouched, device=bytes(16)), False),
    "another request": (lambda vouched: replace(vouched, approval=bytes(16)), False),
    "another person": (lambda vouched: replace(vouched, user=bytes(20)), False),
    "another workspace": (lambda vouched: replace(vouched, workspace=bytes(20)), False),
    "another personal stream": (lambda vouched: replace(vouched, personal=bytes(20)), False),
    "another head": (lambda vouched: repinned(vouched, vouched.workspace, head=bytes(32)), False),
    "a longer workspace": (lambda vouched: repinned(vouched, vouched.workspace, n=99), False),
    "another chain": (lambda vouched: repinned(vouched, vouched.user, head=bytes(32)), False),
}


@pytest.mark.parametrize("what", FORGED)
async def test_a_forged_welcome(rig: ServiceRig, tmp_path: Path, clock: FrozenClock, old: Session, what: str) -> None:
    """What does not come from the session that answered, or is not what the service shows, is refused; no vault."""
    device = newcomer(tmp_path / "new", clock)
    other = await approved_up_to_the_welcome(rig, device, old)
    change, stranger = FORGED[what]
    forged = other(change, DeviceKeys(new_seed()) if stranger else None)
    device._transport = Liar(lambda request, _body: forged if request.url.path == MINE else None)
    with pytest.raises(Alarm):
        await device.look()
    assert device.stage == "code"
    assert not device._home.vault.exists()
    device._transport = Liar(lambda request, _body: other(lambda v: v, None) if request.url.path == MINE else None)
    assert await device.look() == "confirm"  # the very same, untouched, is taken


def cut(stream: bytes, length: int) -> Callable[[httpx.Request, bytes], bytes | None]:
    """A service that shows a stream only up to a length, and says that there is no more."""

    def lie(request: httpx.Request, body: bytes) -> bytes | None:
        if request.url.path == HEADS:
            heads = msgspec.msgpack.decode(body, type=Heads)
            shown = [replace(one, n=length, head=HEAD[stream]) if one.id == stream else one for one in heads.streams]
            return msgspec.msgpack.encode(replace(heads, streams=shown))
        if request.url.path == PULL:
            pulled = msgspec.msgpack.decode(body, type=Pulled)
            left = [one for one in pulled.entries if one.stream != stream or one.n <= length]
            return msgspec.msgpack.encode(replace(pulled, entries=left))
        return None

    return lie


HEAD: dict[bytes, bytes] = {}
"""The head of a stream at the length to which it is cut."""


@pytest.mark.parametrize("kind", ["chain", "workspace"])
async def test_less_is_shown_than_there_is(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, old: Session, kind: str
) -> None:
    """A chain before this device, or a workspace before what the other session has seen, is not taken for the whole."""
    await old.people.set_policy(replace(old.policy(), idle_lock=300))
    device = newcomer(tmp_path / "new", clock)
    await device.ask(rig.origin, old.who()[1])
    request, name = await taken(old, device)
    await old.devices.approve(request, device.code(), name)
    stream = old._identity.user if kind == "chain" else old._identity.workspace
    HEAD[stream] = old._ground.around().head(stream, 1) or b""
    device._transport = Liar(cut(stream, 1))
    error = await raised(device.look(), Alarm)
    assert isinstance(error, Alarm) and error.rule in ("not_added", "fork", "withheld")
    device._transport = Liar(lambda _request, _body: None)
    await wait_for(device, "confirm")
    device._transport = Liar(cut(stream, 1))
    with pytest.raises(Alarm):
        await device.confirm()
    assert not device._home.vault.exists()


async def test_an_account_that_is_kept_back_is_counted(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, old: Session
) -> None:
    """It may have been taken away in that minute, so it is said, and what is there is used."""
    device = newcomer(tmp_path / "new", clock)
    other = await approved_up_to_the_welcome(rig, device, old)
    more = other(lambda one: replace(one, pins=(*one.pins, Pinned(b"x" * 20, 3, bytes(32)))), None)
    device._transport = Liar(lambda request, _body: more if request.url.path == MINE else None)
    assert (await device.look(), device.missing) == ("confirm", 1)


async def test_added_by_another_session_than_the_one_that_answered(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, old: Session
) -> None:
    """The code is between two devices: a third one does not add the new one in the place of the one that answered."""
    second = newcomer(tmp_path / "second", clock, name="tablet")
    await approved(old, second, rig.origin, old.who()[1])
    third = second.open()
    await third.sync_now()
    device = newcomer(tmp_path / "new", clock)
    await device.ask(rig.origin, old.who()[1])
    request, name = await taken(old, device)
    person, keys = third._writing.vault.streams.user(old._identity.user), third._writing.opener.user_keys(1)
    assert device._device and person and keys
    entry = authoring.add_device(third._device, person, keys, device._device.public)
    api = (await third._ground.online()).api
    (pushed,) = await third._thread.run(api.push([PushEntry(person.stream, entry)]))
    assert pushed.status == "accepted"
    shown = maker(device, old, request, name)(lambda vouched: vouched, None)
    device._transport = Liar(lambda request, _body: shown if request.url.path == MINE else None)
    error = await raised(device.look(), Alarm)
    assert isinstance(error, Alarm) and error.rule == "added_by_another"
    await third.close()


async def test_another_chain_than_the_one_in_the_code(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, old: Session
) -> None:
    """Even with a welcome that fits to what is served, the chain has to go on from where the code said it was."""
    device = newcomer(tmp_path / "new", clock)
    await device.ask(rig.origin, old.who()[1])
    request, name = await taken(old, device)
    await old.devices.approve(request, device.code(), name)
    known = device._known
    assert known is not None and known.taken is not None
    device._known = replace(known, taken=replace(known.taken, chain=Position(1, bytes(32))))
    shown = maker(device, old, request, name)(lambda vouched: vouched, None)
    device._transport = Liar(lambda request, _body: shown if request.url.path == MINE else None)
    error = await raised(device.look(), Alarm)
    assert isinstance(error, Alarm) and (error.rule, "in the code" in error.sentence) == ("fork", True)
