"""What the tests of numbers look at, and what they leave behind."""

from __future__ import annotations

import os
from typing import Any

from cerby_service.auth import Caller
from cerby_service.database.numbers import KeyRow
from cerby_wire.catalogue import App, Catalogue
from cerby_wire.shapes import NUMBERS, NumberView
from tests.rig import ServiceRig
from tests.service.member import Member

APPS = Catalogue(
    [
        App("voip-app", "Voip App", (), "test", "voip"),
        App("strict-app", "Strict App", (), "test", "non_voip"),
        App("no-app", "No App", (), "test", "none"),
        App("some-app", "Some App", (), "test", "unknown"),
    ]
)


async def owned(rig: ServiceRig) -> list[dict[str, Any]]:
    """What the carrier says we have."""
    listed: list[dict[str, Any]] = (await rig.sandbox("GET", "/IncomingPhoneNumbers.json")).json()[
        "incoming_phone_numbers"
    ]
    return listed


async def number_of(ada: Member) -> NumberView:
    """The newest number in full heads or changes."""
    return (await ada.api.heads("")).numbers[-1]


def key() -> str:
    """A fresh idempotency key."""
    return os.urandom(8).hex()


async def release(member: Member, number: bytes) -> NumberView:
    """Give a number back."""
    return await member.api.ask("DELETE", f"{NUMBERS}/{number.hex()}", None, NumberView)


def leave_committing(rig: ServiceRig, member: Member, offer: bytes) -> bytes:
    """What a crash between the commit of the row and the carrier's answer leaves behind; gives the number's id."""
    caller = Caller(member.workspace, member.user, member.device.id, "owner")
    used = KeyRow(member.user, b"body", os.urandom(16))
    begin = rig.parts.numbers._begin
    return rig.parts.database.write_now(lambda writing: begin(writing, caller, "crash", used, offer)).id
