"""The activity log: its lines, how they are chained, what devices sign about what was viewed and copied.

The service writes the lines. Each is bound to all before it, so that none can be altered, taken out, moved or put in
later without a break that anybody can see. Who may not see a line gets its digest, which is enough to check the chain;
the random id in each line keeps the digest from being guessed at.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from msgspec import field

from cerby_wire.encoding import encode
from cerby_wire.headers import Wire
from cerby_wire.primitives import digest
from cerby_wire.records import Record
from cerby_wire.shapes import Shape, SignedRecord

ACTIVITY = "/v1/activity"
LAST = "/v1/activity/last"
ENDED = "/v1/activity/ended"
"""Where a session that is over may still hand in what it had viewed and copied."""
PAGE = 500
MOST_SEEN = 200

How = Literal["viewed", "copied"]
What = Literal[
    "password",
    "totp seed",
    "totp code",
    "backup codes",
    "hidden field",
    "username",
    "email",
    "phone",
    "number",
    "login url",
    "notes",
    "field",
    "message",
    "code",
    "account",
]
SECRETS: frozenset[What] = frozenset({"password", "totp seed", "backup codes", "hidden field"})
"""What goes on working after whoever saw it has left, until it is changed at its site."""

_EVENTS: dict[tuple[How, What], str] = {
    ("viewed", "password"): "Password Retrieved",
    ("copied", "password"): "Password Retrieved",
    ("viewed", "totp code"): "Code Viewed",
    ("copied", "totp code"): "Manual MFA Fill",
    ("viewed", "account"): "Account Viewed",
    ("viewed", "message"): "Message Viewed",
    ("copied", "message"): "Message Copied",
    ("viewed", "code"): "Code Viewed",
    ("copied", "code"): "Code Copied",
}
ENTRY_EVENTS = (
    "Workspace Created",
    "Workspace Settings Changed",
    "Invite Created",
    "Invite Withdrawn",
    "Member Joined",
    "Workspace Role Changed",
    "Ownership Transferred",
    "Member Removed",
    "Secure Device Created",
    "Secure Device Suspended",
    "Secure Device Removed",
    "Recovery Key Created",
    "Recovery Key Used",
    "Recovery Key Discarded",
    "Existing Account Added",
    "Account Updated",
    "Account Deleted",
    "Account Restored",
    "Account Handed Over",
    "Account Key Renewed",
    "Sharing Of Account",
    "Account Role Changed",
    "Account Access Removed",
    "Phone Number Added To The Account",
    "Phone Number Removed From The Account",
)
ACT_EVENTS = (
    "Message Received",
    "Phone Number Created",
    "Phone Number Release Started",
    "Phone Number Kept",
    "Phone Number Released",
    "Secure Device Requested",
    "Secure Device Denied",
)
SEEN_EVENTS = tuple(sorted({*_EVENTS.values(), "Secret Viewed", "Secret Copied", "Field Viewed", "Field Copied"}))
EVENTS = tuple(sorted({*ENTRY_EVENTS, *ACT_EVENTS, *SEEN_EVENTS}))
"""Every name an event of the log can have."""


class Line(Wire, frozen=True):
    """A line of the log: what, who, about which account and whom, when the service wrote it (UTC ms).

    `raw` and `signature` are what a device signed (`Seen`); for what follows from an entry, `raw` is its `Cited`.
    """

    n: int
    at: int
    event: str
    user: bytes
    device: bytes
    account: bytes
    subject: bytes
    detail: str
    id: bytes
    raw: bytes
    signature: bytes


class Cited(Wire, frozen=True):
    """The entry that a line follows from: everybody who holds the stream can look it up."""

    stream: bytes
    n: int
    hash: bytes


class Seen(Record, frozen=True):
    """A person looked at, or copied, something of an account, at that time (UTC ms); signed by their device."""

    LABEL: ClassVar[str] = "activity"
    id: bytes
    workspace: bytes
    user: bytes
    device: bytes
    how: How
    what: What
    account: bytes
    at: int


def event_of(how: How, what: What) -> str:
    """What the log calls it."""
    return _EVENTS.get((how, what), f"{'Secret' if what in SECRETS else 'Field'} {how.title()}")


def detail_of(how: How, what: What) -> str:
    """What a line says beside the event."""
    return f"{what}, {how}"


def line_digest(line: Line) -> bytes:
    """What stands for a line in the chain."""
    return digest("activity-line", encode(line))


def next_hash(previous: bytes, digested: bytes) -> bytes:
    """The hash of a line after the hash before it; before the first line that is the id of the workspace."""
    return digest("activity", previous, digested)


class Shown(Shape, frozen=True):
    """A line as it is answered: whole (`raw` is the encoded Line), or for whoever may not see it its digest."""

    n: int
    hash: bytes
    raw: bytes = b""
    digest: bytes = b""


class ActivityHead(Shape, frozen=True):
    """How long the log is, and the hash of its last line."""

    n: int
    hash: bytes
    generation: bytes


class ActivityPage(Shape, frozen=True):
    """Lines, and the head. `known` is the hash at the place that was asked about; empty if there is no such line."""

    head: ActivityHead
    lines: tuple[Shown, ...] = ()
    known: bytes = b""
    more: bool = False


class AddSeen(Shape, frozen=True):
    """What was viewed and copied, at most 200 at once; each is taken once, however often it is sent."""

    seen: list[SignedRecord]


class AddedSeen(Shape, frozen=True):
    """How many were taken or had been taken before, and the head after them."""

    taken: int
    head: ActivityHead


class Last(Shape, frozen=True):
    """When each member was here last, and when each did something last on each account that the caller owns; UTC ms."""

    people: dict[bytes, int] = field(default_factory=dict)
    used: dict[bytes, dict[bytes, int]] = field(default_factory=dict)
