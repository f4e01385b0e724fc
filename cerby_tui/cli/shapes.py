"""How cards, messages and numbers look in JSON: names and times that scripts can rely on."""

from __future__ import annotations

from typing import Any

from cerby_tui.cli.output import moment
from cerby_tui.values import Card, ManagedNumber, Message


def card_shape(card: Card) -> dict[str, Any]:
    """A card without its secrets."""
    return {
        "id": card.id.hex(),
        "label": card.label,
        "app": card.app,
        "app_name": card.app_name,
        "username": card.username,
        "role": card.role,
        "phone_support": card.support,
        "number": number_shape(card.number) if card.number else None,
        "collections": list(card.collections),
        "code_at": moment(card.code_at) or None,
        "unread": card.unread,
        "changed_at": moment(card.changed_at) or None,
        "waiting": card.waiting,
        "deleted": card.deleted,
        "clashes": card.clashes,
        "closed": card.closed,
    }


def number_shape(number: ManagedNumber) -> dict[str, Any]:
    """A managed number."""
    return {
        "id": number.id.hex(),
        "e164": number.e164,
        "kind": number.kind,
        "state": number.state,
        "reason": number.reason or None,
        "since": moment(number.since) or None,
    }


def message_shape(message: Message) -> dict[str, Any]:
    """A message with its text, and the code drawn out of it."""
    return {
        "account": message.key.account.hex(),
        "generation": message.key.generation.hex(),
        "index": message.key.index,
        "label": message.account_label,
        "app": message.app,
        "kind": message.kind,
        "sender": message.sender,
        "to": message.to,
        "text": message.text,
        "received_at": moment(message.received_at),
        "read": message.read,
        **code_shape(message),
    }


def code_shape(message: Message) -> dict[str, Any]:
    """The code of a message and how sure we are, or null."""
    return {
        "code": message.code.text if message.code else None,
        "confidence": message.code.confidence if message.code else None,
    }
