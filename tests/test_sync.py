"""One person's devices and a real service: what is done on one arrives on the other, and nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cerby_tui.errors import OfflineError, RefusedError
from cerby_tui.session import Session, open_session
from cerby_tui.values import CardFilter, InboxFilter, Item
from cerby_wire.shapes import MessageEvent
from tests.devices import NO_KEYRING, PASSPHRASE, QUICK, Device, add_device, enrol
from tests.fakes import FrozenClock
from tests.rig import ServiceRig

ALL = CardFilter()
NAMES = iter(range(10_000))


@pytest.fixture
async def first(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> Device:
    """An enrolled device."""
    return await enrol(rig, tmp_path / "first", clock, email=f"person{next(NAMES)}@example.org")


@pytest.fixture
async def a(first: Device) -> AsyncIterator[Session]:
    """A session on the first device that syncs only when asked."""
    session = first.open()
    yield session
    await session.close()


@pytest.fixture
async def b(rig: ServiceRig, first: Device, tmp_path: Path) -> AsyncIterator[Session]:
    """A session on a second device of the same person."""
    session = (await add_device(rig, first, tmp_path / "second")).open()
    yield session
    await session.close()


async def both(*sessions: Session) -> None:
    """Everybody syncs, and once more so that everybody has what the last one sent."""
    for session in (*sessions, *sessions):
        await session.sync_now()


async def test_card_arrives_on_the_other_device(a: Session, b: Session) -> None:
    """A card made on one device is the same on the other, secrets and unknown fields included."""
    item = Item("Mail", app="google", password="s3cret", notes="n", unknown={"new": [1, {"x": "y"}]})
    account = await a.add_account(item)
    await both(a, b)
    assert b.account(account).item == item
    assert (a.waiting(), b.card(account).waiting) == ([], False)


async def test_edits_of_different_fields_join(a: Session, b: Session) -> None:
    """Two devices edit different fields while apart: both edits stand on both."""
    account = await a.add_account(Item("Shop"))
    await both(a, b)
    await a.edit_account(account, {"notes": "from a"})
    await b.edit_account(account, {"email": "b@example.org"})
    await both(a, b)
    for session in (a, b):
        item = session.account(account).item
        assert (item.notes, item.email) == ("from a", "b@example.org")
        assert session.account(account).clashes == ()


async def test_clash_is_kept_beside_and_settled_once(a: Session, b: Session) -> None:
    """The same field changed twice: the first one stored stands, the other is kept on both until one is chosen."""
    account = await a.add_account(Item("Shop", password="old"))
    await both(a, b)
    await a.edit_account(account, {"password": "first"})
    await b.edit_account(account, {"password": "second"})
    await both(a, b)
    for session in (a, b):
        (clash,) = session.account(account).clashes
        assert (clash.field, clash.kept, clash.other) == ("password", "first", "second")
    await b.settle_clash(account, "password", "other")
    await both(a, b)
    for session in (a, b):
        assert (session.account(account).item.password, session.card(account).clashes) == ("second", 0)


async def test_edit_of_a_deleted_card_is_kept(a: Session, b: Session) -> None:
    """An edit that comes after a deletion cannot be saved: it is listed with its reason, and the card stays deleted."""
    account = await a.add_account(Item("Shop"))
    await both(a, b)
    await a.delete_account(account)
    await a.sync_now()
    await b.edit_account(account, {"notes": "too late"})
    await b.sync_now()
    (kept,) = b.waiting()
    assert "deleted" in kept.refused
    assert b.change(kept.id) == {"notes": ("", "too late")}
    assert [card.id for card in b.cards(CardFilter(deleted=True))] == [account]
    await b.restore_and_apply(kept.id)
    await both(b, a)
    assert a.account(account).item.notes == "too late"
    assert (b.waiting(), a.cards(ALL)[0].deleted) == ([], False)


async def test_read_marks_and_stars_follow(a: Session, b: Session, rig: ServiceRig) -> None:
    """What was read or starred on one device counts on the other."""
    account = await a.add_account(Item("Mail", app="airbnb"))
    await give_number(a, account)
    await rig.text(number_of(a, account), "Your code is 482910")
    await both(a, b)
    assert b.card(account).unread == 1
    await a.mark_read([message.key for message in a.messages(InboxFilter())])
    await a.set_favourite(account, True)
    await both(a, b)
    assert (b.card(account).unread, b.card(account).favourite) == (0, True)


async def give_number(session: Session, account: bytes) -> str:
    """Offer and commit a number for an account."""
    offer = await session.offer_number(account)
    committed = await session.commit_number(offer, offer.id.hex())
    assert committed.number and committed.number.e164 == offer.e164
    return offer.e164


def number_of(session: Session, account: bytes) -> str:
    """The number on a card."""
    number = session.card(account).number
    assert number and number.state == "active"
    return number.e164


async def test_number_is_bound_and_code_arrives(a: Session, b: Session, rig: ServiceRig) -> None:
    """A committed number stands on the card of every device, and a text to it arrives with its code drawn out."""
    account = await a.add_account(Item("Trips", app="airbnb"))
    e164 = await give_number(a, account)
    await rig.text(e164, "Your Airbnb verification code is 482910. Don't share it.")
    await both(a, b)
    for session in (a, b):
        assert number_of(session, account) == e164
        state = session._writing.vault.streams.account(account)
        assert state is not None and state.number is not None and state.number.e164 == e164
        card = session.card(account)
        assert card.code is not None and (card.code.text, card.unread) == ("482910", 1)


async def test_number_is_bound_by_whoever_comes_first(a: Session, b: Session, first: Device, rig: ServiceRig) -> None:
    """If the client that committed dies before it wrote the number entry, another Owner's client writes it."""
    account = await a.add_account(Item("Trips", app="airbnb"))
    await both(a, b)
    acts = await a._acts()
    offer = await a.offer_number(account)
    await a._thread.run(acts._numbers._api.commit(offer.id, "k"))  # the answer is all that this client ever sees
    await b.sync_now()
    state = b._writing.vault.streams.account(account)
    assert state is not None and state.number is not None and state.number.e164 == offer.e164


