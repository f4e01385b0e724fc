"""Numbers: offers, commits, what goes wrong with the carrier, and that nothing is ever bought twice or lost."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from cerby_service.auth import Caller
from cerby_service.carriers.base import CarrierSilent
from cerby_service.database import numbers
from cerby_service.database.numbers import KeyRow
from cerby_service.sandbox.stock import Area, Stock
from cerby_tui import authoring
from cerby_tui.errors import RefusedError
from cerby_wire.catalogue import App, Catalogue
from cerby_wire.records import Number, open_record
from cerby_wire.shapes import NUMBERS, CommitAnswer, CommitNumber, NumberView
from tests.fakes import FrozenClock
from tests.rig import ServiceRig, service_rig
from tests.service.faulty import Line, buying
from tests.service.member import Member, until
from tests.service.test_sync import colleague, share

APPS = Catalogue(
    [
        App("voip-app", "Voip App", (), "test", "voip"),
        App("strict-app", "Strict App", (), "test", "non_voip"),
        App("no-app", "No App", (), "test", "none"),
        App("some-app", "Some App", (), "test", "unknown"),
    ]
)


@pytest.fixture
def line() -> Line:
    """The line between service and carrier."""
    return Line()


@pytest.fixture
def rig(tmp_path: Path, clock: FrozenClock, line: Line) -> Iterator[ServiceRig]:
    """The service, with a catalogue of four apps and a line to the carrier that can fail."""
    with service_rig(tmp_path, clock=clock.now, catalogue=APPS, sandbox_client=line.client) as rig:
        yield rig


@pytest.fixture
async def ada(rig: ServiceRig) -> AsyncIterator[Member]:
    """Ada, who founded a workspace and speaks over real HTTP."""
    member = Member(rig)
    await member.found()
    yield member
    await member.api.close()


async def owned(rig: ServiceRig) -> list[dict[str, Any]]:
    """What the carrier says we have."""
    listed: list[dict[str, Any]] = (await rig.sandbox("GET", "/IncomingPhoneNumbers.json")).json()[
        "incoming_phone_numbers"
    ]
    return listed


async def number_of(ada: Member) -> NumberView:
    """The newest number in full heads or changes."""
    return (await ada.api.heads("")).numbers[-1]


def key() -> str:
    """A fresh idempotency key."""
    return os.urandom(8).hex()


async def test_an_offer_is_a_real_number_held_for_ten_minutes(ada: Member, clock: FrozenClock) -> None:
    """The offer names account, person, kind and end, is signed by the service, and the number is fit for fiction."""
    card = await ada.account()
    offer = await ada.offer(card.id, "voip-app")

    assert (ada.workspace, card.id, ada.user, "voip") == (offer.workspace, offer.account, offer.user, offer.kind)
    assert offer.e164.startswith("+1") and offer.e164[5:9] == "5550"
    assert (clock.now() + 600_000, False) == (offer.expires, offer.certain)


async def test_asking_again_gives_the_same_offer_until_it_is_closed(ada: Member) -> None:
    """A repeated question holds no second number; after closing, another offer is made."""
    card = await ada.account()
    first, again = await ada.offer(card.id), await ada.offer(card.id)
    await ada.api.close_offer(first.id)
    await ada.api.close_offer(first.id)

    assert first == again
    assert first.id != (await ada.offer(card.id)).id


async def test_nobody_is_offered_what_another_holds(ada: Member) -> None:
    """Offers made at the same time are of different numbers."""
    cards = [await ada.account() for _ in range(4)]
    offers = await asyncio.gather(*(ada.offer(card.id) for card in cards))

    assert 4 == len({offer.e164 for offer in offers})


@pytest.mark.parametrize(
    ("app", "kind"), [("voip-app", "voip"), ("strict-app", "non_voip"), ("some-app", "voip"), ("", "voip")]
)
async def test_the_kind_follows_the_app(ada: Member, rig: ServiceRig, app: str, kind: str) -> None:
    """An app that refuses VoIP gets a number that the carrier's lookup calls mobile; others get VoIP."""
    card = await ada.account()
    offer = await ada.offer(card.id, app)
    line_type = await rig.parts.carriers["sandbox"].line_type(offer.e164)

    assert (kind, kind == "non_voip") == (offer.kind, line_type == "mobile")


