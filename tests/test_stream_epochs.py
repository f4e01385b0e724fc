"""A new account key: how it is described, who is on the list, and whom it is wrapped to."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cerby_tui import authoring
from cerby_wire.entries import read_keys
from cerby_wire.epochs import listing, outdated
from cerby_wire.headers import Listed, WorkspaceRole
from tests.people import Account, Person, World, bent, epoch_of, fresh_device, refused, rewrapped


@pytest.fixture
def world() -> World:
    """A workspace with its Owner."""
    return World()


@pytest.fixture
def account(world: World) -> Account:
    """An account of the Owner."""
    return Account(world)


def test_a_list_raises_the_chains_it_cites(account: Account) -> None:
    """Being listed with a newer chain bars the older one, too."""
    world, person = account.world, account.world.join("user")
    account.share({world.owner.id: "owner", person.id: "owner"})
    second = person.add()
    old = person.author(second)
    person.revoke(second)
    account.share({world.owner.id: "owner", person.id: "owner"})
    with refused("chain_runs_backwards"):
        world.ledger.add(authoring.item(old, account.state, account.keys, {}))


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("epoch_not_next", {"epoch": 1}),
        ("epoch_not_next", {"epoch": 3}),
        ("bad_commit", {"commit": b"short"}),
        ("bad_kem_key", {"inbox": b"short"}),
        ("no_owner", {"members": ()}),
    ],
)
def test_a_new_key_is_described_rightly(account: Account, rule: str, changes: dict[str, object]) -> None:
    """Number, commitment, inbox and people are all there."""
    with refused(rule):
        account.world.ledger.add(account.with_epoch(account.shared_with(), **changes))


def test_an_earlier_key_never_comes_back(account: Account) -> None:
    """Neither its commitment nor its inbox: somebody who was removed may know it."""
    first = account.state
    account.share({account.world.owner.id: "owner"})
    for rule, changes in (
        ("commit_repeated", {"commit": first.commit}),
        ("inbox_repeated", {"inbox": first.inbox}),
    ):
        with refused(rule):
            account.world.ledger.add(account.with_epoch(account.shared_with(), **changes))


def test_a_list_is_in_order_and_names_nobody_twice(account: Account) -> None:
    """There is one way to write a list."""
    person = account.world.join("user")
    entry = account.shared_with(person)
    members = epoch_of(entry).members
    for wrong in (members[::-1], (members[0], *members)):
        with refused("members_not_ordered"):
            account.world.ledger.add(account.with_epoch(entry, members=wrong))


def test_there_is_always_an_owner(account: Account) -> None:
    """An account nobody can rotate would seal messages to people nobody can remove."""
    with refused("no_owner"):
        account.world.ledger.add(
            account.with_listed(account.shared_with(), account.world.owner.id, role="collaborator")
        )


def test_only_people_of_the_workspace_are_listed(account: Account) -> None:
    """The service cannot slip in somebody: a stranger has no role in the workspace."""
    stranger, owner = Person(account.world), account.world.owner
    listed = Listed(stranger.id, "collaborator", stranger.author().chain, 1)
    entry = account.shared_with()
    members = tuple(sorted((*epoch_of(entry).members, listed), key=lambda one: one.user))
    with refused("listed_outsider"):
        account.world.ledger.add(bent(entry, owner.device, act={"epoch": replace(epoch_of(entry), members=members)}))


@pytest.mark.parametrize("role", ["login_only", "guest"])
def test_guests_own_nothing(account: Account, role: WorkspaceRole) -> None:
    """A Guest may be a Collaborator, never an Owner."""
    person = account.world.join(role)
    entry = account.shared_with(person)
    with refused("cannot_own"):
        account.world.ledger.add(account.with_listed(entry, person.id, role="owner"))
    account.world.ledger.add(entry)
    assert account.state.members[person.id].role == "collaborator"


def test_people_are_listed_with_the_chain_that_is_known_of_them(account: Account) -> None:
    """Citing somebody's devices of before a revocation would give the revoked one the key."""
    person = account.world.join("user")
    old = person.author().chain
    person.revoke(person.add())
    account.world.ledger.add(authoring.chain(person.author()))
    with refused("chain_runs_backwards"):
        account.world.ledger.add(account.with_listed(account.shared_with(person), person.id, chain=old, generation=1))


def test_people_are_listed_never_older_than_before(account: Account) -> None:
    """A chain that this account has seen bars an older one, though the workspace does not know it yet."""
    person = account.world.join("user")
    old = person.author().chain
    person.revoke(person.add())
    account.world.ledger.add(account.shared_with(person))
    with refused("chain_runs_backwards"):
        account.world.ledger.add(account.with_listed(account.shared_with(person), person.id, chain=old, generation=1))


