"""An account: who is on it under which key, versions of the card, its number, its end and its adoption."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cerby_tui import authoring
from cerby_wire.entries import read_header, read_keys
from cerby_wire.epochs import listing, outdated
from cerby_wire.errors import Refused, Stale
from cerby_wire.headers import Entry, EpochFields, Listed, WorkspaceRole
from cerby_wire.hindsight import shut_out_since
from cerby_wire.records import as_bytes
from tests.people import Account, Person, World, bent, fresh_device, refused, rewrapped


@pytest.fixture
def world() -> World:
    """A workspace with its Owner."""
    return World()


@pytest.fixture
def account(world: World) -> Account:
    """An account of the Owner."""
    return Account(world)


def _epoch(entry: Entry) -> EpochFields:
    act = read_header(entry).act
    epoch: EpochFields = getattr(act, "epoch")  # noqa: B009 - several acts have one
    return epoch


def _shared(account: Account, *people: Person) -> Entry:
    """An entry, not taken in, that lists the Owner and these Collaborators."""
    listed = {account.world.owner.id: "owner"} | {person.id: "collaborator" for person in people}
    author = account.world.owner.author()
    return authoring.members(author, account.state, account.keys, account.world.ledger, listed)[0]


def _with_epoch(account: Account, entry: Entry, **changes: object) -> Entry:
    epoch = replace(_epoch(entry), **changes)
    return bent(entry, account.world.owner.device, act={"epoch": epoch})


def _with_listed(account: Account, entry: Entry, user: bytes, **changes: object) -> Entry:
    members = tuple(replace(one, **changes) if one.user == user else one for one in _epoch(entry).members)
    return _with_epoch(account, entry, members=members)


def test_an_account_begins_with_its_author_as_owner(account: Account) -> None:
    """One entry brings people and key."""
    assert account.state.owners() == (account.world.owner.id,)
    assert (account.state.epoch, account.state.commit) == (1, account.keys.commit)
    assert account.state.inbox == account.keys.inbox.public


@pytest.mark.parametrize("role", ["login_only", "guest"])
def test_guests_begin_no_account(world: World, role: WorkspaceRole) -> None:
    """Owning takes the workspace role of a User at least."""
    person = world.join(role)
    entry, _ = authoring.account_genesis(world.owner.author(), world.ledger)
    author = person.author()
    with refused("not_allowed"):
        world.ledger.add(bent(entry, person.device, author=author.user, chain=author.chain, device=author.device.id))


def test_whoever_begins_an_account_owns_it(world: World) -> None:
    """Nobody founds an account in somebody else's name."""
    person = world.join("user")
    entry, _ = authoring.account_genesis(world.owner.author(), world.ledger, {person.id: "owner"})
    with refused("author_not_listed"):
        world.ledger.add(entry)
    entry, _ = authoring.account_genesis(
        world.owner.author(), world.ledger, {person.id: "owner", world.owner.id: "collaborator"}
    )
    with refused("author_not_listed"):
        world.ledger.add(entry)


def test_a_genesis_carries_a_nonce(account: Account) -> None:
    """So that it is the only one of its kind."""
    with refused("bad_nonce"):
        account.world.ledger.add(bent(account.genesis, account.world.owner.device, act={"nonce": b""}))


def test_a_genesis_has_no_key_before_it(account: Account) -> None:
    """There is nothing to hand on yet."""
    body = rewrapped(account.genesis, previous=bytes(112))
    with refused("previous_key"):
        account.world.ledger.add(bent(account.genesis, account.world.owner.device, body=body))


def test_only_owners_write(account: Account) -> None:
    """A Collaborator reads; neither they nor a member who is not listed write anything."""
    person, other = account.world.join("admin"), account.world.join("super_admin")
    account.share({account.world.owner.id: "owner", person.id: "collaborator"})
    for author in (person, other):
        with refused("not_allowed"):
            account.world.ledger.add(account.item(by=author))


def test_an_owner_needs_the_workspace_role_still(account: Account) -> None:
    """Somebody demoted below User, or removed, writes no more."""
    person, world = account.world.join("user"), account.world
    account.share({world.owner.id: "owner", person.id: "owner"})
    world.ledger.add(account.item(by=person))
    world.ledger.add(authoring.role(world.owner.author(), person.id, "login_only"))
    with refused("not_allowed"):
        world.ledger.add(account.item(by=person))
    world.ledger.add(authoring.remove(world.owner.author(), person.id))
    with refused("not_allowed"):
        world.ledger.add(account.item(by=person))


