"""What an author saw, who they are, and that they signed it: rules 2 to 4 (docs/protocol.md §3)."""

from __future__ import annotations

import pytest

from cerby_tui import authoring
from cerby_tui.authoring import write
from cerby_wire.entries import entry_hash, read_header
from cerby_wire.errors import Behind
from cerby_wire.headers import NO_MESSAGES, START, Entry, MessagePosition, Position
from cerby_wire.ledger import Ledger
from cerby_wire.stream import accept
from tests.people import Account, Person, World, bent, flipped, fresh_device, refused


@pytest.fixture
def world() -> World:
    """A workspace with its Owner."""
    return World()


@pytest.fixture
def account(world: World) -> Account:
    """An account of the Owner."""
    return Account(world)


def test_an_author_who_saw_another_history_is_found_out(account: Account) -> None:
    """FORK: what the author had seen has to be a prefix of what is held here."""
    account.world.ledger.add(account.item())
    entry, owner = account.item("next"), account.world.owner.device
    seen = read_header(entry).seen
    for forged in (Position(seen.n, bytes(32)), Position(1, bytes(32)), Position(0, bytes(32)), Position(-1, b"")):
        with refused("fork"):
            account.world.ledger.add(bent(entry, owner, seen=forged))


def test_an_author_cannot_have_seen_what_comes_after(account: Account) -> None:
    """Dropping an entry in the middle shows as a position ahead of the place."""
    first, before = account.item("first"), account.state
    account.world.ledger.add(first)
    second = account.item("second")
    with refused("fork"):
        accept(before, second, account.world.ledger)


def test_an_honest_prefix_is_no_fork(account: Account) -> None:
    """Somebody who had not yet seen the newest item has seen a prefix."""
    bind = account.number()
    account.world.ledger.add(account.item())
    account.world.ledger.add(bind)
    assert account.state.number is not None


def test_the_workspace_an_author_saw_is_compared(account: Account) -> None:
    """Two histories of the workspace show in the next account entry."""
    owner = account.world.owner
    for forged in (Position(1, bytes(32)), Position(0, bytes(32)), Position(-1, bytes(32))):
        with refused("workspace_fork"):
            account.world.ledger.add(bent(account.item(), owner.device, ws=forged))


def test_a_workspace_position_ahead_of_ours_asks_for_more(account: Account) -> None:
    """We pull first, and judge then."""
    with pytest.raises(Behind) as caught:
        account.world.ledger.add(bent(account.item(), account.world.owner.device, ws=Position(9, bytes(32))))
    assert (caught.value.stream, caught.value.n) == (account.world.id, 9)


def test_without_a_workspace_nothing_of_it_is_judged(account: Account) -> None:
    """A client that holds no workspace yet is told which one to pull."""
    with pytest.raises(Behind) as caught:
        accept(None, account.genesis, Ledger())
    assert caught.value.stream == account.world.id


def test_a_message_that_was_shown_differently_is_found_out(account: Account) -> None:
    """The author's newest message is compared with ours where we hold it."""
    ledger, owner = account.world.ledger, account.world.owner
    ledger.message_heads[account.id, b"g", 1] = b"ours"
    with refused("message_fork"):
        ledger.add(authoring.item(owner.author(), account.state, account.keys, {}, MessagePosition(b"g", 1, b"x")))
    ledger.add(authoring.item(owner.author(), account.state, account.keys, {}, MessagePosition(b"g", 1, b"ours")))
    assert account.state.msgs == MessagePosition(b"g", 1, b"ours")


def test_a_cited_message_that_is_not_held_is_kept_for_later(account: Account) -> None:
    """What cannot be compared yet is remembered, and an older citation does not replace it."""
    owner, ledger = account.world.owner, account.world.ledger
    for index in (5, 7, 3):
        cited = MessagePosition(b"g", index, b"later")
        ledger.add(authoring.item(owner.author(), account.state, account.keys, {}, cited))
    assert account.state.msgs.index == 7
    ledger.add(account.item())
    assert account.state.msgs.index == 7


def test_two_authors_who_cite_different_messages_are_found_out(account: Account) -> None:
    """Even where the message itself is not held here."""
    owner, ledger = account.world.owner, account.world.ledger
    ledger.add(authoring.item(owner.author(), account.state, account.keys, {}, MessagePosition(b"g", 7, b"one")))
    with refused("message_fork"):
        ledger.add(authoring.item(owner.author(), account.state, account.keys, {}, MessagePosition(b"g", 7, b"two")))


