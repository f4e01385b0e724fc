"""Trusted sessions: a person's own with their sealed names, those of others for administrators without."""

from __future__ import annotations

from typing import Literal, cast

from starlette.requests import Request
from starlette.routing import Route

from cerby_service.auth import Caller
from cerby_service.clock import Clock
from cerby_service.database import Database, devices
from cerby_service.database.devices import SessionRow
from cerby_service.http import Http
from cerby_service.hub import Hub
from cerby_service.offers import read_id
from cerby_service.permitted import permit
from cerby_wire.sessions import DEVICES, DeviceList, DeviceView


class Devices:
    """Lists sessions. One with an open feed is in contact now."""

    def __init__(self, database: Database, hub: Hub, clock: Clock) -> None:
        self._database = database
        self._hub = hub
        self._clock = clock

    def routes(self, http: Http) -> list[Route]:
        """Our part of the route table."""
        return [Route(DEVICES, http.signed(self.listed), methods=["GET"])]

    async def listed(self, caller: Caller, request: Request) -> DeviceList:
        """The caller's sessions, or with `user` those of somebody else. Raises Refusal."""
        asked = request.query_params.get("user", "")
        user = read_id(asked) if asked else caller.user
        if user != caller.user:
            permit(caller, "see_other_sessions")
        rows = await self._database.read(lambda reading: devices.sessions_of(reading, caller.workspace, user))
        here, now = self._hub.listening(row.id for row in rows), self._clock()
        return DeviceList([_view(row, now if row.id in here else 0, own=user == caller.user) for row in rows])


def _view(row: SessionRow, contact: int, *, own: bool) -> DeviceView:
    state = cast(Literal["active", "suspended", "removed"], row.state)
    name = row.name if own else b""
    return DeviceView(row.id, row.user, state, row.at, max(row.last_contact, contact), name)
