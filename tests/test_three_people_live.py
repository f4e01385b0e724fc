"""Three people with two real clients each at a real service: shares, roles, sessions that end, edits and messages.

A smaller brother of `test_three_people`, in which vaults, outboxes, upkeep and the network are real. In the end
everybody who is still there agrees, nobody waits, and no session holds a key of an epoch its person was not in.
`CERBY_EXAMPLES=100` draws so many new histories.
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
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from cerby_service.carriers.base import Incoming
from cerby_tui import opening
from cerby_tui.errors import CerbyError
from cerby_tui.session import Session
from cerby_tui.values import CardFilter, InboxFilter, Item
from cerby_tui.vault.keys import VaultKeys
from cerby_wire.entries import read_header, read_keys
from cerby_wire.headers import AccountAdopt, Entry
from cerby_wire.ledger import Ledger
from cerby_wire.state import AccountState
from tests.handsets import account_keys_of, seeds_of
from tests.hostile.scene import Scene, make_scene
from tests.rig import ServiceRig

T = TypeVar("T")
who = st.integers(0, 2)
which = st.integers(0, 1)
picks = st.integers(0, 30)
ALL = CardFilter()


class LiveThree(RuleBasedStateMachine):
    """Three people, their sessions, and the service."""

    def __init__(self, rig: ServiceRig, root: Path) -> None:
        super().__init__()
        self.rig = rig
        self.root = root
        self.runner = asyncio.Runner()
        self.names = count(1)
        self.sessions: dict[tuple[int, int], Session] = {}
        self.texts: dict[bytes, int] = {}

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end."""
        return self.runner.run(work)

    def act(self, work: Coroutine[Any, Any, object]) -> None:
        """Do something that rules or roles may be against."""
        with suppress(CerbyError):
            self.run(work)

    @initialize()
    def begin(self) -> None:
        """Ada, Bob and Cleo with two sessions each, and an account that all own."""
        self.scene: Scene = self.run(
            make_scene(self.rig, self.root / f"{id(self)}", ("owner", "admin", "user"), devices=2)
        )
        for person in range(3):
            for device in range(2):
                self.sessions[person, device] = self.scene.crowd[person].open(device)
        ada = self.sessions[0, 0]
        self.account = self.run(ada.add_account(Item("Mail")))
        for person in (1, 2):
            self.run(ada.sharing.share(self.account, self.scene.crowd[person].user, "owner"))
        for session in (*self.sessions.values(), *self.sessions.values()):
            self.run(session.sync_now())

    def session(self, person: int, device: int) -> Session | None:
        """A session of somebody that was not ended, the one asked for if it is there."""
        return self.sessions.get((person, device)) or self.sessions.get((person, 1 - device))

    def some(self, session: Session, pick: int) -> bytes | None:
        """One of the accounts that a session shows."""
        cards = session.cards(ALL)
        return cards[pick % len(cards)].id if cards else None

    @rule(person=who, device=which)
    def sync(self, person: int, device: int) -> None:
        """A round of sync; whoever hears that they were removed is gone."""
        session = self.session(person, device)
        if session is not None:
            self.act(session.sync_now())
            self._bury()

    def _bury(self) -> None:
        for place, session in list(self.sessions.items()):
            if session.ended is not None:
                self.run(session.close())
                del self.sessions[place]

    @rule(person=who, device=which)
    def add(self, person: int, device: int) -> None:
        """A new account."""
        if session := self.session(person, device):
            self.act(session.add_account(Item(f"n{next(self.names)}")))

    @rule(person=who, device=which, pick=picks)
    def edit(self, person: int, device: int, pick: int) -> None:
        """A field of a card."""
        session = self.session(person, device)
        account = self.some(session, pick) if session else None
        if session and account:
            self.act(session.edit_account(account, {"notes": f"n{next(self.names)}"}))

    @rule(person=who, device=which, pick=picks, other=who, role=st.sampled_from(["owner", "collaborator"]))
    def share(self, person: int, device: int, pick: int, other: int, role: Any) -> None:
        """Somebody is put on an account, or gets another role on it."""
        session = self.session(person, device)
        account = self.some(session, pick) if session else None
        if session and account and person != other:
            self.act(session.sharing.share(account, self.scene.crowd[other].user, role))

    @rule(person=who, device=which, pick=picks, other=who)
    def unshare(self, person: int, device: int, pick: int, other: int) -> None:
        """Somebody is taken off an account."""
        session = self.session(person, device)
        account = self.some(session, pick) if session else None
        if session and account:
            self.act(session.sharing.remove(account, self.scene.crowd[other].user))

    @rule(pick=st.sampled_from(["user", "guest", "admin"]), other=st.integers(1, 2))
    def change_role(self, pick: Any, other: int) -> None:
        """The Owner changes somebody's role, and takes over what they alone own."""
        if session := self.session(0, 0):
            user = self.scene.crowd[other].user
            self.act(self._with_heirs(session, user, pick))

    async def _with_heirs(self, session: Session, user: bytes, role: Any) -> None:
        me = self.scene.crowd[0].user
        heirs = {one.account: me for one in await session.people.sole_owned(user)}
        await (session.people.set_role(user, role, heirs) if role else session.people.remove(user, heirs))

    @rule()
    def remove_cleo(self) -> None:
        """The Owner removes a person."""
        if session := self.session(0, 1):
            self.act(self._with_heirs(session, self.scene.crowd[2].user, None))

    @rule(person=who, device=which)
    def remove_session(self, person: int, device: int) -> None:
        """Somebody removes one of their two sessions from the other."""
        if len([place for place in self.sessions if place[0] == person]) == 2:
            self.act(self.sessions[person, device].devices.remove(self.scene.crowd[person].keys[1 - device].id))

    @rule(device=which)
    def suspend(self, device: int) -> None:
        """Bob, if he is an Admin, suspends one of Cleo's sessions."""
        if session := self.session(1, 0):
            cleo = self.scene.crowd[2]
            self.act(session.devices.suspend(cleo.user, cleo.keys[device].id))

    @rule()
    def text(self) -> None:
        """A message comes to the first account."""
        number: Any = SimpleNamespace(workspace=self.scene.crowd.workspace, account=self.account)
        sent = self.texts[self.account] = self.texts.get(self.account, 0) + 1
        incoming = Incoming("id", "+15550199", "+15550100", f"text {sent}")
        inbound = self.rig.parts.inbound
        self.rig.parts.database.write_now(lambda writing: inbound._store(writing, number, incoming, 1))

    def teardown(self) -> None:
        """All is well: whoever is still there agrees, nothing waits, and nobody holds too much."""
        try:
            for _ in range(5):
                for session in list(self.sessions.values()):
                    self.act(session.sync_now())
                self._bury()
            ledger = self.run(self.scene.look())
            for place, session in self.sessions.items():
                self._check(place, session, ledger)
            for person in self.scene.crowd.people:
                for keys in person.keys:
                    self._check_keys(person.user, keys, ledger)
        finally:
            for session in self.sessions.values():
                self.run(session.close())
            self.runner.close()

    def _check(self, place: tuple[int, int], session: Session, ledger: Ledger) -> None:
        user, vault = self.scene.crowd[place[0]].user, session._writing.vault
        assert session.status().waiting == 0 and vault.streams.stopped() == []
        mine = {one: state for one, state in ledger.states.items() if isinstance(state, AccountState)}
        shown = {card.id for deleted in (False, True) for card in session.cards(CardFilter(deleted=deleted))}
        assert shown == {one for one, state in mine.items() if user in state.members}
        for account in shown:
            assert vault.streams.state(account) == mine[account]
        entitled = {one: entitled_epochs(user, ledger.entries[one]) for one in mine}
        for account, epochs in entitled.items():
            assert set(VaultKeys(vault.database).of_account(account)) <= epochs
        if self.account in shown and session.people.browses() and mine[self.account].owners():
            told = [one.text for one in session.messages(InboxFilter(accounts=(self.account,)), limit=1000)]
            assert set(told) <= {f"text {n}" for n in range(1, self.texts.get(self.account, 0) + 1)}

    def _check_keys(self, user: bytes, keys: Any, ledger: Ledger) -> None:
        """With all that the service has, a device opens no key that its person was not in while it was known."""
        chain, state = ledger.entries[user], ledger.user(user)
        assert state
        seeds = {one.generation: one for one in seeds_of(keys, chain, state)}
        removed = state.devices[keys.id].removed
        for account, held in ledger.states.items():
            if isinstance(held, AccountState):
                opened = account_keys_of(user, seeds, ledger.entries[account])
                assert {epoch for _one, epoch in opened} <= entitled_epochs(user, ledger.entries[account], removed)


