"""Earlier versions of cards, whose value is whose where two people were at it at once, and `undo`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Literal

import pytest

from cerby_tui.errors import RefusedError, UsageError
from cerby_tui.session import Session
from cerby_tui.team_values import FieldChange
from cerby_tui.values import CardFilter, CustomField, Item
from cerby_tui.vault.versions import Stored, changes_between, wrote_beside, wrote_standing
from tests.crowd import Crowd, everybody, gather
from tests.fakes import FrozenClock
from tests.rig import ServiceRig

ALL = CardFilter()
Keep = Literal["kept", "other"]
LABEL = {"field": "label", "value": "beside"}
PEOPLE = (b"ada", b"bob", b"cleo", b"dan")


@pytest.fixture
async def crowd(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> Crowd:
    """Ada, Bob and Cleo."""
    return await gather(rig, tmp_path, clock)


async def shared(crowd: Crowd, sessions: list[Session]) -> bytes:
    """An account that Ada began and all three own."""
    ada = sessions[0]
    account = await ada.add_account(Item("Mail", username="root"))
    for one in crowd.people[1:]:
        await ada.sharing.share(account, one.user, "owner")
    await everybody(*sessions)
    return account


async def clash(sessions: list[Session], account: bytes) -> None:
    """Ada and Bob name another user at once; Ada's arrives first."""
    ada, bob, cleo = sessions
    await ada.edit_account(account, {"username": "ada"})
    await bob.edit_account(account, {"username": "bob"})
    await ada.sync_now()
    await bob.sync_now()
    await everybody(ada, cleo)


async def test_versions(crowd: Crowd, sessions: list[Session]) -> None:
    """Each version says who wrote it and which fields it changed from what to what, the newest first."""
    ada, bob, _cleo = sessions
    account = await shared(crowd, sessions)
    await bob.edit_account(account, {"username": "bob", "fields": (CustomField("PIN", "1"),)})
    await everybody(bob, ada)
    newest, first = ada.history.versions(account)
    assert (newest.number, newest.author, newest.you, newest.previous) == (2, "Bob Example", False, 1)
    assert newest.changes == (
        FieldChange("username", "root", "bob"),
        FieldChange("fields.PIN", None, CustomField("PIN", "1")),
    )
    assert (first.number, first.author, first.you) == (1, "Ada Example", True)
    assert [change.field for change in first.changes] == ["label", "username"]


async def test_what_waits_is_the_newest_version(crowd: Crowd, sessions: list[Session]) -> None:
    """A change that is not sent yet stands before the versions, as number 0."""
    ada = sessions[0]
    account = await shared(crowd, sessions)
    await ada.edit_account(account, {"notes": "later"})
    waiting, stored = ada.history.versions(account)
    assert (waiting.number, waiting.you, waiting.previous, stored.number) == (0, True, 1, 1)
    assert waiting.changes == (FieldChange("notes", "", "later"),)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"username": "new"}, "username"),
        ({"app": "slack", "app_name": "Slack"}, "app"),
        ({"fields": (CustomField("PIN", "2"), CustomField("Kept", "3"))}, "fields.PIN"),
        ({"collections": ("A", "B")}, "collections"),
    ],
    ids=["a text", "the app with its slug", "a custom field", "a list"],
)
async def test_restore(crowd: Crowd, sessions: list[Session], changes: dict[str, Any], field: str) -> None:
    """A field gets back the value of an earlier version, as a new version; everything else stays."""
    ada, bob, _cleo = sessions
    account = await shared(crowd, sessions)
    await ada.edit_account(account, {"fields": (CustomField("PIN", "1"), CustomField("Kept", "3")), "notes": "n"})
    await everybody(ada, bob)
    before = ada.account(account).item
    await bob.edit_account(account, changes)
    await everybody(bob, ada)
    assert ada.account(account).item != before
    assert await ada.history.restore(account, 2, field)
    await everybody(ada, bob)
    assert bob.account(account).item == before
    assert bob.account(account).versions == 4
    assert not await ada.history.restore(account, 2, field)


async def test_only_owners_restore(crowd: Crowd, sessions: list[Session]) -> None:
    """A Collaborator cannot restore, and nothing is queued."""
    ada, bob, _cleo = sessions
    account = await ada.add_account(Item("Mail", username="root"))
    await ada.sharing.share(account, crowd[1].user, "collaborator")
    await everybody(ada, bob)
    await ada.edit_account(account, {"username": "new"})
    await everybody(ada, bob)
    with pytest.raises(RefusedError):
        await bob.history.restore(account, 1, "username")
    assert bob.waiting() == []


