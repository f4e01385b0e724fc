"""Invites and joins at the service: what it takes, what it refuses, and that a refused join leaves nothing behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from cerby_service.database import people, streams
from cerby_tui import authoring
from cerby_tui.errors import RefusedError
from cerby_tui.keys import DeviceKeys, new_seed
from cerby_wire.encoding import decode
from cerby_wire.entries import entry_hash
from cerby_wire.inviting import Join, prove_invite
from cerby_wire.records import Profile, sign_record
from tests.fakes import FrozenClock
from tests.people import bent
from tests.rig import ServiceRig
from tests.service.member import Member
from tests.service.newcomer import Invite, Newcomer

BOB = "bob@example.com"


@pytest.fixture
async def invite(ada: Member) -> Invite:
    """Ada has invited Bob."""
    made = Invite(ada, BOB)
    await made.send()
    return made


@pytest.fixture
async def bob(invite: Invite) -> AsyncIterator[Newcomer]:
    """Bob, who has the invite."""
    newcomer = Newcomer(invite)
    yield newcomer
    await newcomer.api.close()


@asynccontextmanager
async def refused(code: str) -> AsyncIterator[None]:
    """What happens inside is refused with this code."""
    with pytest.raises(RefusedError) as caught:
        yield
    assert caught.value.code == code


async def test_a_join_is_answered_the_same_however_often(rig: ServiceRig, bob: Newcomer) -> None:
    """One transaction; the very same request again finds the person in, whatever its code says."""
    sent = await bob.code()
    request = bob.joining(sent.id, rig.code_for(BOB))
    first = await bob.send(request)
    assert first == await bob.send(request) == await bob.send(replace(request, code="", verification=b""))
    assert (first.user, first.device, first.workspace) == (bob.user, bob.device.id, bob.workspace)
    device = rig.parts.database.read_now(lambda reading: people.find_device(reading, bob.device.id))
    assert device is not None and (device.role, device.state) == ("user", "active")


async def test_an_invite_is_answered_the_same_however_often(rig: ServiceRig, ada: Member) -> None:
    """A second try after a lost answer writes nothing, and no second letter goes out."""
    made = Invite(ada, BOB)
    first = await made.send()
    made.by.ledger = ada.ledger.copy()
    again = await ada.api.ask("POST", "/v1/invites", _request(made), type(first))
    assert (again.invite, again.mailed) == (first.invite, False)
    assert len(rig.mail.letters[BOB]) == 1


def _request(invite: Invite) -> object:
    from cerby_wire.inviting import WriteInvite

    return WriteInvite(invite.entry, invite.email, invite.salt)


async def test_an_invite_for_another_address_than_it_says(ada: Member) -> None:
    """The entry carries the salted hash of the address: the service mails nobody else."""
    for changes in ({"email": "eve@example.com"}, {"salt": bytes(16)}, {"salt": b""}):
        async with refused("bad_request"):
            await Invite(ada, BOB).send(**changes)


async def test_an_invite_that_is_none(ada: Member) -> None:
    """Other entries do not come this way."""
    async with refused("bad_request"):
        await Invite(ada, BOB).send(entry=authoring.chain(ada.author()))
    async with refused("bad_request"):
        await Invite(ada, BOB).send(email="not an address")


async def test_a_proof_is_for_one_device(bob: Newcomer, invite: Invite) -> None:
    """A proof that was seen on its way is worth nothing at another device, nor is one by another key."""
    thief = Newcomer(invite)
    for proof in (bob.proof, replace(bob.proof, signature=bytes(64)), replace(bob.proof, key=bytes(32))):
        thief.proof = proof
        async with refused("bad_signature"):
            await thief.look()
        async with refused("bad_signature"):
            await thief.code()
    thief.proof = prove_invite(authoring.invite_key(bytes(16)), thief.workspace, thief.device.id)
    async with refused("no_such_invite"):
        await thief.look()
    await thief.api.close()


async def test_only_the_secret_shows_the_workspace(bob: Newcomer, ada: Member) -> None:
    """Whoever proves it gets the workspace and the chains of its people, and no account."""
    await ada.account(label="Secret shop")
    answer = await bob.look()
    assert {one.stream for one in answer.entries} == {ada.user, ada.workspace}
    assert not answer.more


async def test_a_code_is_for_one_device_and_one_invite(rig: ServiceRig, bob: Newcomer, invite: Invite) -> None:
    """A code that was asked for at one device opens nothing at another."""
    sent = await bob.code()
    code, thief = rig.code_for(BOB), Newcomer(invite)
    async with refused("wrong_code"):
        await thief.send(thief.joining(sent.id, code))
    await thief.api.close()
    await bob.send(bob.joining(sent.id, code))


async def test_a_code_is_tried_five_times(rig: ServiceRig, bob: Newcomer, clock: FrozenClock) -> None:
    """Then it is void, even if the right one comes at last; another one works."""
    sent = await bob.code()
    code = rig.code_for(BOB)
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(4):
        async with refused("wrong_code"):
            await bob.send(bob.joining(sent.id, wrong))
    for tried in (wrong, code):
        async with refused("too_many_tries"):
            await bob.send(bob.joining(sent.id, tried))
    clock.advance(61)
    await bob.join()


async def bad_requests(bob: Newcomer, good: Join) -> AsyncIterator[Join]:
    """Requests that are not what they must be."""
    other = Newcomer(bob.invite)
    theirs = other.joining(good.verification, good.code)
    await other.api.close()
    guest = bent(good.join, bob.device, act={"role": "admin"})
    yield replace(good, join=guest)
    yield replace(good, join=theirs.join)
    yield replace(good, personal=theirs.personal)
    yield replace(good, profile=theirs.profile)
    yield replace(good, device_name=bytes(5_000))
    somebody = replace(decode(good.profile.raw, Profile), user=bytes(20))
    yield replace(good, profile=sign_record(bob.device.sign, somebody))
    yield replace(good, join=bent(good.join, bob.device, act={"invite": bytes(32)}))
    yield replace(good, join=bent(good.join, bob.device, act={"profile": bytes(32)}))
    yield replace(good, join=bent(good.join, bob.device, act={"proof": bytes(64)}))
    yield replace(good, join=good.personal)


async def test_a_refused_join_leaves_nothing(rig: ServiceRig, bob: Newcomer) -> None:
    """Neither person nor device, and the code is still good: the honest request then goes through."""
    sent = await bob.code()
    good = bob.joining(sent.id, rig.code_for(BOB))
    seen = 0
    async for bad in bad_requests(bob, good):
        async with refused("bad_request"):
            await bob.send(bad)
        seen += 1
    assert seen == 10
    found = rig.parts.database.read_now(lambda reading: streams.find(reading, bob.workspace, bob.user))
    assert found is None
    assert rig.parts.database.read_now(lambda reading: people.find_device(reading, bob.device.id)) is None
    await bob.send(good)


async def test_a_late_join_costs_no_code(rig: ServiceRig, bob: Newcomer, ada: Member) -> None:
    """The workspace moved on: `stale`, nothing is spent, and the join that follows is taken with the same code."""
    sent = await bob.code()
    late = bob.joining(sent.id, rig.code_for(BOB))
    await Invite(ada, "cleo@example.com").send()
    async with refused("stale"):
        await bob.send(late)
    rewritten = bob.joining(sent.id, rig.code_for(BOB))
    await bob.send(rewritten)


async def test_a_device_of_a_workspace_joins_no_other(rig: ServiceRig, ada: Member, bob: Newcomer) -> None:
    """A session belongs to one workspace."""
    await bob.join()
    other = Member(rig, "zoe@example.com")
    await other.found()
    second = Invite(other, "bob@elsewhere.example")
    await second.send()
    again = Newcomer(second)
    again.device, again.api = bob.device, bob.api
    again.proof = prove_invite(second.key, other.workspace, bob.device.id)
    async with refused("forbidden"):
        await again.send(again.joining())
    for member in (other,):
        await member.api.close()


async def test_an_invite_does_not_lead_into_another_workspace(rig: ServiceRig, bob: Newcomer) -> None:
    """The proof binds the workspace."""
    other = Member(rig, "zoe@example.com")
    await other.found()
    bob.proof = prove_invite(bob.invite.key, other.workspace, bob.device.id)
    async with refused("no_such_invite"):
        await bob.look()
    await other.api.close()


async def test_another_persons_address_joins_nothing(rig: ServiceRig, invite: Invite) -> None:
    """Not even with a code: a profile with another address than the invited one is refused."""
    eve = Newcomer(invite, "eve@example.com")
    async with refused("another_address"):
        await eve.code()
    sent = await eve.code(BOB)
    async with refused("another_address"):
        await eve.send(eve.joining(sent.id, rig.code_for(BOB)))
    await eve.api.close()


async def test_two_with_one_invite(rig: ServiceRig, bob: Newcomer, invite: Invite, clock: FrozenClock) -> None:
    """The first to confirm is in; the second hears that it was used."""
    second = Newcomer(invite)
    sent = await second.code()
    code = rig.code_for(BOB)
    clock.advance(61)
    await bob.join()
    async with refused("invite_used"):
        await second.send(second.joining(sent.id, code))
    await second.api.close()


async def test_an_inviter_who_may_no_longer(rig: ServiceRig, ada: Member) -> None:
    """Their invites are shown to nobody, get nobody a code, and let nobody in."""
    first = Invite(ada, "ann@example.com", "admin")
    await first.send()
    ann = Newcomer(first)
    await ann.join()
    second = Invite(ann, BOB)
    await second.send()
    bob = Newcomer(second)
    sent = await bob.code()
    request = bob.joining(sent.id, rig.code_for(BOB))
    ada.ledger = ann.ledger.copy()
    await ada.push(authoring.role(ada.author(), ann.user, "user"))
    for asking in (bob.look(), bob.code(), bob.send(request)):
        async with refused("inviter_may_no_longer"):
            await asking
    for member in (ann, bob):
        await member.api.close()


async def test_a_new_device_has_to_be_new(rig: ServiceRig, bob: Newcomer) -> None:
    """The request is signed by the device that begins the person, or it is not heard at all."""
    sent = await bob.code()
    request = bob.joining(sent.id, rig.code_for(BOB))
    stranger = Newcomer(bob.invite)
    stranger.device = DeviceKeys(new_seed())
    async with refused("bad_signature"):
        await stranger.send(request)
    await stranger.api.close()
    assert entry_hash(request.join)
