"""Private settings: one person, versions that follow each other, the seed in force."""

from __future__ import annotations

import pytest

from cerby_tui import authoring
from cerby_tui.keys import UserKeys
from cerby_wire.accept_personal import MOST_SLOTS
from cerby_wire.headers import Position
from tests.people import Private, World, bent, fresh_device, refused


@pytest.fixture
def private() -> Private:
    """The Owner's private settings."""
    return Private(World())


def test_slots_go_their_own_ways(private: Private) -> None:
    """Two things changed at once on two devices do not get in each other's way."""
    first, second = private.item(0), private.item(1)
    for entry in (first, second):
        private.world.ledger.add(entry)
    assert {slot: kept.version for slot, kept in private.state.slots.items()} == {0: 1, 1: 1}


def test_nobody_else_writes(private: Private) -> None:
    """Another member of the workspace has no say in them."""
    other = private.world.join()
    entry = authoring.personal_item(other.author(), private.state, other.keys, 0, {})
    with refused("not_allowed"):
        private.world.ledger.add(entry)


def test_a_version_follows_the_newest(private: Private) -> None:
    """A replayed version, a skipped one and one that cites another before it are refused."""
    first = private.item()
    private.world.ledger.add(first)
    device = private.world.owner.device
    for entry in (
        first,
        bent(private.item(), device, act={"version": 3}),
        bent(private.item(), device, act={"previous": bytes(32)}),
    ):
        with refused("version_conflict"):
            private.world.ledger.add(entry)


@pytest.mark.parametrize("slot", [-1, MOST_SLOTS])
def test_there_are_so_many_slots(private: Private, slot: int) -> None:
    """The state of a stream cannot be made to grow without end."""
    with refused("no_such_slot"):
        private.world.ledger.add(private.item(slot))


def test_after_a_revocation_the_new_seed_is_used(private: Private) -> None:
    """What is sealed under the old generation could be read by the device that went."""
    owner = private.world.owner
    old = owner.keys
    owner.revoke(owner.add())
    with refused("epoch_not_in_force"):
        private.world.ledger.add(private.item(keys=old))
    private.world.ledger.add(private.item())
    assert private.state.generation == 2


def test_the_chain_does_not_run_backwards(private: Private) -> None:
    """A revoked device cannot cite the chain of before, once a newer one was cited."""
    owner = private.world.owner
    second = owner.add()
    stale = bent(private.item(), second, device=second.id)
    owner.revoke(second)
    private.world.ledger.add(private.item())
    with refused("chain_runs_backwards"):
        private.world.ledger.add(stale)


def test_an_item_has_a_body(private: Private) -> None:
    """There is no empty version."""
    with refused("empty_body"):
        private.world.ledger.add(bent(private.item(), private.world.owner.device, body=b""))


def test_a_genesis_carries_a_nonce(private: Private) -> None:
    """So that it is the only one of its kind."""
    with refused("bad_nonce"):
        private.world.ledger.add(bent(private.genesis, private.world.owner.device, act={"nonce": b""}))


def test_an_item_by_a_stranger_device_is_refused(private: Private) -> None:
    """The device has to be one of the person's."""
    other = fresh_device()
    with refused("device_not_active"):
        private.world.ledger.add(bent(private.item(), other, device=other.id))


def test_a_made_up_seed_is_refused(private: Private) -> None:
    """The generation is the one that the chain names at the position cited."""
    ahead = UserKeys(private.world.owner.keys.seed, 2)
    with refused("epoch_not_in_force"):
        private.world.ledger.add(private.item(keys=ahead))


def test_the_genesis_of_somebody_is_judged_by_their_chain(private: Private) -> None:
    """Even the first entry cites a chain that is known."""
    owner = private.world.owner
    with refused("chain_fork"):
        private.world.ledger.add(bent(private.genesis, owner.device, chain=Position(1, bytes(32))))
