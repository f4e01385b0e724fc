"""What an administrator is told before somebody leaves: the accounts that nobody else owns."""

from __future__ import annotations

from starlette.requests import Request
from starlette.routing import Route

from cerby_service.auth import Caller
from cerby_service.database import Database, Reading, numbers, streams
from cerby_service.database.streams import StreamRow
from cerby_service.errors import Refusal
from cerby_service.http import Http
from cerby_service.offers import read_id
from cerby_service.permitted import permit
from cerby_wire.handing import SOLE_OWNED, SoleOwnedAccount, SoleOwnedList
from cerby_wire.headers import Position
from cerby_wire.state import AccountState, decode_state


class Handing:
    """Lists accounts to hand over. Their content stays closed to administrators."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def routes(self, http: Http) -> list[Route]:
        """The routes of this subject."""
        return [Route(SOLE_OWNED + "/{user}", http.signed(self.listed), methods=["GET"])]

    async def listed(self, caller: Caller, request: Request) -> SoleOwnedList:
        """The accounts that the person in the path alone owns; of others, for administrators. Raises Refusal."""
        user = read_id(request.path_params["user"])
        if user != caller.user:
            permit(caller, "hand_over_accounts")
        return await self._database.read(lambda reading: _listed(reading, caller.workspace, user))


def _listed(reading: Reading, workspace: bytes, user: bytes) -> SoleOwnedList:
    rows = (streams.find(reading, workspace, account) for account in streams.sole_owned(reading, workspace, user))
    return SoleOwnedList(tuple(_account(reading, row, user) for row in rows if row is not None))


def _account(reading: Reading, row: StreamRow, leaving: bytes) -> SoleOwnedAccount:
    """What is to be known of one account. An Owner who may own none any more counts among the Collaborators."""
    state = decode_state(row.state)
    if not isinstance(state, AccountState):
        raise Refusal("not_found", "That is no account.")
    number = numbers.held_by(reading, row.id)
    others = sorted(state.members.keys() - {leaving})
    return SoleOwnedAccount(
        row.id, Position(row.n, row.head), row.epoch, row.deleted, tuple(others), number.e164 if number else ""
    )