async def test_refused_offer_is_said_in_words(a: Session) -> None:
    """An app that takes no number, and a second number for one account, are refused with the service's sentence."""
    account = await a.add_account(Item("Trips", app="airbnb"))
    await give_number(a, account)
    with pytest.raises(RefusedError) as caught:
        await a.offer_number(account)
    assert (caught.value.code, bool(caught.value.sentence)) == ("has_number", True)


async def test_offer_that_is_closed_is_gone(a: Session) -> None:
    """A closed offer cannot be committed any more."""
    account = await a.add_account(Item("Trips", app="airbnb"))
    offer = await a.offer_number(account)
    await a.close_offer(offer)
    with pytest.raises(RefusedError):
        await a.commit_number(offer, "late")
    assert a.card(account).number is None


async def test_new_device_gets_everything(a: Session, rig: ServiceRig, first: Device, tmp_path: Path) -> None:
    """A device added later has all cards, and all messages, newest first and gapless."""
    account = await a.add_account(Item("Trips", app="airbnb"))
    e164 = await give_number(a, account)
    for place in range(30):
        await rig.text(e164, f"message number {place}", sender=f"+1555019{place % 10}")
    await a.sync_now()
    session = (await add_device(rig, first, tmp_path / "late")).open()
    await session.sync_now()
    texts = [message.text for message in session.messages(InboxFilter())]
    assert texts == [f"message number {place}" for place in reversed(range(30))]
    ((_key, span),) = session._writing.vault.records.spans().items()
    assert (span.low, span.high) == (1, 30)
    await session.close()


async def test_offline_is_said_and_nothing_is_lost(a: Session, rig: ServiceRig) -> None:
    """While the service is away, acts that need it say so and edits wait; when it is back, they arrive once."""
    account = await a.add_account(Item("Shop"))
    await a.sync_now()
    rig.stop()
    try:
        await a.edit_account(account, {"notes": "offline"})
        with pytest.raises(OfflineError, match="cannot be reached"):
            await a.sync_now()
        with pytest.raises(OfflineError):
            await a.offer_number(account)
        assert (a.account(account).item.notes, a.status().waiting) == ("offline", 1)
    finally:
        rig.start()
    await a.sync_now()
    assert (a.status().waiting, a.account(account).versions) == (0, 2)


async def test_many_edits_become_one_version(a: Session) -> None:
    """Edits that waited together are sent as one version of the card."""
    account = await a.add_account(Item("Shop"))
    for place in range(5):
        await a.edit_account(account, {"notes": f"note {place}"})
    await a.sync_now()
    assert (a.account(account).versions, a.account(account).item.notes) == (1, "note 4")


async def test_wrong_clock_is_corrected(a: Session, clock: FrozenClock) -> None:
    """A clock that is a year off does not keep requests from being accepted."""
    clock.sleep(-365 * 86_400)
    account = await a.add_account(Item("Shop"))
    await a.sync_now()
    assert not a.card(account).waiting
    clock.sleep(365 * 86_400)


async def test_lease_is_renewed_by_every_round(first: Device, clock: FrozenClock, rig: ServiceRig) -> None:
    """After contact with the service the vault opens again for as long as the workspace allows."""
    from cerby_tui.lease import check_lease, read_session_file  # what unlocking looks at

    first.home.session_file.unlink()
    session = first.open()
    await session.sync_now()
    await session.close()
    facts = read_session_file(first.home.session_file, first.keys.mac_key)
    assert check_lease(facts, first.keys.id, clock.now()).valid_until > clock.now()


async def test_lease_that_is_over_is_renewed_while_unlocking(first: Device, clock: FrozenClock, a: Session) -> None:
    """A vault that was out of contact for too long opens as soon as the service is reached."""
    await a.close()
    first.home.session_file.unlink()
    session = await asyncio.to_thread(
        open_session, first.home, PASSPHRASE, clock=clock, keyring=NO_KEYRING, times=QUICK
    )
    assert session.cards(ALL) == []
    await session.close()


async def test_gap_in_the_feed_is_pulled(a: Session, rig: ServiceRig) -> None:
    """An event that is ahead of what is held brings everything before it, each message once."""
    account = await a.add_account(Item("Trips", app="airbnb"))
    e164 = await give_number(a, account)
    for place in range(3):
        await rig.text(e164, f"message {place}")
    generation = a._writing.vault.meta.progress.generation
    engine = (await a._thread.call(a._go_online)).engine
    for _ in range(2):
        await a._thread.run(engine.receive(MessageEvent(account, generation, 3), ""))
    assert [message.text for message in a.messages(InboxFilter())] == ["message 2", "message 1", "message 0"]
