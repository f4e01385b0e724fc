"""Several people on one account: who sees what, from when on, and until when."""

from __future__ import annotations

from pathlib import Path

import pytest

from cerby_tui import authoring
from cerby_tui.errors import RefusedError, UsageError
from cerby_tui.session import Session
from cerby_tui.sharing import LEAVES
from cerby_tui.values import CardFilter, Changed, InboxFilter, Item
from tests.crowd import Crowd, everybody, gather
from tests.devices import until
from tests.fakes import FrozenClock
from tests.rig import ServiceRig
from tests.test_upkeep import held, write

ALL = CardFilter()
EVERYTHING = InboxFilter()


@pytest.fixture
async def crowd(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> Crowd:
    """Ada, Bob and Cleo."""
    return await gather(rig, tmp_path, clock)


async def test_share_reaches_the_other_person(crowd: Crowd, sessions: list[Session]) -> None:
    """Somebody put on an account sees its card with everything in it, and is listed with their role."""
    ada, bob, cleo = sessions
    account = await ada.add_account(Item("Mail", password="s3cret"))
    await ada.sharing.share(account, crowd[1].user, "collaborator")
    assert [(one.name, one.waiting) for one in ada.sharing.members(account)] == [
        ("Ada Example", True),
        ("Bob Example", True),
    ]
    await everybody(ada, bob, cleo)
    assert bob.account(account).item == Item("Mail", password="s3cret")
    assert (bob.card(account).role, ada.card(account).role) == ("collaborator", "owner")
    listed = [(one.name, one.role, one.you, one.waiting) for one in bob.sharing.members(account)]
    assert listed == [("Ada Example", "owner", False, False), ("Bob Example", "collaborator", True, False)]
    assert [one.name for one, _roles in ada.sharing.candidates(account)] == ["Cleo Example"]
    assert cleo.cards(ALL) == []


async def test_removed_person_loses_the_card(crowd: Crowd, sessions: list[Session]) -> None:
    """Somebody taken off an account loses its card, and what they had waiting for it is told to be lost."""
    ada, bob, _cleo = sessions
    account = await ada.add_account(Item("Mail"))
    await ada.sharing.share(account, crowd[1].user, "owner")
    await everybody(ada, bob)
    await bob.edit_account(account, {"notes": "mine"})
    await ada.sharing.remove(account, crowd[1].user)
    await ada.sync_now()
    await bob.sync_now()
    assert bob.cards(ALL) == []
    (waiting,) = bob.waiting()
    assert waiting.refused
    with pytest.raises(UsageError):
        bob.sharing.members(account)


async def test_last_owner_stays(crowd: Crowd, sessions: list[Session]) -> None:
    """Who alone owns an account can neither leave it nor become a Collaborator, and hears what to do first."""
    ada, _bob, _cleo = sessions
    account = await ada.add_account(Item("Mail"))
    for act in (ada.sharing.remove(account, crowd[0].user), ada.sharing.share(account, crowd[0].user, "collaborator")):
        with pytest.raises(RefusedError) as caught:
            await act
        assert (caught.value.code, caught.value.next_step) == ("only_owner", "Make somebody else an Owner first.")
    assert [one.role for one in ada.sharing.members(account)] == ["owner"]


async def test_live_share_brings_everything(crowd: Crowd, sessions: list[Session], rig: ServiceRig) -> None:
    """Whoever is put on an account while online has its card, its number and its messages at once."""
    ada, bob, _cleo = sessions
    account = await ada.add_account(Item("Trips", app="airbnb"))
    offer = await ada.offer_number(account)
    await ada.commit_number(offer, offer.id.hex())
    await rig.text(offer.e164, "Your code is 593021")
    for session in (ada, bob):
        session.start()
        await until(session, lambda session=session: session.status().state == "live")  # type: ignore[misc]
    await ada.sharing.share(account, crowd[1].user, "collaborator")
    await until(bob, lambda: bob.count_messages(EVERYTHING) == 1)
    card = bob.card(account)
    assert card.number is not None and card.number.e164 == offer.e164
    assert card.code is not None and card.code.text == "593021"


async def test_owner_leaves_by_another_owner(crowd: Crowd, sessions: list[Session]) -> None:
    """An Owner who leaves is taken off by the next Owner's client; shared with again later, they stay."""
    ada, bob, _cleo = sessions
    account = await ada.add_account(Item("Mail"))
    await ada.sharing.share(account, crowd[1].user, "owner")
    await everybody(ada, bob)
    await ada.sharing.remove(account, crowd[0].user)
    await ada.sync_now()
    assert {one.name: one.stale for one in ada.sharing.members(account)} == {"Ada Example": LEAVES, "Bob Example": ""}
    await bob.sync_now()
    await ada.sync_now()
    assert ada.cards(ALL) == [] and [one.name for one in bob.sharing.members(account)] == ["Bob Example"]
    await bob.sharing.share(account, crowd[0].user, "owner")
    await everybody(bob, ada, bob, ada)
    assert ada.card(account).role == "owner"
    assert all(not one.stale for one in ada.sharing.members(account))


async def test_share_made_offline_joins_what_others_did(crowd: Crowd, sessions: list[Session]) -> None:
    """Two Owners who change the people while they are apart both get what they wanted."""
    ada, bob, cleo = sessions
    account = await ada.add_account(Item("Mail"))
    await ada.sharing.share(account, crowd[1].user, "owner")
    await everybody(ada, bob)
    await bob.sharing.share(account, crowd[2].user, "collaborator")
    await ada.edit_account(account, {"notes": "from Ada"})
    await ada.sync_now()
    await ada.sharing.share(account, crowd[1].user, "collaborator")
    await everybody(bob, ada, bob, cleo)
    assert {one.name: one.role for one in cleo.sharing.members(account)} == {
        "Ada Example": "owner",
        "Bob Example": "collaborator",
        "Cleo Example": "collaborator",
    }
    assert cleo.account(account).item.notes == "from Ada"


async def test_share_made_offline_by_somebody_lowered_meanwhile(crowd: Crowd, sessions: list[Session]) -> None:
    """Whoever lost the role before their change was sent finds it among what could not be saved, with the reason."""
    ada, bob, _cleo = sessions
    account = await ada.add_account(Item("Mail"))
    await ada.sharing.share(account, crowd[1].user, "owner")
    await everybody(ada, bob)
    await bob.sharing.share(account, crowd[2].user, "collaborator")
    await ada.people.set_role(crowd[1].user, "login_only")
    await ada.sync_now()
    await bob.sync_now()
    (lost,) = bob.waiting()
    assert (lost.what, lost.refused) == ("Cleo Example as Collaborator", "You are no longer an Owner of this account.")
    assert [one.name for one in ada.sharing.members(account)] == ["Ada Example", "Bob Example"]


async def test_removed_person_loses_it_from_open_screens(crowd: Crowd, sessions: list[Session]) -> None:
    """Whoever is taken off an account while online loses card and messages at once, and is told which."""
    ada, bob, _cleo = sessions
    account = await ada.add_account(Item("Mail"))
    await ada.sharing.share(account, crowd[1].user, "collaborator")
    await ada.sync_now()
    bob.start()
    await until(bob, lambda: bool(bob.cards(ALL)))
    told: list[Changed] = []
    bob.subscribe(told.append)
    await ada.sharing.remove(account, crowd[1].user)
    await ada.sync_now()
    await until(bob, lambda: not bob.cards(ALL))
    assert any(account in changed.accounts for changed in told)
    assert bob.status().state == "live"


async def test_login_only_person_never_owns(crowd: Crowd, sessions: list[Session]) -> None:
    """Login-Only people can be put on an account as Collaborators only, and an Owner who becomes one is one."""
    ada, bob, cleo = sessions
    account = await ada.add_account(Item("Mail"))
    await ada.people.set_role(crowd[1].user, "login_only")
    ((_colleague, offered), *_others) = ada.sharing.candidates(account)
    assert offered == ("collaborator",)
    with pytest.raises(RefusedError) as caught:
        await ada.sharing.share(account, crowd[1].user, "owner")
    assert "cannot own" in caught.value.sentence
    await ada.sharing.share(account, crowd[2].user, "owner")
    await everybody(ada, bob, cleo)
    await ada.people.set_role(crowd[2].user, "guest")
    await everybody(ada, cleo)
    assert {one.name: one.role for one in cleo.sharing.members(account)} == {
        "Ada Example": "owner",
        "Cleo Example": "collaborator",
    }


async def test_nonsense_on_the_card_is_passed_over(crowd: Crowd, sessions: list[Session]) -> None:
    """What another Owner's program wrote where wishes about people stand trips nobody over, and ends with the first."""
    ada, bob, _cleo = sessions
    account = await ada.add_account(Item("Mail"))
    await ada.sharing.share(account, crowd[1].user, "owner")
    await ada.sync_now()
    state = held(ada, account)
    keys = ada._ground.writing.opener.account_keys(account, state.epoch)
    assert keys
    strange = {"label": "Mail", "leaving": ["zz:1", "aa", 7, {}], "off": 5}
    await write(ada, account, lambda author: authoring.item(author, state, keys, strange))
    await everybody(ada, bob)
    await bob.sharing.remove(account, crowd[1].user)
    await everybody(bob, ada)
    assert [one.name for one in ada.sharing.members(account)] == ["Ada Example"]
