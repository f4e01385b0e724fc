"""The mailbox of approvals: what a new device and a session of its person leave there for each other."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import delete, func, insert, select, update

from cerby_service.database.tables import approvals, devices, members, profiles
from cerby_service.database.work import Reading, Writing

OPEN = ("waiting", "taken", "revealed")


class ApprovalRow(Struct, frozen=True):
    """A request. Workspace and user are empty where nobody has the address; the bytes are encoded wire shapes."""

    id: bytes
    workspace: bytes
    user: bytes
    device: bytes
    commitment: bytes
    address: str
    state: str
    taken_by: bytes
    answer: bytes
    reveal: bytes
    welcome: bytes
    at: int
    expires: int


_COLUMNS = tuple(approvals.c[name] for name in ApprovalRow.__struct_fields__)


def add(writing: Writing, row: ApprovalRow) -> None:
    """A new request."""
    writing.run(insert(approvals).values({name: getattr(row, name) for name in row.__struct_fields__}))


def find(reading: Reading, approval: bytes) -> ApprovalRow | None:
    """A request; on its way to a change it is locked, where the database can."""
    found = select(*_COLUMNS).where(approvals.c.id == approval)
    row = reading.row(found.with_for_update() if isinstance(reading, Writing) else found)
    return ApprovalRow(*row) if row else None


def save(writing: Writing, row: ApprovalRow) -> None:
    """How a request stands now."""
    changing = ("state", "taken_by", "answer", "reveal", "welcome")
    values = {name: getattr(row, name) for name in changing}
    writing.run(update(approvals).where(approvals.c.id == row.id).values(**values))


def open_for(reading: Reading, workspace: bytes, user: bytes, now: int) -> list[ApprovalRow]:
    """The requests to a person that nothing has come of yet, the oldest first."""
    theirs = (approvals.c.workspace == workspace, approvals.c.user == user)
    still = (approvals.c.state.in_(OPEN), approvals.c.expires > now)
    found = select(*_COLUMNS).where(*theirs, *still).order_by(approvals.c.at, approvals.c.id)
    return [ApprovalRow(*row) for row in reading.rows(found)]


def person_with(reading: Reading, email: str) -> tuple[bytes, bytes] | None:
    """Workspace and id of the member with an address; of several, the one whose sessions were here last."""
    here = (members.c.workspace == profiles.c.workspace) & (members.c.user == profiles.c.user)
    theirs = (devices.c.workspace == profiles.c.workspace) & (devices.c.user == profiles.c.user)
    found = select(profiles.c.workspace, profiles.c.user).select_from(
        profiles.join(members, here).outerjoin(devices, theirs)
    )
    newest = func.coalesce(func.max(devices.c.last_contact), 0).desc()
    grouped = found.where(profiles.c.email == email).group_by(profiles.c.workspace, profiles.c.user)
    row = reading.row(grouped.order_by(newest).limit(1))
    return (row.workspace, row.user) if row else None


def forget(writing: Writing, unanswered: int, approved: int) -> None:
    """Drop requests that ended before these times: those nothing came of, and those that were approved."""
    over = (approvals.c.state != "approved") & (approvals.c.expires < unanswered)
    done = (approvals.c.state == "approved") & (approvals.c.expires < approved)
    writing.run(delete(approvals).where(over | done))
