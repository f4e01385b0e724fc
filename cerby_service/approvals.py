"""The mailbox between a new device and the trusted sessions of its person (docs/protocol.md §7).

The service only carries and keeps order: whoever takes a request first has it, each end says its part once, and the
entry that adds the device is stored together with what the device is told. It could exchange keys on the way; then
the two ends come to different codes.
"""

from __future__ import annotations

from typing import cast

from msgspec.structs import replace
from starlette.requests import Request
from starlette.routing import Route

from cerby_service.auth import Caller
from cerby_service.clock import MINUTE, Clock
from cerby_service.database import Change, Database, Draft, Reading, Writing, approvals, people
from cerby_service.database.approvals import OPEN, ApprovalRow
from cerby_service.errors import Refusal
from cerby_service.http import Http, Nothing, address_of
from cerby_service.keeping import Keeper
from cerby_service.keys import fresh_id
from cerby_service.offers import read_id
from cerby_service.verifications import normal_address
from cerby_wire.approving import (
    APPROVALS,
    MINE,
    RANDOM_LENGTH,
    ApprovalAsked,
    ApprovalEvent,
    ApprovalList,
    ApprovalSeen,
    ApprovalView,
    Approve,
    AskApproval,
    LookAfter,
    Reveal,
    State,
    Taken,
    Welcome,
)
from cerby_wire.encoding import decode, encode
from cerby_wire.entries import device_id, read_header
from cerby_wire.errors import NewerVersion, Refused
from cerby_wire.headers import DevicePublic, UserAdd
from cerby_wire.shapes import Pushed, PushEntry

GOOD_FOR = 5 * MINUTE
MOST_OPEN = 10
"""Requests that a person's sessions are shown at a time; what comes on top waits for nobody and runs out."""
NAME_LIMIT = 4_096
SENTENCES = {
    "denied": ("request_denied", "The request was denied on a trusted session."),
    "expired": ("request_expired", "The request is over: nobody answered it within five minutes."),
    "taken": ("request_taken", "Another session has answered this request already."),
    "revealed": ("request_taken", "Another session has answered this request already."),
    "approved": ("request_taken", "The device was approved already."),
}


