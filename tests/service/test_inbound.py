"""Messages in: only the carrier's own, once each, sealed before they touch the disk, acknowledged when committed."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from cerby_service.carriers.base import Incoming
from cerby_tui import authoring, opening
from cerby_wire.messages import MessageContent, accept_message
from cerby_wire.records import Message, message_head, open_record
from cerby_wire.shapes import MessagesWanted, Pull, StoredMessage
from tests.fakes import FrozenClock
from tests.people import refused
from tests.rig import ServiceRig
from tests.service.member import Card, Member
from tests.service.test_database import held
from tests.service.test_sync import colleague, share

CANARY = "canary 482913 of the message"


@pytest.fixture
async def ada(rig: ServiceRig) -> AsyncIterator[Member]:
    """Ada, who founded a workspace and speaks over real HTTP."""
    member = Member(rig)
    await member.found()
    yield member
    await member.api.close()


class Webhook:
    """The carrier's side of a webhook, signed by the carrier's own SDK."""

    def __init__(self, rig: ServiceRig, to: str) -> None:
        self.rig = rig
        self.to = to
        self.url = f"{rig.origin}/v1/carriers/sandbox/sms"
        self._signer = RequestValidator(rig.sandbox_account.token)

    def form(self, text: str = CANARY, sid: str = "", **more: str) -> dict[str, str]:
        """A form as the carrier fills it in; field names it invents later are welcome."""
        names = {"MessageSid": sid or "SM" + os.urandom(16).hex(), "From": "22000", "To": self.to, "Body": text}
        return names | {"NumMedia": "0", "ApiVersion": "2010-04-01"} | more

    async def post(self, form: Any, signature: str | None = None, url: str = "") -> int:
        """Post a form with the right signature, or another; gives the status."""
        signature = self._signer.compute_signature(url or self.url, form) if signature is None else signature
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            answer = await client.post(
                url or self.url,
                content=urlencode(form, doseq=True),
                headers={
                    b"x-twilio-signature": signature.encode("latin-1"),
                    b"content-type": b"application/x-www-form-urlencoded",
                },
            )
        return answer.status_code


async def numbered(ada: Member) -> tuple[Card, Webhook]:
    """An account with a number, and a hand on its carrier."""
    card, committed = await ada.numbered()
    assert isinstance(ada.rig, ServiceRig)
    return card, Webhook(ada.rig, committed.number.e164)


async def stored(card: Card, who: Member | None = None) -> list[StoredMessage]:
    """The messages of an account, as the service serves them."""
    member = who or card.member
    generation = (await member.api.heads("")).generation
    wanted = MessagesWanted(card.id, generation)
    return (await member.api.pull(Pull(messages=[wanted]))).messages


def opened(card: Card, messages: list[StoredMessage], generation: bytes = b"") -> list[MessageContent]:
    """Messages verified as a chain and opened with the account's key."""
    previous, contents = None, []
    service_key = card.member.ledger.service_key()
    generation = generation or card.member.rig.parts.database.generation  # type: ignore[attr-defined]
    for index, one in enumerate(messages, 1):
        record = accept_message(previous, index, one.record, one.sealed, service_key, card.id, generation=generation)
        contents.append(opening.open_message(card.keys, record, one.sealed))
        previous = message_head(one.record)
    return contents


async def test_a_message_arrives_sealed_and_opens_for_the_owner(ada: Member) -> None:
    """A signed webhook is answered 200; the owner pulls it, verifies it and reads just what was sent."""
    card, webhook = await numbered(ada)
    status = await webhook.post(webhook.form("Your code is 123456", "SM1"))
    (content,) = opened(card, await stored(card))

    assert 200 == status
    assert ("sms", "22000", webhook.to, "Your code is 123456") == (
        content.kind,
        content.sender,
        content.to,
        content.text,
    )
    assert "SM1" == content.carrier_id


