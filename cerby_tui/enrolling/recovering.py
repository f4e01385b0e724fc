"""Coming back with the recovery kit alone: its code is a device that adds this one, and is replaced in the same act.

The code names nobody and pins nothing, so `look` says whose it is before `use` spends it: name, address, user id as it
is printed on the kit, and whether the key of the service is the one that this person's devices know.

    name ──▶ passphrase ──▶ recovery (look) ──▶ use ──▶ kit ──▶ done

An attempt whose answer was lost is at the step `sent`: `finish` asks again, without the kit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from cerby_tui import authoring
from cerby_tui.enrolling.base import Enrolling, Step
from cerby_tui.enrolling.fetching import fetch, shared_lengths
from cerby_tui.enrolling.found_by_kit import Found, collect, judge
from cerby_tui.enrolling.known import Known
from cerby_tui.enrolling.replay import UNTOUCHED, replay, require_prefix
from cerby_tui.errors import Alarm, RefusedError, UsageError
from cerby_tui.keys import DeviceKeys
from cerby_tui.kit import read_code
from cerby_tui.vault.meta import Identity
from cerby_wire.entries import next_head
from cerby_wire.headers import Position
from cerby_wire.recovering import RECOVERIES, Recover, Recovered, prove, read_link

if TYPE_CHECKING:
    from cerby_tui.sync.api import Api

NOT_SENT = ("stale", "clock_skew", "kit_spent", "no_such_kit", "bad_signature", "forbidden", "bad_request")
"""Refusals of a request that is kept: it was never taken, and never will be as it is."""
LATE = ("stale", "clock_skew")
"""Those after which it is written anew."""


class RecoveringKnown(Known, frozen=True, kw_only=True):
    """What is known of a recovery. `request` adds this device; it is kept so that it stays the same.

    `pins` is how long each stream was when the kit was used, with this device's own act on top.
    """

    workspace: bytes = b""
    personal: bytes = b""
    pins: dict[bytes, Position] = field(default_factory=dict)
    request: Recover | None = None
    added: bool = False

    def __repr__(self) -> str:
        return "RecoveringKnown(…)"


class Whose(Struct, frozen=True):
    """Whose kit it is. `user` in hexadecimal, as on the kit; `sessions` stay trusted beside the new one.

    `pinned`: the key of the service was compared with the one that the other devices know.
    """

    name: str
    email: str
    user: str
    sessions: int
    pinned: bool


class Recovering(Enrolling[RecoveringKnown]):
    """A new device of somebody who has only the kit."""

    way = "recover"
    kind = RecoveringKnown
    steps = 5
    whose: Whose | None = None
    """Whose kit it is, once it was looked at."""
    _kit: DeviceKeys | None = None
    _origin = ""

    def _first(self, device_name: str, recovery: bytes) -> RecoveringKnown:
        return RecoveringKnown(way=self.way, device_name=device_name, recovery=recovery)

    def _own_step(self, known: RecoveringKnown) -> Step:
        if known.request is not None:
            return "sent"
        return "use" if self.whose else "recovery"

    def _settled(self, known: RecoveringKnown) -> bool:
        return known.added

    @property
    def sent(self) -> bool:
        """Whether the kit was used and the answer is missing still."""
        return self._known is not None and self._known.request is not None

    async def look(self, origin: str, code: str) -> Whose:
        """Whose kit it is. Nothing is used up.

        `code` may also be what the square says, and then `origin` may be empty. Raises UsageError naming a mistyped
        group, OfflineError, RefusedError for a kit that is spent or unknown there, Alarm.
        """
        kit = read_code(code)
        origin = (read_link(code)[0] or origin).strip().rstrip("/")
        if not origin:
            raise UsageError("The address of the service is missing.", next_step="It is on the kit: https://…")
        origin = origin if "://" in origin else f"https://{origin}"
        async with self._line(origin) as api:
            found = await self._find(api, kit)
        self._kit, self._origin = kit, origin
        profile = found.profile
        sessions = len(found.person.active_devices(found.person.n))
        self.whose = Whose(profile.name, profile.email, found.person.stream.hex(), sessions, found.pinned)
        return self.whose

    async def use(self) -> None:
        """Spend the kit that was looked at: add this device, make the new kit, write the vault.

        Raises UsageError before `look`, OfflineError, RefusedError, Alarm.
        """
        if self._kit is None or self.whose is None:
            raise UsageError("The code of the recovery kit has to be typed first.")
        async with self._line(self._origin) as api:
            done = self.sent and await self._asked_again(api)
            while not done:
                done = await self._add(api, self._kit, self.whose)
            await self._settle(api)
        self._kit = None

    async def finish(self) -> None:
        """Go on after the kit was used: ask again for the answer that was lost, and write the vault.

        Raises like `use`; a RefusedError after which `sent` is False says that the kit was not used after all.
        """
        _device, known = self._ready()
        async with self._line(known.origin) as api:
            if not known.added:
                await self._send(api)
            await self._settle(api)

    async def _find(self, api: Api, kit: DeviceKeys) -> Found:
        device, _known = self._ready()
        about = await api.about()
        proof = prove(kit.sign, kit.id, device.id, about.time)
        answer = await collect(api, device.public, proof)
        return judge(answer, kit, about.service_key)

    async def _asked_again(self, api: Api) -> bool:
        """Send the request whose answer was lost; False if it was never taken and has to be written anew."""
        try:
            await self._send(api)
        except RefusedError as refused:
            if refused.code not in LATE:
                raise
            return False
        return True

    async def _add(self, api: Api, kit: DeviceKeys, whose: Whose) -> bool:
        """Write the act that adds this device and send it; False if the chain moved on meanwhile."""
        device, known = self._ready()
        found = await self._find(api, kit)
        if found.person.stream.hex() != whose.user:
            raise Alarm("another_person", "The service shows another person than it did before.", safe=UNTOUCHED)
        fresh = DeviceKeys.from_recovery(known.recovery).public
        entry, seed = authoring.recover(kit, found.person, found.seed, fresh, device.public)
        user = found.person.stream
        name = authoring.device_name(seed, user, device.id, known.device_name)
        proof = prove(kit.sign, kit.id, device.id, (await api.about()).time)
        person = found.person
        pins = found.pins() | {user: Position(person.n + 1, next_head(person.head, entry))}
        known = replace(known, origin=self._origin, service_key=found.ledger.service_key(), user=user, pins=pins)
        known = replace(known, workspace=found.workspace, personal=found.personal)
        known = replace(known, name=found.profile.name, email=found.profile.email)
        # Kept before it is sent: a lost answer is asked for again with the very same bytes.
        self._keep(replace(known, request=Recover(device.public, proof, entry, name)))
        return await self._asked_again(api)

    async def _send(self, api: Api) -> None:
        _device, known = self._ready()
        if known.request is None:
            raise UsageError("The recovery kit was not used yet.")
        try:
            await api.ask("POST", RECOVERIES, known.request, Recovered)
        except RefusedError as refused:
            if refused.code in NOT_SENT:
                self._keep(replace(known, request=None))
            raise
        self._keep(replace(known, added=True))

    async def _settle(self, api: Api) -> None:
        """First lease and vault of a device that is in the chain."""
        device, known = self._ready()
        heads = await api.heads("")
        entries = await fetch(api, shared_lengths(heads))
        ledger = replay(known.service_key, entries)
        require_prefix(ledger, known.pins)
        person = ledger.user(known.user)
        if person is None or not person.device_active(device.id, person.n):
            raise Alarm("not_added", "The service shows a chain without this device.")
        await self._write_vault(_identity(known, device), heads.lease, entries)


def _identity(known: RecoveringKnown, device: DeviceKeys) -> Identity:
    """Who the vault belongs to."""
    return Identity(
        origin=known.origin,
        service_key=known.service_key,
        workspace=known.workspace,
        user=known.user,
        device=device.id,
        personal=known.personal,
        name=known.name,
        email=known.email,
        device_name=known.device_name,
    )
