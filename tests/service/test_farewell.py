"""What the service shows of an account to somebody who was taken off it: enough to believe it, and no more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cerby_tui import authoring
from cerby_wire.entries import read_header
from cerby_wire.headers import AccountItem, AccountMembers
from cerby_wire.shapes import Pull, StoredEntry
from tests.hostile.scene import Scene, make_scene
from tests.rig import ServiceRig

ADA, BOB, CLEO = 0, 1, 2


@pytest.fixture
async def scene(rig: ServiceRig, tmp_path: Path) -> AsyncIterator[Scene]:
    """Ada, Bob and Cleo."""
    made = await make_scene(rig, tmp_path)
    yield made
    await made.close()


async def pulled(scene: Scene, who: int, account: bytes, after: int = 0) -> list[StoredEntry]:
    """What somebody gets of an account by asking for it."""
    session = scene.crowd[who].open()
    online = await session._ground.online()
    found = (await session._ground.run(online.api.pull(Pull(streams={account: after})))).entries
    await session.close()
    return found


async def history(scene: Scene) -> bytes:
    """An account that Bob was on between its third and its fifth entry; it went on."""
    account = await scene.account_of(ADA)
    await scene.look()
    for people in ({ADA: "owner", BOB: "collaborator"}, {ADA: "owner"}):
        listed = {scene.crowd[one].user: role for one, role in people.items()}
        keys, state = scene.keys(account, ADA), scene.account(account)
        entry, _fresh = authoring.members(scene.author(ADA), state, keys, scene.ledger, listed)  # type: ignore[arg-type]
        await scene.push(ADA, account, entry)
        await scene.push(ADA, account, scene.item(account, ADA))
    return account


async def test_the_last_entry_is_the_one_that_says_so(scene: Scene) -> None:
    """From where they had followed it up to the list without them; nothing that was written later."""
    account = await history(scene)
    found = await pulled(scene, BOB, account, after=3)
    assert [(one.n, type(read_header(one.entry).act)) for one in found] == [(4, AccountItem), (5, AccountMembers)]
    assert await pulled(scene, BOB, account, after=5) == []
    assert len(await pulled(scene, ADA, account)) == 6


async def test_nothing_for_who_was_never_on_it(scene: Scene) -> None:
    """Whoever was not on an account learns nothing by asking, wherever they say they were."""
    account = await history(scene)
    for after in range(7):
        assert await pulled(scene, CLEO, account, after) == []


async def test_nothing_of_the_time_before(scene: Scene) -> None:
    """What is shown begins, without a gap, with the list that put them on it."""
    account = await history(scene)
    assert await pulled(scene, BOB, account) == []
    assert [one.n for one in await pulled(scene, BOB, account, after=2)] == [3, 4, 5]