def entitled_epochs(user: bytes, entries: list[Entry], removed: int = 0) -> set[int]:
    """The epochs that somebody was in, and those before them whose keys were handed on.

    `removed` is where a device was taken out of the person's chain: lists that knew of it give that device nothing.
    """
    found: set[int] = set()
    linked: dict[int, bool] = {}
    for entry in entries:
        if epoch := opening.epoch_of(entry):
            linked[epoch.epoch] = not isinstance(read_header(entry).act, AccountAdopt)
            listed = next((one for one in epoch.members if one.user == user), None)
            reads = any(wrapped.reader == user for wrapped in read_keys(entry).wraps)
            if listed and reads and (not removed or listed.chain.n < removed):
                found.add(epoch.epoch)
    for epoch_number in sorted(linked, reverse=True):
        if epoch_number in found and linked[epoch_number] and epoch_number > 1:
            found.add(epoch_number - 1)
    return found


@pytest.mark.timeout(0 if "CERBY_EXAMPLES" in os.environ else 300)
def test_three_people_converge_live(rig: ServiceRig, tmp_path: Path) -> None:
    """Real clients at a real service: whoever is still there agrees, and nobody holds a key they were not given."""
    wanted = int(os.environ.get("CERBY_EXAMPLES", "0"))
    bounds = settings(
        max_examples=wanted or 6,
        stateful_step_count=14,
        deadline=None,
        derandomize=not wanted,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )
    run_state_machine_as_test(lambda: LiveThree(rig, tmp_path), settings=bounds)  # type: ignore[no-untyped-call]
