"""Heads, pull and push: cursors that miss nothing, answers entry by entry, and nobody sees what is not theirs."""

from __future__ import annotations

import asyncio
import os
import tracemalloc

import pytest
from msgspec.structs import replace

from cerby_service.database import Writing, enrolment, streams, upkeep
from cerby_service.keys import token_hash
from cerby_tui import authoring
from cerby_tui.errors import RefusedError
from cerby_wire.entries import entry_hash
from cerby_wire.headers import Entry
from cerby_wire.records import Lease, open_record
from cerby_wire.shapes import Heads, Pull, PushEntry
from cerby_wire.stream import stream_id
from cerby_wire.texts import parse_token
from tests.fakes import FrozenClock
from tests.people import bent
from tests.rig import ServiceRig
from tests.service.member import Card, Member


async def colleague(ada: Member, rig: ServiceRig, role: str = "user") -> Member:
    """Somebody whom Ada's workspace took in; their first entries are stored as a later release will store them."""
    bob = Member(rig, "bob@example.com", ada.api._client._transport)
    bob.ledger, bob.workspace = ada.ledger, ada.workspace
    genesis, bob.keys = authoring.user_genesis(bob.device, bob.recovery.public)
    state = ada.ledger.add(genesis)
    bob.user = state.stream
    rig.parts.database.write_now(lambda writing: rig.parts.keeper.store(writing, ada.workspace, state, None, genesis))
    key = authoring.invite_key(os.urandom(16))
    invite = authoring.invite(ada.author(), key, role, bytes(32))  # type: ignore[arg-type]
    await ada.push(invite)
    (answer,) = await ada.push(authoring.join(bob.author(), key, entry_hash(invite), role, bytes(32)))  # type: ignore[arg-type]
    assert "accepted" == answer.status, answer
    return bob


async def share(card: Card, *people: Member, role: str = "collaborator") -> None:
    """Give these people, and nobody else but the owner, access to the account."""
    owner = card.member
    listed = {owner.user: "owner"} | {person.user: role for person in people}
    entry, card.keys = authoring.members(owner.author(), card.state, card.keys, owner.ledger, listed)  # type: ignore[arg-type]
    (answer,) = await owner.push(entry)
    assert "accepted" == answer.status, answer


def ids(heads: Heads) -> set[bytes]:
    """The streams that heads name."""
    return {stream.id for stream in heads.streams}


async def test_heads_name_what_changed_since_a_cursor(ada: Member) -> None:
    """The first heads are full; the next name only what changed; then nothing."""
    first = await ada.api.heads("")
    card = await ada.account()
    second = await ada.api.heads(first.cursor)
    third = await ada.api.heads(second.cursor)

    assert (True, False, False) == (first.full, second.full, third.full)
    assert {card.id} == ids(second)
    assert (2, card.state.head) == (second.streams[0].n, second.streams[0].head)
    assert [] == third.streams


@pytest.mark.parametrize("cursor", ["0", "nonsense", "aaaaaaaaaaaa-1", "-", "999999999999999999999"])
async def test_a_cursor_that_says_nothing_gets_full_heads(ada: Member, cursor: str) -> None:
    """Mangled cursors and those of another database are answered with everything, never with a gap."""
    assert (await ada.api.heads(cursor)).full


async def test_a_cursor_from_the_future_gets_full_heads(ada: Member) -> None:
    """After a restored backup a cursor may be ahead: then everything is compared."""
    cursor = (await ada.api.heads("")).cursor
    ahead = cursor.partition("-")[0] + "-999"

    assert (await ada.api.heads(ahead)).full


async def test_a_cursor_older_than_what_is_kept_gets_full_heads(
    ada: Member, rig: ServiceRig, clock: FrozenClock
) -> None:
    """Once the notes of changes were swept away, an old cursor is answered with everything; a new one is not."""
    old = (await ada.api.heads("")).cursor
    await ada.account()
    clock.advance(1)
    rig.parts.database.write_now(lambda writing: upkeep.forget_changes(writing, clock.now()))
    new = (await ada.api.heads("")).cursor

    assert (True, False) == ((await ada.api.heads(old)).full, (await ada.api.heads(new)).full)