def test_authors_who_saw_the_same_message_agree(account: Account) -> None:
    """Citing the newest message twice is no fork."""
    owner, ledger, cited = account.world.owner, account.world.ledger, MessagePosition(b"g", 7, b"one")
    for _ in range(2):
        ledger.add(authoring.item(owner.author(), account.state, account.keys, {}, cited))
    assert account.state.msgs == cited


def test_a_citation_of_a_new_generation_replaces_one_of_the_old(account: Account) -> None:
    """Indexes begin again after the service was restored."""
    owner, ledger = account.world.owner, account.world.ledger
    for cited in (MessagePosition(b"old", 7, b"h"), MessagePosition(b"new", 1, b"h")):
        ledger.add(authoring.item(owner.author(), account.state, account.keys, {}, cited))
    assert account.state.msgs.generation == b"new"


@pytest.mark.parametrize("cited", [MessagePosition(b"g", 0, b""), MessagePosition(b"", -1, b"")])
def test_citing_no_message_says_nothing_else(account: Account, cited: MessagePosition) -> None:
    """There is one way to say that no message was seen."""
    with refused("unused_field"):
        account.world.ledger.add(bent(account.item(), account.world.owner.device, msgs=cited))


def test_no_message_is_older_than_the_account(account: Account) -> None:
    """A genesis cites no message."""
    assert read_header(account.genesis).msgs == NO_MESSAGES
    with refused("unused_field"):
        cited = MessagePosition(b"g", 1, b"h")
        account.world.ledger.add(bent(account.genesis, account.world.owner.device, msgs=cited))


def test_an_author_whose_chain_is_not_held_is_asked_for(account: Account) -> None:
    """We learn who somebody is before we believe them."""
    stranger = Person(World())
    with pytest.raises(Behind) as caught:
        account.world.ledger.add(bent(account.item(), stranger.device, author=stranger.id))
    assert (caught.value.stream, caught.value.n) == (stranger.id, 1)


def test_a_chain_position_ahead_of_ours_asks_for_more(account: Account) -> None:
    """The author's devices may have changed since we looked."""
    owner = account.world.owner
    with pytest.raises(Behind) as caught:
        account.world.ledger.add(bent(account.item(), owner.device, chain=Position(5, bytes(32))))
    assert (caught.value.stream, caught.value.n) == (owner.id, 5)


def test_another_chain_of_the_author_is_found_out(account: Account) -> None:
    """The chain the author cites has to be the one we know, from its genesis on."""
    account.world.owner.add()
    for forged in (Position(2, bytes(32)), Position(1, bytes(32))):
        with refused("chain_fork"):
            account.world.ledger.add(bent(account.item(), account.world.owner.device, chain=forged))


def test_an_author_without_devices_is_nobody(world: World) -> None:
    """Before their genesis nobody has a device."""
    person = Person(world)
    key, invite = world.invite("user")
    entry = authoring.join(person.author(), key, invite, "user", bytes(32))
    with refused("chain_fork"):
        world.ledger.add(bent(entry, person.device, chain=START))


def test_a_device_of_somebody_else_is_refused(account: Account) -> None:
    """The device has to be one of the author's."""
    other = fresh_device()
    with refused("device_not_active"):
        account.world.ledger.add(bent(account.item(), other, device=other.id))


def test_the_recovery_device_writes_nothing_but_its_own_replacement(account: Account) -> None:
    """The paper key is no session: it writes to no account."""
    recovery = account.world.owner.recovery
    with refused("device_not_active"):
        account.world.ledger.add(bent(account.item(), recovery, device=recovery.id))


def test_a_signature_by_another_key_is_refused(account: Account) -> None:
    """The signature has to be of the device that the header names."""
    with refused("bad_signature"):
        account.world.ledger.add(bent(account.item(), fresh_device()))


def test_a_signature_for_another_kind_of_stream_is_refused(account: Account) -> None:
    """A signature made for one purpose is worth nothing for another."""
    owner, entry = account.world.owner.device, account.item()
    signature = owner.sign.sign("entry/workspace", entry.header)
    with refused("bad_signature"):
        account.world.ledger.add(Entry(entry.header, entry.body, signature))


def test_another_body_is_refused(account: Account) -> None:
    """The body is signed by its hash."""
    entry = account.item()
    with refused("another_body"):
        account.world.ledger.add(Entry(entry.header, flipped(entry.body, 9), entry.signature))


def test_an_entry_hash_names_header_and_signature(account: Account) -> None:
    """Two signatures over one header are two entries."""
    entry = account.item()
    assert entry_hash(entry) != entry_hash(Entry(entry.header, entry.body, flipped(entry.signature, 0)))
    again = write(account.world.owner.device, read_header(entry), entry.body)
    assert entry_hash(again) == entry_hash(entry)
