"""Two devices of one person, one real service, and everything that can go wrong between them: they converge.

Hypothesis draws edits, texts, bad connections, deaths between any two steps, and feed events twice and out of order.
At the end everything is well again, and then nothing that anybody was told is saved may be missing. The same twenty
histories are drawn each time; `CERBY_EXAMPLES=1000` draws so many new ones.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from contextlib import suppress
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from cerby_service.carriers.base import Incoming
from cerby_tui.errors import CerbyError
from cerby_tui.session import Session
from cerby_tui.values import CardFilter, InboxFilter, Item
from cerby_wire.encoding import decode
from cerby_wire.records import Message
from cerby_wire.shapes import HeadEvent, MessageEvent
from tests.devices import Device, found_directly
from tests.fakes import FrozenClock
from tests.faults import FAULTS, BadNetwork, Fault, Killed, Trapdoor
from tests.rig import ServiceRig

T = TypeVar("T")
FIELDS = ("label", "notes", "password")
sides = st.integers(0, 1)
picks = st.integers(0, 30)
faults = st.lists(st.sampled_from(FAULTS), max_size=5)
deaths = st.integers(0, 12)
"""After how many steps the process dies; 0: it lives."""


class Client:
    """A device with a session that can be killed and opened again."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.open()

    def open(self) -> None:
        """Begin anew from what is on the disk."""
        self.network = BadNetwork()
        self.session: Session = self.device.open(transport=self.network)
        self.trap = Trapdoor(self.session._writing.vault.database)

    def kill(self) -> None:
        """End without any farewell: whatever was not committed is gone."""
        self.session._thread.submit(self.network.aclose()).result(10)
        self.session._thread.stop()
        online = self.session._online
        if online is not None:
            online._judging.close()
        self.session._reader.close()
        self.session._writer.close()