def test_people_are_judged_at_the_position_cited(account: Account) -> None:
    """What was written before a removal, and before its author could know of it, stands; hindsight says so."""
    person, world = account.world.join("user"), account.world
    account.share({world.owner.id: "owner", person.id: "owner"})
    entry = account.item(by=person)
    assert shut_out_since(read_header(entry), world.ledger) == ""
    world.ledger.add(authoring.remove(world.owner.author(), person.id))
    world.ledger.add(entry)
    assert shut_out_since(read_header(entry), world.ledger) == "not_allowed"


def test_the_workspace_does_not_run_backwards(account: Account) -> None:
    """Once somebody has cited the removal, nobody cites the workspace of before it."""
    person, world = account.world.join("user"), account.world
    account.share({world.owner.id: "owner", person.id: "owner"})
    old = person.author()
    world.ledger.add(authoring.remove(world.owner.author(), person.id))
    world.ledger.add(account.item())
    with refused("workspace_runs_backwards"):
        world.ledger.add(authoring.item(old, account.state, account.keys, {}))


def test_a_suspended_session_writes_to_no_account(account: Account) -> None:
    """An administrator's order holds in every account, from the position on at which it stands."""
    person, world = account.world.join("user"), account.world
    account.share({world.owner.id: "owner", person.id: "owner"})
    before = account.item(by=person)
    world.ledger.add(authoring.suspend(world.owner.author(), person.id, person.device.id))
    with refused("device_suspended"):
        world.ledger.add(account.item(by=person))
    world.ledger.add(before)
    assert shut_out_since(read_header(before), world.ledger) == "device_suspended"


def test_the_chain_an_account_has_seen_does_not_run_backwards(account: Account) -> None:
    """The first entry after a revocation bars the revoked device, though the workspace does not know yet."""
    owner, ledger = account.world.owner, account.world.ledger
    second = owner.add()
    old = owner.author(second)
    owner.revoke(second)
    ledger.add(account.item())
    with refused("chain_runs_backwards"):
        ledger.add(authoring.item(old, account.state, account.keys, {}))


def test_the_chain_the_workspace_knows_does_not_run_backwards(account: Account) -> None:
    """A `chain` entry in the workspace bars the revoked device in every account that cites it."""
    owner, ledger = account.world.owner, account.world.ledger
    second = owner.add()
    old = owner.author(second)
    owner.revoke(second)
    ledger.add(authoring.chain(owner.author()))
    stale = replace(old, ws=owner.author().ws)
    with refused("chain_runs_backwards"):
        ledger.add(authoring.item(stale, account.state, account.keys, {}))


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


def test_hindsight_names_a_session_that_is_gone(account: Account) -> None:
    """An entry of a device that was revoked since is told apart."""
    owner = account.world.owner
    second = owner.add()
    entry = authoring.item(owner.author(second), account.state, account.keys, {})
    owner.revoke(second)
    assert shut_out_since(read_header(entry), account.world.ledger) == "device_not_active"
    assert shut_out_since(read_header(entry), World().ledger) == ""
    without = account.world.ledger.copy()
    del without.states[account.world.id]
    assert shut_out_since(read_header(entry), without) == ""


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
        account.world.ledger.add(_with_epoch(account, _shared(account), **changes))


def test_an_earlier_key_never_comes_back(account: Account) -> None:
    """Neither its commitment nor its inbox: somebody who was removed may know it."""
    first = account.state
    account.share({account.world.owner.id: "owner"})
    for rule, changes in (
        ("commit_repeated", {"commit": first.commit}),
        ("inbox_repeated", {"inbox": first.inbox}),
    ):
        with refused(rule):
            account.world.ledger.add(_with_epoch(account, _shared(account), **changes))


def test_a_list_is_in_order_and_names_nobody_twice(account: Account) -> None:
    """There is one way to write a list."""
    person = account.world.join("user")
    entry = _shared(account, person)
    members = _epoch(entry).members
    for wrong in (members[::-1], (members[0], *members)):
        with refused("members_not_ordered"):
            account.world.ledger.add(_with_epoch(account, entry, members=wrong))


def test_there_is_always_an_owner(account: Account) -> None:
    """An account nobody can rotate would seal messages to people nobody can remove."""
    with refused("no_owner"):
        account.world.ledger.add(_with_listed(account, _shared(account), account.world.owner.id, role="collaborator"))