async def test_an_app_without_phone_gets_no_number(ada: Member) -> None:
    """For an app that takes no number nothing is offered, and the refusal names the app."""
    card = await ada.account()
    with pytest.raises(RefusedError, match="No App") as caught:
        await ada.offer(card.id, "no-app")

    assert "app_takes_no_number" == caught.value.code


async def test_non_voip_never_falls_back_to_voip(tmp_path: Path, clock: FrozenClock) -> None:
    """When only VoIP numbers are left, an app that refuses them gets a clear no; others still get one."""
    stock = Stock((Area("206", "Seattle", "WA", "98101", 47.6, -122.3),))
    with service_rig(tmp_path, clock=clock.now, catalogue=APPS, stock=stock) as rig:
        ada = Member(rig)
        await ada.found()
        for number in stock.on_list("Mobile"):
            await rig.sandbox("POST", "/IncomingPhoneNumbers.json", {"PhoneNumber": number.e164})
        card = await ada.account()
        with pytest.raises(RefusedError) as caught:
            await ada.offer(card.id, "strict-app")
        assert "no_stock" == caught.value.code
        assert "voip" == (await ada.offer(card.id, "voip-app")).kind
        await ada.api.close()


async def test_only_owners_get_numbers(ada: Member, rig: ServiceRig) -> None:
    """A collaborator and somebody without access are refused, each in their own words."""
    bob = await colleague(ada, rig)
    card = await ada.account()
    with pytest.raises(RefusedError) as caught:
        await bob.offer(card.id)
    assert "not_found" == caught.value.code
    await share(card, bob)
    with pytest.raises(RefusedError) as caught:
        await bob.offer(card.id)
    assert "not_owner" == caught.value.code


async def test_a_commit_buys_the_offered_number(ada: Member, rig: ServiceRig) -> None:
    """Committing gives an active number with a signed record; the carrier has it under our id, with our webhook."""
    card, committed = await ada.numbered("voip-app")
    record = committed.number.record
    assert record is not None
    number = open_record(record, Number, ada.ledger.service_key())
    (bought,) = await owned(rig)

    assert ("active", card.id) == (committed.number.state, number.account)
    assert (number.e164, number.id.hex()) == (bought["phone_number"], bought["friendly_name"])
    assert f"{rig.origin}/v1/carriers/sandbox/sms" == bought["sms_url"]
    assert committed.number == await number_of(ada)


async def test_the_record_binds_the_number_to_the_account(ada: Member) -> None:
    """The number entry that the owner's client writes with the record is accepted by the service."""
    card, committed = await ada.numbered()
    number = committed.number
    assert number.record is not None
    entry = authoring.bind_number(ada.author(), card.state, number.id, number.e164, number.record)
    (answer,) = await ada.push(entry)

    assert "accepted" == answer.status
    assert card.state.number == (number.id, number.e164)


async def test_the_same_key_gets_the_same_answer(ada: Member, rig: ServiceRig) -> None:
    """However often a commit is sent with its key, one number is bought and every answer is the same."""
    card = await ada.account()
    offer = await ada.offer(card.id)
    first = await ada.api.commit(offer.id, "key-1")
    again = await ada.api.commit(offer.id, "key-1")

    assert first == again
    assert 1 == len(await owned(rig))


