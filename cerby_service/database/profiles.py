"""The signed profiles of people, and whose somebody may see."""

from __future__ import annotations

from sqlalchemy import or_, select

from cerby_service.database.tables import access, members, profiles, streams
from cerby_service.database.work import Reading
from cerby_wire.shapes import SignedRecord

_SIGNED = (profiles.c.raw, profiles.c.signature)


def of_everybody(reading: Reading, workspace: bytes) -> list[SignedRecord]:
    """Everybody who is or was in a workspace."""
    found = select(*_SIGNED).where(profiles.c.workspace == workspace).order_by(profiles.c.user)
    return [SignedRecord(*row) for row in reading.rows(found)]


def of_company(reading: Reading, workspace: bytes, user: bytes) -> list[SignedRecord]:
    """Somebody themself, and whoever is on an account with them now."""
    accounts = select(streams.c.id).where(streams.c.workspace == workspace, streams.c.kind == "account")
    mine = select(access.c.stream).where(access.c.workspace == workspace, access.c.user == user)
    beside = select(access.c.user).where(
        access.c.workspace == workspace, access.c.stream.in_(mine), access.c.stream.in_(accounts)
    )
    theirs = or_(profiles.c.user == user, profiles.c.user.in_(beside))
    found = select(*_SIGNED).where(profiles.c.workspace == workspace, theirs).order_by(profiles.c.user)
    return [SignedRecord(*row) for row in reading.rows(found)]


def is_member(reading: Reading, workspace: bytes, email: str) -> bool:
    """Whether somebody with this address (in the one spelling that is compared) has a role in a workspace."""
    same = (members.c.workspace == profiles.c.workspace) & (members.c.user == profiles.c.user)
    found = select(profiles.c.user).select_from(profiles.join(members, same))
    return reading.row(found.where(profiles.c.workspace == workspace, profiles.c.email == email)) is not None
