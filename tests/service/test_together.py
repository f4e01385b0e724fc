"""What only the service can see to: acts that stand or fall as one, and nobody who keeps a right they have lost."""

from __future__ import annotations

import pytest

from cerby_tui import authoring
from cerby_tui.authoring import Author
from cerby_tui.errors import RefusedError
from cerby_wire.handing import SOLE_OWNED, SoleOwnedList
from cerby_wire.headers import Entry
from cerby_wire.shapes import Pushed, PushEntry
from cerby_wire.stream import stream_id
from tests.people import bent
from tests.rig import ServiceRig
from tests.service.member import Card, Member
from tests.service.test_sync import colleague, share


async def together(member: Member, *entries: Entry) -> list[Pushed]:
    """Send entries as one act."""
    return await member.api.push([PushEntry(stream_id(entry), entry) for entry in entries], together=True)


def handed_over(ada: Member, card: Card, leaving: Entry, heir: Member) -> Entry:
    """What an administrator writes so that `heir` owns an account, at the workspace position after `leaving`."""
    after = ada.ledger.copy()
    after.add(leaving)
    author = Author.of(ada.device, ada.user, after)
    return authoring.adopt(author, card.state, after, {heir.user: "owner"})[0]


async def test_sole_owner_leaves_only_with_heirs(ada: Member, rig: ServiceRig) -> None:
    """Alone, a removal that would leave an account without an Owner is refused; with the hand-over it stands."""
    bob = await colleague(ada, rig)
    card = await bob.account()
    leaving = authoring.remove(ada.author(), bob.user)
    for answers in (await ada.push(leaving), await together(ada, leaving)):
        assert [(one.status, one.rule) for one in answers] == [("refused", "only_owner")]
    listed = await ada.api.ask("GET", f"{SOLE_OWNED}/{bob.user.hex()}", None, SoleOwnedList)
    assert [(one.account, one.seen.n, one.epoch) for one in listed.accounts] == [(card.id, card.state.n, 1)]
    hand_over = handed_over(ada, card, leaving, ada)
    for expected in ("accepted", "already"):
        answers = await together(ada, leaving, hand_over)
        assert [one.status for one in answers] == [expected, expected]


async def test_half_an_act_is_none(ada: Member, rig: ServiceRig) -> None:
    """If one entry of an act is not taken, none is, and the others are to be sent anew."""
    bob = await colleague(ada, rig)
    card = await bob.account()
    leaving = authoring.remove(ada.author(), bob.user)
    spoilt = bent(handed_over(ada, card, leaving, ada), bob.device)
    answers = await together(ada, leaving, spoilt)
    assert [(one.status, one.rule) for one in answers] == [("stale", "together"), ("refused", "bad_signature")]
    assert (await bob.push(card.item({"label": "still here"})))[0].status == "accepted"


async def test_only_administrators_see_what_others_own(ada: Member, rig: ServiceRig) -> None:
    """The list of accounts to hand over is for administrators."""
    bob = await colleague(ada, rig)
    with pytest.raises(RefusedError) as caught:
        await bob.api.ask("GET", f"{SOLE_OWNED}/{ada.user.hex()}", None, SoleOwnedList)
    assert caught.value.code == "forbidden"


async def test_lowered_owner_writes_no_more(ada: Member, rig: ServiceRig) -> None:
    """An entry that cites the time before its author was lowered is not taken any more."""
    bob = await colleague(ada, rig)
    card = await ada.account()
    await share(card, bob, role="owner")
    before = bob.author()
    await ada.push(authoring.role(ada.author(), bob.user, "login_only"))
    late = authoring.item(before, card.state, card.keys, {"label": "mine"})
    (answer,) = await bob.push(late)
    assert (answer.status, answer.rule) == ("refused", "not_allowed")


async def test_list_with_somebody_who_left_is_late(ada: Member, rig: ServiceRig) -> None:
    """A list of people that was right when it was written, and is not now, has to be written anew."""
    cleo = await colleague(ada, rig)
    card = await ada.account()
    people = {ada.user: "owner", cleo.user: "collaborator"}
    late, _keys = authoring.members(ada.author(), card.state, card.keys, ada.ledger, people)  # type: ignore[arg-type]
    await ada.push(authoring.remove(ada.author(), cleo.user))
    (answer,) = await ada.push(late)
    assert (answer.status, answer.rule) == ("stale", "workspace_moved_on")


async def test_suspended_session_writes_to_no_chain(ada: Member, rig: ServiceRig) -> None:
    """A suspended session cannot add a friend to its person's chain, even if another session sends the link."""
    bob = await colleague(ada, rig)
    second = Member(rig)
    await bob.push(authoring.add_device(bob.device, bob.ledger.user(bob.user), bob.keys, second.device.public))
    await ada.push(authoring.suspend(ada.author(), bob.user, bob.device.id))
    third = Member(rig)
    link = authoring.add_device(bob.device, bob.ledger.user(bob.user), bob.keys, third.device.public)
    (answer,) = await second.api.push([PushEntry(bob.user, link)])
    assert (answer.status, answer.rule) == ("refused", "device_suspended")
    await second.api.close()
    await third.api.close()
