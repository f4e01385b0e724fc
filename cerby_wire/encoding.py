"""Strict msgpack: what is read must be exactly what would be written."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from cerby_wire.errors import Refused

T = TypeVar("T")

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""Everything that msgspec raises for bytes it cannot read: broken, not UTF-8 in a text, or nested without end."""

_encoder = msgspec.msgpack.Encoder()


def encode(value: Any) -> bytes:
    """Encode structs, arrays and maps to msgpack."""
    return _encoder.encode(value)


def decode(raw: bytes, kind: type[T]) -> T:
    """Decode strictly. Raises Refused for trailing bytes, wrong arity, duplicate keys or a second spelling."""
    try:
        value = msgspec.msgpack.decode(raw, type=kind)
    except UNREADABLE as error:
        raise Refused("malformed", f"The bytes are not a {kind.__name__}: {error}.") from None
    if encode(value) != raw:
        raise Refused("not_canonical", f"The bytes spell a {kind.__name__} in another way than the one allowed.")
    return value
