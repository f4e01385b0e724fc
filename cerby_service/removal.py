"""What ended a session, for that session alone: the signed entries by which it can check what it was told.

It is shown the streams that everybody in the workspace sees, up to the entry that ended it, and nothing later.
"""

from __future__ import annotations

from contextlib import closing
from typing import NamedTuple

from starlette.routing import Route

from cerby_service.database import Database, Reading, devices, streams
from cerby_service.database.people import DeviceRow
from cerby_service.database.streams import StreamRow
from cerby_service.errors import Refusal
from cerby_service.http import Http
from cerby_wire.entries import read_header
from cerby_wire.headers import Position, WorkspaceSuspend
from cerby_wire.removing import REMOVAL, AskRemoval, RemovalEvidence
from cerby_wire.shapes import PULL_LIMIT, StoredEntry
from cerby_wire.state import Person, UserState, WorkspaceState, decode_state


class End(NamedTuple):
    """The entry that ended a session: its stream and place."""

    stream: bytes
    n: int


class Removal:
    """Answers sessions that may not speak any more."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def routes(self, http: Http) -> list[Route]:
        """Our part of the route table."""
        return [Route(REMOVAL, http.ended_with(AskRemoval, self.show), methods=["POST"])]

    async def show(self, device: DeviceRow, asked: AskRemoval) -> RemovalEvidence:
        """Why the session ended, as signed entries. Raises Refusal."""
        return await self._database.read(lambda reading: _show(reading, device, asked))


def _show(reading: Reading, device: DeviceRow, asked: AskRemoval) -> RemovalEvidence:
    end = _end(reading, device)
    if end is None:
        raise Refusal("not_found", "Nothing that is stored here ended this session.")
    wanted = _wanted(reading, device.workspace, end)
    # With its own way out of the chain comes the key that what it did not send is sealed to.
    wanted[device.user] = max(wanted.get(device.user, 0), _removed(reading, device))
    left, page, more = min(asked.budget, PULL_LIMIT), list[StoredEntry](), False
    for stream, upto in wanted.items():
        for one in _entries(reading, device.workspace, stream, asked.after.get(stream, 0), upto):
            left -= len(one.entry.header) + len(one.entry.body)
            if left < 0 and page:
                more = True
                break
            page.append(one)
    at = devices.stored_at(reading, device.workspace, end.stream, end.n)
    return RemovalEvidence(page, at, more)


def _end(reading: Reading, device: DeviceRow) -> End | None:
    """What ended a session: its person's chain, an order against it, or that its person left."""
    workspace = _state(streams.find(reading, device.workspace, device.workspace))
    here = workspace.people.get(device.user, Person()) if isinstance(workspace, WorkspaceState) else Person()
    orders = [order.n for order in here.suspensions if order.device == device.id]
    if orders:  # before the chain: the person's other sessions only follow an order
        return End(device.workspace, orders[0])
    if here.roles and here.roles[-1].role is None:
        return End(device.workspace, here.roles[-1].n)
    removed = _removed(reading, device)
    return End(device.user, removed) if removed else None


def _removed(reading: Reading, device: DeviceRow) -> int:
    """The entry of its person's chain that took a session out; 0 for none."""
    person = _state(streams.find(reading, device.workspace, device.user))
    record = person.devices.get(device.id) if isinstance(person, UserState) else None
    return record.removed if record is not None else 0


def _wanted(reading: Reading, workspace: bytes, end: End) -> dict[bytes, int]:
    """How far which streams are needed to judge the end: the chains that the workspace cites come with it."""
    if end.stream != workspace:
        return {end.stream: end.n}
    chains: dict[bytes, int] = {}
    state = _state(streams.find(reading, workspace, workspace))
    for one in _entries(reading, workspace, workspace, 0, end.n):
        header = read_header(one.entry)
        cited: dict[bytes, Position] = {header.author: header.chain}
        if isinstance(header.act, WorkspaceSuspend) and isinstance(state, WorkspaceState):
            cited.setdefault(header.act.user, state.chain_at(header.act.user, one.n))
        for user, chain in cited.items():
            chains[user] = max(chains.get(user, 0), chain.n)
    return {**chains, workspace: end.n}


def _entries(reading: Reading, workspace: bytes, stream: bytes, after: int, upto: int) -> list[StoredEntry]:
    with closing(streams.entries_after(reading, workspace, stream, after)) as found:
        kept = []
        for one in found:
            if one.n > upto:
                break
            kept.append(one)
        return kept


def _state(row: StreamRow | None) -> object:
    return decode_state(row.state) if row else None