async def test_a_key_is_good_for_one_request(ada: Member, rig: ServiceRig) -> None:
    """The same key with another offer is refused, whoever sends it."""
    one, other = await ada.account(), await ada.account()
    await ada.api.commit((await ada.offer(one.id)).id, "key-1")
    offer = await ada.offer(other.id)
    with pytest.raises(RefusedError) as caught:
        await ada.api.commit(offer.id, "key-1")

    assert "key_reused" == caught.value.code
    assert 1 == len(await owned(rig))


async def test_a_commit_without_a_key_is_refused(ada: Member, rig: ServiceRig) -> None:
    """Money is only spent on a request that can be told from its repetition."""
    card = await ada.account()
    offer = await ada.offer(card.id)
    with pytest.raises(RefusedError) as caught:
        await ada.api._ask("POST", NUMBERS, CommitNumber(offer.id), CommitAnswer)

    assert "bad_request" == caught.value.code
    assert [] == await owned(rig)


async def test_two_commits_at_once_buy_one_number(ada: Member, rig: ServiceRig) -> None:
    """Two devices that press at the same moment: one wins, the other hears that there is a number."""
    card = await ada.account()
    offer = await ada.offer(card.id)
    answers = await asyncio.gather(*(ada.api.commit(offer.id, key()) for _ in range(5)), return_exceptions=True)
    refused = [answer.code for answer in answers if isinstance(answer, RefusedError)]

    assert ["has_number"] * 4 == refused
    assert 1 == len(await owned(rig))


async def test_a_running_commit_is_not_started_again(ada: Member, rig: ServiceRig, line: Line) -> None:
    """While the carrier has not answered, the same key is told to come back, and where to look."""
    card = await ada.account()
    offer = await ada.offer(card.id)
    line.held = buying
    running = asyncio.create_task(ada.api.commit(offer.id, "key-1"))
    await until(lambda: line.holds)
    with pytest.raises(RefusedError) as caught:
        await ada.api.commit(offer.id, "key-1")
    line.let_go()

    assert ("in_progress", 1) == (caught.value.code, caught.value.retry_after)
    assert "active" == (await running).number.state
    assert 1 == len(await owned(rig))


async def test_an_expired_offer_is_not_committed(ada: Member, rig: ServiceRig, clock: FrozenClock) -> None:
    """After ten minutes the offer is over and says so; nothing is bought."""
    card = await ada.account()
    offer = await ada.offer(card.id)
    clock.advance(600)
    with pytest.raises(RefusedError) as caught:
        await ada.api.commit(offer.id, key())

    assert "offer_expired" == caught.value.code
    assert [] == await owned(rig)


async def test_an_account_has_one_number(ada: Member) -> None:
    """An account with a number is offered no other."""
    card, _ = await ada.numbered()
    with pytest.raises(RefusedError) as caught:
        await ada.offer(card.id)

    assert "has_number" == caught.value.code


async def test_somebody_elses_offer_is_not_found(ada: Member, rig: ServiceRig) -> None:
    """An offer is for the person who asked; another owner of the same account asks for their own."""
    bob = await colleague(ada, rig)
    card = await ada.account()
    await share(card, bob, role="owner")
    offer = await ada.offer(card.id)
    with pytest.raises(RefusedError) as caught:
        await bob.api.commit(offer.id, key())

    assert "not_found" == caught.value.code


async def test_when_another_buyer_was_faster_the_next_number_is_offered(ada: Member, rig: ServiceRig) -> None:
    """The commit fails without cost, and carries another offer that can be committed at once."""
    card = await ada.account()
    offer = await ada.offer(card.id, "voip-app")
    await rig.sandbox("POST", "/IncomingPhoneNumbers.json", {"PhoneNumber": offer.e164})
    answer = await ada.api.commit(offer.id, "key-1")
    assert answer.next_offer is not None
    following = ada.opened(answer.next_offer)
    second = await ada.api.commit(following.id, "key-2")

    assert ("failed", "number_taken") == (answer.number.state, answer.number.reason)
    assert answer == await ada.api.commit(offer.id, "key-1")
    assert ("active", following.e164) == (second.number.state, second.number.e164)
    assert following.e164 != offer.e164


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


