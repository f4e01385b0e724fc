"""Somebody leaves, or may own accounts no more: what they alone owned goes to others in the same act, or none does."""

from __future__ import annotations

from pathlib import Path

import pytest

from cerby_tui.errors import RefusedError, SessionRemoved
from cerby_tui.session import Session
from cerby_tui.values import CardFilter, InboxFilter, Item
from tests.crowd import Crowd, everybody, gather
from tests.fakes import FrozenClock
from tests.rig import ServiceRig
from tests.test_upkeep import held

ALL = CardFilter()
EVERYTHING = InboxFilter()


@pytest.fixture
async def crowd(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> Crowd:
    """Ada owns the workspace; Bob, Cleo and Dan are Users."""
    return await gather(rig, tmp_path, clock, ("owner", "user", "user", "user"))


async def owned_by(session: Session, rig: ServiceRig) -> tuple[bytes, str]:
    """An account that somebody alone owns, with a number and a message; the account and the number."""
    account = await session.add_account(Item("Trips", app="airbnb", password="s3cret"))
    offer = await session.offer_number(account)
    await session.commit_number(offer, offer.id.hex())
    await rig.text(offer.e164, "before 111111")
    await session.sync_now()
    return account, offer.e164


async def test_removal_hands_accounts_over(crowd: Crowd, sessions: list[Session], rig: ServiceRig) -> None:
    """The heir has number and new messages, not the old content, and says what the card is again; others follow."""
    ada, bob, cleo, dan = sessions
    account, e164 = await owned_by(bob, rig)
    await bob.sharing.share(account, crowd[3].user, "collaborator")
    await everybody(bob, dan)
    (sole,) = await ada.people.sole_owned(crowd[1].user)
    assert (sole.account, sole.e164, sole.label, sole.collaborators) == (account, e164, "", (crowd[3].user,))
    await ada.people.remove(crowd[1].user, {account: crowd[2].user})
    with pytest.raises(SessionRemoved):
        await bob.sync_now()
    await everybody(cleo, dan)
    card = cleo.card(account)
    assert (card.closed, card.label, card.number and card.number.e164) == (True, f"Handed over {e164}", e164)
    assert cleo.account(account).item.password == "" and cleo.messages(EVERYTHING) == []
    await rig.text(e164, "after 222222")
    await everybody(cleo, dan, ada)
    assert [one.text for one in cleo.messages(EVERYTHING)] == ["after 222222"]
    assert len(dan.messages(EVERYTHING)) == 2 and ada.cards(ALL) == []
    await cleo.edit_account(account, {"label": "Trips again", "password": "new"})
    await everybody(cleo, dan)
    assert (dan.account(account).item.label, dan.account(account).item.password) == ("Trips again", "new")
    assert not cleo.card(account).closed
    made_by = cleo._ground.writing.vault.streams.author(account, held(cleo, account).epoch_at)
    assert made_by == crowd[2].user, "the administrator has seen the key that the heir began with"


async def test_sole_owner_is_refused(crowd: Crowd, sessions: list[Session], rig: ServiceRig) -> None:
    """Without an heir for every account nobody is removed or lowered, and everything stays as it was."""
    ada, bob, _cleo, _dan = sessions
    account, _e164 = await owned_by(bob, rig)
    for act in (ada.people.remove(crowd[1].user, {}), ada.people.set_role(crowd[1].user, "login_only")):
        with pytest.raises(RefusedError) as caught:
            await act
        assert caught.value.code == "only_owner"
    await everybody(ada, bob)
    assert bob.card(account).role == "owner" and bob.people.me().role == "user"


async def test_lowered_person_becomes_collaborator(crowd: Crowd, sessions: list[Session], rig: ServiceRig) -> None:
    """Whoever may own accounts no more keeps theirs as a Collaborator, and can change nothing any longer."""
    ada, bob, cleo, _dan = sessions
    account, _e164 = await owned_by(bob, rig)
    await ada.people.set_role(crowd[1].user, "login_only", {account: crowd[2].user})
    await everybody(bob, cleo)
    assert (bob.card(account).role, cleo.card(account).role) == ("collaborator", "owner")
    with pytest.raises(RefusedError):
        await bob.edit_account(account, {"notes": "mine"})


async def test_anybody_may_leave_but_for_what_they_alone_own(
    crowd: Crowd, sessions: list[Session], rig: ServiceRig
) -> None:
    """A User leaves the workspace by themselves once others own what they owned; their sessions end with it."""
    _ada, bob, cleo, _dan = sessions
    account = await bob.add_account(Item("Shop"))
    await bob.sync_now()
    with pytest.raises(RefusedError) as caught:
        await bob.people.remove(crowd[1].user, {})
    assert caught.value.code == "only_owner"
    await bob.sharing.share(account, crowd[2].user, "owner")
    await everybody(bob, cleo)
    await bob.people.remove(crowd[1].user, {})
    with pytest.raises(SessionRemoved):
        await bob.sync_now()
    await cleo.sync_now()
    assert set(held(cleo, account).members) == {crowd[2].user}