async def test_every_heads_answer_carries_a_fresh_lease(ada: Member, rig: ServiceRig, clock: FrozenClock) -> None:
    """The lease names session, chain head and a time fourteen days ahead, signed by the service key."""
    heads = await ada.api.heads("")
    lease = open_record(heads.lease, Lease, ada.ledger.service_key())
    user = ada.ledger.user(ada.user)

    assert user and (lease.chain.n, lease.chain.head) == (user.n, user.head)
    assert (ada.workspace, ada.user, ada.device.id) == (lease.workspace, lease.user, lease.device)
    assert (clock.now(), clock.now() + 14 * 86_400_000) == (lease.issued, lease.valid_until)


async def test_what_was_pushed_is_pulled_byte_for_byte(ada: Member) -> None:
    """Entries come back in order, exactly as they were sent."""
    card = await ada.account()
    pulled = await ada.api.pull(Pull({card.id: 0}))

    assert ada.ledger.entries[card.id] == [stored.entry for stored in pulled.entries]
    assert [1, 2] == [stored.n for stored in pulled.entries]


async def test_a_budget_cuts_a_pull_into_pages(ada: Member) -> None:
    """With a small budget the answer ends early and says so; going on from there gives the rest, once."""
    card = await ada.account()
    for i in range(6):
        await ada.push(card.item({"label": "x" * 20_000, "n": i}))
    after, pages = 0, 0
    seen: list[Entry] = []
    more = True
    while more:
        pulled = await ada.api.pull(Pull({card.id: after}, budget=1))
        seen += [stored.entry for stored in pulled.entries]
        after, pages, more = pulled.entries[-1].n, pages + 1, pulled.more

    assert ada.ledger.entries[card.id] == seen
    assert pages > 1


async def test_a_pull_reads_no_more_than_it_answers(ada: Member, rig: ServiceRig) -> None:
    """Of a stream with forty entries of a megabyte, a pull that has room for one does not load the others."""
    card = await ada.account()

    def grow(writing: Writing) -> None:
        row = streams.find(writing, ada.workspace, card.id)
        assert row
        for n in range(row.n + 1, row.n + 41):
            large = Entry(b"", os.urandom(1_000_000), b"")
            streams.append(writing, ada.workspace, streams.Place(card.id, n, b""), os.urandom(32), large, 0)

    rig.parts.database.write_now(grow)
    tracemalloc.start()
    pulled = await ada.api.pull(Pull({card.id: 2}, budget=1))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert ([3], True) == ([one.n for one in pulled.entries], pulled.more)
    assert peak < 12_000_000


async def test_a_pull_of_too_many_streams_is_refused(ada: Member) -> None:
    """Ten thousand streams at once are enough."""
    wanted = {n.to_bytes(20, "big"): 0 for n in range(10_001)}
    with pytest.raises(RefusedError) as caught:
        await ada.api.pull(Pull(wanted))

    assert "too_large" == caught.value.code


async def test_a_push_answers_each_entry_for_itself(ada: Member) -> None:
    """A bad entry in the middle stops nobody: the others are accepted, it is refused by its rule."""
    card = await ada.account()
    good = card.item({"label": "new"})
    bad = replace(good, signature=bytes(64))
    other, _ = authoring.account_genesis(ada.author(), ada.ledger)
    entries = [PushEntry(card.id, bad), PushEntry(card.id, good), PushEntry(stream_id(other), other)]
    answers = await ada.api.push(entries)

    assert ["refused", "accepted", "accepted"] == [answer.status for answer in answers]
    assert "bad_signature" == answers[0].rule


