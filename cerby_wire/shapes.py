"""Requests and answers of the service, their paths and their error codes (docs/protocol.md §4).

Bodies are msgpack by default and JSON when asked for, from the same structs. Times are UTC milliseconds.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from cerby_wire.headers import DevicePublic, Entry, MessagePosition

MSGPACK = "application/msgpack"
JSON = "application/json"
PROBLEM = "application/problem+json"
SIGNATURE_TAG = "cerby-v1"
CLOCK_TOLERANCE = 300
BODY_LIMIT = 1 << 20
PULL_LIMIT = 4 << 20
PUSH_ENTRIES = 500
INLINE_RECORD = 4096

ABOUT = "/v1/"
VERIFICATIONS = "/v1/verifications"
WORKSPACES = "/v1/workspaces"
HEADS = "/v1/heads"
PULL = "/v1/pull"
PUSH = "/v1/push"
FEED = "/v1/feed"
NUMBER_OFFERS = "/v1/number-offers"
NUMBERS = "/v1/numbers"
SANDBOX_WEBHOOK = "/v1/carriers/sandbox/sms"


class Shape(Struct, frozen=True, omit_defaults=True):
    """Base of requests and answers: maps, so that fields may be added later."""


class SignedRecord(Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """Bytes of a record (cerby_wire.records) and the signature of the service key or a device over them."""

    raw: bytes
    signature: bytes


class About(Shape, frozen=True):
    """What anybody may know about the service. Unsigned: trust comes from the token, the invite or the approval."""

    version: str
    oldest_client: str
    origin: str
    service_key: bytes
    generation: bytes
    time: int


class Problem(Shape, frozen=True):
    """An RFC 9457 problem document. `code` is stable; `detail` is a sentence for people; `time` corrects clocks."""

    title: str
    status: int
    code: str
    detail: str
    time: int = 0
    retry_after: int = 0
    rule: str = ""


class StartVerification(Shape, frozen=True):
    """Ask for an e-mailed six-digit code. `token` is the secret of the provisioning token.

    To join, `workspace`, `key` and `proof` are the parts of an `InviteProof` (cerby_wire.inviting).
    """

    email: str
    device: DevicePublic
    token: bytes = b""
    purpose: Literal["found", "join"] = "found"
    workspace: bytes = b""
    key: bytes = b""
    proof: bytes = b""


class Verification(Shape, frozen=True):
    """A code is on its way. Seconds until it expires, and until another may be asked for."""

    id: bytes
    expires_in: int
    resend_in: int


class Found(Shape, frozen=True):
    """Found a workspace: both genesis entries, the person's signed profile, the sealed name of the device."""

    token: bytes
    verification: bytes
    code: str
    user: Entry
    workspace: Entry
    personal: Entry
    profile: SignedRecord
    device_name: bytes


class Founded(Shape, frozen=True):
    """The workspace exists; the same answer for the same request, however often it is sent."""

    workspace: bytes
    user: bytes
    device: bytes


class StreamHead(Shape, frozen=True):
    """A stream as it stands: kind, length and head, and for an account its newest message."""

    kind: str
    id: bytes
    n: int
    head: bytes
    messages: MessagePosition | None = None


class NumberView(Shape, frozen=True):
    """A managed number as the service knows it; `record` is the signed number record once it is active."""

    id: bytes
    account: bytes
    e164: str
    kind: Literal["voip", "non_voip"]
    state: Literal["committing", "unsure", "active", "releasing", "quarantined", "gone", "failed"]
    reason: str = ""
    record: SignedRecord | None = None


class Heads(Shape, frozen=True):
    """What changed for this person since a cursor. `full`: everything is listed, compare and keep what is yours."""

    generation: bytes
    cursor: str
    time: int
    lease: SignedRecord
    streams: list[StreamHead] = []
    lost: list[bytes] = []
    numbers: list[NumberView] = []
    full: bool = False


class MessagesWanted(Shape, frozen=True):
    """Messages of one account and generation. Ascending after `after`; or, with `before`, descending below it."""

    account: bytes
    generation: bytes
    after: int = 0
    before: int = 0


class Pull(Shape, frozen=True):
    """Entries after the given lengths, and messages; `budget` in bytes."""

    streams: dict[bytes, int] = {}
    messages: list[MessagesWanted] = []
    budget: int = PULL_LIMIT


