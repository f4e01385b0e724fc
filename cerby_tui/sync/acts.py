"""What people ask for and wait for: a round of sync now, an offer, a number. Each says plainly when it cannot be."""

from __future__ import annotations

import asyncio

from cerby_tui.errors import OfflineError, RefusedError, SessionRemoved, TimedOut
from cerby_tui.sync.backoff import Times
from cerby_tui.sync.binding import Binding
from cerby_tui.sync.conductor import Conductor
from cerby_tui.sync.engine import Engine
from cerby_tui.sync.lock import SyncLock
from cerby_tui.sync.numbers import Numbers
from cerby_tui.sync.wishes import Wishes
from cerby_tui.values import Committed, OfferedNumber
from cerby_tui.vault.vault import Vault

GLANCE = 0.1
"""Seconds between two looks for the answer of another process."""


class Acts:
    """Acts that need the service, in this process or by the one that syncs. All run on the sync thread."""

    def __init__(
        self,
        vault: Vault,
        conductor: Conductor,
        engine: Engine,
        numbers: Numbers,
        binding: Binding,
        lock: SyncLock,
        wishes: Wishes,
        times: Times,
    ) -> None:
        self._vault = vault
        self._conductor = conductor
        self._engine = engine
        self._numbers = numbers
        self._binding = binding
        self._lock = lock
        self._wishes = wishes
        self._times = times

    async def sync_now(self) -> None:
        """A whole round. Raises OfflineError, RefusedError, SessionRemoved, TimedOut."""
        if not self._lock.take():
            await self._by_the_other()
            return
        try:
            await self._engine.sync()
            self._conductor.answered()
        except SessionRemoved as error:
            raise await self._conductor.end(error) from None
        finally:
            self._lock.free()

    async def _by_the_other(self) -> None:
        """Have the syncing process make a round. Raises OfflineError, TimedOut."""
        wish = self._wishes.ask()
        try:
            async with asyncio.timeout(self._times.answer):
                # Another process cannot set an event of ours.
                while (done := self._wishes.done()).wish < wish:  # noqa: ASYNC110
                    await asyncio.sleep(GLANCE)
        except TimeoutError:
            raise TimedOut("The process that syncs this vault did not answer.") from None
        if done.sentence:
            raise OfflineError(done.sentence)

    async def offer(self, account: bytes) -> OfferedNumber:
        """Have a number offered; the account has to be at the service. Raises OfflineError, RefusedError, Alarm."""
        if self._vault.streams.account(account) is None:
            await self.sync_now()
        if self._vault.streams.account(account) is None:
            raise RefusedError("not_saved_yet", "This account is not saved at the service yet.")
        app = str(self._vault.accounts.content(account).get("app", ""))
        return await self._numbers.offer(account, app)

    async def close_offer(self, offer: OfferedNumber) -> None:
        """Give an offered number back. Raises OfflineError, RefusedError."""
        await self._numbers.close(offer)

    async def commit(self, offer: OfferedNumber, idempotency_key: str) -> Committed:
        """Turn an offer into a number and bind it. Raises OfflineError, RefusedError, Alarm."""
        committed = await self._numbers.commit(offer, idempotency_key)
        if committed.number is None:
            return committed
        if not self._lock.take():
            self._wishes.ask()
            return committed
        try:
            self._binding.write_missing()
            await self._engine.push()
        except (OfflineError, RefusedError):
            # The number is ours already; whichever Owner's client is there first binds it.
            self._conductor.wish(whole=True)
        finally:
            self._lock.free()
        return committed
