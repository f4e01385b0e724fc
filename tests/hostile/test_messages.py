"""Messages that are forged, missing, repeated or moved, shown to a real client over a real socket.

The service holds the key that signs messages and sees each text once. What it has shown once it can neither change nor
take back, and it cannot show two devices different ones for long.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from cerby_tui.session import Session
from cerby_tui.values import InboxFilter, Item
from cerby_wire.encoding import decode
from cerby_wire.messages import MessageContent, sealed_hash
from cerby_wire.primitives import SigningKey
from cerby_wire.recipient import seal_message
from cerby_wire.records import Message, message_head, sign_record
from cerby_wire.shapes import HEADS, PULL, Heads, Pulled, SignedRecord, StoredMessage
from tests.hostile.scene import Scene, alarm, make_scene, said
from tests.hostile.service import Hostile
from tests.rig import ServiceRig

ADA, CLEO = 0, 2
Past = tuple[Scene, bytes, list[StoredMessage]]
ALL = InboxFilter()


@pytest.fixture(scope="module")
def past(rig: ServiceRig, tmp_path_factory: pytest.TempPathFactory) -> Past:
    """An account of Ada's with Cleo as a second Owner, and three messages, of which Cleo has the first."""

    async def make() -> Past:
        scene = await make_scene(rig, tmp_path_factory.mktemp("past"), devices=2)
        session, _layer = scene.open(ADA)
        account = await session.add_account(Item("Trips", app="airbnb", notes="held before"))
        await session.sharing.share(account, scene.crowd[CLEO].user, "owner")
        offer = await session.offer_number(account)
        await session.commit_number(offer, offer.id.hex())
        await rig.text(offer.e164, "first 111111")
        for who, device in ((ADA, 0), (CLEO, 0), (CLEO, 1)):
            await scene.act(who=who, device=device)
        await rig.text(offer.e164, "second 222222")
        await rig.text(offer.e164, "third 333333")
        await session.sync_now()
        await scene.look()
        stored = list(session._writing.vault.records.of_account(account))
        await scene.close()
        return scene, account, sorted(stored, key=lambda one: opened(one).index)

    return asyncio.run(make())


def opened(stored: StoredMessage) -> Message:
    """What a stored message says of itself."""
    return decode(stored.record.raw, Message)


def forged(layer: Hostile, scene: Scene, like: StoredMessage, **changes: object) -> StoredMessage:
    """A message that the service made up, signed by its own key, in the place of another or with other words."""
    was = opened(like)
    record = replace(was, id=os.urandom(16), **{name: value for name, value in changes.items() if name != "text"})
    content = MessageContent("sms", "+15550111", "+15550100", str(changes.get("text", "made up 999999")))
    sealed = seal_message(
        scene.account(was.account).inbox,
        content,
        account=record.account,
        epoch=record.epoch,
        generation=record.generation,
        message_id=record.id,
        index=record.index,
    )
    return StoredMessage(layer.signs(replace(record, sealed_hash=sealed_hash(sealed))), sealed)


def hands_out(layer: Hostile, *messages: StoredMessage) -> None:
    """Answer with these messages, and claim that the last of them is the newest."""
    newest = messages[-1]
    told = opened(newest)

    def heads(honest: Heads) -> Heads:
        return replace(honest, streams=[_claimed(one) for one in honest.streams])

    def _claimed(one: object) -> object:
        if getattr(one, "id", b"") != told.account or getattr(one, "messages", None) is None:
            return one
        position = replace(one.messages, index=told.index, head=message_head(newest.record))  # type: ignore[attr-defined]
        return replace(one, messages=position)  # type: ignore[type-var]

    layer.tell(HEADS, lambda _asked, honest: heads(honest))
    layer.tell(PULL, lambda _asked, honest: replace(honest, messages=list(messages) if honest.messages else []), Pulled)


async def shown(scene: Scene, change: Callable[[Hostile], None], device: int = 0) -> Session:
    """One of Cleo's devices asks for what is new."""
    session, layer = scene.open(CLEO, device)
    change(layer)
    await session.sync_now()
    return session


def check(session: Session, account: bytes, rule: str, *texts: str) -> None:
    """The account is stopped by that rule, these messages are there, the newest first, and the alarm is in words."""
    assert alarm(session, account) == rule
    assert [one.text for one in session.messages(ALL)] == list(texts)
    assert session.account(account).item.notes == "held before"
    assert "the account “Trips”" in said(session) and f"({rule})" in said(session)


LIES: dict[str, tuple[str, int, Callable[[list[StoredMessage]], list[StoredMessage]]]] = {
    # name: (rule, how many are believed, what is handed out in place of the two new ones)
    "missing": ("message_gap", 1, lambda found: found[2:]),
    "repeated": ("message_gap", 2, lambda found: [found[1], found[1]]),
    "an old one again": ("message_gap", 1, lambda found: [found[0], found[1]]),
    "reordered": ("message_gap", 1, lambda found: [found[2], found[1]]),
    "cut short": ("another_sealed_text", 1, lambda found: [replace(found[1], sealed=found[1].sealed[:-1])]),
    "texts swapped": ("another_sealed_text", 1, lambda found: [replace(found[1], sealed=found[2].sealed)]),
    "unsigned": ("bad_signature", 1, lambda found: [StoredMessage(replace(found[1].record, signature=bytes(64)), b"")]),
}


