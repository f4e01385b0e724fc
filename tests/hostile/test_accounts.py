"""Forged, moved and missing entries of an account, shown to a real client over a real socket.

Numbers are the rows of the threat model (docs/threat-model.md). Each attack stops the one account with the stated rule,
leaves what was readable, and tells the person which account it is about.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

from cerby_tui import authoring
from cerby_tui.session import Session
from cerby_tui.sync.judging import NEWER
from cerby_tui.values import Item
from cerby_wire.headers import Entry, Policy
from tests.hostile import forging
from tests.hostile.scene import Scene, alarm, make_scene, said
from tests.people import bent
from tests.rig import ServiceRig

ADA, BOB, CLEO = 0, 1, 2
Forge = Callable[[Scene, bytes], Entry]


@pytest.fixture
async def scene(rig: ServiceRig, tmp_path: Path) -> AsyncIterator[Scene]:
    """Ada, Bob and Cleo with two sessions each."""
    made = await make_scene(rig, tmp_path, devices=2)
    yield made
    await made.close()


async def shared(scene: Scene) -> tuple[bytes, bytes]:
    """An account that Ada shares with Bob, a Collaborator, and Cleo, an Owner, and another one; Cleo has both."""
    session = scene.crowd[ADA].open()
    account, other = await session.add_account(Item("Mail", notes="held before")), await session.add_account(Item("B"))
    await session.sharing.share(account, scene.crowd[BOB].user, "collaborator")
    for one in (account, other):
        await session.sharing.share(one, scene.crowd[CLEO].user, "owner")
    await session.sync_now()
    await session.close()
    for device in (0, 1):
        await scene.act(who=CLEO, device=device)
    await scene.look()
    return account, other


@pytest.fixture(scope="module")
def past(rig: ServiceRig, tmp_path_factory: pytest.TempPathFactory) -> tuple[Scene, bytes, bytes]:
    """The same, with those two accounts; made once, for tests that leave no trace at the service."""

    async def make() -> tuple[Scene, bytes, bytes]:
        made = await make_scene(rig, tmp_path_factory.mktemp("past"), devices=2)
        return made, *await shared(made)

    return asyncio.run(make())


async def shown(scene: Scene, account: bytes, entries: Sequence[Entry]) -> Session:
    """Cleo's first device is shown these entries of the account and no others."""
    session, layer = scene.open(CLEO)
    layer.shows("account", account, entries)
    for outsider in scene.outsiders:
        layer.shows("user", outsider, scene.entries(outsider))
    await session.sync_now()
    return session


def check_refused(session: Session, account: bytes, rule: str) -> None:
    """The account is stopped by that rule, what was there is readable, and the alarm names it in words."""
    assert alarm(session, account) == rule
    assert session.account(account).item.notes == "held before"
    sentence = said(session)
    assert "the account “Mail”" in sentence and "stays readable" in sentence and f"({rule})" in sentence


FORGED: dict[str, tuple[str, Forge]] = {
    "03 a list that the service signed itself": ("bad_signature", forging.outsider_signs),
    "03 a list by somebody never invited": ("not_allowed", forging.outsider_writes),
    "04 a Collaborator makes themself an Owner": ("not_allowed", forging.collaborator_rises),
    "04 a Collaborator writes the card": ("not_allowed", forging.collaborator_writes),
    "05 a wrap of the service's own": ("another_body", forging.wrap_of_the_service),
    "05 the wrap of another epoch": ("wrap_does_not_open", forging.wrap_of_another_epoch),
    "06 another key for one reader": ("another_key", forging.another_key),
    "06 a foreign inbox key": ("another_inbox", forging.foreign_inbox),
    "06 an earlier key again": ("commit_repeated", forging.repeated_key),
    "06 an earlier inbox key again": ("inbox_repeated", forging.repeated_inbox),
    "07 bodies swapped": ("another_body", forging.bodies_swapped),
    "08 a bit flipped": ("another_body", forging.bit_flipped),
    "08 cut short": ("another_body", forging.cut_short),
    "09 an old version again": ("version_conflict", forging.replayed),
    "11 another workspace cited": ("workspace_fork", forging.other_workspace),
    "11 another history cited": ("fork", forging.other_history),
    "15 an old format": ("unknown_version", forging.version_nought),
    "21 a signature for something else": ("bad_signature", forging.signature_of_another_kind),
    "22 another spelling": ("not_canonical", forging.another_spelling),
    "32 an older workspace cited": ("workspace_runs_backwards", forging.old_workspace),
    "33 sealed under a superseded key": ("epoch_not_in_force", forging.superseded_key),
    "34 a list on top of another view": ("stale", forging.stale_list),
    "a second genesis": ("second_genesis", forging.second_genesis),
}


@pytest.mark.parametrize(("rule", "forge"), FORGED.values(), ids=FORGED.keys())
async def test_forged_entry(past: tuple[Scene, bytes, bytes], tmp_path: Path, rule: str, forge: Forge) -> None:
    """A forged entry at the end of an account stops it there; an honest service heals it at the next start."""
    made, account, other = past
    scene = made.copy(tmp_path)
    forged = forge(scene, account)
    session = await shown(scene, account, [*scene.entries(account), forged])
    check_refused(session, account, rule)
    assert alarm(session, other) == ""
    await session.close()
    healed, _layer = scene.open(CLEO)
    await healed.sync_now()
    held = healed._writing.vault.streams.one(account)
    assert held is not None
    # What was accepted and turned out not to open stays in the history that this device will not give up.
    stays = rule in ("wrap_does_not_open", "another_key", "another_inbox")
    assert (held.stopped != "") == stays
    await scene.close()