def test_only_people_of_the_workspace_are_listed(account: Account) -> None:
    """The service cannot slip in somebody: a stranger has no role in the workspace."""
    stranger, owner = Person(account.world), account.world.owner
    listed = Listed(stranger.id, "collaborator", stranger.author().chain, 1)
    entry = _shared(account)
    members = tuple(sorted((*_epoch(entry).members, listed), key=lambda one: one.user))
    with refused("listed_outsider"):
        account.world.ledger.add(bent(entry, owner.device, act={"epoch": replace(_epoch(entry), members=members)}))


@pytest.mark.parametrize("role", ["login_only", "guest"])
def test_guests_own_nothing(account: Account, role: WorkspaceRole) -> None:
    """A Guest may be a Collaborator, never an Owner."""
    person = account.world.join(role)
    entry = _shared(account, person)
    with refused("cannot_own"):
        account.world.ledger.add(_with_listed(account, entry, person.id, role="owner"))
    account.world.ledger.add(entry)
    assert account.state.members[person.id].role == "collaborator"


def test_people_are_listed_with_the_chain_that_is_known_of_them(account: Account) -> None:
    """Citing somebody's devices of before a revocation would give the revoked one the key."""
    person = account.world.join("user")
    old = person.author().chain
    person.revoke(person.add())
    account.world.ledger.add(authoring.chain(person.author()))
    with refused("chain_runs_backwards"):
        account.world.ledger.add(_with_listed(account, _shared(account, person), person.id, chain=old, generation=1))


def test_people_are_listed_never_older_than_before(account: Account) -> None:
    """A chain that this account has seen bars an older one, though the workspace does not know it yet."""
    person = account.world.join("user")
    old = person.author().chain
    person.revoke(person.add())
    account.world.ledger.add(_shared(account, person))
    with refused("chain_runs_backwards"):
        account.world.ledger.add(_with_listed(account, _shared(account, person), person.id, chain=old, generation=1))


def test_an_author_lists_themselves_as_they_write(account: Account) -> None:
    """The chain in the header counts for the list, too."""
    owner = account.world.owner
    old = owner.author().chain
    owner.revoke(owner.add())
    with refused("chain_runs_backwards"):
        account.world.ledger.add(_with_listed(account, _shared(account), owner.id, chain=old, generation=1))


def test_people_are_listed_with_the_seed_of_that_chain(account: Account) -> None:
    """The generation wrapped to is the one in force at the chain cited."""
    person = account.world.join("user")
    with refused("another_generation"):
        account.world.ledger.add(_with_listed(account, _shared(account, person), person.id, generation=2))


def test_people_are_listed_with_the_chain_we_know(account: Account) -> None:
    """A made-up chain of somebody listed is found out."""
    person = account.world.join("user")
    forged = replace(person.author().chain, head=bytes(32))
    with refused("chain_fork"):
        account.world.ledger.add(_with_listed(account, _shared(account, person), person.id, chain=forged))


def test_whoever_is_suspended_is_listed_once_their_chain_shows_it(account: Account) -> None:
    """A new seed alone is not enough: the suspended session itself has to be gone."""
    person, world = account.world.join("user"), account.world
    second = person.add()
    world.ledger.add(authoring.chain(person.author()))
    entry_before = _shared(account, person)
    world.ledger.add(authoring.suspend(world.owner.author(), person.id, second.id))
    assert listing(person.id, "collaborator", world.ledger) is None
    with refused("listed_suspended"):
        world.ledger.add(bent(entry_before, world.owner.device, ws=world.owner.author().ws))
    person.revoke(second)
    world.ledger.add(_shared(account, person))


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
    entry = _shared(account, person)
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
    entry = _shared(account)
    with refused("previous_key"):
        account.world.ledger.add(bent(entry, account.world.owner.device, body=rewrapped(entry, previous=b"")))


def test_two_owners_change_people_at_once(account: Account) -> None:
    """The second one writes on what the first one made of it."""
    first, second = _shared(account), _shared(account)
    account.world.ledger.add(first)
    with pytest.raises(Stale) as caught:
        account.world.ledger.add(second)
    assert caught.value.rule == "stale"


def test_number_and_people_do_not_pass_each_other(account: Account) -> None:
    """Everything but items is written with everything but items seen."""
    bind = account.number()
    account.world.ledger.add(_shared(account))
    with refused("stale"):
        account.world.ledger.add(bind)