@pytest.mark.parametrize(("rule", "believed", "lie"), LIES.values(), ids=LIES.keys())
async def test_moved_message(
    past: Past, tmp_path: Path, rule: str, believed: int, lie: Callable[[list[StoredMessage]], list[StoredMessage]]
) -> None:
    """A message that is missing, repeated, moved or altered ends the messages of its account there."""
    made, account, found = past
    scene = made.copy(tmp_path)
    session = await shown(scene, lambda layer: hands_out(layer, *lie(found)))
    check(session, account, rule, *["second 222222", "first 111111"][2 - believed :])
    await scene.close()


async def test_reindexed_message(past: Past, tmp_path: Path) -> None:
    """A message under another number is signed anew by the service, and does not follow what is held."""
    made, account, found = past
    scene = made.copy(tmp_path)
    session = await shown(
        scene, lambda layer: hands_out(layer, forged(layer, scene, found[2], index=2, text="third 333333"))
    )
    check(session, account, "message_chain_broken", "first 111111")
    await scene.close()


async def test_rewritten_message(past: Past, tmp_path: Path) -> None:
    """A message that was shown cannot be shown otherwise later: what is held is compared, never replaced."""
    made, account, found = past
    scene = made.copy(tmp_path)
    session = await shown(scene, lambda layer: hands_out(layer, forged(layer, scene, found[0])))
    check(session, account, "message_fork", "first 111111")
    await scene.close()


async def test_message_of_another_account(past: Past, tmp_path: Path) -> None:
    """A message made for one account is not taken in by another."""
    made, account, found = past
    scene = made.copy(tmp_path)
    session = await shown(
        scene, lambda layer: hands_out(layer, forged(layer, scene, found[1], account=os.urandom(20)), found[1])
    )
    assert session.messages(ALL)[0].text == "second 222222"
    assert alarm(session, account) == ""
    await scene.close()


async def test_fewer_messages(past: Past, tmp_path: Path) -> None:
    """A service that takes messages back is found out by those that are held."""
    made, account, _found = past
    scene = made.copy(tmp_path)
    await (await shown(scene, lambda _layer: None)).close()

    def fewer(layer: Hostile) -> None:
        layer.heads(
            lambda told: replace(
                told,
                streams=[
                    replace(one, messages=replace(one.messages, index=1)) if one.messages and one.id == account else one
                    for one in told.streams
                ],
            )
        )

    session, layer = scene.open(CLEO)
    session._writing.vault.meta.progress = replace(session._writing.vault.meta.progress, cursor="")
    fewer(layer)
    await session.sync_now()
    check(session, account, "messages_rolled_back", "third 333333", "second 222222", "first 111111")
    await scene.close()


async def test_signed_by_another_key(past: Past, tmp_path: Path) -> None:
    """A message of a service with another key is none, whatever `GET /v1/` says about its key."""
    made, account, found = past
    scene = made.copy(tmp_path)
    other = SigningKey(os.urandom(32))
    record = opened(found[1])
    lie = StoredMessage(sign_record(other, record), found[1].sealed)
    session = await shown(scene, lambda layer: hands_out(layer, lie))
    check(session, account, "bad_signature", "first 111111")
    await scene.close()


async def test_21_lease_is_no_message(past: Past, tmp_path: Path) -> None:
    """A signature that the service gave under another label is worth nothing here."""
    made, account, found = past
    scene = made.copy(tmp_path)
    raw = found[1].record.raw
    signed = SignedRecord(raw, scene.rig.parts.key._signing.sign("lease", raw))
    session = await shown(scene, lambda layer: hands_out(layer, StoredMessage(signed, found[1].sealed)))
    check(session, account, "bad_signature", "first 111111")
    await scene.close()


async def test_11_two_devices_are_shown_different_messages(rig: ServiceRig, tmp_path: Path) -> None:
    """The first thing that one of them writes names the message it had seen, and the other one notices."""
    scene = await make_scene(rig, tmp_path, devices=2)
    session, _layer = scene.open(ADA)
    account = await session.add_account(Item("Trips", app="airbnb", notes="held before"))
    await session.sharing.share(account, scene.crowd[CLEO].user, "owner")
    offer = await session.offer_number(account)
    await session.commit_number(offer, offer.id.hex())
    await rig.text(offer.e164, "for one 111111")
    await session.sync_now()
    (real,) = session._writing.vault.records.of_account(account)
    await scene.look()
    other = await shown(scene, lambda layer: hands_out(layer, forged(layer, scene, real, text="for the other 222222")))
    assert [one.text for one in other.messages(ALL)] == ["for the other 222222"]
    await session.edit_account(account, {"email": "ada@example.org"})
    await session.sync_now()
    layer = other._transport
    assert isinstance(layer, Hostile)
    layer.is_honest()
    await other.sync_now()
    check(other, account, "message_fork", "for the other 222222")
    await scene.close()
