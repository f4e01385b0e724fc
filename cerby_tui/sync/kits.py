"""A new recovery kit in place of the old one: kept in the vault before it is sent, and until its person has it."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from cerby_tui import authoring
from cerby_tui.errors import RefusedError
from cerby_tui.keys import RECOVERY_LENGTH, DeviceKeys
from cerby_tui.vault.opener import KeyOpener
from cerby_tui.vault.vault import Vault
from cerby_wire.encoding import decode, encode
from cerby_wire.headers import Entry
from cerby_wire.shapes import PushEntry
from cerby_wire.state import UserState

if TYPE_CHECKING:
    from cerby_tui.sync.api import Api

NEW_KIT = "new_kit"
TRIES = 5
OLD_KIT = "The kit that you have goes on working."


class NewKit(Struct, frozen=True):
    """A kit that its person has not confirmed yet: its secret, and the entry that brings it into the chain."""

    secret: bytes
    entry: bytes = b""

    def __repr__(self) -> str:
        return "NewKit(…)"


class Kits:
    """Replaces the recovery key. `sync` makes a whole round. All methods run on the sync thread."""

    def __init__(
        self,
        vault: Vault,
        opener: KeyOpener,
        device: DeviceKeys,
        api: Api,
        sync: Callable[[], Awaitable[None]],
    ) -> None:
        self._vault = vault
        self._opener = opener
        self._device = device
        self._api = api
        self._sync = sync

    async def replace(self) -> bytes:
        """The secret of the new kit, once it counts; one that was never confirmed is shown again, not replaced.

        Raises OfflineError, RefusedError.
        """
        kit = self._vault.meta.read(NEW_KIT, NewKit) or NewKit(secrets.token_bytes(RECOVERY_LENGTH))
        for _ in range(TRIES):
            await self._sync()
            if self._counts(kit):
                return kit.secret
            kit = self._kept(kit)
            entry = decode(kit.entry, Entry)
            (answer,) = await self._api.push([PushEntry(self._vault.identity.user, entry)])
            if answer.status in ("accepted", "already"):
                await self._sync()
                return kit.secret
            kit = NewKit(kit.secret)
            self._vault.meta.write(NEW_KIT, kit)
            if answer.status == "refused":
                raise RefusedError(answer.rule, answer.detail or "The service refused the new kit.", safe=OLD_KIT)
        raise RefusedError("busy", "Your other sessions are changing the chain at this moment.", safe=OLD_KIT)

    def _counts(self, kit: NewKit) -> bool:
        person = self._vault.streams.user(self._vault.identity.user)
        return person is not None and person.recovery(person.n) == DeviceKeys.from_recovery(kit.secret).id

    def _kept(self, kit: NewKit) -> NewKit:
        """The kit with the entry that is to be sent, kept before it is: a lost answer is asked for with the same."""
        if kit.entry:
            return kit
        person = self._vault.streams.user(self._vault.identity.user)
        seed = self._opener.user_keys(_generation(person)) if person else None
        if person is None or seed is None:
            raise RefusedError("no_seed", "The keys of your own chain are not here yet.", safe=OLD_KIT)
        public = DeviceKeys.from_recovery(kit.secret).public
        entry, _fresh = authoring.replace_recovery(self._device, person, seed, public)
        kit = NewKit(kit.secret, encode(entry))
        self._vault.meta.write(NEW_KIT, kit)
        return kit


def _generation(person: UserState) -> int:
    return person.generation_at(person.n).generation
