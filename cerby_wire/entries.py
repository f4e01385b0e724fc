"""Entries as bytes: their hashes, their ids, and reading them strictly without believing anything yet."""

from __future__ import annotations

from typing import Any, get_args

import msgspec

from cerby_wire.encoding import UNREADABLE, decode
from cerby_wire.errors import NewerVersion, Refused, require
from cerby_wire.headers import VERSION, Act, DevicePublic, Entry, Header, KeysBody
from cerby_wire.primitives import digest

ENTRY_LIMIT = 1 << 20
ID_LENGTH = 20
DEVICE_ID_LENGTH = 16

_KNOWN_ACTS = frozenset(act.__struct_config__.tag for act in get_args(Act))


def entry_hash(entry: Entry) -> bytes:
    """The hash that names an entry; the body is in it through the header."""
    return digest("entry", entry.header, entry.signature)


def next_head(head: bytes, entry: Entry) -> bytes:
    """The head hash of a stream after `entry` follows `head` (empty before the genesis)."""
    return step(head, entry_hash(entry))


def step(head: bytes, named: bytes) -> bytes:
    """The head hash after the entry with the hash `named` follows `head`."""
    return digest("stream", head, named)


def body_hash(body: bytes) -> bytes:
    """The hash of a body that its header carries."""
    return digest("body", body)


def device_id(public: DevicePublic) -> bytes:
    """The 16 bytes that name a device; no other keys can be given to the same id."""
    return digest("device-id", public.sign, public.kem)[:DEVICE_ID_LENGTH]


def stream_id(entry: Entry) -> bytes:
    """The stream an entry claims to be in; for a genesis, the hash of its whole header. Raises like `read_header`."""
    header = read_header(entry)
    return header.stream or digest(f"{header.kind}-id", entry.header)[:ID_LENGTH]


def read_header(entry: Entry) -> Header:
    """Parse a header strictly; nothing in it is to be believed before `accept`. Raises Refused, NewerVersion."""
    require(len(entry.header) + len(entry.body) <= ENTRY_LIMIT, "too_large", "The entry is larger than 1 MiB.")
    try:
        header = decode(entry.header, Header)
    except Refused:
        if _from_the_future(entry.header):
            raise NewerVersion("The entry was written by a newer version of this program.") from None
        raise
    if header.v > VERSION:
        raise NewerVersion("The entry was written by a newer version of this program.")
    require(header.v == VERSION, "unknown_version", f"There is no entry version {header.v}.")
    return header


def read_keys(entry: Entry) -> KeysBody:
    """Parse the body of an act that brings a new key. Raises Refused."""
    return decode(entry.body, KeysBody)


def _from_the_future(raw: bytes) -> bool:
    """Whether the bytes are an array like a header, but of a higher version or with an act unknown here."""
    try:
        fields: list[Any] = msgspec.msgpack.decode(raw, type=list)
    except UNREADABLE:
        return False
    version = fields[0] if fields else None
    if not isinstance(version, int) or version < VERSION:
        return False
    act = fields[-1]
    unknown_act = isinstance(act, list) and bool(act) and isinstance(act[0], str) and act[0] not in _KNOWN_ACTS
    return version > VERSION or unknown_act