async def test_mine_is_what_i_wrote(crowd: Crowd, sessions: list[Session]) -> None:
    """In a clash each person's own value is theirs, on whichever side it stands; for a third person neither is."""
    account = await shared(crowd, sessions)
    await clash(sessions, account)
    sides = [session.history.sides(account)["username"] for session in sessions]
    assert [one.mine for one in sides] == ["kept", "other", ""]
    assert {(one.kept.name, one.other.name) for one in sides} == {("Ada Example", "Bob Example")}
    (stands,) = sessions[2].account(account).clashes
    assert (stands.kept, stands.other) == ("ada", "bob")


async def test_loser_stays_in_the_history(crowd: Crowd, sessions: list[Session]) -> None:
    """The value that lost stands in the history, after the clash was settled too, and can be had back from there."""
    ada, bob, _cleo = sessions
    account = await shared(crowd, sessions)
    await clash(sessions, account)
    await ada.settle_clash(account, "username", "kept")
    await everybody(ada, bob)
    assert bob.account(account).clashes == ()
    settled, lost = bob.history.versions(account)[:2]
    assert settled.changes == (FieldChange("username", "bob", "ada", "settled"),)
    assert lost.changes == (FieldChange("username", "ada", "bob", "beside"),)
    await bob.history.restore(account, lost.number, "username", beside=True)
    assert bob.account(account).item.username == "bob"


def test_who_wrote_what_waits() -> None:
    """A value that no version holds is still in the outbox, so this person wrote it."""
    versions = [Stored(1, b"ada", 1, {"label": "x"}), Stored(2, b"bob", 2, {"label": "y"})]
    assert wrote_standing(versions, LABEL, "z") is None
    assert wrote_standing(versions, LABEL, "y") == versions[1]
    assert wrote_beside(versions, {"field": "label", "value": "z"}) is None


def test_who_wrote_it_last() -> None:
    """A value that came back was written by whoever brought it back, not by whoever had it first."""
    contents = ({"label": "x"}, {"label": "y"}, {"label": "x"}, {"label": "x", "notes": "n"})
    versions = [Stored(n, author, n, one) for n, (author, one) in enumerate(zip(PEOPLE, contents, strict=True), 1)]
    assert wrote_standing(versions, LABEL, "x") == versions[2]


def test_changes_survive_strange_content() -> None:
    """What is no field of a card, or holds something that is no value of it, is no change of it."""
    from cerby_tui.vault.content import fitting

    strange = {"label": ["x"], "fields": "none", "clashes": [{"field": "no such", "value": 1}, 7], "later": 1}
    assert changes_between({}, fitting(strange)) == ()


async def test_undo_walks_back(crowd: Crowd, sessions: list[Session]) -> None:
    """Undo takes back the last change of this person, then the one before it, each as a new change, and says which."""
    ada, bob, _cleo = sessions
    account = await shared(crowd, sessions)
    await ada.edit_account(account, {"username": "ada"})
    await ada.edit_account(account, {"fields": (CustomField("PIN", "1"),)})
    await everybody(ada, bob)
    assert ada.history.undoable() == "PIN of Mail"
    assert await ada.history.undo() == "Taken back: PIN of Mail."
    assert await ada.history.undo() == "Taken back: Username of Mail."
    await everybody(ada, bob)
    assert (bob.account(account).item.username, bob.account(account).item.fields) == ("root", ())
    assert ada.history.undoable() == "sharing with Cleo Example (Mail)"


async def test_undo_of_what_was_not_sent_sends_nothing(crowd: Crowd, sessions: list[Session]) -> None:
    """A change that was taken back before it left is no version of the card."""
    ada = sessions[0]
    account = await shared(crowd, sessions)
    await ada.edit_account(account, {"username": "ada"})
    await ada.history.undo()
    await ada.sync_now()
    assert ada.account(account).versions == 1
    assert ada.waiting() == []