class Pair(RuleBasedStateMachine):
    """Two clients, the service, and what must not be lost."""

    def __init__(self, rig: ServiceRig, root: Path) -> None:
        super().__init__()
        self.rig = rig
        self.root = root
        self.runner = asyncio.Runner()
        self.names = count(1)
        self.clients: list[Client] = []
        self.wishes: set[tuple[bytes, str, str]] = set()
        self.replaced: set[tuple[bytes, str, str]] = set()
        self.collections: dict[bytes, set[str]] = {}
        self.texts: dict[bytes, list[str]] = {}

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end."""
        return self.runner.run(work)

    @initialize()
    def begin(self) -> None:
        """Two devices with one account that both have."""
        devices = self.run(found_directly(self.rig, self.root / f"{id(self)}", FrozenClock()))
        self.clients = [Client(device) for device in devices]
        self.account = self._new(0)
        for side in (0, 1):
            self.run(self.clients[side].session.sync_now())

    def _new(self, side: int) -> bytes:
        label = f"n{next(self.names)}"
        account = self.run(self.clients[side].session.add_account(Item(label)))
        self.wishes.add((account, "label", label))
        self.collections[account] = set()
        return account

    def _some(self, side: int, pick: int) -> bytes | None:
        cards = self.clients[side].session.cards(CardFilter())
        return cards[pick % len(cards)].id if cards else None

    def _act(self, side: int, death: int, work: Coroutine[Any, Any, object]) -> bool:
        """Do something that may die on the way; True if it was answered."""
        client = self.clients[side]
        client.trap.steps = death
        try:
            with suppress(CerbyError):
                self.run(work)
                return True
        except Killed:
            client.kill()
            client.open()
        finally:
            client.trap.steps = 0
        return False

    @rule(side=sides, death=deaths)
    def add(self, side: int, death: int) -> None:
        """A new account."""
        label = f"n{next(self.names)}"
        session = self.clients[side].session
        if self._act(side, death, session.add_account(Item(label))):
            account = session.find(label).id
            self.wishes.add((account, "label", label))
            self.collections[account] = set()

    @rule(side=sides, pick=picks, field=st.sampled_from(FIELDS), death=deaths)
    def edit(self, side: int, pick: int, field: str, death: int) -> None:
        """A field gets a value that it never had."""
        session, account = self.clients[side].session, self._some(side, pick)
        if account is not None:
            before, wanted = getattr(session.account(account).item, field), f"{field}{next(self.names)}"
            self.replaced.add((account, field, before))  # perhaps even if it dies before it answers
            if self._act(side, death, session.edit_account(account, {field: wanted})):
                self.wishes.add((account, field, wanted))

    @rule(side=sides, pick=picks, death=deaths)
    def file(self, side: int, pick: int, death: int) -> None:
        """An account goes into one more collection."""
        session, account = self.clients[side].session, self._some(side, pick)
        if account is not None:
            name, had = f"c{next(self.names)}", session.card(account).collections
            if self._act(side, death, session.edit_account(account, {"collections": (*had, name)})):
                self.collections.setdefault(account, set()).add(name)

    @rule(side=sides, pick=picks)
    def delete(self, side: int, pick: int) -> None:
        """An account is deleted."""
        account = self._some(side, pick)
        if account is not None:
            self._act(side, 0, self.clients[side].session.delete_account(account))

    @rule(side=sides)
    def restore(self, side: int) -> None:
        """Deleted accounts come back."""
        session = self.clients[side].session
        for card in session.cards(CardFilter(deleted=True)):
            self._act(side, 0, session.restore_account(card.id))

    @rule(side=sides, pick=picks, starred=st.booleans())
    def private(self, side: int, pick: int, starred: bool) -> None:
        """A star, and everything in sight is read."""
        session, account = self.clients[side].session, self._some(side, pick)
        if account is not None:
            self._act(side, 0, session.set_favourite(account, starred))
            keys = [message.key for message in session.messages(InboxFilter(accounts=(account,)))]
            self._act(side, 0, session.mark_read(keys))

    @rule()
    def text(self) -> None:
        """A message comes to the first account."""
        text, account = f"text {next(self.names)}", self.account
        workspace = self.clients[0].session._identity.workspace
        number: Any = SimpleNamespace(workspace=workspace, account=account)
        incoming = Incoming("id", "+15550199", "+15550100", text)
        inbound = self.rig.parts.inbound
        self.rig.parts.database.write_now(lambda writing: inbound._store(writing, number, incoming, 1))
        self.texts.setdefault(account, []).append(text)

    @rule(side=sides, bad=faults, death=deaths)
    def sync(self, side: int, bad: list[Fault], death: int) -> None:
        """A round of sync over a bad network, in a process that may die."""
        self.clients[side].network.faults = list(bad)
        self._act(side, death, self.clients[side].session.sync_now())
        self.clients[side].network.faults = []

    @rule(side=sides, data=st.data(), bad=faults)
    def events(self, side: int, data: st.DataObject, bad: list[Fault]) -> None:
        """What the other device has arrives as events of the feed, some twice, in any order."""
        vault = self.clients[1 - side].session._writing.vault
        found: list[HeadEvent | MessageEvent] = []
        for stream, held in vault.streams.held().items():
            for n, entry in enumerate(vault.streams.entries(stream), 1):
                found.append(HeadEvent(held.kind, stream, n, vault.streams.head(stream, n) or b"", entry))
        for stored in vault.records.of_account(self.account):
            record = decode(stored.record.raw, Message)
            found.append(MessageEvent(record.account, record.generation, record.index, stored))
        chosen = data.draw(st.lists(st.sampled_from(found), max_size=12)) if found else []
        self.clients[side].network.faults = list(bad)
        session = self.clients[side].session
        for event in chosen:
            online = self.run(session._thread.call(session._go_online))
            if not self._act(side, 0, session._thread.run(online.engine.receive(event, ""))):
                break
        self.clients[side].network.faults = []

    def teardown(self) -> None:
        """All is well again: both have everything, once, and nothing that was answered is missing."""
        try:
            for client in self.clients * 3:
                self.run(client.session.sync_now())
            one, other = (client.session for client in self.clients)
            self._check_same(one, other)
            self._check_whole(one)
            self._check_whole(other)
            self._check_wishes(one)
        finally:
            for client in self.clients:
                self.run(client.session.close())
            self.runner.close()

    def _check_same(self, one: Session, other: Session) -> None:
        for deleted in (False, True):
            cards = [
                {card.id: (card.label, card.collections, card.deleted, card.unread, card.favourite) for card in cards}
                for cards in (session.cards(CardFilter(deleted=deleted)) for session in (one, other))
            ]
            assert cards[0] == cards[1]
            for account in cards[0]:
                assert one.account(account).item == other.account(account).item
        held = [session._writing.vault.streams.held() for session in (one, other)]
        assert held[0] == held[1]
        assert not [stream for stream, state in held[0].items() if state.stopped]

    def _check_whole(self, session: Session) -> None:
        assert session.status().waiting == 0
        assert session._writing.vault.outbox.streams() == []
        vault = session._writing.vault
        records = [decode(stored.record.raw, Message).index for stored in vault.records.of_account(self.account)]
        sent = self.texts.get(self.account, [])
        assert records == list(range(1, len(sent) + 1))
        if not session.card(self.account).deleted:
            shown = session.messages(InboxFilter(accounts=(self.account,)), limit=1000)
            assert [message.text for message in reversed(shown)] == sent

    def _check_wishes(self, session: Session) -> None:
        """Each value stands, is kept beside, was replaced by somebody who saw it, or is listed as not saved."""
        refused = [
            change
            for client in self.clients
            for one in client.session.waiting()
            for change in client.session.change(one.id).items()
        ]
        unsaved = {(field, repr(wanted)) for field, (_before, wanted) in refused}
        lost_collections = {name for field, (_b, wanted) in refused if field == "collections" for name in wanted}
        for account, field, wanted in self.wishes:
            shown = session.account(account)
            beside = {(clash.field, clash.other) for clash in shown.clashes}
            stands = getattr(shown.item, field) == wanted or (field, wanted) in beside
            assert stands or (account, field, wanted) in self.replaced or (field, repr(wanted)) in unsaved
        for account, names in self.collections.items():
            assert names <= set(session.card(account).collections) | lost_collections


@pytest.mark.timeout(0 if "CERBY_EXAMPLES" in os.environ else 300)
def test_two_devices_converge(rig: ServiceRig, tmp_path: Path) -> None:
    """Whatever happens on the way, both devices end with the same, and with everything that was answered."""
    wanted = int(os.environ.get("CERBY_EXAMPLES", "0"))
    bounds = settings(
        max_examples=wanted or 20,
        stateful_step_count=18,
        deadline=None,
        derandomize=not wanted,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(lambda: Pair(rig, tmp_path), settings=bounds)  # type: ignore[no-untyped-call]
