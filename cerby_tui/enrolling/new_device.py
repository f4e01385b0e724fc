"""Setting up this device beside others of its person: one of them answers, a code is carried over, both ends confirm.

    name ──▶ passphrase ──▶ approval ──▶ waiting (and the code) ──▶ approved ──▶ done

Nothing that the service says is believed: it could stand in the middle, and then the codes differ. The vault is written
once the other session's word was judged against everything that the service shows, and this device's person says that
the other session said "approved".
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from msgspec.structs import replace

from cerby_tui.enrolling.base import Enrolling, Step
from cerby_tui.enrolling.known import Known
from cerby_tui.enrolling.replay import UNTOUCHED
from cerby_tui.enrolling.vouching import Vetted, open_welcome, vet
from cerby_tui.errors import Alarm, RefusedError, UsageError
from cerby_tui.keyfile import replace_recovery
from cerby_tui.keys import DeviceKeys
from cerby_tui.vault.meta import Identity
from cerby_wire import approving
from cerby_wire.approving import (
    APPROVALS,
    MINE,
    ApprovalAsked,
    ApprovalSeen,
    AskApproval,
    LookAfter,
    Meeting,
    Reveal,
    Taken,
    Welcome,
)
from cerby_wire.errors import Refused
from cerby_wire.primitives import wrap

if TYPE_CHECKING:
    from cerby_tui.sync.api import Api

Stage = Literal["ask", "wait", "code", "confirm"]
OVER = {
    "denied": "The request was denied on your other session.",
    "expired": "Nobody answered within five minutes. If nothing appeared on your other session, check the address.",
}
AGAIN = "Ask again, with your other session at hand."


class NewDeviceKnown(Known, frozen=True, kw_only=True):
    """What is known of an approval. `random` is what this device committed itself to, `ends` UTC ms by our clock.

    The first answer is kept for good: another one later is somebody in the middle.
    """

    request: bytes = b""
    random: bytes = b""
    ends: int = 0
    taken: Taken | None = None
    welcome: Welcome | None = None
    confirmed: bool = False

    def __repr__(self) -> str:
        return "NewDeviceKnown(…)"


class NewDevice(Enrolling[NewDeviceKnown]):
    """A further device of somebody who has one at hand."""

    way = "approve"
    makes_kit = False
    kind = NewDeviceKnown
    missing = 0
    """Accounts that the other session has and that are not served here; known once it was approved."""

    def _first(self, device_name: str, recovery: bytes) -> NewDeviceKnown:
        return NewDeviceKnown(way=self.way, device_name=device_name)

    def _own_step(self, known: NewDeviceKnown) -> Step:
        steps: dict[Stage, Step] = {"ask": "approval", "wait": "waiting", "code": "waiting", "confirm": "approved"}
        return steps[self.stage]

    def _settled(self, known: NewDeviceKnown) -> bool:
        # There is no kit to confirm: until the file is gone, the vault may be half of one.
        return known.confirmed and not self._home.enrolment_file.exists()

    @property
    def stage(self) -> Stage:
        """Where the approval stands, as far as was heard."""
        known = self._known
        if known is None or not known.request:
            return "ask"
        if known.welcome is not None:
            return "confirm"
        return "code" if known.taken is not None else "wait"

    @property
    def asked(self) -> tuple[str, str]:
        """Service and address that were asked last; empty before."""
        return (self._known.origin, self._known.email) if self._known else ("", "")

    @property
    def ends(self) -> int:
        """When the request is over, UTC milliseconds by this machine's clock; 0 if there is none."""
        return self._known.ends if self._known else 0

    def code(self) -> str:
        """The eight digits to be typed on the other session, as 1234-5678. Raises UsageError before it answered."""
        device, known = self._ready()
        if known.taken is None:
            raise UsageError("No session has answered yet.")
        digits = approving.code(Meeting(known.origin, known.service_key, device.public, known.random, known.taken))
        return f"{digits[:4]}-{digits[4:]}"

    async def ask(self, origin: str, email: str) -> None:
        """Ask the sessions of the person with that address at a service. Raises UsageError, OfflineError, RefusedError.

        The service says nothing about whether there is such a person.
        """
        device, known = self._ready()
        origin, email = origin.strip().rstrip("/"), email.strip()
        if not origin.startswith(("https://", "http://")):
            raise UsageError("The address of the service is missing.", next_step="It begins with https://")
        if "@" not in email:
            raise UsageError("Your e-mail address is missing.")
        random = os.urandom(approving.RANDOM_LENGTH)
        async with self._line(origin) as api:
            about = await api.about()
            if about.origin != origin:  # requests are signed for the one address that the service is known by
                raise UsageError(f"That service is known by another address: {about.origin}", next_step="Use that one.")
            asked = AskApproval(email, device.public, approving.commitment(device.public, random))
            answer = await api.ask("POST", APPROVALS, asked, ApprovalAsked)
        ends = self._clock.now() + answer.expires - about.time
        fresh = NewDeviceKnown(way=self.way, device_name=known.device_name, email=email, origin=origin)
        self._keep(replace(fresh, service_key=about.service_key, request=answer.id, random=random, ends=ends))

    async def look(self) -> Stage:
        """Look after the request, once; call it about every second until it says `confirm`.

        Raises OfflineError; RefusedError `request_denied` or `request_expired`, after which it can be asked again;
        Alarm if the service or somebody behind it is not honest.
        """
        _device, known = self._ready()
        if not known.request or known.welcome is not None:
            return self.stage
        async with self._line(known.origin) as api:
            seen = await self._see(api)
            if seen.taken is not None and known.taken is None:
                self._keep(replace(known, taken=seen.taken))
                seen = await self._see(api)
            await self._take(api, seen)
        return self.stage

    async def _see(self, api: Api) -> ApprovalSeen:
        """How the request stands; one that the service does not know any more is over."""
        _device, known = self._ready()
        try:
            return await api.ask("POST", MINE, self._looking(), ApprovalSeen)
        except RefusedError as refused:
            if refused.code != "not_found":
                raise
            return ApprovalSeen("expired", 0, known.taken)

    def _looking(self) -> LookAfter:
        """Our question, and what we had committed ourselves to once the other end has said its part."""
        device, known = self._ready()
        if known.taken is None:
            return LookAfter(known.request, device.public)
        try:
            place = approving.name_place(known.request, device.public)
            name = wrap(known.taken.approver.kem, known.device_name.encode(), place)
        except Refused as refused:
            raise Alarm(refused.rule, "The session that answered has no key.", safe=UNTOUCHED) from None
        return LookAfter(known.request, device.public, Reveal(known.random, name))

    async def _take(self, api: Api, seen: ApprovalSeen) -> None:
        _device, known = self._ready()
        if seen.taken != known.taken:
            said = "Another session answers than at first: somebody is in between."
            raise Alarm("another_answer", said, safe=UNTOUCHED, next_step="Begin again.")
        if seen.state in OVER:
            self._keep(replace(known, request=b"", taken=None))
            raise RefusedError(f"request_{seen.state}", OVER[seen.state], safe=UNTOUCHED, next_step=AGAIN)
        if seen.state == "approved" and seen.welcome is not None and known.taken is not None:
            await self._vet(api, seen.welcome)
            self._keep(replace(known, welcome=seen.welcome))

    async def _vet(self, api: Api, welcome: Welcome) -> Vetted:
        """What the other session vouches for, judged against what the service shows. Raises Alarm."""
        device, known = self._ready()
        if known.taken is None:
            raise UsageError("No session has answered yet.")
        vouched = open_welcome(welcome, known.request, device, known.taken)
        vetted = await vet(api, vouched, known.taken, device, known.service_key)
        self.missing = vetted.missing
        return vetted

    async def confirm(self) -> None:
        """The person says that the other session said "approved": write the vault.

        Raises UsageError before that, OfflineError, RefusedError, Alarm.
        """
        device, known = self._ready()
        if known.welcome is None:
            raise UsageError("Your other session has not approved this device yet.")
        async with self._line(known.origin) as api:
            vetted = await self._vet(api, known.welcome)
        vouched = vetted.vouched
        told = {"user": vouched.user, "name": vouched.name, "email": vouched.email}
        self._keep(replace(known, confirmed=True, device_name=vouched.device_name, **told))
        replace_recovery(self._home.key_file, device, vetted.recovery)
        await self._write_vault(_identity(known, vetted, device), vetted.lease, vetted.entries)
        self._finish()


def _identity(known: NewDeviceKnown, vetted: Vetted, device: DeviceKeys) -> Identity:
    """Who the vault belongs to, as the other session says and the streams have proved."""
    vouched = vetted.vouched
    return Identity(
        origin=known.origin,
        service_key=known.service_key,
        workspace=vouched.workspace,
        user=vouched.user,
        device=device.id,
        personal=vouched.personal,
        name=vouched.name,
        email=vouched.email,
        device_name=vouched.device_name,
    )
