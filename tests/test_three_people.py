"""Three people with two devices each, and everything that can happen between them: they converge, and keys stay put.

At protocol level, with the real rules and the real keys: shares, roles, removals, hand-overs, sessions added, removed,
suspended and recovered, keys renewed, cards edited and messages received, on views that are behind as often as not.
After every step every device, those that are gone too, is given everything that the service has, and must not be able
to open a single key that the history of people does not give it. `CERBY_EXAMPLES=1000` draws so many new histories.
"""

from __future__ import annotations

import os
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from msgspec import Struct

from cerby_tui import authoring, opening
from cerby_tui.authoring.account import People
from cerby_tui.keys import DeviceKeys, new_seed
from cerby_wire import roles
from cerby_wire.entries import read_header, stream_id
from cerby_wire.epochs import listing, outdated
from cerby_wire.errors import WireError
from cerby_wire.headers import AccountAdopt, Entry, WorkspaceRole
from cerby_wire.ledger import Ledger
from cerby_wire.messages import MessageContent, sealed_hash
from cerby_wire.recipient import seal_message
from cerby_wire.records import Message
from cerby_wire.state import AccountState
from tests.handsets import Handset, Human, Town, account_keys_of, seeds_of

T = TypeVar("T")
pick = st.integers(0, 1_000_000)
ROLES: tuple[WorkspaceRole, ...] = ("super_admin", "admin", "user", "login_only", "guest")


class Born(Struct):
    """What the machine itself writes down when a key begins: for whom, and how far their chains were known."""

    readers: dict[bytes, int]
    linked: bool
    """Whether the key before it is inside."""


