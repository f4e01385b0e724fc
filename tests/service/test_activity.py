"""The activity log at the service: what it says, to whom, and that nobody can change what it said."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest

from cerby_tui import authoring
from cerby_tui.errors import RefusedError
from cerby_wire.activity import (
    ACTIVITY,
    ENDED,
    EVENTS,
    ActivityPage,
    AddedSeen,
    AddSeen,
    How,
    Line,
    Seen,
    What,
    line_digest,
    next_hash,
)
from cerby_wire.encoding import decode
from cerby_wire.records import sign_record
from cerby_wire.shapes import SignedRecord
from tests.rig import ServiceRig
from tests.service.crowd import Crowd
from tests.service.member import Member


@pytest.fixture
async def crowd(ada: Member) -> AsyncIterator[Crowd]:
    """Ada's workspace, for others to come."""
    crowd = Crowd(ada)
    yield crowd
    await crowd.close()


async def page(member: Member, query: str = "") -> ActivityPage:
    """What the service answers somebody."""
    return await member.api.ask("GET", ACTIVITY + query, None, ActivityPage)


async def events(member: Member, query: str = "") -> list[str]:
    """The events somebody sees, oldest first."""
    return [decode(one.raw, Line).event for one in reversed((await page(member, query)).lines)]


def seen(
    member: Member, account: bytes, how: How = "copied", what: What = "password", **changes: bytes
) -> SignedRecord:
    """What a device signs of something viewed or copied."""
    ids = {"id": os.urandom(16), "user": member.user, "device": member.device.id} | changes
    record = Seen(workspace=member.workspace, how=how, what=what, account=account, at=5, **ids)
    return sign_record(member.device.sign, record)


async def add(member: Member, *records: SignedRecord) -> int:
    """Hand in what was viewed and copied; how much of it was taken."""
    return (await member.api.ask("POST", ACTIVITY, AddSeen(list(records)), AddedSeen)).taken


def chain_breaks(workspace: bytes, answer: ActivityPage) -> list[int]:
    """The places where the hashes of a chain that begins at its beginning do not follow."""
    head, broken = workspace, []
    for one in answer.lines:
        if next_hash(head, line_digest(decode(one.raw, Line)) if one.raw else one.digest) != one.hash:
            broken.append(one.n)
        head = one.hash
    return broken


async def test_the_log_tells_what_entries_and_acts_did(ada: Member, rig: ServiceRig) -> None:
    """From the founding to a message, every event under its documented name, in the order in which it happened."""
    card, committed = await ada.numbered()
    await ada.push(card.item({"label": "Another"}))
    await rig.text(committed.number.e164, "123456 is your code")

    told = await events(ada)
    assert told == [
        "Secure Device Created",
        "Recovery Key Created",
        "Workspace Created",
        "Existing Account Added",
        "Phone Number Created",
        "Account Updated",
        "Message Received",
    ]
    assert set(told) <= set(EVENTS)


async def test_sharing_names_whom_it_concerns(crowd: Crowd, ada: Member) -> None:
    """Who came, whose role changed and who left stand in lines of their own; a mere new key says so."""
    card, bob, eve = await ada.account(), crowd.join("user"), crowd.join("guest")
    await crowd.share(card, {ada.user: "owner", bob.user: "collaborator", eve.user: "collaborator"})
    await crowd.share(card, {ada.user: "owner", bob.user: "owner"})
    await crowd.share(card, {ada.user: "owner", bob.user: "owner"})

    lines = [decode(one.raw, Line) for one in reversed((await page(ada, f"?account={card.id.hex()}")).lines)]
    told = [(line.event, line.subject, line.detail) for line in lines[1:]]
    assert sorted(told[:2]) == sorted(("Sharing Of Account", one.user, "collaborator") for one in (bob, eve))
    assert told[2:] == [
        ("Account Role Changed", bob.user, "owner"),
        ("Account Access Removed", eve.user, ""),
        ("Account Key Renewed", b"", ""),
    ]


async def test_everybody_can_check_the_chain_and_only_the_lines_they_may_see_are_whole(
    crowd: Crowd, ada: Member
) -> None:
    """A guest sees what concerns them; of all other lines they get digests that fit the same chain."""
    await ada.account()
    guest = crowd.join("guest")
    all_of_it, theirs = await page(ada, "?after=0"), await page(guest, "?after=0")

    assert [one.hash for one in all_of_it.lines] == [one.hash for one in theirs.lines]
    assert chain_breaks(ada.workspace, all_of_it) == chain_breaks(ada.workspace, theirs) == []
    whole = [decode(one.raw, Line) for one in theirs.lines if one.raw]
    assert {line.user for line in whole} == {guest.user}
    assert all(one.raw for one in all_of_it.lines)


