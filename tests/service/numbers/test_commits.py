"""Offers and commits: a number is offered to one, committed once, and never bought twice."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cerby_service.sandbox.stock import Area, Stock
from cerby_tui import authoring
from cerby_tui.errors import RefusedError
from cerby_wire.records import Number, open_record
from cerby_wire.shapes import NUMBERS, CommitAnswer, CommitNumber
from tests.fakes import FrozenClock
from tests.rig import ServiceRig, service_rig
from tests.service.faulty import Line, buying
from tests.service.member import Member, until
from tests.service.numbers.purchases import APPS, key, number_of, owned
from tests.service.test_sync import colleague, share


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
        await ada.api.ask("POST", NUMBERS, CommitNumber(offer.id), CommitAnswer)

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
