"""Asks now and then when members were here last; nothing depends on it."""

from __future__ import annotations

from cerby_tui.clock import Clock
from cerby_tui.errors import OfflineError, RefusedError
from cerby_tui.sync.api import Api
from cerby_tui.vault.lately import keep_lately
from cerby_tui.vault.vault import Vault
from cerby_wire.activity import LAST, Last

EVERY = 600_000
"""Milliseconds."""


class Lately:
    """Follows rounds of sync, and asks after one of them every ten minutes."""

    def __init__(self, vault: Vault, api: Api, clock: Clock) -> None:
        self._vault = vault
        self._api = api
        self._clock = clock
        self._asked = -EVERY

    async def run(self) -> None:
        """Ask if it is time. Raises SessionRemoved."""
        now = self._clock.now()
        workspace = self._vault.streams.workspace(self._vault.identity.workspace)
        if 0 <= now - self._asked < EVERY or workspace is None or len(workspace.people) < 2:
            return
        self._asked = now
        try:
            keep_lately(self._vault.database, await self._api.ask("GET", LAST, None, Last))
        except (OfflineError, RefusedError):
            return  # the next round asks for what matters; this is asked again in ten minutes
