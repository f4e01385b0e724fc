"""What a later recovery will need, kept in step after each round: the pinned service key, and this key file's wrap.

The recovery key opens the key file of every device of its person. When it is replaced, on whichever device, each of
them wraps its seed anew, and the key that was replaced opens none of them any more.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from cerby_tui.clock import Clock
from cerby_tui.errors import NoVault, VaultDamaged
from cerby_tui.home import Home
from cerby_tui.keyfile import recovery_of, replace_recovery
from cerby_tui.keys import DeviceKeys
from cerby_tui.kit_uses import SEEN, find_uses, news_of
from cerby_tui.sync.applying import Applying
from cerby_tui.sync.plan import Broken
from cerby_tui.values import Changed, News
from cerby_tui.vault.marks import SERVICE_KEY, TRUST_SLOT
from cerby_tui.vault.vault import Vault
from cerby_wire.entries import read_header
from cerby_wire.errors import Refused
from cerby_wire.state import UserState

Tell = Callable[[Changed], None]
REPLACED = "A new recovery key was generated on another trusted session of yours: the kit before is discarded."


class Keepsafe:
    """Runs on the sync thread. Every step is safe to repeat."""

    def __init__(
        self, home: Home, device: DeviceKeys, vault: Vault, applying: Applying, clock: Clock, tell: Tell
    ) -> None:
        self._home = home
        self._device = device
        self._vault = vault
        self._applying = applying
        self._clock = clock
        self._tell = tell
        self._chain = 0

    def tend(self) -> None:
        """See to both, and say where a recovery key was used."""
        self._pin()
        identity = self._vault.identity
        held = self._vault.streams.held().get(identity.user)
        if held is not None and held.position.n != self._chain:
            self._wrap()
            self._say_uses()
            self._chain = held.position.n

    def _pin(self) -> None:
        """The private settings hold the key of the service, so that a recovery can compare it."""
        identity = self._vault.identity
        known = self._vault.private(TRUST_SLOT).get(SERVICE_KEY)
        if known == identity.service_key or self._vault.streams.personal(identity.personal) is None:
            return
        if known is not None:
            sentence = "Another trusted session of yours knows this service by another key."
            self._applying.stop([Broken(identity.personal, "personal", "service_key", sentence)])
        elif not any(one.act == "trust" for one in self._vault.outbox.pending(identity.personal)):
            key = {SERVICE_KEY: identity.service_key}
            self._vault.outbox.add(identity.personal, "trust", key, base=0, label="", now=self._clock.now())

    def _wrap(self) -> None:
        """The key file opens with the recovery key in force, and with no other one."""
        person = self._vault.streams.user(self._vault.identity.user)
        if person is None:
            return
        recovery = person.recovery(person.n)
        # A key file that is missing or damaged opens nothing in any case; unlocking and the doctor speak of it.
        with suppress(NoVault, VaultDamaged, Refused):
            before = recovery_of(self._home.key_file)
            if before != recovery:
                replace_recovery(self._home.key_file, self._device, person.device_public(recovery))
            if before not in (b"", recovery):
                self._say_replaced(person)

    def _say_replaced(self, person: UserState) -> None:
        """Another session generated a new key: whoever has only the old kit has none any more."""
        added = person.devices[person.recovery(person.n)].added
        entry = self._vault.streams.entry(person.stream, added)
        header = read_header(entry) if entry else None
        if header and header.device != self._device.id and getattr(header.act, "device", None) is None:
            self._tell(Changed(status=True, news=(News(REPLACED),)))

    def _say_uses(self) -> None:
        """Whoever lost their kit to somebody else hears of it on every device that is left."""
        person = self._vault.streams.user(self._vault.identity.user)
        seen = max(self._chain, self._vault.meta.read(SEEN, int) or 0)
        uses = find_uses(self._vault.streams, person, self._device.id) if person else ()
        fresh = [use for use in uses if use.n > seen]
        if fresh:
            self._tell(Changed(status=True, news=(news_of(fresh),)))
