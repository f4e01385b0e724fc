"""Accounts that somebody alone owns, as an administrator needs to know them to hand them over (docs/protocol.md §1)."""

from __future__ import annotations

from cerby_wire.headers import Position
from cerby_wire.shapes import Shape

SOLE_OWNED = "/v1/sole-owned"


class SoleOwnedAccount(Shape, frozen=True):
    """An account and where its stream stands; `collaborators` may stay on it. Nothing of its content is known."""

    account: bytes
    seen: Position
    epoch: int
    deleted: bool = False
    collaborators: tuple[bytes, ...] = ()
    e164: str = ""


class SoleOwnedList(Shape, frozen=True):
    """Every account that a person alone owns."""

    accounts: tuple[SoleOwnedAccount, ...] = ()
