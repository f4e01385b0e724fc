"""Streams and their entries, and who may see which."""

from __future__ import annotations

from collections.abc import Generator, Iterable

from msgspec import Struct
from sqlalchemy import and_, bindparam, delete, insert, or_, select, update
from sqlalchemy.sql import ColumnElement

from cerby_service.database.tables import access, changes, entries, members, streams
from cerby_service.database.work import Reading, Writing
from cerby_wire.headers import Entry, MessagePosition
from cerby_wire.roles import ACCOUNT_OWNERS
from cerby_wire.shapes import StoredEntry

SHARED = ("user", "workspace")
"""Kinds of stream that every member of the workspace may see."""


class StreamRow(Struct, frozen=True):
    """A stream as it stands: the state of the acceptance rules, and what is asked for often beside it."""

    workspace: bytes
    id: bytes
    kind: str
    owner: bytes
    n: int
    head: bytes
    state: bytes
    epoch: int
    inbox: bytes
    deleted: bool
    message_generation: bytes = b""
    message_index: int = 0
    message_head: bytes = b""

    @property
    def messages(self) -> MessagePosition:
        """The newest message of an account."""
        return MessagePosition(self.message_generation, self.message_index, self.message_head)


class Place(Struct, frozen=True):
    """Where an entry is: its stream, its position, the head after it."""

    stream: bytes
    n: int
    head: bytes


_COLUMNS = tuple(streams.c[name] for name in StreamRow.__struct_fields__)
_HERE = and_(streams.c.workspace == bindparam("in_workspace"), streams.c.id == bindparam("in_stream"))
_FIND = select(*_COLUMNS).where(_HERE)
_LOCK = _FIND.with_for_update()
_ADD, _CHANGE = insert(streams), update(streams).where(_HERE)

_IN_WORKSPACE = entries.c.workspace == bindparam("in_workspace")
_IN_STREAM = and_(_IN_WORKSPACE, entries.c.stream == bindparam("in_stream"))
_AT = and_(_IN_STREAM, entries.c.n == bindparam("at_n"))
_ENTRY = (entries.c.header, entries.c.body, entries.c.signature)
_APPEND = insert(entries)
_PLACE = select(entries.c.stream, entries.c.n, entries.c.head).where(
    _IN_WORKSPACE, entries.c.hash == bindparam("of_entry")
)
_HEAD_AT, _ENTRY_AT = select(entries.c.head).where(_AT), select(*_ENTRY).where(_AT)
_LATER = and_(_IN_STREAM, entries.c.n > bindparam("after_n"))
_AFTER = select(entries.c.n, entries.c.at, *_ENTRY).where(_LATER).order_by(entries.c.n)

_ROLES = select(access.c.user, access.c.role).where(
    access.c.workspace == bindparam("in_workspace"), access.c.stream == bindparam("in_stream")
)
_ROLE = _ROLES.where(access.c.user == bindparam("of_user")).with_only_columns(access.c.role)


def find(reading: Reading, workspace: bytes, stream: bytes) -> StreamRow | None:
    """A stream of a workspace."""
    row = reading.row(_FIND, in_workspace=workspace, in_stream=stream)
    return StreamRow(*row) if row else None


def lock(writing: Writing, workspace: bytes, stream: bytes) -> StreamRow | None:
    """As `find`, holding the row until the commit: what is written under it is in order."""
    row = writing.row(_LOCK, in_workspace=workspace, in_stream=stream)
    return StreamRow(*row) if row else None


def save(writing: Writing, row: StreamRow, *, new: bool) -> None:
    """Write a stream's row; its message position is only written when it is new."""
    values = {name: getattr(row, name) for name in StreamRow.__struct_fields__}
    if new:
        writing.run(_ADD, **values)
        return
    kept = {name: value for name, value in values.items() if not name.startswith("message_")}
    writing.run(_CHANGE, in_workspace=row.workspace, in_stream=row.id, **kept)


def move_messages(writing: Writing, workspace: bytes, account: bytes, to: MessagePosition) -> None:
    """The account has a newer message."""
    moved = {"message_generation": to.generation, "message_index": to.index, "message_head": to.head}
    writing.run(_CHANGE, in_workspace=workspace, in_stream=account, **moved)


def append(writing: Writing, workspace: bytes, place: Place, digest: bytes, entry: Entry, at: int) -> None:
    """Store an entry at its place."""
    values = {
        "workspace": workspace,
        "stream": place.stream,
        "n": place.n,
        "head": place.head,
        "hash": digest,
        "at": at,
    }
    sealed = {"header": entry.header, "body": entry.body, "signature": entry.signature}
    writing.run(_APPEND, **values, **sealed)


def place_of(reading: Reading, workspace: bytes, digest: bytes) -> Place | None:
    """Where the entry with this hash is stored."""
    row = reading.row(_PLACE, in_workspace=workspace, of_entry=digest)
    return Place(*row) if row else None


def head_at(reading: Reading, workspace: bytes, stream: bytes, n: int) -> bytes | None:
    """The head hash of a stream after its entry `n`."""
    found: bytes | None = reading.value(_HEAD_AT, in_workspace=workspace, in_stream=stream, at_n=n)
    return found


def entry_at(reading: Reading, workspace: bytes, stream: bytes, n: int) -> Entry | None:
    """The entry at a position."""
    row = reading.row(_ENTRY_AT, in_workspace=workspace, in_stream=stream, at_n=n)
    return Entry(*row) if row else None


