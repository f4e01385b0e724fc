"""Members, their devices and profiles: what the accepted streams say, kept where requests look it up."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from sqlalchemy import bindparam, delete, insert, select, update

from cerby_service.database.dialect import insert_or_replace
from cerby_service.database.tables import devices, members, profiles, workspaces
from cerby_service.database.work import Reading, Writing
from cerby_wire.shapes import SignedRecord


class DeviceRow(Struct, frozen=True):
    """A device that was ever in somebody's chain. `state` is `active`, `suspended` or `removed`."""

    id: bytes
    workspace: bytes
    user: bytes
    sign: bytes
    state: str
    role: str | None
    """The workspace role of its person, None for somebody who is not a member any more."""


_IS_THEIRS = (members.c.workspace == devices.c.workspace) & (members.c.user == devices.c.user)
_FIND_DEVICE = (
    select(devices.c.id, devices.c.workspace, devices.c.user, devices.c.sign, devices.c.state, members.c.role)
    .select_from(devices.outerjoin(members, _IS_THEIRS))
    .where(devices.c.id == bindparam("of_device"))
)


def find_device(reading: Reading, device: bytes) -> DeviceRow | None:
    """A device with its person's role."""
    row = reading.row(_FIND_DEVICE, of_device=device)
    return DeviceRow(*row) if row else None


def device_states(reading: Reading, workspace: bytes, user: bytes) -> dict[bytes, str]:
    """Every device that a person ever had, with its state."""
    theirs = (devices.c.workspace == workspace, devices.c.user == user)
    return {row.id: row.state for row in reading.rows(select(devices.c.id, devices.c.state).where(*theirs))}


def add_device(writing: Writing, workspace: bytes, user: bytes, device: bytes, sign: bytes, at: int) -> None:
    """A device joined a person's chain."""
    row = {"id": device, "workspace": workspace, "user": user, "sign": sign, "state": "active", "name": b"", "at": at}
    row |= {"last_contact": at}
    writing.run(insert(devices).values(**row))


def set_device_state(writing: Writing, ids: Iterable[bytes], state: str) -> None:
    """Devices are suspended or removed."""
    writing.run(update(devices).where(devices.c.id.in_(list(ids))).values(state=state))


def name_device(writing: Writing, device: bytes, name: bytes) -> None:
    """Keep the sealed name of a device."""
    writing.run(update(devices).where(devices.c.id == device).values(name=name))


def members_of(reading: Reading, workspace: bytes) -> dict[bytes, str]:
    """Everybody with a workspace role."""
    found = select(members.c.user, members.c.role).where(members.c.workspace == workspace)
    return {row.user: row.role for row in reading.rows(found)}


def set_members(writing: Writing, workspace: bytes, roles: dict[bytes, str]) -> None:
    """Everybody with a workspace role from now on."""
    writing.run(delete(members).where(members.c.workspace == workspace))
    rows = [{"workspace": workspace, "user": user, "role": role} for user, role in roles.items()]
    writing.connection.execute(insert(members), rows)


def save_workspace(writing: Writing, workspace: bytes, offline_allowance: int, at: int) -> None:
    """Keep what a lease needs of the policy: the longest time without contact, in seconds."""
    values = {"id": workspace, "offline_allowance": offline_allowance, "at": at}
    insert_or_replace(writing.connection, workspaces, values)


def offline_allowance(reading: Reading, workspace: bytes) -> int:
    """The longest time without contact that the workspace allows, in seconds."""
    found: int | None = reading.value(select(workspaces.c.offline_allowance).where(workspaces.c.id == workspace))
    return found or 0


def save_profile(writing: Writing, workspace: bytes, user: bytes, profile: SignedRecord, email: str) -> None:
    """Keep a person's signed name and address; `email` in the one spelling that is compared."""
    key: dict[str, object] = {"workspace": workspace, "user": user}
    values = key | {"raw": profile.raw, "signature": profile.signature, "email": email}
    insert_or_replace(writing.connection, profiles, values)


def address_of(reading: Reading, workspace: bytes, user: bytes) -> str:
    """Where letters to a person go; empty if that is not known."""
    theirs = (profiles.c.workspace == workspace, profiles.c.user == user)
    return reading.value(select(profiles.c.email).where(*theirs)) or ""


def profile_of(reading: Reading, workspace: bytes, user: bytes) -> SignedRecord | None:
    """A person's signed name and address."""
    theirs = (profiles.c.workspace == workspace, profiles.c.user == user)
    row = reading.row(select(profiles.c.raw, profiles.c.signature).where(*theirs))
    return SignedRecord(row.raw, row.signature) if row else None
