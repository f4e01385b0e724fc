"""The recovery kit of this person: whether it works, when that was last tried, a new one, and whether it was used."""

from __future__ import annotations

import msgspec

from cerby_tui.errors import UsageError
from cerby_tui.ground import Ground
from cerby_tui.keys import DeviceKeys
from cerby_tui.kit import Kit, confirmed, kit_of
from cerby_tui.kit_uses import SEEN, KitUse, RecoveryKey, find_uses, recovery_keys
from cerby_tui.sync.kits import NEW_KIT, NewKit
from cerby_tui.trying_kits import try_kit
from cerby_tui.vault.marks import DRILLED, KIT_SLOT
from cerby_tui.vault.meta import Meta
from cerby_tui.vault.outbox import Outbox
from cerby_tui.vault.streams import Streams
from cerby_wire.state import UserState


class Recovery:
    """The recovery kit. Reading and the drill ask only the disk."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._meta = Meta(ground.reader)
        self._streams = Streams(ground.reader)
        self._outbox = Outbox(ground.reader)
        self._looked = (0, tuple[KitUse, ...]())

    def last_drill(self) -> int:
        """When the kit in force was last tried, on whichever device, UTC milliseconds; 0 for never."""
        person = self._person()
        return self._drills().get(person.recovery(person.n), 0) if person else 0

    async def drill(self, code: str) -> str:
        """Prove that a typed code opens a copy of what this vault holds; returns what was opened, in words.

        Raises UsageError naming the group that is mistyped, or for the code of another kit.
        """
        return await self._ground.call(self._drill, code)

    async def replace(self) -> tuple[str, ...]:
        """Make a new kit and spend the old one; returns the groups of its code. Raises OfflineError, RefusedError.

        The new kit stays here, to be shown again, until it is confirmed.
        """
        online = await self._ground.online()
        secret: bytes = await self._ground.run(online.kits.replace())
        self._ground.changed()
        return self._kit(secret).groups

    def unconfirmed(self) -> Kit | None:
        """The kit that was made here and not confirmed yet, if it is the one that counts."""
        new, person = self._meta.read(NEW_KIT, NewKit), self._person()
        if new is None or not new.entry or person is None:
            return None
        kit = self._kit(new.secret)
        return kit if DeviceKeys.from_recovery(new.secret).id == person.recovery(person.n) else None

    async def confirm(self, answers: dict[int, str]) -> bool:
        """Whether the groups that were asked back (`kit.asked_back`) are right; if they are, the kit is forgotten here.

        Raises UsageError if there is none to be confirmed.
        """
        kit = self.unconfirmed()
        if kit is None:
            raise UsageError("There is no new kit to be confirmed.")
        right = confirmed(kit.groups, answers)
        if right:
            await self._ground.call(self._forget_new_kit)
        return right

    def known(self) -> tuple[RecoveryKey, ...]:
        """Every recovery key there was, the newest first: the active one, those that were used or discarded."""
        person = self._person()
        return recovery_keys(self._streams, person) if person else ()

    def uses(self) -> tuple[KitUse, ...]:
        """Every use of a recovery key since this device was trusted that was not acknowledged here, oldest first."""
        person = self._person()
        if person is None:
            return ()
        if self._looked[0] != person.n:
            self._looked = (person.n, find_uses(self._streams, person, self._ground.device.id))
        seen = self._meta.read(SEEN, int) or 0
        return tuple(use for use in self._looked[1] if use.n > seen)

    async def acknowledge(self) -> None:
        """Its person has read about every use until now."""
        uses = self.uses()
        if uses:
            await self._ground.call(self._ground.writing.vault.meta.write, SEEN, uses[-1].n)
            self._ground.changed()

    def _person(self) -> UserState | None:
        return self._streams.user(self._ground.identity.user)

    def _kit(self, secret: bytes) -> Kit:
        identity = self._ground.identity
        return kit_of(secret, identity.origin, identity.user)

    def _drills(self) -> dict[bytes, int]:
        """By recovery device when its kit was last tried, with what is not sent yet."""
        raw = self._ground.reader.value("SELECT content FROM slots WHERE slot = ?", (KIT_SLOT,))
        found: dict[bytes, int] = (msgspec.msgpack.decode(raw) if raw else {}).get(DRILLED, {})
        for one in self._outbox.pending(self._ground.identity.personal):
            if one.act == "kit":
                found = found | one.changes
        return found

    def _drill(self, code: str) -> str:
        vault, identity = self._ground.writing.vault, self._ground.identity
        accounts = sorted(stream for stream, held in vault.streams.held().items() if held.kind == "account")
        tried = try_kit(vault.streams, identity.user, accounts, code)
        now = self._ground.clock.now()
        vault.outbox.add(identity.personal, "kit", {tried.device: now}, base=0, label="", now=now)
        self._ground.changed()
        return tried.sentence()

    def _forget_new_kit(self) -> None:
        self._ground.writing.vault.meta.forget(NEW_KIT)