async def test_a_released_number_receives_for_a_day_and_rests_for_ninety(
    ada: Member, rig: ServiceRig, clock: FrozenClock
) -> None:
    """Releasing waits a day, then the carrier gets it back; it is offered to nobody until its quarantine is over."""
    card, committed = await ada.numbered()
    states = [(await release(ada, committed.number.id)).state]
    await rig.parts.sweeper.sweep()
    assert 1 == len(await owned(rig))
    for days in (1, 90):
        clock.advance(days * 86_400)
        cursor = (await ada.api.heads("")).cursor
        await rig.parts.sweeper.sweep()
        states += [view.state for view in (await ada.api.heads(cursor)).numbers]
        held = await rig.parts.database.read(numbers.held_numbers)
        assert (committed.number.e164 in held) is (days == 1)

    assert ["releasing", "quarantined", "gone"] == states
    assert [] == await owned(rig)
    assert (await ada.offer(card.id)).id


async def test_a_release_can_be_taken_back_within_the_day(ada: Member, rig: ServiceRig, clock: FrozenClock) -> None:
    """Kept in time, the number stays active and the carrier is never told."""
    _, committed = await ada.numbered()
    await release(ada, committed.number.id)
    kept = await ada.api._ask("POST", f"{NUMBERS}/{committed.number.id.hex()}/keep", None, NumberView)
    clock.advance(86_400)
    await rig.parts.sweeper.sweep()

    assert "active" == kept.state == (await number_of(ada)).state
    assert 1 == len(await owned(rig))


async def test_a_release_waits_for_a_silent_carrier(
    ada: Member, rig: ServiceRig, clock: FrozenClock, line: Line
) -> None:
    """If the carrier does not answer, the number stays releasing and the next sweep tries again."""
    _, committed = await ada.numbered()
    await release(ada, committed.number.id)
    clock.advance(86_400)
    line.cut = lambda _request: True
    await rig.parts.sweeper.sweep()
    assert "releasing" == (await number_of(ada)).state
    line.cut = lambda _request: False
    await rig.parts.sweeper.sweep()

    assert "quarantined" == (await number_of(ada)).state


async def test_line_types_are_looked_up_once(ada: Member, rig: ServiceRig, line: Line) -> None:
    """After a purchase the lookup's word is kept with its date, and not asked for again."""
    _, committed = await ada.numbered("strict-app")
    for _ in range(2):
        await rig.parts.reconciler.look_up_lines()
    asked = [path for _, path in line.requests if path == committed.number.e164]
    row = rig.parts.database.read_now(lambda r: numbers.find_number(r, ada.workspace, committed.number.id))

    assert 1 == len(asked)
    assert row and "mobile" == row.line_type


async def test_a_held_offer_ends_by_itself(ada: Member, rig: ServiceRig, clock: FrozenClock) -> None:
    """After its ten minutes the sweeper frees the number for others."""
    card = await ada.account()
    offer = await ada.offer(card.id)
    clock.advance(600)
    await rig.parts.sweeper.sweep()

    assert offer.e164 not in await rig.parts.database.read(numbers.held_numbers)


async def release(member: Member, number: bytes) -> NumberView:
    """Give a number back."""
    return await member.api._ask("DELETE", f"{NUMBERS}/{number.hex()}", None, NumberView)


def leave_committing(rig: ServiceRig, member: Member, offer: bytes) -> bytes:
    """What a crash between the commit of the row and the carrier's answer leaves behind; gives the number's id."""
    caller = Caller(member.workspace, member.user, member.device.id, "owner")
    used = KeyRow(member.user, b"body", os.urandom(16))
    begin = rig.parts.numbers._begin
    return rig.parts.database.write_now(lambda writing: begin(writing, caller, "crash", used, offer)).id