def test_an_author_lists_themselves_as_they_write(account: Account) -> None:
    """The chain in the header counts for the list, too."""
    owner = account.world.owner
    old = owner.author().chain
    owner.revoke(owner.add())
    with refused("chain_runs_backwards"):
        account.world.ledger.add(account.with_listed(account.shared_with(), owner.id, chain=old, generation=1))


def test_people_are_listed_with_the_seed_of_that_chain(account: Account) -> None:
    """The generation wrapped to is the one in force at the chain cited."""
    person = account.world.join("user")
    with refused("another_generation"):
        account.world.ledger.add(account.with_listed(account.shared_with(person), person.id, generation=2))


def test_people_are_listed_with_the_chain_we_know(account: Account) -> None:
    """A made-up chain of somebody listed is found out."""
    person = account.world.join("user")
    forged = replace(person.author().chain, head=bytes(32))
    with refused("chain_fork"):
        account.world.ledger.add(account.with_listed(account.shared_with(person), person.id, chain=forged))


def test_whoever_is_suspended_is_listed_once_their_chain_shows_it(account: Account) -> None:
    """A new seed alone is not enough: the suspended session itself has to be gone."""
    person, world = account.world.join("user"), account.world
    second = person.add()
    world.ledger.add(authoring.chain(person.author()))
    entry_before = account.shared_with(person)
    world.ledger.add(authoring.suspend(world.owner.author(), person.id, second.id))
    assert listing(person.id, "collaborator", world.ledger) is None
    with refused("listed_suspended"):
        world.ledger.add(bent(entry_before, world.owner.device, ws=world.owner.author().ws))
    person.revoke(second)
    world.ledger.add(account.shared_with(person))


def test_an_owner_may_step_back_but_not_shut_themselves_out(account: Account) -> None:
    """Whoever makes the key of an epoch is one of its readers."""
    person, owner = account.world.join("user"), account.world.owner
    account.share({owner.id: "owner", person.id: "owner"})
    author, ledger = owner.author(), account.world.ledger
    with refused("author_not_listed"):
        ledger.add(authoring.members(author, account.state, account.keys, ledger, {person.id: "owner"})[0])
    account.share({owner.id: "collaborator", person.id: "owner"})
    assert account.state.owners() == (person.id,)


def test_the_key_is_wrapped_to_everybody_listed(account: Account) -> None:
    """A wrap too few, too many, out of order or of another length is refused."""
    person = account.world.join("user")
    entry = account.shared_with(person)
    wraps = read_keys(entry).wraps
    for wrong in (wraps[:1], (*wraps, wraps[0]), wraps[::-1], ()):
        with refused("wraps_do_not_match"):
            body = rewrapped(entry, wraps=wrong)
            account.world.ledger.add(bent(entry, account.world.owner.device, body=body))
    body = rewrapped(entry, wraps=(wraps[0], replace(wraps[1], key=b"")))
    with refused("bad_wrap"):
        account.world.ledger.add(bent(entry, account.world.owner.device, body=body))


def test_the_key_before_is_handed_on(account: Account) -> None:
    """Who is new reads what was there; leaving the old key out is `adopt`, and for administrators."""
    entry = account.shared_with()
    with refused("previous_key"):
        account.world.ledger.add(bent(entry, account.world.owner.device, body=rewrapped(entry, previous=b"")))


def test_a_stale_account_says_who_makes_it_so(account: Account) -> None:
    """A removal, a demotion, a suspension and a newer seed each ask for a new key; after it nothing does."""
    world, ledger = account.world, account.world.ledger
    gone, demoted, ordered, renewed = (world.join("user") for _ in range(4))
    people = {person.id: "owner" for person in (world.owner, gone, demoted, ordered, renewed)}
    account.share(people)
    assert outdated(account.state, ledger) == ()
    ledger.add(authoring.remove(world.owner.author(), gone.id))
    ledger.add(authoring.role(world.owner.author(), demoted.id, "guest"))
    ledger.add(authoring.suspend(world.owner.author(), ordered.id, ordered.device.id))
    renewed.revoke(renewed.add())
    assert set(outdated(account.state, ledger)) == {gone.id, demoted.id, ordered.id, renewed.id}
    account.share({world.owner.id: "owner", renewed.id: "owner", demoted.id: "collaborator"})
    assert outdated(account.state, ledger) == ()


def test_nobody_is_listed_whom_we_do_not_know(account: Account) -> None:
    """Writing a list takes their chain and the workspace."""
    stranger = Person(account.world)
    with refused("cannot_be_listed"):
        account.share({account.world.owner.id: "owner", stranger.id: "collaborator"})
    guest = account.world.join("guest")
    with refused("cannot_be_listed"):
        account.share({account.world.owner.id: "owner", guest.id: "owner"})
    assert listing(fresh_device().id, "owner", account.world.ledger) is None
    unknown = account.world.ledger.copy()
    del unknown.states[guest.id]
    assert listing(guest.id, "collaborator", unknown) is None
    del unknown.states[account.world.id]
    assert listing(account.world.owner.id, "owner", unknown) is None
