"""A service that lies: the one stream it lies about stops with the rule, and all that was held stays readable."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from cerby_tui.home import Home
from cerby_tui.session import Session
from cerby_tui.sync.judging import NEWER
from cerby_tui.values import CardFilter, InboxFilter, Item
from cerby_wire.encoding import encode
from cerby_wire.headers import Entry
from cerby_wire.shapes import HEADS, PULL, Heads, Pulled, Shape, SignedRecord, StoredEntry, StoredMessage
from tests.devices import Device, found_directly
from tests.fakes import FrozenClock
from tests.faults import Lying
from tests.rig import ServiceRig

Lie = Callable[[Any], Any]


class Scene:
    """Two devices that both hold two accounts, and what the first then did; each test lies to a copy of the second."""

    def __init__(self, rig: ServiceRig, devices: tuple[Device, Device]) -> None:
        self.rig = rig
        self.devices = devices
        self.trips = self.shop = b""
        self.number = ""

    async def begin(self) -> None:
        """A first card with a number and one message, a second card; both devices have them."""
        session = self.devices[0].open()
        self.trips = await session.add_account(Item("Trips", app="airbnb", notes="held before"))
        self.shop = await session.add_account(Item("Shop"))
        offer = await session.offer_number(self.trips)
        await session.commit_number(offer, "key")
        self.number = offer.e164
        await self.rig.text(self.number, "held before 111111")
        await session.sync_now()
        await session.close()
        await self.sync(self.devices[1])

    async def go_on(self) -> None:
        """Both cards are edited, and two more messages come."""
        session = self.devices[0].open()
        await session.edit_account(self.trips, {"notes": "new"})
        await session.edit_account(self.shop, {"notes": "new"})
        await session.sync_now()
        await session.close()
        await self.rig.text(self.number, "second 222222")
        await self.rig.text(self.number, "third 333333")

    async def sync(self, device: Device, transport: Lying | None = None) -> Session:
        """A round of sync; the session is closed and can still be looked at through another one."""
        session = device.open(transport=transport)
        await session.sync_now()
        await session.close()
        return device.open()


@pytest.fixture(scope="module")
def everything_before(rig: ServiceRig, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Everything until the lie, made once."""

    async def make() -> Scene:
        scene = Scene(rig, await found_directly(rig, tmp_path_factory.mktemp("scene"), FrozenClock()))
        await scene.begin()
        await scene.go_on()
        return scene

    return asyncio.run(make())


@pytest.fixture
def scene(everything_before: Scene, tmp_path: Path) -> Scene:
    """The scene with a copy of the second device, which can be lied to."""
    first, second = everything_before.devices
    home = Home(tmp_path / "copy")
    shutil.copytree(second.home.root, home.root)
    copied = Scene(everything_before.rig, (first, Device(home, second.keys, second.clock)))
    copied.trips, copied.shop = everything_before.trips, everything_before.shop
    return copied


def entries(change: Callable[[StoredEntry], StoredEntry | None], scene: Scene) -> Lie:
    """A lie about the entries of the first account."""

    def lie(pulled: Pulled) -> Pulled:
        told = [change(one) if one.stream == scene.trips else one for one in pulled.entries]
        return replace(pulled, entries=[one for one in told if one])

    return lie


def with_entry(stored: StoredEntry, **changes: bytes) -> StoredEntry:
    """A stored entry with altered parts."""
    return StoredEntry(stored.stream, stored.n, replace(stored.entry, **changes))


def flipped(raw: bytes) -> bytes:
    """The same bytes but for one bit."""
    return raw[:-1] + bytes([raw[-1] ^ 1])


def from_tomorrow(stored: StoredEntry) -> StoredEntry:
    """An entry whose version this program does not know."""
    header = bytearray(stored.entry.header)
    header[1] = 9
    return StoredEntry(stored.stream, stored.n, Entry(bytes(header), stored.entry.body, stored.entry.signature))


ENTRY_LIES: dict[str, tuple[str, Callable[[StoredEntry], StoredEntry | None]]] = {
    "another body": ("another_body", lambda one: with_entry(one, body=flipped(one.entry.body))),
    "another signature": ("bad_signature", lambda one: with_entry(one, signature=flipped(one.entry.signature))),
    "another header": ("bad_signature", lambda one: with_entry(one, header=flipped(one.entry.header))),
    "a newer version": (NEWER, from_tomorrow),
    "an old entry again, as if it were new": ("version_conflict", lambda one: one),
}


@pytest.mark.parametrize(("rule", "change"), ENTRY_LIES.values(), ids=ENTRY_LIES.keys())
async def test_lies_about_entries(scene: Scene, rule: str, change: Callable[[StoredEntry], StoredEntry | None]) -> None:
    """An altered entry stops its account and names the rule; the old content stays, other accounts go on.

    After a new start the very same checks are made again, and an honest service is believed.
    """
    device = scene.devices[1]
    if rule == "version_conflict":
        old = device.open()
        item = old._writing.vault.streams.entry(scene.trips, 2)
        await old.close()
        assert item
        change = lambda one: StoredEntry(one.stream, one.n, item)  # noqa: E731 - the old entry in the place of the new
    session = await scene.sync(device, Lying(PULL, Pulled, entries(change, scene)))
    card = session.card(scene.trips)
    assert (card.alarm, session.account(scene.trips).item.notes) == (rule, "held before")
    assert session.account(scene.shop).item.notes == "new"
    await session.close()
    healed = await scene.sync(device)  # an honest service again, and a new start of the program
    assert (healed.card(scene.trips).alarm, healed.account(scene.trips).item.notes) == ("", "new")
    await healed.close()


