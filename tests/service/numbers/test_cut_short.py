"""Buying a number, cut short at every single place where it waits: bought at most once, and never in nobody's name."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from itertools import count
from typing import Any

from starlette.requests import Request

from cerby_service.auth import Caller
from cerby_tui.errors import RefusedError
from cerby_wire.shapes import AskOffer, CommitNumber
from tests.fakes import FrozenClock
from tests.rig import ServiceRig
from tests.service.member import Member
from tests.service.numbers.purchases import key, owned

MOST = 200
"""More places to wait than any of this has."""


class Cut:
    """Awaits a coroutine until it has waited so often, then ends it there; gives whether it was over before."""

    def __init__(self, work: Coroutine[Any, Any, object], waits: int) -> None:
        self._work = work
        self._waits = waits

    def __await__(self) -> Generator[Any, None, bool]:
        error: asyncio.CancelledError | None = None
        try:
            for left in count(self._waits, -1):
                if left == 0:
                    # What was waited for has happened, but nobody will ever act on it; only clean-up still runs.
                    error = asyncio.CancelledError()
                waited = self._work.throw(error) if error else self._work.send(None)
                error = None
                try:
                    yield waited
                except asyncio.CancelledError as inner:
                    # The work cancels parts of itself, such as the slower one of two attempts to connect.
                    error = inner
        except StopIteration:
            return True
        except asyncio.CancelledError:
            return False
        return False


async def cut(work: Coroutine[Any, Any, object], waits: int) -> bool:
    """Run work in a task of its own and cut it short after so many waits; True if it was over before."""

    async def run() -> bool:
        return await Cut(work, waits)

    return await asyncio.create_task(run())


def caller(member: Member) -> Caller:
    """Them, as the service knows them once their signature was checked."""
    return Caller(member.workspace, member.user, member.device.id, "owner")


def request(idempotency_key: str) -> Request:
    """A request of which only the key matters."""
    return Request({"type": "http", "headers": [(b"idempotency-key", idempotency_key.encode())]})


async def outcome(member: Member, offer: bytes, idempotency_key: str) -> str:
    """What the client hears when it asks again with the same key."""
    try:
        return (await member.api.commit(offer, idempotency_key)).number.state
    except RefusedError as error:
        return error.code


async def test_a_commit_cut_short_anywhere_buys_at_most_once(ada: Member, rig: ServiceRig, clock: FrozenClock) -> None:
    """After a crash at any wait the reconciler settles the row, the same key gets the truth, the lists agree."""
    answers = set[str]()
    for waits in range(MOST):
        card, name = await ada.account(), key()
        offer = await ada.offer(card.id)
        done = await cut(rig.parts.numbers.commit(caller(ada), request(name), CommitNumber(offer.id)), waits)
        clock.advance(61)
        await rig.parts.reconciler.settle(after_crash=True)
        answers.add(await outcome(ada, offer.id, name))
        if done:
            break
    views = (await ada.api.heads("")).numbers

    assert 5 < waits < MOST - 1
    assert {"active", "carrier_failed"} == answers
    assert sorted(one["friendly_name"] for one in await owned(rig)) == sorted(view.id.hex() for view in views)
    assert {"active"} == {view.state for view in views}


async def test_an_offer_cut_short_anywhere_holds_nothing_for_ever(
    ada: Member, rig: ServiceRig, clock: FrozenClock
) -> None:
    """Asking again after a crash at any wait gives an offer, nothing was bought, and held numbers come free."""
    for waits in range(MOST):
        card = await ada.account()
        done = await cut(rig.parts.offers.ask(caller(ada), request(""), AskOffer(card.id, "some-app")), waits)
        again = await ada.offer(card.id, "some-app")
        await ada.api.close_offer(again.id)
        if done:
            break

    assert 5 < waits < MOST - 1
    assert [] == await owned(rig)