async def test_the_same_entry_again_is_already_there(ada: Member) -> None:
    """Sending an entry twice gives its place both times and stores it once."""
    card = await ada.account()
    entry = card.item({"label": "new"})
    (first,), (second,) = await ada.push(entry), await ada.api.push([PushEntry(card.id, entry)])

    assert ("accepted", "already") == (first.status, second.status)
    assert (first.n, first.head) == (second.n, second.head)
    assert 3 == len((await ada.api.pull(Pull({card.id: 0}))).entries)


async def test_the_second_of_two_versions_is_stale(ada: Member) -> None:
    """Two versions written on the same state: one is accepted, the other is told where the stream stands."""
    card = await ada.account()
    one, other = card.item({"label": "one"}), card.item({"label": "other"})
    answers = await asyncio.gather(*(ada.api.push([PushEntry(card.id, entry)]) for entry in (one, other)))
    statuses = sorted(answer[0].status for answer in answers)
    stale = next(answer[0] for answer in answers if answer[0].status == "stale")

    assert ["accepted", "stale"] == statuses
    assert (3, "version_conflict") == (stale.n, stale.rule)


async def test_an_entry_ahead_of_the_service_is_stale(ada: Member) -> None:
    """An entry that cites a workspace longer than ours asks the client to compare first; nothing is stored."""
    card = await ada.account()
    ahead = authoring.policy(ada.author(), replace(ada.ledger.workspace().policy, clipboard=60))  # type: ignore[union-attr]
    ada.ledger.add(ahead)
    (answer,) = await ada.api.push([PushEntry(card.id, card.item({"label": "x"}))])

    assert ("stale", "behind") == (answer.status, answer.rule)


async def test_an_entry_for_another_stream_is_refused(ada: Member) -> None:
    """The stream that is named has to be the one that the entry belongs to."""
    one, other = await ada.account(), await ada.account()
    (answer,) = await ada.api.push([PushEntry(one.id, other.item({"label": "x"}))])

    assert "refused" == answer.status


async def test_people_and_workspaces_do_not_begin_by_push(ada: Member) -> None:
    """A genesis of a person or a workspace is refused: those begin with a token or an invite."""
    genesis, _ = authoring.user_genesis(ada.device, ada.recovery.public)
    (answer,) = await ada.api.push([PushEntry(stream_id(genesis), genesis)])

    assert ("refused", "not_here") == (answer.status, answer.rule)


async def test_somebody_has_one_personal_stream(ada: Member) -> None:
    """A second beginning of private settings is refused."""
    genesis = authoring.personal_genesis(ada.author())
    (answer,) = await ada.api.push([PushEntry(stream_id(genesis), genesis)])

    assert ("refused", "personal_exists") == (answer.status, answer.rule)


async def test_an_entry_of_a_newer_program_is_named_as_such(ada: Member) -> None:
    """A version that this service does not know is refused by that name, so that nobody gives it up."""
    card = await ada.account()
    entry = bent(card.item({"label": "x"}), ada.device, v=9)
    (answer,) = await ada.api.push([PushEntry(card.id, entry)])

    assert ("refused", "newer_version") == (answer.status, answer.rule)


async def test_too_many_entries_are_refused_at_once(ada: Member) -> None:
    """A push holds at most five hundred entries."""
    entry = Entry(b"", b"", b"")
    with pytest.raises(RefusedError) as caught:
        await ada.api.push([PushEntry(b"", entry)] * 501)

    assert "too_large" == caught.value.code


async def test_another_member_sees_nothing_that_is_not_shared(ada: Member, rig: ServiceRig) -> None:
    """A colleague sees people and workspace, but neither Ada's account nor her settings, even knowing their ids."""
    bob = await colleague(ada, rig)
    card = await ada.account()
    heads = await bob.api.heads("")
    pulled = await bob.api.pull(Pull({card.id: 0, ada.personal: 0, ada.workspace: 0}))
    (answer,) = await bob.api.push([PushEntry(card.id, card.item({"label": "x"}))])

    assert {ada.workspace, ada.user, bob.user} == ids(heads)
    assert {ada.workspace} == {stored.stream for stored in pulled.entries}
    assert "refused" == answer.status