def entries_after(reading: Reading, workspace: bytes, stream: bytes, after: int) -> Generator[StoredEntry, None, None]:
    """Entries of a stream after a length, oldest first, read one by one."""
    for row in reading.each(_AFTER, in_workspace=workspace, in_stream=stream, after_n=after):
        yield StoredEntry(stream, row[0], Entry(*row[2:]), row[1])


def may_see(workspace: bytes, user: bytes) -> ColumnElement[bool]:
    """The condition that a person may see a stream."""
    theirs = select(access.c.stream).where(access.c.workspace == workspace, access.c.user == user)
    return and_(streams.c.workspace == workspace, or_(streams.c.kind.in_(SHARED), streams.c.id.in_(theirs)))


def visible(reading: Reading, workspace: bytes, user: bytes, since: int | None) -> list[StreamRow]:
    """The streams that a person may see; of those, with `since`, the ones that changed after that cursor."""
    condition = may_see(workspace, user)
    if since is not None:
        changed = select(changes.c.stream).where(changes.c.workspace == workspace, changes.c.cursor > since)
        condition = and_(condition, streams.c.id.in_(changed))
    return [StreamRow(*row) for row in reading.rows(select(*_COLUMNS).where(condition).order_by(streams.c.id))]


def visible_now(reading: Reading, workspace: bytes, user: bytes, wanted: Iterable[bytes]) -> dict[bytes, StreamRow]:
    """Those of the wanted streams that a person may see."""
    ids = list(wanted)
    condition = and_(may_see(workspace, user), streams.c.id.in_(ids))
    return {row.id: StreamRow(*row) for row in reading.rows(select(*_COLUMNS).where(condition))} if ids else {}


def of_kind(reading: Reading, kind: str) -> list[StreamRow]:
    """Every stream of a kind, of all workspaces."""
    return [StreamRow(*row) for row in reading.rows(select(*_COLUMNS).where(streams.c.kind == kind))]


def every(reading: Reading) -> list[StreamRow]:
    """Every stream of every workspace."""
    return [StreamRow(*row) for row in reading.rows(select(*_COLUMNS).order_by(streams.c.workspace, streams.c.id))]


def lost_since(reading: Reading, workspace: bytes, user: bytes, since: int) -> list[bytes]:
    """Streams whose access changed for a person after a cursor, and that they may not see now."""
    kept = select(access.c.stream).where(access.c.workspace == workspace, access.c.user == user)
    about = (changes.c.workspace == workspace, changes.c.cursor > since, changes.c.user == user)
    lost = select(changes.c.stream).where(*about, changes.c.what == "access", changes.c.stream.not_in(kept))
    return sorted({row.stream for row in reading.rows(lost)})


def roles_on(reading: Reading, workspace: bytes, stream: bytes) -> dict[bytes, str]:
    """Everybody who may see an account or personal stream, with their role on it."""
    return {row.user: row.role for row in reading.rows(_ROLES, in_workspace=workspace, in_stream=stream)}


def role_on(reading: Reading, workspace: bytes, stream: bytes, user: bytes) -> str | None:
    """The role of a person on an account, None without access."""
    role: str | None = reading.value(_ROLE, in_workspace=workspace, in_stream=stream, of_user=user)
    return role


def message_readers(reading: Reading, workspace: bytes, account: bytes, *, deleted: bool) -> frozenset[bytes]:
    """Whom messages of an account are for: everybody on it, or of a deleted one the Owners who may own accounts."""
    roles = roles_on(reading, workspace, account)
    if not deleted:
        return frozenset(roles)
    may_own = select(members.c.user).where(members.c.workspace == workspace, members.c.role.in_(ACCOUNT_OWNERS))
    able = {row.user for row in reading.rows(may_own)}
    return frozenset(user for user, role in roles.items() if role == "owner" and user in able)


def set_roles(writing: Writing, workspace: bytes, stream: bytes, roles: dict[bytes, str]) -> None:
    """Everybody who may see a stream from now on."""
    writing.run(delete(access).where(access.c.workspace == workspace, access.c.stream == stream))
    rows = [{"workspace": workspace, "user": user, "stream": stream, "role": role} for user, role in roles.items()]
    writing.connection.execute(insert(access), rows)


def sole_owned(reading: Reading, workspace: bytes, user: bytes) -> list[bytes]:
    """The accounts, deleted ones too, that nobody but this person owns who may own accounts today."""
    other = access.alias("other")
    may_own = and_(members.c.workspace == workspace, members.c.role.in_(ACCOUNT_OWNERS), members.c.user == other.c.user)
    others = select(other.c.stream).select_from(other.join(members, may_own))
    others = others.where(other.c.workspace == workspace, other.c.role == "owner", other.c.user != user)
    account = and_(streams.c.workspace == workspace, streams.c.id == access.c.stream, streams.c.kind == "account")
    mine = (access.c.workspace == workspace, access.c.role == "owner", access.c.user == user)
    theirs = select(access.c.stream).select_from(access.join(streams, account))
    return sorted(row.stream for row in reading.rows(theirs.where(*mine, access.c.stream.not_in(others))))


def personal_of(reading: Reading, workspace: bytes, user: bytes) -> bytes | None:
    """The personal stream of somebody, if there is one."""
    theirs = (streams.c.workspace == workspace, streams.c.kind == "personal", streams.c.owner == user)
    found: bytes | None = reading.value(select(streams.c.id).where(*theirs))
    return found