class Approvals:
    """Carries requests for trust."""

    def __init__(self, database: Database, keeper: Keeper, clock: Clock) -> None:
        self._database = database
        self._keeper = keeper
        self._clock = clock

    def routes(self, http: Http) -> list[Route]:
        """Our part of the route table."""
        one = APPROVALS + "/{approval}"
        ask = http.first_contact_from(AskApproval, lambda asked: asked.device, self.ask)
        look = http.first_contact(LookAfter, lambda asked: asked.device, self.look)
        return [
            Route(APPROVALS, ask, methods=["POST"]),
            Route(APPROVALS, http.signed(self.listed), methods=["GET"]),
            Route(MINE, look, methods=["POST"]),
            Route(one, http.signed(self.show), methods=["GET"]),
            Route(one + "/take", http.signed_with(Taken, self.take), methods=["POST"]),
            Route(one + "/welcome", http.signed_with(Approve, self.approve), methods=["POST"]),
            Route(one + "/deny", http.signed(self.deny), methods=["POST"]),
        ]

    async def ask(self, asked: AskApproval, request: Request) -> ApprovalAsked:
        """A new device asks. Raises Refusal for what is no address."""
        email, now = normal_address(asked.email), self._clock()
        row = ApprovalRow(
            id=fresh_id(),
            workspace=b"",
            user=b"",
            device=encode(asked.device),
            commitment=asked.commitment,
            address=address_of(request),
            state="waiting",
            taken_by=b"",
            answer=b"",
            reveal=b"",
            welcome=b"",
            at=now,
            expires=now + GOOD_FOR,
        )
        await self._database.write(lambda writing: self._ask(writing, row, email))
        return ApprovalAsked(row.id, row.expires)

    def _ask(self, writing: Writing, row: ApprovalRow, email: str) -> None:
        if people.find_device(writing, device_id(decode(row.device, DevicePublic))) is not None:
            raise Refusal("forbidden", "That session belongs to a workspace already.")
        found = approvals.person_with(writing, email)
        if found and len(approvals.open_for(writing, *found, row.at)) < MOST_OPEN:
            row = replace(row, workspace=found[0], user=found[1])
        approvals.add(writing, row)
        _ring(writing, row)
        if row.user:
            new = device_id(decode(row.device, DevicePublic))
            writing.log(Draft(row.workspace, "Secure Device Requested", row.user, subject=new))

    async def look(self, asked: LookAfter) -> ApprovalSeen:
        """How a request stands, for the device that made it. Raises Refusal."""
        reveal = asked.reveal
        if reveal is not None:
            return await self._database.write(lambda writing: self._reveal(writing, asked, reveal))
        return self._seen(await self._database.read(lambda reading: _of_device(reading, asked)))

    def _reveal(self, writing: Writing, asked: LookAfter, reveal: Reveal) -> ApprovalSeen:
        if len(reveal.name) > NAME_LIMIT or len(reveal.random) != RANDOM_LENGTH:
            raise Refusal("bad_request", "The random value or the name of the device is too long.")
        row = _of_device(writing, asked)
        if self._state(row) == "taken":
            row = replace(row, state="revealed", reveal=encode(reveal))
            approvals.save(writing, row)
            _ring(writing, row)
        return self._seen(row)

    def _seen(self, row: ApprovalRow) -> ApprovalSeen:
        taken = decode(row.answer, Taken) if row.answer else None
        welcome = decode(row.welcome, Welcome) if row.welcome else None
        return ApprovalSeen(self._state(row), row.expires, taken, welcome)

    async def listed(self, caller: Caller, _request: Request) -> ApprovalList:
        """The open requests to the caller."""
        now = self._clock()

        def read(reading: Reading) -> list[ApprovalRow]:
            return approvals.open_for(reading, caller.workspace, caller.user, now)

        return ApprovalList([self._view(row) for row in await self._database.read(read)])

    async def show(self, caller: Caller, request: Request) -> ApprovalView:
        """One request to the caller. Raises Refusal."""
        return self._view(await self._database.read(lambda reading: _theirs(reading, caller, request)))

    async def take(self, caller: Caller, request: Request, taken: Taken) -> ApprovalView:
        """The caller's session answers a request, if it is the first. Raises Refusal."""
        if (taken.user, device_id(taken.approver)) != (caller.user, caller.device):
            raise Refusal("bad_request", "A session answers for itself and its own person.")

        def answer(writing: Writing) -> ApprovalRow:
            row = _theirs(writing, caller, request)
            if self._state(row) != "waiting":
                raise self._over(row)
            row = replace(row, state="taken", taken_by=caller.device, answer=encode(taken))
            approvals.save(writing, row)
            _ring(writing, row)
            return row

        return self._view(await self._database.write(answer))

    async def deny(self, caller: Caller, request: Request) -> Nothing:
        """The request comes to nothing; any session of the person may say so. Raises Refusal."""

        def end(writing: Writing) -> None:
            row = _theirs(writing, caller, request)
            if self._state(row) in OPEN:
                row = replace(row, state="denied")
                approvals.save(writing, row)
                _ring(writing, row)
                new = device_id(decode(row.device, DevicePublic))
                writing.log(Draft(row.workspace, "Secure Device Denied", row.user, caller.device, subject=new))

        await self._database.write(end)
        return Nothing()

    async def approve(self, caller: Caller, request: Request, asked: Approve) -> Nothing:
        """Store the entry that adds the device, and what it is told; or answer again that it was. Raises Refusal."""
        if len(asked.device_name) > NAME_LIMIT:
            raise Refusal("bad_request", "The name of the device is too long.")
        await self._database.write(lambda writing: self._approve(writing, caller, request, asked))
        return Nothing()

    def _approve(self, writing: Writing, caller: Caller, request: Request, asked: Approve) -> None:
        row = _theirs(writing, caller, request)
        again = row.state == "approved" and row.taken_by == caller.device
        if not again and (self._state(row) != "revealed" or row.taken_by != caller.device):
            raise self._over(row)
        added = decode(row.device, DevicePublic)
        _check_adds(asked, added)
        pushed = self._keeper.push(writing, caller.workspace, caller.user, PushEntry(caller.user, asked.entry))
        if pushed.status not in ("accepted", "already"):
            raise _refusal(pushed)
        if not again:
            people.name_device(writing, device_id(added), asked.device_name)
            row = replace(row, state="approved", welcome=encode(asked.welcome))
            approvals.save(writing, row)
            _ring(writing, row)

    def _state(self, row: ApprovalRow) -> State:
        """How a request stands, its time considered."""
        over = row.state in OPEN and row.expires <= self._clock()
        return "expired" if over else cast(State, row.state)

    def _over(self, row: ApprovalRow) -> Refusal:
        """Why a request cannot be answered so."""
        state = self._state(row)
        if state == "waiting":
            return Refusal("bad_request", "The request was not answered yet.")
        return Refusal(*SENTENCES[state])

    def _view(self, row: ApprovalRow) -> ApprovalView:
        reveal = decode(row.reveal, Reveal) if row.reveal else None
        return ApprovalView(
            id=row.id,
            state=self._state(row),
            asked=row.at,
            expires=row.expires,
            address=row.address,
            commitment=row.commitment,
            taken_by=row.taken_by,
            device=decode(row.device, DevicePublic) if reveal else None,
            reveal=reveal,
        )


def _of_device(reading: Reading, asked: LookAfter) -> ApprovalRow:
    """The request, if this very device made it. Raises Refusal `not_found`."""
    row = approvals.find(reading, asked.id)
    if row is None or row.device != encode(asked.device):
        raise Refusal("not_found", "There is no such request of this device.")
    return row


def _theirs(reading: Reading, caller: Caller, request: Request) -> ApprovalRow:
    """The request in the path, if it is one to the caller. Raises Refusal `not_found`."""
    row = approvals.find(reading, read_id(request.path_params["approval"]))
    if row is None or (row.workspace, row.user) != (caller.workspace, caller.user):
        raise Refusal("not_found", "There is no such request.")
    return row


def _check_adds(asked: Approve, added: DevicePublic) -> None:
    """The entry adds just the device that asked. Raises Refusal."""
    try:
        act = read_header(asked.entry).act
    except (Refused, NewerVersion):
        raise Refusal("bad_request", "The entry cannot be read.") from None
    if not (isinstance(act, UserAdd) and act.device == added):
        raise Refusal("bad_request", "The entry is not the one that adds the device which asked.")


def _ring(writing: Writing, row: ApprovalRow) -> None:
    """Tell the person's sessions that a request began or went on."""
    if row.user:
        audience = frozenset({row.user})
        writing.note(Change(row.workspace, "approval", b"", ApprovalEvent(), audience, user=row.user))


def _refusal(pushed: Pushed) -> Refusal:
    """Why the entry was not taken."""
    if pushed.status == "stale":
        return Refusal("stale", "The chain has grown meanwhile. Ask for it again.", rule=pushed.rule)
    if pushed.rule == "too_many_devices":
        return Refusal("too_many_devices", pushed.detail, rule=pushed.rule)
    return Refusal("bad_request", pushed.detail, rule=pushed.rule)