def test_items_follow_each_other(account: Account) -> None:
    """A replay, a gap and another version before it are refused as late."""
    first = account.item()
    account.world.ledger.add(first)
    owner = account.world.owner.device
    for entry in (
        first,
        bent(account.item(), owner, act={"version": 3}),
        bent(account.item(), owner, act={"previous": b""}),
    ):
        with pytest.raises(Stale) as caught:
            account.world.ledger.add(entry)
        assert caught.value.rule == "version_conflict"
    assert (account.state.item_version, account.state.item_author) == (1, account.world.owner.id)


def test_an_item_is_sealed_under_the_key_in_force(account: Account) -> None:
    """After a rotation the writer seals anew."""
    entry = account.item()
    account.share({account.world.owner.id: "owner"})
    with pytest.raises(Stale) as caught:
        account.world.ledger.add(entry)
    assert caught.value.rule == "epoch_not_in_force"


def test_an_item_has_a_body(account: Account) -> None:
    """There is no empty version; deleting is an act of its own."""
    with refused("empty_body"):
        account.world.ledger.add(bent(account.item(), account.world.owner.device, body=b""))


def test_a_number_is_bound_by_the_service_s_word(account: Account) -> None:
    """And unbound by the Owner alone."""
    account.world.ledger.add(account.number())
    assert account.state.number == (b"number-1", "+15555550100")
    account.world.ledger.add(authoring.unbind_number(account.world.owner.author(), account.state))
    assert account.state.number is None


def test_a_number_without_the_service_s_word_is_refused(account: Account) -> None:
    """Nobody makes up a number, and nobody signs for the service."""
    owner = account.world.owner.device
    entry = account.number()
    other = World().number(account.id)
    for record in (b"", as_bytes(replace(other, raw=b"\x90"))):
        with pytest.raises(Refused) as caught:
            account.world.ledger.add(bent(entry, owner, act={"record": record}))
        assert caught.value.rule in ("malformed", "bad_signature")
    with refused("bad_signature"):
        account.world.ledger.add(bent(entry, owner, act={"record": as_bytes(other)}))


def test_the_service_s_word_is_for_this_account_and_number(account: Account) -> None:
    """A number committed for another account, or another number, is not bound here."""
    owner, world = account.world.owner.device, account.world
    entry, other = account.number(), Account(account.world)
    stranger = replace(world.number(account.id))
    with refused("another_account"):
        world.ledger.add(bent(entry, owner, act={"record": as_bytes(world.number(other.id))}))
    for changes in ({"number": b"number-2"}, {"e164": "+15555550199"}):
        with refused("another_number"):
            world.ledger.add(bent(entry, owner, act=changes | {"record": as_bytes(stranger)}))


def test_one_number_at_a_time(account: Account) -> None:
    """A second number takes unbinding the first; what is not bound cannot be unbound."""
    owner = account.world.owner
    account.world.ledger.add(account.number())
    with refused("number_bound"):
        account.world.ledger.add(account.number())
    unbind = authoring.unbind_number(owner.author(), account.state)
    with refused("another_number"):
        account.world.ledger.add(bent(unbind, owner.device, act={"e164": "+15555550199"}))
    with refused("unused_field"):
        account.world.ledger.add(bent(unbind, owner.device, act={"record": b"x"}))


def test_deleting_takes_the_inbox_from_collaborators(account: Account) -> None:
    """The list stays, the new key is for Owners; restoring gives it back to everybody."""
    person, world = account.world.join("user"), account.world
    account.share({world.owner.id: "owner", person.id: "collaborator"})
    account.add(authoring.delete(world.owner.author(), account.state, account.keys, world.ledger))
    assert account.state.deleted
    assert account.state.readers() == (world.owner.id,)
    assert set(account.state.members) == {world.owner.id, person.id}
    account.add(authoring.restore(world.owner.author(), account.state, account.keys, world.ledger))
    assert not account.state.deleted
    assert set(account.state.readers()) == {world.owner.id, person.id}


def test_a_deleted_account_is_neither_written_nor_given_a_number(account: Account) -> None:
    """Until it is restored; its number may go."""
    owner, ledger = account.world.owner, account.world.ledger
    ledger.add(account.number())
    account.add(authoring.delete(owner.author(), account.state, account.keys, ledger))
    with refused("deleted"):
        ledger.add(account.item())
    with refused("deleted"):
        account.add(authoring.delete(owner.author(), account.state, account.keys, ledger))
    ledger.add(authoring.unbind_number(owner.author(), account.state))
    with refused("deleted"):
        ledger.add(account.number())


def test_only_what_is_deleted_is_restored(account: Account) -> None:
    """Restoring what is there would be a rotation in disguise."""
    with refused("not_deleted"):
        account.add(authoring.restore(account.world.owner.author(), account.state, account.keys, account.world.ledger))


