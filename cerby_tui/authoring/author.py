"""Who writes, from which device, and what they know of themselves and the workspace."""

from __future__ import annotations

import os
from collections.abc import Mapping

from msgspec import Struct

from cerby_tui.keys import DeviceKeys
from cerby_wire import records
from cerby_wire.encoding import encode
from cerby_wire.entries import body_hash
from cerby_wire.headers import (
    NO_MESSAGES,
    NOWHERE,
    START,
    VERSION,
    Act,
    Entry,
    Header,
    Kind,
    MessagePosition,
    Position,
    Wrapped,
)
from cerby_wire.primitives import wrap
from cerby_wire.records import sign_record
from cerby_wire.shapes import SignedRecord
from cerby_wire.trial import Surroundings

NONCE_LENGTH = 16


class Author(Struct, frozen=True):
    """A person at one of their devices, with the newest positions of their chain and of the workspace."""

    device: DeviceKeys
    user: bytes
    chain: Position = START
    workspace: bytes = NOWHERE
    ws: Position = START

    @classmethod
    def of(cls, device: DeviceKeys, user: bytes, around: Surroundings) -> Author:
        """The author as the newest of what is held describes them; unknown things are left empty."""
        person, workspace = around.user(user), around.workspace()
        return cls(
            device,
            user,
            Position(person.n, person.head) if person else START,
            workspace.stream if workspace else NOWHERE,
            Position(workspace.n, workspace.head) if workspace else START,
        )


def nonce() -> bytes:
    """16 random bytes that make a genesis or an invite the only one of its kind."""
    return os.urandom(NONCE_LENGTH)


def write(device: DeviceKeys, header: Header, body: bytes = b"") -> Entry:
    """Sign a header by `device` and put its body beside it; `header.body` must be the hash of the body."""
    raw = encode(header)
    return Entry(raw, body, device.sign.sign(f"entry/{header.kind}", raw))


def header_of(
    author: Author,
    kind: Kind,
    act: Act,
    *,
    stream: bytes = NOWHERE,
    workspace: bytes = NOWHERE,
    seen: Position = START,
    ws: Position = START,
    msgs: MessagePosition = NO_MESSAGES,
    body: bytes = b"",
) -> Header:
    """The header of an entry with this body; a genesis has no stream and has seen nothing."""
    return Header(
        v=VERSION,
        kind=kind,
        stream=stream,
        workspace=workspace,
        author=author.user,
        chain=author.chain,
        device=author.device.id,
        seen=seen,
        ws=ws,
        msgs=msgs,
        body=body_hash(body),
        act=act,
    )


def wraps_for(readers: Mapping[bytes, tuple[bytes, bytes]], secret: bytes) -> tuple[Wrapped, ...]:
    """`secret` wrapped to every reader, in the order of their ids; the values are KEM public key and place."""
    return tuple(Wrapped(reader, wrap(public, secret, place)) for reader, (public, place) in sorted(readers.items()))


def profile(device: DeviceKeys, user: bytes, name: str, email: str) -> tuple[SignedRecord, bytes]:
    """A signed profile, and the hash that workspace entries cite it by."""
    salt = os.urandom(NONCE_LENGTH)
    signed = sign_record(device.sign, records.Profile(user, device.id, name, email, salt))
    return signed, records.profile_hash(email, name, salt)
