"""A trusted session answers a device that wants to become one: its part of the code, the typed digits, the entry.

Nothing of an attempt is kept: it ends with this process, and after five minutes in any case. Wrong codes are counted,
each makes the next try wait longer, and after five within an hour this session approves nothing until it is opened
anew: whoever sits in the middle has one guess for each time that somebody types.
"""

from __future__ import annotations

import asyncio
import hmac
import os
from collections.abc import Awaitable, Callable, Mapping

from msgspec import Struct

from cerby_tui import authoring, terminal_text
from cerby_tui.clock import Clock
from cerby_tui.errors import Alarm, OfflineError, RefusedError, TimedOut, UsageError
from cerby_tui.keys import DeviceKeys
from cerby_tui.sync.api import Api
from cerby_tui.sync.beginning import Writing
from cerby_tui.sync.tries import Tries
from cerby_wire import approving
from cerby_wire.approving import APPROVALS, ApprovalList, ApprovalView, Approve, Meeting, Pinned, Signed, Taken, Vouched
from cerby_wire.encoding import encode
from cerby_wire.entries import device_id
from cerby_wire.errors import Refused
from cerby_wire.headers import DevicePublic, Position
from cerby_wire.primitives import pad, seal, wrap
from cerby_wire.shapes import Shape
from cerby_wire.state import MOST_DEVICES, UserState

GLANCE = 0.3
"""Seconds between two looks for what the new device says."""
LONGEST_NAME = 60
MOST_PINS = 10_000
"""Positions that fit into a welcome; people's chains, the workspace and the private stream come first."""
STALE = 5
NOT_TRUSTED = "Nothing was changed; the device is not trusted."
TOO_MANY = f"You have {MOST_DEVICES} trusted sessions, and no more are possible."


class Attempt(Struct):
    """An answer that was given; `new`, `code` and `name` are there once the device has said who it is.

    `ready` is what was sent or is to be sent, the same bytes until it is answered.
    """

    id: bytes
    committed: bytes
    taken: Taken
    new: DevicePublic | None = None
    code: str = ""
    name: str = ""
    ready: Approve | None = None

    def __repr__(self) -> str:
        return "Attempt(…)"


class Done(Shape, frozen=True):
    """An answer that says only that it is done."""


