"""Records signed by the service key, and the profile signed by a device: msgpack arrays under a label each."""

from __future__ import annotations

from typing import ClassVar, Literal, TypeVar

import msgspec

from cerby_wire.encoding import decode, encode
from cerby_wire.headers import Position, Wire
from cerby_wire.primitives import SigningKey, digest, verify
from cerby_wire.shapes import SignedRecord


class Record(Wire, frozen=True):
    """Base of signed records."""

    LABEL: ClassVar[str]


class Message(Record, frozen=True):
    """A message as stored: indexes count up by one per account and generation, `previous` chains them."""

    LABEL: ClassVar[str] = "message"
    id: bytes
    account: bytes
    generation: bytes
    index: int
    epoch: int
    position: int
    received_at: int
    sealed_hash: bytes
    previous: bytes


class Offer(Record, frozen=True):
    """A number held for an account and a person until `expires` (UTC ms); `certain` if the carrier holds it."""

    LABEL: ClassVar[str] = "offer"
    id: bytes
    workspace: bytes
    account: bytes
    user: bytes
    e164: str
    kind: Literal["voip", "non_voip"]
    region: str
    expires: int
    certain: bool


class Number(Record, frozen=True):
    """A number that was committed: what a `number` entry embeds."""

    LABEL: ClassVar[str] = "number"
    id: bytes
    workspace: bytes
    account: bytes
    e164: str
    kind: Literal["voip", "non_voip"]
    offer: bytes
    since: int


class Lease(Record, frozen=True):
    """This session may unlock offline until `valid_until` (UTC ms)."""

    LABEL: ClassVar[str] = "lease"
    workspace: bytes
    user: bytes
    device: bytes
    chain: Position
    issued: int
    valid_until: int


class Removal(Record, frozen=True):
    """The service's word that a session is removed; on this alone a client only locks."""

    LABEL: ClassVar[str] = "removal"
    workspace: bytes
    user: bytes
    device: bytes
    request: bytes
    issued: int


class Restart(Record, frozen=True):
    """A new generation of the service's database and the account message heads it restarts from."""

    LABEL: ClassVar[str] = "restart"
    generation: bytes
    previous_generation: bytes
    issued: int


class NewServiceKey(Record, frozen=True):
    """The next service key, signed by the one before."""

    LABEL: ClassVar[str] = "service-key"
    key: bytes
    issued: int


class Profile(Record, frozen=True):
    """A person's name and e-mail address, signed by their device; entries carry `profile_hash`."""

    LABEL: ClassVar[str] = "profile"
    user: bytes
    device: bytes
    name: str
    email: str
    salt: bytes


AnyRecord = TypeVar("AnyRecord", bound=Record)


def sign_record(key: SigningKey, record: Record) -> SignedRecord:
    """Encode and sign a record under its own label."""
    raw = encode(record)
    return SignedRecord(raw, key.sign(record.LABEL, raw))


def open_record(signed: SignedRecord, kind: type[AnyRecord], public: bytes) -> AnyRecord:
    """Verify the bytes, then parse them. Raises Refused."""
    verify(public, kind.LABEL, signed.raw, signed.signature)
    return decode(signed.raw, kind)


def message_head(signed: SignedRecord) -> bytes:
    """The hash that the next message of the account carries as `previous`."""
    return digest("message-step", signed.raw, signed.signature)


def profile_hash(email: str, name: str, salt: bytes) -> bytes:
    """The salted hash of a profile that workspace entries carry instead of names and addresses."""
    return digest("profile-hash", email.strip().lower().encode(), name.encode(), salt)


def fingerprint(service_key: bytes) -> bytes:
    """The 20 bytes by which tokens and invites name a service key."""
    return digest("service-fingerprint", service_key)[:20]


def as_bytes(signed: SignedRecord) -> bytes:
    """A signed record as one byte string, for embedding in an entry."""
    return msgspec.msgpack.encode(signed)