async def test_indexes_count_up_and_each_record_cites_the_one_before(ada: Member) -> None:
    """Messages form a chain without gaps, and heads name the newest of it."""
    card, webhook = await numbered(ada)
    for i in range(5):
        assert 200 == await webhook.post(webhook.form(f"text {i}"))
    messages = await stored(card)
    head = next(one for one in (await ada.api.heads("")).streams if one.id == card.id)

    assert [f"text {i}" for i in range(5)] == [content.text for content in opened(card, messages)]
    assert head.messages and (5, message_head(messages[-1].record)) == (head.messages.index, head.messages.head)


@pytest.mark.parametrize("signature", ["", "AAAA", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", "ü"])
async def test_a_wrong_signature_is_refused(ada: Member, signature: str) -> None:
    """Without the carrier's signature the answer is 403 and nothing is stored."""
    card, webhook = await numbered(ada)
    status = await webhook.post(webhook.form(), signature)

    assert (403, []) == (status, await stored(card))


async def test_a_changed_text_is_refused(ada: Member) -> None:
    """The signature covers every field: another text under the same signature is refused."""
    card, webhook = await numbered(ada)
    form = webhook.form("Your code is 111111")
    signature = RequestValidator(ada.rig.sandbox_account.token).compute_signature(webhook.url, form)
    statuses = [await webhook.post(form | change, signature) for change in ({"Body": "222222"}, {"Extra": "1"})]

    assert ([403, 403], []) == (statuses, await stored(card))


async def test_a_signature_for_another_address_is_refused(ada: Member) -> None:
    """Signed for another URL, or for ours with another query, it is refused; with its own query it holds."""
    card, webhook = await numbered(ada)
    form = webhook.form()
    signer = RequestValidator(ada.rig.sandbox_account.token)
    foreign = signer.compute_signature("https://evil.example/v1/carriers/sandbox/sms", form)

    assert 403 == await webhook.post(form, foreign)
    assert 403 == await webhook.post(form, signer.compute_signature(webhook.url, form), webhook.url + "?a=1")
    assert 200 == await webhook.post(form, url=webhook.url + "?a=1")
    assert 1 == len(await stored(card))


async def test_repeated_fields_are_signed_as_the_carrier_does(ada: Member) -> None:
    """A field that comes twice, with values out of order, verifies as the carrier's SDK signs it."""
    card, webhook = await numbered(ada)

    class Repeated(dict[str, Any]):
        def getall(self, name: str) -> list[str]:
            value = self[name]
            return value if isinstance(value, list) else [value]

    assert 200 == await webhook.post(Repeated(webhook.form() | {"Tag": ["b", "a", "b"]}))
    assert 1 == len(await stored(card))


async def test_the_carriers_retries_fold_into_one(ada: Member, clock: FrozenClock) -> None:
    """The same message five times, some at once and one much later, is stored once; each attempt hears 200."""
    card, webhook = await numbered(ada)
    form = webhook.form()
    statuses = await asyncio.gather(*(webhook.post(form) for _ in range(4)))
    clock.advance(3600)
    statuses.append(await webhook.post(form))

    assert [200] * 5 == statuses
    assert 1 == len(await stored(card))


async def test_the_same_text_under_another_id_counts_once_within_ten_seconds(ada: Member, clock: FrozenClock) -> None:
    """Copies under other ids fold for ten seconds, also at the same moment; after that it is a new message."""
    card, webhook = await numbered(ada)
    await asyncio.gather(*(webhook.post(webhook.form("same")) for _ in range(6)))
    clock.advance(9.9)
    await webhook.post(webhook.form("same"))
    before = len(await stored(card))
    clock.advance(0.1)
    await webhook.post(webhook.form("same"))

    assert (1, 2) == (before, len(await stored(card)))


async def test_copies_in_one_transaction_fold_too(ada: Member, rig: ServiceRig) -> None:
    """Two copies that are written in the same group of work are one message, and both are answered."""
    card, webhook = await numbered(ada)
    holding, gate = await held(rig.parts.database)
    copies = [Incoming(f"SM{i}", "22000", webhook.to, "same") for i in range(3)]
    taking = [asyncio.create_task(rig.parts.inbound.take("sandbox", copy)) for copy in copies]
    await asyncio.sleep(0)
    gate.set()
    fates = await asyncio.gather(*taking)
    await holding

    assert ["duplicate", "duplicate", "stored"] == sorted(fates)
    assert 1 == len(await stored(card))


async def test_another_text_sender_or_number_is_another_message(ada: Member) -> None:
    """Only what is the same in text, sender and destination folds."""
    card, webhook = await numbered(ada)
    _, elsewhere = await numbered(ada)
    for one, form in (
        (webhook, webhook.form("same")),
        (webhook, webhook.form("other")),
        (webhook, webhook.form("same", From="33000")),
        (elsewhere, elsewhere.form("same")),
    ):
        assert 200 == await one.post(form)

    assert 3 == len(await stored(card))


async def test_a_copy_never_folds_into_something_that_was_not_stored(ada: Member, rig: ServiceRig) -> None:
    """If storing the first fails, its copy under another id is stored; nothing acknowledged is lost."""
    card, webhook = await numbered(ada)
    break_next_commit(rig)
    first = await webhook.post(webhook.form("same"))
    second = await webhook.post(webhook.form("same"))

    assert (503, 200) == (first, second)
    assert ["same"] == [content.text for content in opened(card, await stored(card))]


async def test_a_message_to_no_number_of_ours_is_taken_and_dropped(ada: Member, rig: ServiceRig) -> None:
    """An unknown destination hears 200 and is counted; an offered number is not ours yet."""
    card = await ada.account()
    offer = await ada.offer(card.id)
    for to in ("+12065550100", offer.e164):
        webhook = Webhook(rig, to)
        assert 200 == await webhook.post(webhook.form())

    assert 2 == rig.parts.inbound.counts["unknown"]
    assert [] == await stored(card)


async def test_an_unreadable_webhook_is_refused(ada: Member, rig: ServiceRig) -> None:
    """A signed form without message or destination gets 400, an over-long one 413, an unknown carrier 404."""
    webhook = Webhook(rig, "")
    async with httpx.AsyncClient(trust_env=False) as client:
        elsewhere = await client.post(f"{rig.origin}/v1/carriers/nobody/sms", content=b"")

    assert 400 == await webhook.post({"Body": "x"})
    assert 413 == await webhook.post(webhook.form("x" * 300_000))
    assert 404 == elsewhere.status_code


async def test_messages_are_sealed_to_the_key_in_force(ada: Member, rig: ServiceRig) -> None:
    """After the people of an account changed, a message opens under the new key, and the old one stays shut to it."""
    bob = await colleague(ada, rig)
    card, webhook = await numbered(ada)
    old = card.keys
    await share(card, bob)
    await webhook.post(webhook.form("after"))
    (one,) = await stored(card)
    record = accept_message(
        None, 1, one.record, one.sealed, ada.ledger.service_key(), card.id, generation=rig.parts.database.generation
    )

    assert (2, card.state.n) == (record.epoch, record.position)
    assert "after" == opening.open_message(card.keys, record, one.sealed).text
    with refused("wrap_does_not_open"):
        opening.open_message(old, record, one.sealed)


async def test_a_deleted_accounts_messages_are_for_owners(ada: Member, rig: ServiceRig) -> None:
    """After deletion the number still receives; its collaborators are served no message any more."""
    bob = await colleague(ada, rig)
    card, webhook = await numbered(ada)
    await share(card, bob)
    await webhook.post(webhook.form("before"))
    assert 1 == len(await stored(card, bob))
    deleted, card.keys = authoring.delete(ada.author(), card.state, card.keys, ada.ledger)
    await ada.push(deleted)
    await webhook.post(webhook.form("after"))

    assert ([], 2) == (await stored(card, bob), len(await stored(card)))


async def test_history_comes_newest_first_when_asked_so(ada: Member) -> None:
    """With `before`, messages come downwards from there."""
    card, webhook = await numbered(ada)
    for i in range(4):
        await webhook.post(webhook.form(f"text {i}"))
    generation = (await ada.api.heads("")).generation
    wanted = MessagesWanted(card.id, generation, before=4)
    pulled = await ada.api.pull(Pull(messages=[wanted]))
    indexes = [open_record(one.record, Message, ada.ledger.service_key()).index for one in pulled.messages]
    assert [3, 2, 1] == indexes


async def test_a_missed_webhook_is_found_by_polling(ada: Member, rig: ServiceRig, clock: FrozenClock) -> None:
    """A message that the carrier has and we never got is taken at the next poll, once."""
    card, webhook = await numbered(ada)
    rig.parts.sandbox.store.change(*sold(rig))  # type: ignore[union-attr]
    await rig.sandbox("POST", "/Messages.json", {"To": webhook.to, "From": "22000", "Body": "missed"})
    assert [] == await stored(card)
    clock.advance(60)
    found = [await rig.parts.poller.poll() for _ in range(2)]

    assert [1, 0] == found
    assert ["missed"] == [content.text for content in opened(card, await stored(card))]


async def test_the_text_is_nowhere_but_in_memory(
    ada: Member, rig: ServiceRig, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither text, sender nor code is in any file of the data directory, in the log, or in an error."""
    caplog.set_level(logging.DEBUG)
    card, webhook = await numbered(ada)
    await webhook.post(webhook.form(CANARY, From="canary-sender"))
    await webhook.post(webhook.form(CANARY, From="canary-sender", To="+12065550199"))
    await webhook.post(webhook.form(CANARY), "wrong")
    break_next_commit(rig)
    await webhook.post(webhook.form(CANARY + " again"))
    await rig.text(webhook.to, CANARY + " by the sandbox", "canary-sender")
    written = b"".join(file.read_bytes() for file in rig.data.iterdir())

    assert 2 == len(await stored(card))
    assert b"canary" not in written
    assert "canary" not in caplog.text and "482913" not in caplog.text
    assert "canary" not in repr(Incoming("SM1", "canary", "canary", "canary"))


async def test_when_storing_fails_the_carrier_is_asked_to_come_again(ada: Member, rig: ServiceRig) -> None:
    """A failed commit is answered 503 and leaves nothing; the carrier's retry is stored once."""
    card, webhook = await numbered(ada)
    form = webhook.form("twice")
    break_next_commit(rig)
    statuses = [await webhook.post(form), await webhook.post(form), await webhook.post(form)]

    assert [503, 200, 200] == statuses
    assert 1 == len(await stored(card))


async def test_a_mistake_of_ours_is_no_reason_to_give_up(ada: Member, rig: ServiceRig) -> None:
    """Only what the carrier got wrong is answered 4xx; an error while storing is a 503, and the carrier comes again."""
    card, webhook = await numbered(ada)
    form = webhook.form()
    inbound = rig.parts.inbound
    store, inbound._store = inbound._store, lambda *_: int("no number")  # type: ignore[method-assign, assignment]
    first = await webhook.post(form)
    inbound._store = store  # type: ignore[method-assign]

    assert (503, 200) == (first, await webhook.post(form))
    assert 1 == len(await stored(card))


async def test_a_clock_that_was_set_back_folds_nothing(ada: Member, clock: FrozenClock) -> None:
    """After the service's clock was put right, the same text under another id is a message of its own."""
    card, webhook = await numbered(ada)
    await webhook.post(webhook.form("same"))
    clock.advance(-120)
    await webhook.post(webhook.form("same"))

    assert 2 == len(await stored(card))


async def test_the_sandbox_plays_the_app(ada: Member, rig: ServiceRig) -> None:
    """What is texted through the sandbox carrier arrives by its own signed webhook."""
    card, webhook = await numbered(ada)
    await rig.text(webhook.to, "Your code is 999000", "Shop")

    assert [("Shop", "Your code is 999000")] == [(one.sender, one.text) for one in opened(card, await stored(card))]


def sold(rig: ServiceRig) -> tuple[str, str, str]:
    """The one sold number, with a webhook address that leads nowhere."""
    assert rig.parts.sandbox
    (one,) = rig.parts.sandbox.store.sold()
    return one.sid, one.friendly_name, f"{rig.origin}/nowhere"


def break_next_commit(rig: ServiceRig) -> None:
    """Make the next commit fail as a full disk makes it fail."""
    engine = rig.parts.database._writing

    def fail(_connection: Any) -> None:
        event.remove(engine, "commit", fail)
        raise OperationalError("COMMIT", {}, Exception("database or disk is full"))

    event.listen(engine, "commit", fail)