class Trusting:
    """Answers requests for trust. `sync` makes a whole round. All methods run on the sync thread."""

    def __init__(
        self, writing: Writing, device: DeviceKeys, api: Api, clock: Clock, sync: Callable[[], Awaitable[None]]
    ) -> None:
        self._vault = writing.vault
        self._opener = writing.opener
        self._device = device
        self._api = api
        self._clock = clock
        self._sync = sync
        self._attempts: dict[bytes, Attempt] = {}
        self._tries = Tries(clock)

    def __repr__(self) -> str:
        return "Trusting(…)"

    async def pending(self) -> list[ApprovalView]:
        """The requests that are open. Raises OfflineError, RefusedError."""
        return (await self._api.ask("GET", APPROVALS, None, ApprovalList)).approvals

    def answered(self, request: bytes) -> bool:
        """Whether a request was answered from here, so that its code can be typed."""
        return request in self._attempts

    async def deny(self, request: bytes) -> None:
        """Do not trust it. Raises OfflineError, RefusedError."""
        self._attempts.pop(request, None)
        await self._api.ask("POST", f"{APPROVALS}/{request.hex()}/deny", None, Done)

    async def take(self, request: bytes) -> str:
        """Answer a request, and wait until the device says who it is; gives the name it has chosen.

        Raises OfflineError, RefusedError, TimedOut, Alarm if it is not what it had committed itself to.
        """
        self._tries.check()
        attempt = self._attempts.get(request) or await self._answer(request)
        if attempt.new is not None:
            return attempt.name  # asked again, after the popup was closed and opened
        ends = (await self._view(request)).expires - self._api.offset
        left = max(1_000, ends - self._clock.now()) / 1000
        try:
            async with asyncio.timeout(left):
                view = await self._revealed(request)
        except TimeoutError:
            self._attempts.pop(request, None)
            raise TimedOut("The new device did not say who it is.", safe=NOT_TRUSTED) from None
        return await self._begin(attempt, view)

    async def _answer(self, request: bytes) -> Attempt:
        """Say our part, once. Raises OfflineError, RefusedError."""
        await self._sync()
        person = self._person()
        # What the device committed itself to is known before our random value leaves: that is what makes the code one.
        view = await self._view(request)
        if view.taken_by == self._device.id:
            said = "This session has answered that request before, in a run that ended."
            raise RefusedError("request_taken", said, safe=NOT_TRUSTED, next_step="Deny it, and ask anew over there.")
        head = Position(person.n, person.head)
        taken = Taken(person.stream, head, self._device.public, os.urandom(approving.RANDOM_LENGTH))
        await self._api.ask("POST", f"{APPROVALS}/{request.hex()}/take", taken, ApprovalView)
        attempt = self._attempts[request] = Attempt(request, view.commitment, taken)
        return attempt

    async def _view(self, request: bytes) -> ApprovalView:
        return await self._api.ask("GET", f"{APPROVALS}/{request.hex()}", None, ApprovalView)

    async def _revealed(self, request: bytes) -> ApprovalView:
        """The request once the device has said who it is. Raises OfflineError, RefusedError."""
        while True:
            view = await self._view(request)
            if view.state == "revealed" and view.reveal is not None and view.device is not None:
                return view
            if view.state in ("denied", "expired"):
                self._attempts.pop(request, None)
                raise RefusedError(f"request_{view.state}", f"The request was {view.state}.", safe=NOT_TRUSTED)
            await asyncio.sleep(GLANCE)

    async def _begin(self, attempt: Attempt, view: ApprovalView) -> str:
        """The device has said who it is: work the code out. Raises Alarm."""
        request, new, reveal = attempt.id, view.device, view.reveal
        if new is None or reveal is None or approving.commitment(new, reveal.random) != attempt.committed:
            await self.deny(request)
            said = "What the device says now is not what it had committed itself to: somebody is in between."
            raise Alarm("another_commitment", said, safe=NOT_TRUSTED)
        identity = self._vault.identity
        meeting = Meeting(identity.origin, identity.service_key, new, reveal.random, attempt.taken)
        try:
            name = self._device.kem.unwrap(reveal.name, approving.name_place(request, new)).decode(errors="replace")
        except Refused:
            name = ""
        attempt.new, attempt.code = new, approving.code(meeting)
        attempt.name = terminal_text.line(name).strip()[:LONGEST_NAME]
        return attempt.name

    async def approve(self, request: bytes, code: str, name: str, names: Mapping[bytes, str]) -> None:
        """Trust the device whose code was typed, under `name`; `names` are those of one's sessions by their ids.

        Raises UsageError, RefusedError, OfflineError.
        """
        attempt = self._attempts.get(request)
        if attempt is None:
            raise UsageError("That request was not answered from here.", safe=NOT_TRUSTED)
        self._tries.check()
        if attempt.new is None:  # the popup was closed before the device had said who it is
            await self.take(request)
        digits = "".join(sign for sign in code if sign not in " -\t").strip()
        if len(digits) != approving.CODE_DIGITS or not (digits.isascii() and digits.isdigit()):
            raise UsageError("The code has eight digits.", safe=NOT_TRUSTED)
        if not hmac.compare_digest(digits, attempt.code):
            left = self._tries.wrong()
            said = "If you copied it right, somebody is in between: deny the request."
            raise UsageError(f"That is not the code of the device that asks. {left}", safe=NOT_TRUSTED, next_step=said)
        self._check_name(name.strip(), names)
        await self._add(attempt, name.strip())
        self._attempts.pop(request, None)
        await self._sync()

    def _check_name(self, name: str, names: Mapping[bytes, str]) -> None:
        """Names are unique among the sessions that are trusted. Raises UsageError, RefusedError."""
        if not name or len(name) > LONGEST_NAME:
            raise UsageError(f"A session needs a name of at most {LONGEST_NAME} characters.", safe=NOT_TRUSTED)
        person = self._person()
        active = person.active_devices(person.n)
        if name.casefold() in [names[one].casefold() for one in active if one in names]:
            said = "Choose another name."
            raise UsageError(f"Another session of yours is called {name}.", safe=NOT_TRUSTED, next_step=said)
        if len(active) >= MOST_DEVICES:
            raise RefusedError("too_many_devices", TOO_MANY, safe=NOT_TRUSTED, next_step="Remove one first.")

    async def _add(self, attempt: Attempt, name: str) -> None:
        """Send the entry that adds the device until it stands. Raises OfflineError, RefusedError."""
        for _ in range(STALE):
            attempt.ready = attempt.ready or self._written(attempt, name)
            try:
                await self._api.ask("POST", f"{APPROVALS}/{attempt.id.hex()}/welcome", attempt.ready, Done)
            except RefusedError as refused:
                attempt.ready = None
                if refused.code != "stale":
                    raise
                await self._sync()
            else:
                return
        raise OfflineError("Your other sessions are changing the same thing. Try again.", safe=NOT_TRUSTED)

    def _written(self, attempt: Attempt, name: str) -> Approve:
        """The entry that adds the device, its name, and what it is told. Raises RefusedError."""
        person, new = self._person(), attempt.new
        keys = self._opener.user_keys(person.generation_at(person.n).generation)
        if new is None:
            raise UsageError("The new device has not said who it is.", safe=NOT_TRUSTED)
        if keys is None:
            raise RefusedError("no_seed", "This session does not hold its person's newest key.", safe=NOT_TRUSTED)
        entry = authoring.add_device(self._device, person, keys, new)
        sealed_name = authoring.device_name(keys, person.stream, device_id(new), name)
        return Approve(entry, sealed_name, self._welcome(attempt.id, new, name))

    def _welcome(self, request: bytes, new: DevicePublic, name: str) -> approving.Welcome:
        """Everything that the device has to know, signed by us and sealed for it."""
        one, held = self._vault.identity, self._vault.streams.held()
        followed = [
            (at.kind == "account", Pinned(stream, at.position.n, at.position.head))
            for stream, at in held.items()
            if at.position.n and not at.lost and not at.stopped
        ]
        pins = [pin for _account, pin in sorted(followed)][:MOST_PINS]
        told = (one.service_key, one.workspace, one.user, one.personal, one.name, one.email, name)
        raw = encode(Vouched(request, device_id(new), *told, tuple(pins)))
        signed = Signed(raw, self._device.sign.sign(approving.LABEL, raw))
        key, place = os.urandom(32), approving.welcome_place(request, new)
        wrapped = wrap(new.kem, key, place)
        return approving.Welcome(wrapped, seal(key, place, pad(encode(signed))))

    def _person(self) -> UserState:
        """The chain of our person. Raises RefusedError."""
        person = self._vault.streams.user(self._vault.identity.user)
        if person is None:
            raise RefusedError("no_chain", "The chain of your sessions is not here yet.", safe=NOT_TRUSTED)
        return person
