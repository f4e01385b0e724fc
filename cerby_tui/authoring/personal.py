"""Entries of a person's private settings, and names of devices, sealed under the seed of the person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from cerby_tui.authoring.author import Author, header_of, nonce, write
from cerby_tui.keys import UserKeys
from cerby_wire import places
from cerby_wire.encoding import encode
from cerby_wire.entries import body_hash
from cerby_wire.headers import Entry, PersonalGenesis, PersonalItem, Position
from cerby_wire.primitives import pad, seal
from cerby_wire.state import PersonalState, Slot


def personal_genesis(author: Author) -> Entry:
    """The private settings of the author begin."""
    return write(author.device, header_of(author, "personal", PersonalGenesis(nonce()), workspace=author.workspace))


def personal_item(author: Author, state: PersonalState, keys: UserKeys, slot: int, content: Mapping[str, Any]) -> Entry:
    """The next version of one private thing."""
    version, previous, _ = state.slots.get(slot, Slot(0, b"", 0))
    act = PersonalItem(slot, version + 1, previous, keys.generation)
    header = header_of(
        author,
        "personal",
        act,
        stream=state.stream,
        workspace=state.workspace,
        seen=Position(state.n, state.head),
    )
    place = places.personal(header, act.slot, act.version, act.previous, act.epoch)
    body = seal(keys.private, place, pad(encode(content)))
    return write(author.device, replace(header, body=body_hash(body)), body)


def device_name(keys: UserKeys, user: bytes, device: bytes, name: str) -> bytes:
    """The name of a device, sealed for that person's own devices."""
    return seal(keys.private, places.device_name(user, device), pad(name.encode()))