def messages(change: Callable[[list[StoredMessage]], list[StoredMessage]]) -> Lie:
    """A lie about messages."""
    return lambda pulled: replace(pulled, messages=change(pulled.messages))


def forged(message: StoredMessage) -> StoredMessage:
    """A message with another sealed text."""
    return StoredMessage(message.record, flipped(message.sealed))


def unsigned(message: StoredMessage) -> StoredMessage:
    """A message whose record was altered."""
    return StoredMessage(SignedRecord(message.record.raw, flipped(message.record.signature)), message.sealed)


MESSAGE_LIES: dict[str, tuple[str, int, Callable[[list[StoredMessage]], list[StoredMessage]]]] = {
    # name: (rule, how many messages are believed, the lie about the two new ones)
    "first one dropped": ("message_gap", 1, lambda found: found[1:]),
    "swapped": ("message_gap", 1, lambda found: found[::-1]),
    "told twice": ("message_gap", 2, lambda found: [*found[:1], *found[:1]]),
    "second one forged": ("another_sealed_text", 2, lambda found: [*found[:1], *map(forged, found[1:])]),
    "signature altered": ("bad_signature", 1, lambda found: [*map(unsigned, found[:1]), *found[1:]]),
}


@pytest.mark.parametrize(("rule", "believed", "change"), MESSAGE_LIES.values(), ids=MESSAGE_LIES.keys())
async def test_lies_about_messages(
    scene: Scene, rule: str, believed: int, change: Callable[[list[StoredMessage]], list[StoredMessage]]
) -> None:
    """A dropped, moved, doubled or forged message stops the account's messages at it; those before it are there."""
    device = scene.devices[1]
    session = await scene.sync(device, Lying(PULL, Pulled, messages(change)))
    assert session.card(scene.trips).alarm == rule
    assert session.count_messages(InboxFilter()) == believed
    await session.close()


def heads(change: Callable[[Any], Any], scene: Scene) -> Lie:
    """A lie about the head of the first account."""

    def lie(told: Heads) -> Heads:
        return replace(told, streams=[change(one) if one.id == scene.trips else one for one in told.streams])

    return lie


HEAD_LIES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "fewer entries than before": ("rolled_back", lambda head: replace(head, n=1)),
    "another history": ("fork", lambda head: replace(head, head=bytes(32))),
    "fewer messages than before": (
        "messages_rolled_back",
        lambda head: replace(head, messages=replace(head.messages, index=1)),
    ),
}


@pytest.mark.parametrize(("rule", "change"), HEAD_LIES.values(), ids=HEAD_LIES.keys())
async def test_lies_about_heads(scene: Scene, rule: str, change: Callable[[Any], Any]) -> None:
    """A service that goes back behind what it had shown, or shows another history, is found out by what is held."""
    device = scene.devices[1]
    await (await scene.sync(device)).close()
    other = scene.devices[0].open()  # something changes, so that the head is told again
    await other.edit_account(scene.trips, {"email": f"{rule}@example.org"})
    await other.sync_now()
    await other.close()
    lie = heads(change, scene)
    if rule == "fork":  # at the length that is held
        lie = heads(lambda head: replace(head, n=head.n - 1, head=bytes(32)), scene)
    session = await scene.sync(device, Lying(HEADS, Heads, lie))
    assert session.card(scene.trips).alarm == rule
    assert session.account(scene.trips).item.notes == "new"
    assert session.status().state != "live"
    await session.close()


async def test_forged_lease_is_not_taken(scene: Scene) -> None:
    """A lease that is not the service's word for this very session leaves the old one, and is an alarm."""
    device = scene.devices[1]
    before = device.home.session_file.read_bytes()
    session = device.open(
        transport=Lying(HEADS, Heads, lambda told: replace(told, lease=SignedRecord(encode([1]), bytes(64))))
    )
    await session.sync_now()
    assert session._board._alarm
    assert device.home.session_file.read_bytes() == before
    await session.close()


async def test_withheld_entries_are_asked_for_again(scene: Scene) -> None:
    """A service that promises entries and does not send them is no alarm, and no loss: they come when it does."""
    device = scene.devices[1]
    session = await scene.sync(device, Lying(PULL, Pulled, entries(lambda _one: None, scene)))
    assert (session.card(scene.trips).alarm, session.account(scene.trips).item.notes) == ("", "held before")
    await session.close()
    healed = await scene.sync(device)
    assert healed.account(scene.trips).item.notes == "new"
    assert [card.alarm for card in healed.cards(CardFilter())] == ["", ""]
    await healed.close()


async def test_garbage_is_said_to_be_offline(scene: Scene) -> None:
    """An answer that is no answer changes nothing."""
    from cerby_tui.errors import OfflineError  # what the session says then

    session = scene.devices[1].open(transport=Lying(HEADS, Heads, lambda _told: Shape()))
    with pytest.raises(OfflineError, match="cannot be read"):
        await session.sync_now()
    await session.close()
