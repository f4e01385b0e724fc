"""Whatever honest people do is accepted, by everybody, at any time; and whatever is altered is not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec.structs import replace

from cerby_tui import authoring
from cerby_wire import roles
from cerby_wire.epochs import listing, outdated
from cerby_wire.errors import WireError
from cerby_wire.headers import Entry, Policy, WorkspaceRole
from cerby_wire.ledger import Ledger
from cerby_wire.state import State, decode_state, encode_state
from cerby_wire.stream import accept
from tests.people import Account, Person, Private, World, fresh_device

ROLES: tuple[WorkspaceRole, ...] = ("super_admin", "admin", "user", "login_only", "guest")
pick = st.integers(0, 1_000_000)
T = TypeVar("T")


def chosen(things: Iterable[T], number: int) -> T:
    """One of the things, by a number that Hypothesis draws."""
    listed = list(things)
    return listed[number % len(listed)]


class HonestPeople(RuleBasedStateMachine):
    """People come and go, share and write, in any order; each does only what a good client would let them do."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.people = [self.world.owner]
        self.accounts: list[Account] = []
        self.private = Private(self.world)

    def _role(self, person: Person) -> WorkspaceRole | None:
        return self.world.workspace.role_at(person.id, self.world.workspace.n)

    def _free(self, person: Person) -> bool:
        """Whether the session of that person stands under no order."""
        return person.device.id not in self.world.workspace.suspended(person.id, self.world.workspace.n)

    @rule(role=st.sampled_from(ROLES))
    @precondition(lambda self: len(self.people) < 5)
    def join(self, role: WorkspaceRole) -> None:
        """Somebody comes by an invite."""
        self.people.append(self.world.join(role))

    @rule(number=pick)
    def change_devices(self, number: int) -> None:
        """A device comes and goes, and the workspace is told."""
        person = chosen(self.people, number)
        person.revoke(person.add())
        if self._role(person) is not None and self._free(person):
            self.world.ledger.add(authoring.chain(person.author()))

    @rule(number=pick)
    def recover(self, number: int) -> None:
        """Somebody has lost their device: they use the recovery kit, get a new one, and revoke what is lost."""
        person = chosen(self.people, number)
        lost, device, recovery = person.device, fresh_device(), fresh_device()
        made = authoring.recover(person.recovery, person.state, person.keys, recovery.public, device.public)
        self.world.ledger.add(made[0])
        person.device, person.recovery, person.keys = device, recovery, made[1]
        person.revoke(lost)

    @rule(number=pick, role=st.sampled_from(ROLES))
    def change_role(self, number: int, role: WorkspaceRole) -> None:
        """The Owner changes somebody's role, or removes them, or has them back."""
        person, owner = chosen(self.people, number), self.world.owner
        if person is owner:
            self.world.ledger.add(authoring.policy(owner.author(), Policy(idle_lock=1 + number)))
        elif self._role(person) is None and self._free(person):
            self.world.join(role, person)
        elif self._role(person) is None:
            return
        elif self._role(person) == role:
            self.world.ledger.add(authoring.remove(owner.author(), person.id))
        else:
            self.world.ledger.add(authoring.role(owner.author(), person.id, role))

    @rule(number=pick)
    def suspend(self, number: int) -> None:
        """A session is ordered off, and its person recovers on another one."""
        person, owner = chosen(self.people, number), self.world.owner
        n = self.world.workspace.n
        known = person.state.device_active(person.device.id, self.world.workspace.chain_at(person.id, n).n)
        if known and person is not owner and self._role(person) is not None and self._free(person):
            self.world.ledger.add(authoring.suspend(owner.author(), person.id, person.device.id))

    @rule()
    def invite_and_withdraw(self) -> None:
        """An invite nobody used."""
        _, invite = self.world.invite("guest")
        self.world.ledger.add(authoring.uninvite(self.world.owner.author(), invite))

    @rule()
    @precondition(lambda self: len(self.accounts) < 3)
    def begin_account(self) -> None:
        """The Owner adds a card."""
        self.accounts.append(Account(self.world))

    @rule(number=pick, who=st.lists(pick, max_size=4))
    @precondition(lambda self: self.accounts)
    def share(self, number: int, who: list[int]) -> None:
        """The Owner writes a new list of people who can be listed."""
        account, owner = chosen(self.accounts, number), self.world.owner
        people = {owner.id: "owner"}
        for one in who:
            person = chosen(self.people, one)
            listed = listing(person.id, chosen(("owner", "collaborator"), one // 7), self.world.ledger)
            if listed is not None and person is not owner:
                people[person.id] = listed.role
        account.share(people)  # type: ignore[arg-type]
        assert outdated(account.state, self.world.ledger) == ()

    @rule(number=pick, who=pick)
    @precondition(lambda self: self.accounts)
    def write(self, number: int, who: int) -> None:
        """An Owner who may still writes a version of the card, or binds or unbinds its number."""
        account, person = chosen(self.accounts, number), chosen(self.people, who)
        may = person.id in account.state.owners() and self._role(person) in roles.ACCOUNT_OWNERS
        if not may or not self._free(person) or account.state.deleted:
            return
        if number % 5 == 0 and account.state.number is None:
            record = self.world.number(account.id)
            entry = authoring.bind_number(person.author(), account.state, b"number-1", "+15555550100", record)
        elif number % 5 == 0:
            entry = authoring.unbind_number(person.author(), account.state)
        else:
            entry = account.item(str(number), by=person)
        self.world.ledger.add(entry)

    @rule(number=pick)
    @precondition(lambda self: self.accounts)
    def delete_or_restore(self, number: int) -> None:
        """A card goes, or comes back, after everybody who cannot be listed any more was taken off the list."""
        account, owner = chosen(self.accounts, number), self.world.owner
        if outdated(account.state, self.world.ledger):
            account.share({owner.id: "owner"})
        act = authoring.restore if account.state.deleted else authoring.delete
        account.add(act(owner.author(), account.state, account.keys, self.world.ledger))

    @rule(slot=st.integers(0, 3))
    def keep_private(self, slot: int) -> None:
        """The Owner changes a private thing."""
        self.world.ledger.add(self.private.item(slot))

    @invariant()
    def states_can_be_written_down(self) -> None:
        """What was accepted comes back from its bytes."""
        for state in self.world.ledger.states.values():
            assert decode_state(encode_state(state)) == state

    def teardown(self) -> None:
        """Everything is accepted again by somebody who holds all of it already, with the same outcome."""
        ledger = self.world.ledger
        for stream, entries in ledger.entries.items():
            state: State | None = None
            for entry in entries:
                state = accept(state, entry, ledger, expected=stream)
            assert state == ledger.states[stream]


HonestPeople.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestHonestPeople = HonestPeople.TestCase


def _history() -> tuple[Ledger, list[tuple[State | None, Entry]]]:
    """A ledger, and its entries of every kind with the states before them."""
    world = World()
    guest, account, private = world.join("guest"), Account(world), Private(world)
    for entry in (account.item(), private.item(), account.number()):
        world.ledger.add(entry)
    account.share({world.owner.id: "owner", guest.id: "collaborator"})
    account.add(authoring.delete(world.owner.author(), account.state, account.keys, world.ledger))
    account.add(authoring.restore(world.owner.author(), account.state, account.keys, world.ledger))
    world.owner.revoke(world.owner.add())
    world.ledger.add(authoring.chain(world.owner.author()))
    world.invite("user")
    judged: list[tuple[State | None, Entry]] = []
    for entries in world.ledger.entries.values():
        state: State | None = None
        for entry in entries:
            judged.append((state, entry))
            state = accept(state, entry, world.ledger)
    return world.ledger, judged


LEDGER, JUDGED = _history()


def _altered(raw: bytes, at: int, difference: int) -> bytes:
    at %= len(raw)
    return raw[:at] + bytes([raw[at] ^ difference]) + raw[at + 1 :]


@settings(max_examples=400, deadline=None)
@given(pick, st.sampled_from(["header", "body", "signature"]), pick, st.integers(1, 255))
def test_no_byte_of_an_entry_can_be_changed(number: int, part: str, at: int, difference: int) -> None:
    """Of any kind, in any part: refused, or said to be of a newer program, and never a crash."""
    state, entry = chosen(JUDGED, number)
    raw = getattr(entry, part)
    changed = {part: _altered(raw, at, difference) if raw else b"x"}
    with pytest.raises(WireError):
        accept(state, replace(entry, **changed), LEDGER)


def test_no_byte_of_any_header_or_signature_can_be_changed() -> None:
    """The same, for every single byte of the shorter entries."""
    for state, entry in JUDGED:
        for part in ("header", "signature") if len(entry.header) < 600 else ():
            raw = getattr(entry, part)
            for at in range(len(raw)):
                with pytest.raises(WireError):
                    accept(state, replace(entry, **{part: _altered(raw, at, 1)}), LEDGER)


@settings(max_examples=200, deadline=None)
@given(pick, pick)
def test_no_entry_is_accepted_in_the_place_of_another(number: int, other: int) -> None:
    """An entry is accepted in its own stream alone, and there only once."""
    state, entry = JUDGED[number % len(JUDGED)]
    elsewhere, _ = JUDGED[other % len(JUDGED)]
    if elsewhere is None or (state and state.stream == elsewhere.stream and elsewhere.n <= state.n):
        return
    with pytest.raises(WireError):
        accept(elsewhere, entry, LEDGER)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400), st.binary(max_size=40), pick)
def test_junk_is_refused(header: bytes, body: bytes, number: int) -> None:
    """Whatever a hostile service sends, the answer is an error of ours."""
    state, _ = chosen(JUDGED, number)
    with pytest.raises(WireError):
        accept(state, Entry(header, body, bytes(64)), LEDGER)
