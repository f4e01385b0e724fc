"""Names and addresses of people, each signed by a device of theirs; who sees whose follows from the role."""

from __future__ import annotations

from starlette.requests import Request
from starlette.routing import Route

from cerby_service.auth import Caller
from cerby_service.database import Database, profiles
from cerby_service.http import Http
from cerby_service.permitted import may
from cerby_wire.inviting import PROFILES
from cerby_wire.inviting import Profiles as Answer


class Profiles:
    """Guests and Login-Only people see only those they share an account with; everybody else sees everybody."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def routes(self, http: Http) -> list[Route]:
        """Our part of the route table."""
        return [Route(PROFILES, http.signed(self.show), methods=["GET"])]

    async def show(self, caller: Caller, _request: Request) -> Answer:
        """The profiles that this person may see."""
        if may(caller, "see_members"):
            found = await self._database.read(lambda reading: profiles.of_everybody(reading, caller.workspace))
        else:
            found = await self._database.read(
                lambda reading: profiles.of_company(reading, caller.workspace, caller.user)
            )
        return Answer(found)
