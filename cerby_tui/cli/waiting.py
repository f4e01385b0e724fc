"""Waiting for the next code of an account, whoever syncs the vault."""

from __future__ import annotations

import asyncio

from cerby_tui.clock import SystemClock
from cerby_tui.errors import CerbyError, OfflineError, TimedOut
from cerby_tui.session import Session
from cerby_tui.values import Card, Changed, Message


class Waiting:
    """Tells a code that comes from now on from one that this vault had merely not seen yet.

    What the vault holds after the first round of sync was there before. While that round is under way, or if it does
    not succeed, the service's time of arrival decides. `since` lets older codes count, in seconds.
    """

    def __init__(self, session: Session, card: Card, since: float) -> None:
        self._session = session
        self._card = card
        self._start = SystemClock().now()
        self._oldest = self._start - int(since * 1000) if since else None
        self._known = session.newest_code(card.id)
        self._settled = False
        self._trouble: CerbyError | None = None

    async def settle(self) -> None:
        """The first round of sync; trouble is kept for the end, because the service may come back in time."""
        try:
            await self._session.sync_now()
        except CerbyError as error:
            self._trouble = error
            return
        if self.found() is None:
            self._known = self._session.newest_code(self._card.id)
        self._settled = True

    def found(self) -> Message | None:
        """The code that was waited for, if it is here."""
        newest = self._session.newest_code(self._card.id)
        if newest is None:
            return None
        if self._oldest is not None and newest.received_at >= self._oldest:
            return newest
        if self._known is not None and newest.key == self._known.key:
            return None
        return newest if self._settled or newest.received_at >= self._start else None

    def failed(self, timeout: float) -> CerbyError:
        """Why there is no code: the service was not there, or time ran out."""
        if isinstance(self._trouble, OfflineError) and self._session.status().state in ("offline", "starting"):
            return self._trouble
        return TimedOut(f"No code for {self._card.label} came within {timeout:g} seconds.")


async def next_code(session: Session, card: Card, timeout: float, since: float) -> Message:  # noqa: ASYNC109
    """The next message of the account that holds a code. `timeout` and `since` in seconds; OfflineError, TimedOut."""
    loop = asyncio.get_running_loop()
    changed = asyncio.Event()

    def notice(_change: Changed) -> None:  # on the sync thread
        loop.call_soon_threadsafe(changed.set)

    unsubscribe = session.subscribe(notice)
    waiting = Waiting(session, card, since)
    settling = asyncio.ensure_future(waiting.settle())
    settling.add_done_callback(lambda _task: changed.set())
    try:
        async with asyncio.timeout(timeout):
            while (message := waiting.found()) is None:
                await changed.wait()
                changed.clear()
            return message
    except TimeoutError:
        raise waiting.failed(timeout) from None
    finally:
        unsubscribe()
        settling.cancel()
