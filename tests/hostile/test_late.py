"""People and sessions that were shut out and go on writing with the service's help.

Numbers are the rows of the threat model (docs/threat-model.md). Once anybody has written to an account with the removal
in view, nothing of the removed passes. Before that, an entry that cites the time before cannot be told from an honest
one that was held back; a client that knew of the removal takes it in and says so aloud.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from cerby_tui import authoring
from cerby_tui.session import Session
from cerby_tui.values import Changed
from cerby_wire.headers import Entry
from tests.hostile.scene import Scene, alarm, make_scene, said
from tests.rig import ServiceRig

ADA, BOB, CLEO = 0, 1, 2
ShutOut = Callable[[Scene], list[tuple[int, bytes, Entry]]]


@pytest.fixture
async def scene(rig: ServiceRig, tmp_path: Path) -> AsyncIterator[Scene]:
    """Ada, the Owner; Bob, an Admin; Cleo, a User; two sessions each."""
    made = await make_scene(rig, tmp_path, devices=2)
    yield made
    await made.close()


async def shared(scene: Scene) -> bytes:
    """An account of Ada's with Bob as an Owner and Cleo as a Collaborator, who all have it."""
    session = scene.crowd[ADA].open()
    account = await scene.account_of(ADA, BOB)
    await session.sync_now()
    await session.sharing.share(account, scene.crowd[CLEO].user, "collaborator")
    await session.sync_now()
    await session.close()
    for who in (BOB, CLEO):
        await scene.act(who=who)
    await scene.look()
    return account


def removed(scene: Scene) -> list[tuple[int, bytes, Entry]]:
    """Ada removes Bob."""
    return [(ADA, scene.crowd.workspace, authoring.remove(scene.author(ADA), scene.crowd[BOB].user))]


def demoted(scene: Scene) -> list[tuple[int, bytes, Entry]]:
    """Bob becomes a Guest."""
    return [(ADA, scene.crowd.workspace, authoring.role(scene.author(ADA), scene.crowd[BOB].user, "guest"))]


def suspended(scene: Scene) -> list[tuple[int, bytes, Entry]]:
    """Ada suspends Bob's second session."""
    bob = scene.crowd[BOB]
    return [(ADA, scene.crowd.workspace, authoring.suspend(scene.author(ADA), bob.user, bob.keys[1].id))]


def revoked(scene: Scene) -> list[tuple[int, bytes, Entry]]:
    """Bob removes his second session, and tells the workspace."""
    bob, ledger = scene.crowd[BOB], scene.ledger.copy()
    state = ledger.user(bob.user)
    assert state
    gone, _seed = authoring.revoke_device(bob.keys[0], state, bob.seed, bob.keys[1].id)
    ledger.add(gone)
    told = authoring.chain(authoring.Author.of(bob.keys[0], bob.user, ledger))
    return [(BOB, bob.user, gone), (BOB, scene.crowd.workspace, told)]


WAYS: dict[str, tuple[str, str, ShutOut]] = {
    "32 removed": ("not_allowed", "could not have made it any more", removed),
    "04 demoted": ("not_allowed", "could not have made it any more", demoted),
    "31 suspended": ("device_suspended", "a session that was suspended before", suspended),
    "31 revoked": ("device_not_active", "a session that was removed before", revoked),
}


async def shut_out(scene: Scene, way: ShutOut) -> None:
    """Make it happen at the service, without any client's upkeep."""
    for who, stream, entry in way(scene):
        await scene.push(who, stream, entry)


@pytest.mark.parametrize(("rule", "words", "way"), WAYS.values(), ids=WAYS.keys())
async def test_late_change(scene: Scene, rule: str, words: str, way: ShutOut) -> None:
    """A change of somebody known to be shut out, as of before: it stands, and everybody is told aloud."""
    account = await shared(scene)
    late, before = scene.item(account, BOB, 1, "Forged"), scene.entries(account)
    await shut_out(scene, way)
    session, layer = scene.open(CLEO)
    heard: list[Changed] = []
    await session.sync_now()
    session.subscribe(heard.append)
    assert session.status().state != "alarm"
    layer.shows("account", account, [*before, late])
    await session.sync_now()
    sentence = said(session)
    assert "Bob Example" in sentence and words in sentence and f"({rule})" in sentence
    assert [news.loud for one in heard for news in one.news if "Bob Example" in news.sentence] == [True]
    assert alarm(session, account) == ""
    old = session._writing.vault.streams.entry(account, 2)
    assert old and session._writing.opener.version(account, old) == {"label": "Mail", "notes": "held before"}


