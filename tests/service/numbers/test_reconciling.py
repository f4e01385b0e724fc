"""What goes wrong with the carrier, and crashes: nothing is ever bought twice or lost."""

from __future__ import annotations

import asyncio

import pytest

from cerby_service.carriers.base import CarrierSilent
from cerby_tui.errors import RefusedError
from tests.fakes import FrozenClock
from tests.rig import ServiceRig
from tests.service.faulty import Line, buying
from tests.service.member import Member, until
from tests.service.numbers.purchases import key, leave_committing, number_of, owned


async def test_a_lost_answer_is_unsure_then_found(ada: Member, rig: ServiceRig, line: Line) -> None:
    """The number was bought but the answer is lost: it is unsure, and the reconciler finds it by our id."""
    card = await ada.account()
    offer = await ada.offer(card.id)
    line.lose = buying
    answer = await ada.api.commit(offer.id, "key-1")
    before = await number_of(ada)
    await rig.parts.reconciler.settle()

    assert ("unsure", "unsure") == (answer.number.state, before.state)
    assert "active" == (await number_of(ada)).state
    assert "active" == (await ada.api.commit(offer.id, "key-1")).number.state
    assert 1 == len(await owned(rig))


async def test_a_lost_request_fails_after_a_minute(
    ada: Member, rig: ServiceRig, line: Line, clock: FrozenClock
) -> None:
    """The order never arrived: for a minute it may be on its way, then it failed and the account is free again."""
    card = await ada.account()
    offer = await ada.offer(card.id)
    line.cut = buying
    await ada.api.commit(offer.id, "key-1")
    line.cut = lambda _request: False
    await rig.parts.reconciler.settle()
    states = [(await number_of(ada)).state]
    clock.advance(60)
    cursor = (await ada.api.heads("")).cursor
    await rig.parts.reconciler.settle()
    states += [view.state for view in (await ada.api.heads(cursor)).numbers]

    assert ["unsure", "failed"] == states
    with pytest.raises(RefusedError) as caught:
        await ada.api.commit(offer.id, "key-1")
    assert "carrier_failed" == caught.value.code
    assert (await ada.offer(card.id)).e164


async def test_a_carrier_that_answers_nonsense_is_not_believed(ada: Member, rig: ServiceRig, line: Line) -> None:
    """A server error after the purchase leaves the number unsure rather than failed."""
    card = await ada.account()
    offer = await ada.offer(card.id)
    line.lose = lambda _request: True
    answer = await ada.api.commit(offer.id, key())
    with pytest.raises(CarrierSilent):
        await rig.parts.carriers["sandbox"].find(offer.e164)
    await rig.parts.reconciler.settle()

    assert "unsure" == answer.number.state == (await number_of(ada)).state


async def test_without_a_carrier_no_number_is_offered(ada: Member, line: Line) -> None:
    """When the carrier cannot be reached, the refusal says that nothing was created."""
    card = await ada.account()
    line.cut = lambda _request: True
    with pytest.raises(RefusedError, match="No number was created") as caught:
        await ada.offer(card.id)

    assert "carrier_failed" == caught.value.code


async def test_a_crash_before_the_carrier_was_asked_buys_nothing(
    ada: Member, rig: ServiceRig, clock: FrozenClock
) -> None:
    """A row in `committing` that nobody works on any more, and no such number: failed, nothing bought, key answered."""
    card = await ada.account()
    offer = await ada.offer(card.id)
    leave_committing(rig, ada, offer.id)
    clock.advance(61)
    report = await rig.parts.reconciler.settle(after_crash=True)

    assert [offer.e164] == report.failed
    assert [] == await owned(rig)
    assert (await ada.offer(card.id)).id != offer.id


async def test_a_crash_after_the_carrier_sold_keeps_the_number(ada: Member, rig: ServiceRig) -> None:
    """A row in `committing`, and the carrier has the number under our id: it is ours, and was bought once."""
    card = await ada.account()
    offer = await ada.offer(card.id)
    number = leave_committing(rig, ada, offer.id)
    await rig.sandbox("POST", "/IncomingPhoneNumbers.json", {"PhoneNumber": offer.e164, "FriendlyName": number.hex()})
    await rig.parts.reconciler.settle(after_crash=True)

    assert ("active", offer.e164) == ((await number_of(ada)).state, (await number_of(ada)).e164)
    assert 1 == len(await owned(rig))
    assert (await ada.api.heads("")).numbers[0].account == card.id


async def test_a_number_that_somebody_else_bought_is_not_ours(ada: Member, rig: ServiceRig, clock: FrozenClock) -> None:
    """The carrier has the number, but not under our id: it is no purchase of ours, and fails after its minute."""
    card = await ada.account()
    offer = await ada.offer(card.id)
    leave_committing(rig, ada, offer.id)
    await rig.sandbox("POST", "/IncomingPhoneNumbers.json", {"PhoneNumber": offer.e164, "FriendlyName": "another"})
    early = await rig.parts.reconciler.settle(after_crash=True)
    clock.advance(60)
    late = await rig.parts.reconciler.settle()

    assert ([offer.e164], []) == (early.unsure, early.active)
    assert ([offer.e164], []) == (late.failed, late.active)


async def test_a_commit_under_way_is_left_alone(ada: Member, rig: ServiceRig, line: Line) -> None:
    """The reconciler that runs every minute does not touch a purchase that is being made."""
    card = await ada.account()
    offer = await ada.offer(card.id)
    line.held = buying
    running = asyncio.create_task(ada.api.commit(offer.id, "key-1"))
    await until(lambda: line.holds)
    report = await rig.parts.reconciler.settle()
    line.let_go()

    assert ([], [], []) == (report.active, report.failed, report.unsure)
    assert "active" == (await running).number.state


async def test_the_whole_lists_are_compared_both_ways(ada: Member, rig: ServiceRig) -> None:
    """A number that only the carrier has is reported and left; one that only we have is marked as lost."""
    _, committed = await ada.numbered()
    stranger = (await rig.sandbox("POST", "/IncomingPhoneNumbers.json", {"AreaCode": "212"})).json()
    bought = next(one for one in await owned(rig) if one["sid"] != stranger["sid"])
    await rig.sandbox("DELETE", f"/IncomingPhoneNumbers/{bought['sid']}.json")
    cursor = (await ada.api.heads("")).cursor
    report = await rig.parts.reconciler.everything()
    (view,) = (await ada.api.heads(cursor)).numbers

    assert ([stranger["phone_number"]], [committed.number.e164]) == (report.unknown_to_us, report.lost_by_carrier)
    assert ("gone", "carrier_lost") == (view.state, view.reason)
    assert [stranger["sid"]] == [one["sid"] for one in await owned(rig)]


async def test_a_carrier_out_of_reach_loses_nothing(ada: Member, rig: ServiceRig, line: Line) -> None:
    """When the list cannot be had, no number is marked as lost."""
    await ada.numbered()
    line.cut = lambda _request: True
    report = await rig.parts.reconciler.everything()

    assert (["sandbox"], []) == (report.unreachable, report.lost_by_carrier)
    assert "active" == (await number_of(ada)).state
