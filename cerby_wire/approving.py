"""A new device beside others of its person: what it asks, what both ends say, and the code that a person carries over.

The new device commits itself to a random value before it hears the other's, so whoever sits in the middle has chosen
its keys before it knows what the code will be: one guess in a hundred million for each attempt.

    new device ── commitment ──▶ mailbox ◀── random value, person, chain ── trusted session
    new device ── keys, random value, name ──▶          code shown, typed
    new device ◀── welcome ── with the signed entry that adds it
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from cerby_wire.encoding import encode
from cerby_wire.entries import device_id
from cerby_wire.headers import DevicePublic, Entry, Position, Wire
from cerby_wire.primitives import digest
from cerby_wire.shapes import Shape

APPROVALS = "/v1/approvals"
MINE = "/v1/approvals/mine"
"""Where a new device looks after its own request; everything below the path of a request is for sessions."""
LABEL = "welcome"
RANDOM_LENGTH = 16
CODE_DIGITS = 8

State = Literal["waiting", "taken", "revealed", "approved", "denied", "expired"]


class AskApproval(Shape, frozen=True):
    """A new device asks the person with that address. The answer is the same whether there is such a person."""

    email: str
    device: DevicePublic
    commitment: bytes


class ApprovalAsked(Shape, frozen=True):
    """The request lies in the mailbox until `expires` (UTC milliseconds)."""

    id: bytes
    expires: int


class Taken(Shape, frozen=True):
    """A trusted session answers: itself, its person, where their chain stands, and its random value."""

    user: bytes
    chain: Position
    approver: DevicePublic
    random: bytes


class Reveal(Shape, frozen=True):
    """What the new device had committed itself to, and its name, wrapped to the session that answered."""

    random: bytes
    name: bytes


class Welcome(Shape, frozen=True):
    """A key wrapped to the new device, and under it what the session vouches for (see `Vouched`) with its signature."""

    wrapped: bytes
    sealed: bytes


class LookAfter(Shape, frozen=True):
    """The new device looks after its request, and once it was answered says what it had committed itself to."""

    id: bytes
    device: DevicePublic
    reveal: Reveal | None = None


class ApprovalSeen(Shape, frozen=True):
    """How a request stands, for the device that made it."""

    state: State
    expires: int
    taken: Taken | None = None
    welcome: Welcome | None = None


class ApprovalView(Shape, frozen=True):
    """A request as sessions of its person see it. `device` and `reveal` are there once the device has said them.

    Times are UTC milliseconds; `address` is where the device asked from, `taken_by` the session that answered.
    """

    id: bytes
    state: State
    asked: int
    expires: int
    address: str
    commitment: bytes
    taken_by: bytes = b""
    device: DevicePublic | None = None
    reveal: Reveal | None = None


class ApprovalList(Shape, frozen=True):
    """The requests that are open, the oldest first."""

    approvals: list[ApprovalView]


class Approve(Shape, frozen=True):
    """The entry that adds the device, its name sealed for its person's sessions, and what it is told."""

    entry: Entry
    device_name: bytes
    welcome: Welcome


class ApprovalEvent(Shape, frozen=True):
    """`event: approval`: a request began or ended; ask for the list."""


class Pinned(NamedTuple):
    """How far the session had followed a stream."""

    stream: bytes
    n: int
    head: bytes


class Vouched(Wire, frozen=True):
    """What a session vouches for, to the device with the id `device` that made the request `approval`."""

    approval: bytes
    device: bytes
    service_key: bytes
    workspace: bytes
    user: bytes
    personal: bytes
    name: str
    email: str
    device_name: str
    pins: tuple[Pinned, ...]


class Signed(Wire, frozen=True):
    """What a session vouches for, encoded, and its signature under the label `welcome`."""

    raw: bytes
    signature: bytes


class Meeting(NamedTuple):
    """Everything that the code covers, as one of the two ends knows it."""

    origin: str
    service_key: bytes
    new: DevicePublic
    new_random: bytes
    taken: Taken


def commitment(device: DevicePublic, random: bytes) -> bytes:
    """What a new device commits itself to before it hears from the other end."""
    return digest("sas-commit", device.sign, device.kem, random)


def code(meeting: Meeting) -> str:
    """The eight digits that the new device shows and its person types at the other end."""
    taken, new = meeting.taken, meeting.new
    parts = (meeting.origin.encode(), meeting.service_key, taken.user, encode(taken.chain))
    ends = (taken.approver.sign, taken.approver.kem, taken.random, new.sign, new.kem, meeting.new_random)
    number = int.from_bytes(digest("sas", *parts, *ends), "big") % 10**CODE_DIGITS
    return f"{number:0{CODE_DIGITS}}"


def name_place(approval: bytes, new: DevicePublic) -> bytes:
    """What the wrapped name of a new device is bound to."""
    return encode(("device-name", approval, device_id(new)))


def welcome_place(approval: bytes, new: DevicePublic) -> bytes:
    """What a welcome is bound to."""
    return encode(("welcome", approval, device_id(new)))