async def test_a_shared_account_appears_and_goes_again(ada: Member, rig: ServiceRig) -> None:
    """Sharing makes the account appear among the changes; taking it back names it as lost, and nothing more comes."""
    bob = await colleague(ada, rig)
    card = await ada.account()
    before = (await bob.api.heads("")).cursor
    await share(card, bob)
    gained = await bob.api.heads(before)
    await share(card)
    lost = await bob.api.heads(gained.cursor)

    assert card.id in ids(gained)
    assert ([card.id], set()) == (lost.lost, ids(lost))
    assert [] == (await bob.api.pull(Pull({card.id: 0}))).entries


async def test_a_removed_member_hears_that_the_session_is_removed(ada: Member, rig: ServiceRig) -> None:
    """Once removed from the workspace, somebody's sessions get nothing."""
    bob = await colleague(ada, rig)
    await ada.push(authoring.remove(ada.author(), bob.user))

    with pytest.raises(Exception, match="removed"):
        await bob.api.heads("")


async def test_a_suspended_session_hears_that_it_is_removed(ada: Member, rig: ServiceRig) -> None:
    """An administrator's order against a session takes effect with the entry that says so."""
    bob = await colleague(ada, rig)
    await ada.push(authoring.suspend(ada.author(), bob.user, bob.device.id))

    with pytest.raises(Exception, match="removed"):
        await bob.api.heads("")


async def test_another_workspace_is_another_world(ada: Member, rig: ServiceRig) -> None:
    """Somebody of another workspace sees nothing of ours and can write nothing into it."""
    eve = Member(rig, "eve@example.com", ada.api._client._transport)
    await eve.found()
    card = await ada.account()
    pulled = await eve.api.pull(Pull({card.id: 0, ada.workspace: 0, ada.user: 0}))
    answers = await eve.api.push([PushEntry(card.id, card.item({"label": "x"}))])

    assert [] == pulled.entries
    assert ["refused"] == [answer.status for answer in answers]
    assert ids(await eve.api.heads("")).isdisjoint(ids(await ada.api.heads("")))


async def test_a_device_of_another_workspace_is_not_added(ada: Member, rig: ServiceRig) -> None:
    """A session belongs to one workspace: adding it to a chain in another is refused, beside entries that are taken."""
    eve = Member(rig, "eve@example.com", ada.api._client._transport)
    await eve.found()
    state = ada.ledger.user(ada.user)
    assert state
    stolen = authoring.add_device(ada.device, state, ada.keys, eve.device.public)
    genesis, _ = authoring.account_genesis(ada.author(), ada.ledger)
    answers = await ada.push(stolen, genesis)

    assert [("refused", "device_elsewhere"), ("accepted", "")] == [(one.status, one.rule) for one in answers]
    assert (await eve.api.heads("")).streams
    await eve.api.close()


async def test_writers_at_once_lose_no_change(ada: Member) -> None:
    """Somebody who follows the cursor while eight write in parallel misses nothing and sees every account once."""
    entries = [authoring.account_genesis(ada.author(), ada.ledger)[0] for _ in range(40)]
    cursor = (await ada.api.heads("")).cursor
    seen: list[bytes] = []

    async def follow() -> None:
        nonlocal cursor
        while len(seen) < len(entries):
            heads = await ada.api.heads(cursor)
            seen.extend(stream.id for stream in heads.streams)
            cursor = heads.cursor

    writers = (ada.api.push([PushEntry(stream_id(entry), entry)]) for entry in entries)
    await asyncio.gather(asyncio.wait_for(follow(), 30), *writers)

    assert sorted(stream_id(entry) for entry in entries) == sorted(seen)


async def test_old_tokens_stay_hashes(ada: Member, rig: ServiceRig) -> None:
    """The secret of a token is nowhere in the database, only its hash."""
    secret = parse_token(rig.token()).secret
    found = rig.parts.database.read_now(lambda reading: enrolment.find_token(reading, token_hash(secret)))

    assert found is not None
    assert secret not in b"".join(file.read_bytes() for file in rig.data.iterdir())
