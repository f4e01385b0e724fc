"""Sealing a message to an account's inbox. Whoever holds only this can seal and cannot open."""

from __future__ import annotations

from cerby_wire import places
from cerby_wire.messages import MessageContent
from cerby_wire.primitives import pad, wrap


def seal_message(
    inbox: bytes,
    content: MessageContent,
    *,
    account: bytes,
    epoch: int,
    generation: bytes,
    message_id: bytes,
    index: int,
) -> bytes:
    """Seal `content` to the inbox key of that epoch, for that one place. Raises Refused for a malformed key."""
    place = places.message(account, epoch, generation, message_id, index)
    return wrap(inbox, pad(content.encode()), place)
