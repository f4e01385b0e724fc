"""Server-sent events: cursors as text, events as frames."""

from __future__ import annotations

import msgspec

from cerby_wire.approving import ApprovalEvent
from cerby_wire.shapes import AccessEvent, ByeEvent, HeadEvent, HelloEvent, MessageEvent, Shape

HEARTBEAT = b":\n\n"
NAMES: dict[type[Shape], str] = {
    AccessEvent: "access",
    ApprovalEvent: "approval",
    ByeEvent: "bye",
    HeadEvent: "head",
    HelloEvent: "hello",
    MessageEvent: "message",
}


def cursor_text(generation: bytes, cursor: int) -> str:
    """A cursor as clients get it: opaque to them, and void under another generation of the database."""
    return f"{generation.hex()[:12]}-{cursor}"


def read_cursor(generation: bytes, text: str) -> int | None:
    """The cursor in a text that `cursor_text` made for this generation; None for any other text."""
    prefix, _, number = text.partition("-")
    if prefix != generation.hex()[:12] or not number.isascii() or not number.isdigit() or len(number) > 18:
        return None
    return int(number)


def encode_change(generation: bytes, cursor: int, event: Shape) -> bytes:
    """An event at its cursor as a frame; bytes inside are base64 in JSON."""
    return f"id: {cursor_text(generation, cursor)}\n".encode() + encode_event(event)


def encode_event(event: Shape) -> bytes:
    """An event as a frame without an id: resuming stays where it was."""
    return f"event: {NAMES[type(event)]}\ndata: ".encode() + msgspec.json.encode(event) + b"\n\n"