async def test_undo_is_refused_when_overtaken(crowd: Crowd, sessions: list[Session]) -> None:
    """What somebody else has changed since stays, and undo goes on to what came before it."""
    ada, bob, _cleo = sessions
    account = await shared(crowd, sessions)
    await ada.edit_account(account, {"notes": "n"})
    await ada.edit_account(account, {"username": "ada"})
    await everybody(ada, bob)
    await bob.edit_account(account, {"username": "bob"})
    await everybody(bob, ada)
    with pytest.raises(UsageError, match="Username of Mail was changed again since"):
        await ada.history.undo()
    assert ada.account(account).item.username == "bob"
    assert await ada.history.undo() == "Taken back: Notes of Mail."


async def test_undo_of_people(crowd: Crowd, sessions: list[Session]) -> None:
    """Sharing, a changed role and a removal are taken back; people changed since are left alone."""
    ada, bob, _cleo = sessions
    account = await ada.add_account(Item("Mail"))
    await ada.sharing.share(account, crowd[1].user, "collaborator")
    await ada.sharing.share(account, crowd[1].user, "owner")
    await ada.sharing.remove(account, crowd[1].user)
    await everybody(ada, bob)
    assert await ada.history.undo() == "Taken back: removing Bob Example (Mail)."
    assert await ada.history.undo() == "Taken back: Bob Example as Owner (Mail)."
    await everybody(ada, bob)
    assert [one.role for one in ada.sharing.members(account)] == ["owner", "collaborator"]
    assert await ada.history.undo() == "Taken back: sharing with Bob Example (Mail)."
    await everybody(ada, bob)
    assert bob.cards(ALL) == []


async def test_undo_of_sharing_overtaken(crowd: Crowd, sessions: list[Session]) -> None:
    """A share is not taken back once somebody else gave that person another role."""
    ada, bob, cleo = sessions
    account = await shared(crowd, sessions)
    await ada.sharing.share(account, crowd[2].user, "collaborator")
    await everybody(ada, bob, cleo)
    await bob.sharing.share(account, crowd[2].user, "owner")
    await everybody(bob, ada)
    with pytest.raises(UsageError, match="The people of Mail were changed again since"):
        await ada.history.undo()


async def test_undo_of_deleting_restoring_adding(crowd: Crowd, sessions: list[Session]) -> None:
    """A deleted card comes back, a restored and a new one go."""
    ada = sessions[0]
    account = await ada.add_account(Item("Mail"))
    await ada.sync_now()
    await ada.delete_account(account)
    await ada.sync_now()
    assert await ada.history.undo() == "Taken back: deleting Mail."
    assert not ada.card(account).deleted
    await ada.delete_account(account)
    await ada.restore_account(account)
    assert await ada.history.undo() == "Taken back: restoring Mail."
    assert ada.card(account).deleted
    await ada.history.undo()
    assert await ada.history.undo() == "Taken back: adding Mail."
    assert ada.card(account).deleted
    with pytest.raises(UsageError, match="nothing to take back"):
        await ada.history.undo()


async def test_undo_of_a_settled_clash(crowd: Crowd, sessions: list[Session]) -> None:
    """A clash that was settled is a clash again."""
    ada = sessions[0]
    account = await shared(crowd, sessions)
    await clash(sessions, account)
    before = ada.account(account)
    await ada.settle_clash(account, "username", "other")
    assert ada.account(account).item.username == "bob"
    await ada.history.undo()
    assert ada.account(account).clashes == before.clashes
    assert ada.account(account).item == before.item


@pytest.mark.parametrize("keep", ["kept", "other"])
async def test_mine_stays_mine_after_undo(
    crowd: Crowd, sessions: list[Session], keep: Literal["kept", "other"]
) -> None:
    """Who settled a clash and took that back has not written both values by it."""
    ada, bob, _cleo = sessions
    account = await shared(crowd, sessions)
    await clash(sessions, account)
    for sent in (False, True):
        await bob.settle_clash(account, "username", keep)
        await (bob.sync_now() if sent else asyncio.sleep(0))
        await bob.history.undo()
        assert bob.history.sides(account)["username"].mine == "other"
    await everybody(bob, ada)
    assert [one.history.sides(account)["username"].mine for one in (ada, bob)] == ["kept", "other"]


async def test_noting_a_copy_is_no_change_to_undo(crowd: Crowd, sessions: list[Session]) -> None:
    """What is noted by the way is not what a person means by their last change."""
    ada = sessions[0]
    account = await ada.add_account(Item("Mail"))
    await ada.edit_account(account, {"username": "x"})
    await ada.mark_copied_number(account)
    assert ada.history.undoable() == "Username of Mail"