class ThreePeople(RuleBasedStateMachine):
    """The town, and the machine's own book of who was in which epoch."""

    accepted = 0

    def __init__(self) -> None:
        super().__init__()
        self.town = Town()
        self.store = self.town.store
        self.accounts: list[bytes] = []
        self.book: dict[bytes, list[Born]] = {}
        self.messages: list[tuple[Message, bytes]] = []
        self.read = 0

    # --- choosing

    def handset(self, number: int) -> Handset:
        """One that was not taken out; its view may be behind."""
        return chosen(self.town.handsets(), number)

    def human(self, number: int) -> Human:
        """One of the three."""
        return chosen(self.town.humans, number)

    def written(self, account: bytes, people: People, view: Ledger, *, linked: bool, deleted: bool = False) -> None:
        """A key began, as the one who wrote it meant it."""
        readers = {}
        for user, role in people.items():
            state = view.user(user)
            if state and (role == "owner" or not deleted):
                readers[user] = state.n
        self.book.setdefault(account, []).append(Born(readers, linked))

    # --- what people do

    @rule(number=pick)
    def sync(self, number: int) -> None:
        """One device looks."""
        self.handset(number).sync(self.store)

    @rule(number=pick)
    def see_to_things(self, number: int) -> None:
        """One device looks, and does what clients do by themselves."""
        handset = self.handset(number)
        handset.sync(self.store)
        self._upkeep(handset)

    def _upkeep(self, handset: Handset) -> bool:
        before = {account: self.store.ledger.account(account).epoch for account in self.accounts}
        did = handset.upkeep(self.store)
        for account, epoch in before.items():
            state = self.store.ledger.account(account)
            if state.epoch > epoch:
                people: People = {user: one.role for user, one in state.members.items()}
                self.written(account, people, handset.view, linked=True, deleted=state.deleted)
        return did

    @rule(number=pick)
    def begin_account(self, number: int) -> None:
        """Somebody adds a card."""
        handset = self.handset(number)
        listed = listing(handset.human.id, "owner", handset.view)
        if len(self.accounts) < 3 and listed is not None and listed.role == "owner":
            genesis, keys = authoring.account_genesis(handset.author(), handset.view)
            if self.store.take(genesis):
                account = stream_id(genesis)
                self.accounts.append(account)
                self.written(account, {handset.human.id: "owner"}, handset.view, linked=False)
                assert keys.epoch == 1

    @rule(number=pick, which=pick, who=pick, role=st.sampled_from(["owner", "collaborator", None]))
    def share(self, number: int, which: int, who: int, role: str | None) -> None:
        """An Owner puts somebody on, takes them off, or changes their role; they may leave themselves only later."""
        handset, human = self.handset(number), self.human(who)
        held = handset.account(chosen(self.accounts, which)) if self.accounts else None
        if held is None:
            return
        state, _keys = held
        people = {user: one.role for user, one in state.members.items()} | {human.id: role}
        wanted = handset.listable({user: one for user, one in people.items() if one})  # type: ignore[misc]
        if handset.share(self.store, state.stream, wanted):
            self.written(state.stream, wanted, handset.view, linked=True, deleted=state.deleted)

    @rule(number=pick, which=pick)
    def delete_or_restore(self, number: int, which: int) -> None:
        """A card goes or comes back."""
        handset = self.handset(number)
        held = handset.account(chosen(self.accounts, which)) if self.accounts else None
        if held is None:
            return
        state, keys = held
        act = authoring.restore if state.deleted else authoring.delete
        people: People = {user: one.role for user, one in state.members.items()}
        if handset.composed(self.store, lambda: act(handset.author(), state, keys, handset.view)[0]):
            self.written(state.stream, people, handset.view, linked=True, deleted=not state.deleted)

    @rule(number=pick, which=pick)
    def edit(self, number: int, which: int) -> None:
        """A version of a card, on whatever view."""
        handset = self.handset(number)
        held = handset.account(chosen(self.accounts, which)) if self.accounts else None
        if held is not None:
            content = {"label": str(number)}
            handset.composed(self.store, lambda: authoring.item(handset.author(), *held, content))

    @rule(which=pick)
    def message(self, which: int) -> None:
        """The service seals a message to the key in force."""
        if not self.accounts:
            return
        state = self.store.ledger.account(chosen(self.accounts, which))
        index = 1 + sum(one.account == state.stream for one, _sealed in self.messages)
        place = {"account": state.stream, "epoch": state.epoch, "generation": b"g", "message_id": os.urandom(16)}
        sealed = seal_message(state.inbox, MessageContent("sms", "1", "2", f"text {index}"), index=index, **place)  # type: ignore[arg-type]
        record = Message(
            place["message_id"],  # type: ignore[arg-type]
            state.stream,
            b"g",
            index,
            state.epoch,
            state.n,
            index,
            sealed_hash(sealed),
            b"",
        )
        self.messages.append((record, sealed))

    @rule(number=pick, who=pick, role=st.sampled_from(ROLES))
    def change_role(self, number: int, who: int, role: WorkspaceRole) -> None:
        """An administrator changes somebody's role, or has somebody back who was removed."""
        handset, human = self.handset(number), self.human(who)
        if self.store.role(human.id) is None and human.live():
            self.town.join(human, role)
        elif handset.view.workspace() is not None:
            self._with_hand_over(handset, human, authoring.role(handset.author(), human.id, role))

    @rule(number=pick, who=pick)
    def remove_person(self, number: int, who: int) -> None:
        """An administrator removes somebody, or somebody goes."""
        handset, human = self.handset(number), self.human(who)
        if handset.view.workspace() is not None:
            self._with_hand_over(handset, human, authoring.remove(handset.author(), human.id))

    def _with_hand_over(self, handset: Handset, human: Human, act: Entry) -> None:
        """The act, and the accounts that it would leave without an Owner handed over with it."""
        trial = self.store.ledger.copy()
        entries, made = [act], []
        try:
            trial.add(act)
            for account in self.accounts:
                state, workspace = trial.account(account), self.store.workspace
                others = [one for one in state.owners() if one != human.id]
                fit = any(workspace.role_at(one, workspace.n) in roles.ACCOUNT_OWNERS for one in others)
                if human.id in state.owners() and not fit and handset.human is not human:
                    people: People = {handset.human.id: "owner"}
                    entry, _keys = authoring.adopt(handset.author(trial), state, trial, people)
                    entries.append(entry)
                    made.append((account, people, state.deleted))
        except WireError:
            return
        if self.store.take(*entries):
            for account, people, deleted in made:
                self.written(account, people, trial, linked=False, deleted=deleted)

    @rule(who=pick)
    def add_session(self, who: int) -> None:
        """Somebody gets a second device again."""
        human = self.human(who)
        if len(human.live()) < 2:
            human.live()[0].sync(self.store)
            self.town.add_handset(human)

    @rule(who=pick, which=pick)
    def remove_session(self, who: int, which: int) -> None:
        """One of somebody's two devices takes the other out."""
        live = self.human(who).live()
        if len(live) == 2:
            keeps, goes = live[which % 2], live[1 - which % 2]
            keeps.revoke(self.store, goes.keys.id)

    @rule(number=pick, who=pick, which=pick)
    def suspend(self, number: int, who: int, which: int) -> None:
        """An administrator orders one of somebody's two devices off; the other one is left to follow."""
        handset, live = self.handset(number), self.human(who).live()
        workspace = handset.view.workspace()
        free = [] if workspace is None else [one for one in live if not self._suspended(one)]
        if len(free) == 2:
            goes = free[which % 2]
            handset.composed(self.store, lambda: authoring.suspend(handset.author(), goes.human.id, goes.keys.id))

    def _suspended(self, handset: Handset) -> bool:
        workspace = self.store.workspace
        return handset.keys.id in workspace.suspended(handset.human.id, workspace.n)

    @rule(who=pick)
    def recover(self, who: int) -> None:
        """Somebody has lost everything but the kit: a new device, a new kit, and the lost ones are taken out."""
        human = self.human(who)
        state = self.store.ledger.user(human.id)
        assert state
        device, kit = DeviceKeys(new_seed()), DeviceKeys(new_seed())
        entries = self.store.ledger.entries[human.id]
        seeds = {keys.generation: keys for keys in seeds_of(human.recovery, entries, state)}
        seed = seeds[state.generation_at(state.n).generation]
        lost = human.live()
        if self.store.take(authoring.recover(human.recovery, state, seed, kit.public, device.public)[0]):
            human.recovery = kit
            human.handsets.append(Handset(human, device))
            for one in lost:
                human.handsets[-1].sync(self.store)
                human.handsets[-1].revoke(self.store, one.keys.id)

    # --- what must hold

    @invariant()
    def nobody_holds_what_they_were_not_in(self) -> None:
        """With everything that the service has, every device opens what the book gives it, and nothing else."""
        for human in self.town.humans:
            entries = self.store.ledger.entries[human.id]
            state = self.store.ledger.user(human.id)
            assert state
            for handset in human.handsets:
                seeds = {keys.generation: keys for keys in seeds_of(handset.keys, entries, state)}
                for account in self.accounts:
                    held = account_keys_of(human.id, seeds, self.store.ledger.entries[account])
                    assert {epoch for _account, epoch in held} == self._entitled(handset, account)

    def _entitled(self, handset: Handset, account: bytes) -> set[int]:
        """By the book alone: epochs that the person was in while the device was not known to be gone, and before."""
        born = self.book[account]
        assert len(born) == self.store.ledger.account(account).epoch
        found: set[int] = set()
        for place, one in enumerate(born):
            known = one.readers.get(handset.human.id)
            if known is not None and (not handset.removed_at or handset.removed_at > known):
                epoch = place + 1
                while epoch not in found:
                    found.add(epoch)
                    if not born[epoch - 1].linked:
                        break
                    epoch -= 1
        return found

    def teardown(self) -> None:
        """Everybody looks and sees to things until nothing is left to do: then all agree, and every key is right."""
        for _ in range(60):
            self.town.sync_all()
            done = [self._upkeep(handset) for handset in self.town.handsets() if not handset.sync(self.store)]  # type: ignore[func-returns-value]
            if not any(done):
                break
        else:
            raise AssertionError("upkeep never ends")
        self.nobody_holds_what_they_were_not_in()
        self._check_same()
        self._check_messages()
        ThreePeople.accepted += self.store.accepted

    def _check_same(self) -> None:
        for handset in self.town.handsets():
            if self._suspended(handset) or self.store.role(handset.human.id) is None:
                continue
            for stream, state in self.store.ledger.states.items():
                if not isinstance(state, AccountState) or handset.human.id in state.members:
                    assert handset.view.states[stream] == state
        for account in self.accounts:
            self._check_key(self.store.ledger.account(account))

    def _check_key(self, state: AccountState) -> None:
        """The key in force is for the right people, unless every Owner who could renew it is shut out."""
        brought = read_header(self.store.ledger.entries[state.stream][state.epoch_at - 1])
        able = [one for one in self.town.handsets() if one.human.id in state.owners() and self._able(one)]
        if able:
            assert outdated(state, self.store.ledger) == ()
            assert brought.author in state.members or not isinstance(brought.act, AccountAdopt)
            for handset in able:
                assert (state.stream, state.epoch) in handset.account_keys

    def _able(self, handset: Handset) -> bool:
        may = self.store.role(handset.human.id) in roles.ACCOUNT_OWNERS
        return may and not self._suspended(handset)

    def _check_messages(self) -> None:
        """Whoever holds the key of a message reads it, and it says what was sent."""
        for record, sealed in self.messages:
            for handset in self.town.handsets():
                keys = handset.account_keys.get((record.account, record.epoch))
                if keys is not None:
                    assert opening.open_message(keys, record, sealed).text == f"text {record.index}"


def chosen(things: list[T], number: int) -> T:
    """One of the things, by a number that Hypothesis draws."""
    return things[number % len(things)]


@pytest.mark.timeout(0 if "CERBY_EXAMPLES" in os.environ else 300)
def test_three_people_converge_and_keys_stay_put() -> None:
    """Whatever happens between three people, nobody ever holds a key of an epoch they were not in, and all agree."""
    wanted = int(os.environ.get("CERBY_EXAMPLES", "0"))
    bounds = settings(
        max_examples=wanted or 40,
        stateful_step_count=30,
        deadline=None,
        derandomize=not wanted,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )
    ThreePeople.accepted = 0
    run_state_machine_as_test(ThreePeople, settings=bounds)  # type: ignore[no-untyped-call]
    assert ThreePeople.accepted > 15 * (wanted or 40), "the histories were hardly more than refusals"