def test_deleting_and_restoring_leave_the_people_as_they_are(account: Account) -> None:
    """A change of people is an act of its own that everybody sees as one."""
    world, person = account.world, account.world.join("user")
    fewer = _shared(account)
    account.share({world.owner.id: "owner", person.id: "collaborator"})
    entry, _ = authoring.delete(world.owner.author(), account.state, account.keys, world.ledger)
    with refused("another_list"):
        world.ledger.add(_with_epoch(account, entry, members=_epoch(fewer).members))
    account.add(authoring.delete(world.owner.author(), account.state, account.keys, world.ledger))
    entry, _ = authoring.restore(world.owner.author(), account.state, account.keys, world.ledger)
    with refused("another_list"):
        world.ledger.add(_with_listed(account, entry, person.id, role="owner"))


def test_the_people_of_a_deleted_account_change_under_a_key_for_its_owners(account: Account) -> None:
    """A revoked device of an Owner is rotated out of a deleted account as out of any other."""
    person, world = account.world.join("user"), account.world
    account.share({world.owner.id: "owner", person.id: "collaborator"})
    account.add(authoring.delete(world.owner.author(), account.state, account.keys, world.ledger))
    world.owner.revoke(world.owner.add())
    entry = account.share({world.owner.id: "owner", person.id: "collaborator"})
    assert [wrapped.reader for wrapped in read_keys(entry).wraps] == [world.owner.id]


def _orphan(account: Account) -> tuple[Person, Person]:
    """Make the account one whose only Owner has left: the administrator who is to hand it over, and a Collaborator."""
    world = account.world
    leaver, colleague = world.join("user"), world.join("user")
    account.share({world.owner.id: "owner", leaver.id: "owner", colleague.id: "collaborator"})
    account.share({leaver.id: "owner", colleague.id: "collaborator"} | {world.owner.id: "collaborator"})
    everybody = {leaver.id: "owner", colleague.id: "collaborator"}
    entry, keys = authoring.members(leaver.author(), account.state, account.keys, world.ledger, everybody)
    account.add((entry, keys))
    world.ledger.add(authoring.remove(world.owner.author(), leaver.id))
    return leaver, colleague


def test_an_administrator_hands_over_an_orphan(account: Account) -> None:
    """A new Owner, the same Collaborators, and a key without the old one behind it."""
    _, colleague = _orphan(account)
    world, heir = account.world, account.world.join("user")
    people = {heir.id: "owner", colleague.id: "collaborator"}
    entry = account.add(authoring.adopt(world.owner.author(), account.state, world.ledger, people))
    assert account.state.owners() == (heir.id,)
    assert read_keys(entry).previous == b""
    world.ledger.add(account.item(by=heir))


def test_an_account_with_an_owner_is_not_handed_over(account: Account) -> None:
    """No administrator helps themselves to an account."""
    world = account.world
    admin = world.join("admin")
    with refused("owner_remains"):
        account.add(authoring.adopt(admin.author(), account.state, world.ledger, {admin.id: "owner"}))


def test_only_administrators_hand_over(account: Account) -> None:
    """A User does not, be they a Collaborator of it."""
    _, colleague = _orphan(account)
    with refused("not_allowed"):
        people = {colleague.id: "owner"}
        account.add(authoring.adopt(colleague.author(), account.state, account.world.ledger, people))


def test_handing_over_lets_nobody_else_in(account: Account) -> None:
    """One new Owner, and nobody who was not on the account before."""
    _, colleague = _orphan(account)
    world, heir = account.world, account.world.join("user")
    author, stranger = world.owner.author(), world.join("user")
    with refused("one_new_owner"):
        people = {heir.id: "owner", colleague.id: "owner"}
        account.add(authoring.adopt(author, account.state, world.ledger, people))
    author = world.owner.author()
    with refused("adopt_adds"):
        people = {heir.id: "owner", stranger.id: "collaborator"}
        account.add(authoring.adopt(author, account.state, world.ledger, people))


def test_handing_over_leaves_the_old_key_behind(account: Account) -> None:
    """An administrator has no old key to hand on; who claims to have one is refused."""
    _orphan(account)
    world, heir = account.world, account.world.join("user")
    entry, _ = authoring.adopt(world.owner.author(), account.state, world.ledger, {heir.id: "owner"})
    with refused("previous_key"):
        world.ledger.add(bent(entry, world.owner.device, body=rewrapped(entry, previous=bytes(112))))


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