class StoredEntry(Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """An entry at its place in its stream (1 is the genesis), and when it was stored: the service's word, 0 unsaid."""

    stream: bytes
    n: int
    entry: Entry
    at: int = 0


class StoredMessage(Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """A sealed message as the service stored and signed it; `sealed` is covered by its hash in `record`."""

    record: SignedRecord
    sealed: bytes


class Pulled(Shape, frozen=True):
    """Entries in stream order, messages in the order asked for; `more` if the budget cut the answer."""

    entries: list[StoredEntry] = []
    messages: list[StoredMessage] = []
    more: bool = False


class PushEntry(Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """An entry for `stream` (for a genesis, the id that follows from it)."""

    stream: bytes
    entry: Entry


class Push(Shape, frozen=True):
    """At most 500 entries; each is answered for itself. `together`: all of them stand, or none.

    `back`: they stood already, and a service that was restored from a backup had lost them.
    """

    entries: list[PushEntry]
    together: bool = False
    back: bool = False


class Pushed(Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """What became of one entry. `n` is its place, or the current length when it is stale."""

    status: Literal["accepted", "already", "stale", "refused"]
    n: int
    head: bytes
    rule: str = ""
    detail: str = ""


class PushResult(Shape, frozen=True):
    """One answer per entry, in the order they were sent."""

    results: list[Pushed]


class AskOffer(Shape, frozen=True):
    """Ask for a number for an account; `app` is the catalogue slug, empty for an app outside the catalogue."""

    account: bytes
    app: str = ""


class OfferAnswer(Shape, frozen=True):
    """The signed offer (cerby_wire.records.Offer)."""

    offer: SignedRecord


class CommitNumber(Shape, frozen=True):
    """Turn an offer into a number. Sent with an Idempotency-Key."""

    offer: bytes


class CommitAnswer(Shape, frozen=True):
    """The number as it stands now; `next_offer` when somebody else took the offered one."""

    number: NumberView
    next_offer: SignedRecord | None = None


class HeadEvent(Shape, frozen=True):
    """`event: head`: a stream grew to `n`; the entry itself rides along when it is small."""

    kind: str
    stream: bytes
    n: int
    head: bytes
    entry: Entry | None = None


class MessageEvent(Shape, frozen=True):
    """`event: message`: an account received message `index`; it rides along when it is small."""

    account: bytes
    generation: bytes
    index: int
    message: StoredMessage | None = None


class HelloEvent(Shape, frozen=True):
    """`event: hello`: the feed is open; service time and generation."""

    generation: bytes
    time: int


class AccessEvent(Shape, frozen=True):
    """`event: access`: streams were gained or lost; ask for heads."""

    gained: list[bytes] = []
    lost: list[bytes] = []


class ByeEvent(Shape, frozen=True):
    """`event: bye`: the service closes; come back after `retry` milliseconds."""

    retry: int


CODES = {
    "bad_request": 400,
    "bad_signature": 401,
    "unknown_device": 401,
    "clock_skew": 401,
    "session_removed": 403,
    "forbidden": 403,
    "not_found": 404,
    "wrong_code": 403,
    "code_expired": 410,
    "too_many_tries": 429,
    "resend_later": 429,
    "token_used": 409,
    "bad_token": 403,
    "mail_failed": 502,
    "key_reused": 422,
    "in_progress": 409,
    "not_owner": 403,
    "app_takes_no_number": 422,
    "has_number": 409,
    "no_stock": 409,
    "offer_expired": 410,
    "number_taken": 409,
    "carrier_failed": 502,
    "carrier_unsure": 202,
    "too_large": 413,
    "too_many_requests": 429,
    "unavailable": 503,
    "newer_version": 426,
    "no_such_kit": 404,
    "kit_spent": 409,
    "stale": 409,
    "no_such_invite": 404,
    "invite_used": 409,
    "invite_withdrawn": 410,
    "invite_expired": 410,
    "inviter_may_no_longer": 403,
    "another_address": 403,
    "already_a_member": 409,
    "request_denied": 403,
    "request_expired": 410,
    "request_taken": 409,
    "too_many_devices": 409,
}
"""Every error code of the service with its HTTP status."""
