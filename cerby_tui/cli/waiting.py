"""Waiting for the next code of an account, whoever syncs the vault."""

from __future__ import annotations

import asyncio

from cerby_tui.clock import SystemClock
from cerby_tui.errors import TimedOut
from cerby_tui.session import Session
from cerby_tui.values import Card, Changed, Message


async def next_code(session: Session, card: Card, timeout: float, since: float) -> Message:  # noqa: ASYNC109
    """The next message of the account that holds a code. `timeout` and `since` are seconds; raises TimedOut.

    "Next" is later than the newest one that is here now; with `since`, one that came so many seconds ago counts too.
    """
    loop = asyncio.get_running_loop()
    changed = asyncio.Event()

    def notice(_change: Changed) -> None:  # on the sync thread
        loop.call_soon_threadsafe(changed.set)

    unsubscribe = session.subscribe(notice)
    before = session.newest_code(card.id)
    oldest = SystemClock().now() - int(since * 1000)
    try:
        async with asyncio.timeout(timeout):
            while True:
                changed.clear()
                newest = session.newest_code(card.id)
                if newest is not None and _counts(newest, before, oldest, since):
                    return newest
                await changed.wait()
    except TimeoutError as error:
        raise TimedOut(
            f"No code for {card.label} came within {timeout:g} seconds.", next_step=session.status().sentence
        ) from error
    finally:
        unsubscribe()


def _counts(newest: Message, before: Message | None, oldest: int, since: float) -> bool:
    is_new = before is None or newest.key != before.key
    return is_new or (since > 0 and newest.received_at >= oldest)