async def test_15_newer_version_is_no_alarm(scene: Scene) -> None:
    """An entry of a later version stops the account and says what is needed, without crying wolf."""
    account, _other = await shared(scene)
    entry = bent(scene.item(account, ADA), scene.crowd[ADA].keys[0], v=2)
    session = await shown(scene, account, [*scene.entries(account), entry])
    assert alarm(session, account) == NEWER
    assert session.status().state != "alarm"
    assert session.account(account).item.notes == "held before"


async def test_12_dropped_entry(scene: Scene) -> None:
    """An entry that is left out is missed by the next one."""
    account, _other = await shared(scene)
    for notes in ("second", "third"):
        await scene.act(lambda session, notes=notes: session.edit_account(account, {"notes": notes}))  # type: ignore[misc]
    await scene.look()
    entries = scene.entries(account)
    check_refused(await shown(scene, account, [*entries[:-2], entries[-1]]), account, "fork")


async def test_12_reordered_entries(scene: Scene) -> None:
    """Two entries in the other order are not what was signed."""
    account, _other = await shared(scene)
    for notes in ("second", "third"):
        await scene.act(lambda session, notes=notes: session.edit_account(account, {"notes": notes}))  # type: ignore[misc]
    await scene.look()
    entries = scene.entries(account)
    check_refused(await shown(scene, account, [*entries[:-2], entries[-1], entries[-2]]), account, "fork")


async def test_10_rolled_back(scene: Scene) -> None:
    """A service that shows less than it had shown is found out by what is held."""
    account, _other = await shared(scene)
    check_refused(await shown(scene, account, scene.entries(account)[:-1]), account, "rolled_back")


async def test_10_rewritten(scene: Scene) -> None:
    """At the same length with another entry in it, the history is another one."""
    account, _other = await shared(scene)
    entries = scene.entries(account)
    check_refused(await shown(scene, account, [*entries[:-1], forging.replayed(scene, account)]), account, "fork")


async def test_11_two_devices_are_shown_two_histories(scene: Scene) -> None:
    """What one side writes on its history is refused on the other, whichever way it goes."""
    account, _other = await shared(scene)
    ours, theirs = scene.item(account, ADA, label="for one"), scene.item(account, ADA, label="for the other")
    base = scene.entries(account)
    first, one_layer = scene.open(CLEO, 0)
    second, other_layer = scene.open(CLEO, 1)
    one_layer.shows("account", account, [*base, ours])
    other_layer.shows("account", account, [*base, theirs])
    await first.sync_now()
    await second.sync_now()
    assert (first.account(account).item.label, second.account(account).item.label) == ("for one", "for the other")
    scene.ledger.add(ours)
    later = scene.item(account, ADA, label="on top of one")
    other_layer.is_honest()
    other_layer.shows("account", account, [*base, ours, later])
    await second.sync_now()
    assert alarm(second, account) == "fork"
    assert second.account(account).item.label == "for the other"
    assert "the account “for the other”" in said(second)


async def test_03_other_account_under_a_known_id(scene: Scene) -> None:
    """An account that is new to a device is named by its genesis; another genesis is another account."""
    account, _other = await shared(scene)
    fresh = await scene.account_of(ADA, CLEO, label="New")
    await scene.look()
    genesis, _keys = authoring.account_genesis(scene.author(ADA), scene.ledger)
    session, layer = scene.open(CLEO)
    layer.shows("account", fresh, [genesis, *scene.entries(fresh)[1:]])
    await session.sync_now()
    assert alarm(session, fresh) == "not_the_expected_stream"
    assert "an account that was shared with you" in said(session)
    assert session.account(account).item.notes == "held before"


async def test_13_withheld_account(scene: Scene) -> None:
    """A service that stays silent about an account is no alarm, and loses nothing once it speaks."""
    account, _other = await shared(scene)
    await scene.act(lambda session: session.edit_account(account, {"notes": "new"}))
    session, layer = scene.open(CLEO)
    layer.withholds(account)
    await session.sync_now()
    assert (alarm(session, account), session.account(account).item.notes) == ("", "held before")
    await scene.act(lambda session: session.edit_account(account, {"notes": "newer"}))
    layer.is_honest()
    await session.sync_now()
    assert (alarm(session, account), session.account(account).item.notes) == ("", "newer")


async def test_13_what_is_cited_is_asked_for(scene: Scene) -> None:
    """A service that does not mention a new workspace is asked for it as soon as an entry cites it."""
    account, _other = await shared(scene)
    await scene.act(lambda session: session.people.set_policy(Policy(idle_lock=60)))
    await scene.act(lambda session: session.edit_account(account, {"notes": "new"}))
    session, layer = scene.open(CLEO)
    layer.withholds(scene.crowd.workspace)
    await session.sync_now()
    assert (session.account(account).item.notes, session.people.policy().idle_lock) == ("new", 60)
    assert session.status().state != "alarm"
