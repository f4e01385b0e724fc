"""What was viewed and copied: signed at once, kept in the vault, sent with the next round."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from cerby_tui.clock import Clock
from cerby_tui.errors import CerbyError, RefusedError
from cerby_tui.keys import DeviceKeys
from cerby_tui.vault.log_marks import LogMarks
from cerby_tui.vault.seen import SeenQueue
from cerby_tui.vault.vault import Vault
from cerby_wire.activity import ACTIVITY, MOST_SEEN, AddedSeen, AddSeen, How, Seen, What
from cerby_wire.records import sign_record

if TYPE_CHECKING:
    from cerby_tui.sync.api import Api  # loads httpx; noting needs no network

log = logging.getLogger(__name__)


class Noting:
    """Signs what this person viewed and copied. Used on the sync thread."""

    def __init__(self, vault: Vault, device: DeviceKeys, clock: Clock) -> None:
        self._identity = vault.identity
        self._queue = SeenQueue(vault.database)
        self._device = device
        self._clock = clock

    def note(self, how: How, account: bytes, what: What) -> None:
        """Keep an event until it can be sent. What cannot be kept is logged: it must stop nobody from working."""
        one, now = self._identity, self._clock.now()
        seen = Seen(os.urandom(16), one.workspace, one.user, one.device, how, what, account, now)
        try:
            self._queue.add(seen.id, sign_record(self._device.sign, seen), now)
        except CerbyError as error:
            log.warning("an activity event was not kept (%s)", type(error).__name__)


class Reporting:
    """Hands what waits to the service."""

    def __init__(self, vault: Vault, api: Api) -> None:
        self._queue = SeenQueue(vault.database)
        self._marks = LogMarks(vault.database)
        self._api = api

    async def run(self) -> None:
        """Send everything that waits. Raises OfflineError, SessionRemoved; a refusal is logged and tried again."""
        while waiting := self._queue.waiting(MOST_SEEN):
            try:
                added = await self._api.ask("POST", ACTIVITY, AddSeen(list(waiting.values())), AddedSeen)
            except RefusedError as error:
                log.warning("activity events were refused (%s)", error.code)
                return
            self._queue.drop(waiting)
            self._marks.remember(added.head)