@pytest.mark.parametrize("way", [removed, demoted, suspended, revoked])
async def test_honest_change_of_before(scene: Scene, way: ShutOut) -> None:
    """A change made before, by somebody who was shut out while this client was away, is no alarm."""
    account = await shared(scene)
    entry = scene.item(account, BOB, 1, "Honest")
    await scene.push(BOB, account, entry)
    await shut_out(scene, way)
    session, _layer = scene.open(CLEO)
    await session.sync_now()
    assert session.account(account).item.label == "Honest"
    assert session.status().state != "alarm"


RULES = {
    "32 removed": ("workspace_runs_backwards", removed),
    "04 demoted": ("workspace_runs_backwards", demoted),
    "31 suspended": ("workspace_runs_backwards", suspended),
    "31 revoked": ("chain_runs_backwards", revoked),
}


async def told(scene: Scene, account: bytes, late: Entry) -> Session:
    """Cleo is shown an entry at the end of the account as it stands."""
    session, layer = scene.open(CLEO)
    await session.sync_now()
    layer.shows("account", account, [*scene.entries(account), late])
    await session.sync_now()
    return session


@pytest.mark.parametrize(("rule", "way"), RULES.values(), ids=RULES.keys())
async def test_late_change_after_the_next_key(scene: Scene, rule: str, way: ShutOut) -> None:
    """As soon as an Owner was online, the account has seen the removal, and nothing of before passes."""
    account = await shared(scene)
    late = scene.item(account, BOB, 1, "Forged")
    await shut_out(scene, way)
    await scene.act()
    await scene.look()
    session = await told(scene, account, late)
    assert alarm(session, account) == rule
    assert "the account “Mail”" in said(session)
    assert session.account(account).item.notes == "held before"


@pytest.mark.parametrize(
    ("rule", "way"),
    [("not_allowed", removed), ("device_suspended", suspended), ("device_not_active", revoked)],
    ids=["32 removed", "31 suspended", "31 revoked"],
)
async def test_change_on_the_present_view(scene: Scene, rule: str, way: ShutOut) -> None:
    """Whoever was shut out and cites the workspace as it is, is refused by what it says."""
    account = await shared(scene)
    await shut_out(scene, way)
    late = scene.item(account, BOB, 1, "Forged")
    session = await told(scene, account, late)
    assert alarm(session, account) == rule
    assert session.account(account).item.notes == "held before"


async def test_stale_revocation(scene: Scene) -> None:
    """A service that shows a removal to one client only is found out by what that client writes next."""
    account = await shared(scene)
    await shut_out(scene, removed)
    await scene.act()  # Ada's client makes a new key without Bob
    await scene.act(lambda session: session.edit_account(account, {"notes": "after"}))
    session, layer = scene.open(CLEO)
    layer.shows("workspace", scene.crowd.workspace, scene.entries(scene.crowd.workspace)[:-1], quietly=True)
    await session.sync_now()
    assert session.account(account).item.notes == "held before"
    assert session._writing.vault.meta.progress.behind
    layer.is_honest()
    await session.sync_now()
    assert session.account(account).item.notes == "after"
    assert not session._writing.vault.meta.progress.behind


async def test_chain_of_a_guest(scene: Scene) -> None:
    """Somebody who may own no accounts still tells the workspace of their sessions, and that is no alarm."""
    await shut_out(scene, demoted)
    session, _layer = scene.open(CLEO)
    await session.sync_now()
    for who, stream, entry in revoked(scene):
        await scene.push(who, stream, entry)
    await session.sync_now()
    workspace = session._ground.around().workspace()
    assert workspace and workspace.n == len(scene.entries(scene.crowd.workspace))
    assert session.status().state != "alarm"


async def test_first_fill_after_a_lie(scene: Scene) -> None:
    """An account whose beginning was a lie comes in whole at the next start, with all that people did in it before."""
    session, layer = scene.open(CLEO)
    await session.sync_now()
    account = await scene.account_of(ADA, BOB)
    await scene.act(who=BOB)
    await scene.act(lambda bob: bob.edit_account(account, {"notes": "by Bob"}), who=BOB)
    await scene.act(lambda ada: ada.sharing.share(account, scene.crowd[CLEO].user, "collaborator"))
    await scene.look()
    layer.shows("account", account, [authoring.account_genesis(scene.author(ADA), scene.ledger)[0]])
    await session.sync_now()
    assert alarm(session, account) == "not_the_expected_stream"
    await shut_out(scene, removed)
    layer.is_honest()
    await session.sync_now()
    await session.close()
    healed, _layer = scene.open(CLEO)
    await healed.sync_now()
    assert (healed.account(account).item.notes, healed.status().state == "alarm") == ("by Bob", False)