async def test_an_owner_of_an_account_sees_its_activity_and_a_collaborator_does_not(crowd: Crowd, ada: Member) -> None:
    """Users see the activity of what they own, administrators all of it."""
    card, bob, carol = await ada.account(), crowd.join("user"), crowd.join("user")
    await crowd.share(card, {ada.user: "owner", bob.user: "owner", carol.user: "collaborator"})
    await ada.push(card.item({"label": "Another"}))
    query = f"?account={card.id.hex()}"

    assert "Account Updated" in await events(bob, query)
    assert await events(carol, query) == ["Sharing Of Account"]
    await carol.api.close()


async def test_what_was_viewed_and_copied_is_taken_once(ada: Member) -> None:
    """Signed events become lines with the signature as evidence; sent again they are there already."""
    card = await ada.account()
    records = [seen(ada, card.id), seen(ada, card.id, "viewed", "message")]

    assert [await add(ada, *records), await add(ada, *records, records[0])] == [2, 3]
    lines = [decode(one.raw, Line) for one in (await page(ada)).lines[:2]]
    assert [(line.event, line.detail) for line in lines] == [
        ("Message Viewed", "message, viewed"),
        ("Password Retrieved", "password, copied"),
    ]
    assert [SignedRecord(line.raw, line.signature) for line in reversed(lines)] == records


async def test_nobody_logs_for_others(crowd: Crowd, ada: Member) -> None:
    """Events of another person or device, of foreign accounts or with a false signature are left out."""
    card, bob = await ada.account(), crowd.join("user")
    forged = SignedRecord(seen(ada, card.id).raw, bytes(64))
    wrong = [
        seen(ada, card.id, user=bob.user),
        seen(ada, card.id, device=bob.device.id),
        seen(ada, card.id, id=b"short"),
        seen(ada, os.urandom(20)),
        seen(ada, ada.personal),
        forged,
    ]

    assert (await add(ada, *wrong), await add(bob, seen(bob, card.id))) == (0, 0)


async def test_somebody_who_was_taken_off_can_still_report(crowd: Crowd, ada: Member) -> None:
    """What was copied offline arrives after the removal: that is when it matters most."""
    card, bob = await ada.account(), crowd.join("user")
    await crowd.share(card, {ada.user: "owner", bob.user: "collaborator"})
    await crowd.share(card, {ada.user: "owner"})

    assert await add(bob, seen(bob, card.id)) == 1


async def test_filters_narrow_what_is_shown(ada: Member, clock: object) -> None:
    """By event, person, account and time; pages go on where the last one ended."""
    card = await ada.account()
    await add(ada, seen(ada, card.id))

    assert await events(ada, "?event=Password%20Retrieved&event=Workspace%20Created") == [
        "Workspace Created",
        "Password Retrieved",
    ]
    assert await events(ada, f"?user={os.urandom(20).hex()}") == []
    assert await events(ada, "?since=99999999999999") == await events(ada, "?until=5") == []
    first = await page(ada, "?limit=2")
    rest = await page(ada, f"?before={first.lines[-1].n}")
    assert (first.more, rest.more) == (True, False)
    assert [one.n for one in (*first.lines, *rest.lines)] == [5, 4, 3, 2, 1]


@pytest.mark.parametrize("query", ["?after=x", "?user=zz", "?limit=-1", "?since=1e9"])
async def test_questions_that_make_no_sense_are_refused(ada: Member, query: str) -> None:
    """Places are numbers, people are hexadecimal."""
    with pytest.raises(RefusedError) as caught:
        await page(ada, query)
    assert caught.value.code == "bad_request"


async def test_what_is_not_committed_is_not_logged(ada: Member) -> None:
    """A refused entry leaves no line behind."""
    card = await ada.account()
    before = await events(ada)
    stale = card.item({"label": "One"})
    await ada.push(card.item({"label": "Two"}))
    assert (await ada.push(stale))[0].status != "accepted"

    assert await events(ada) == [*before, "Account Updated"]


async def test_a_session_that_is_over_reports_a_few_times_and_one_that_is_not_uses_the_other_way(
    crowd: Crowd, ada: Member
) -> None:
    """What was done before the end is taken, by the same checks; the number of requests is limited."""
    card, bob = await ada.account(), crowd.join("user")
    await crowd.share(card, {ada.user: "owner", bob.user: "collaborator"})
    record, foreign = seen(bob, card.id), seen(bob, os.urandom(20))
    with pytest.raises(RefusedError, match="was not ended"):
        await bob.api.ask("POST", ENDED, AddSeen([record]), AddedSeen)
    await ada.push(authoring.remove(ada.author(), bob.user))

    answers = [await bob.api.ask("POST", ENDED, AddSeen([record, foreign]), AddedSeen) for _ in range(5)]
    assert {answer.taken for answer in answers} == {1}
    assert (await events(ada)).count("Password Retrieved") == 1
    with pytest.raises(RefusedError, match="had to say"):
        await bob.api.ask("POST", ENDED, AddSeen([record]), AddedSeen)
