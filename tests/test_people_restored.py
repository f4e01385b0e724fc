"""A service that comes back from a backup of before a removal: its clients give it the removal back, and the rest."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cerby_tui.errors import SessionRemoved
from cerby_tui.values import Item
from tests.crowd import gather
from tests.fakes import NOON, FrozenClock
from tests.rig import service_rig
from tests.test_sync_restored import restore
from tests.test_upkeep import held, workspace


async def test_removal_and_what_followed_is_given_back(tmp_path: Path, clock: FrozenClock) -> None:
    """Removal, hand-over, new keys and a lowered Owner's last entries stand again once the first clients were there."""
    with service_rig(tmp_path, clock=lambda: NOON) as rig:
        crowd = await gather(rig, tmp_path, clock, ("owner", "user", "user", "user"))
        ada, bob, cleo, dan = (one.open() for one in crowd.people)
        alone, shared = await bob.add_account(Item("Alone")), await dan.add_account(Item("Shared"))
        await dan.sharing.share(shared, crowd[2].user, "owner")
        for session in (bob, dan, cleo):
            await session.sync_now()
        rig.stop()
        shutil.copytree(rig.data, tmp_path / "backup")
        rig.start()
        await dan.edit_account(shared, {"notes": "from Dan"})
        await dan.sync_now()
        await ada.people.remove(crowd[1].user, {alone: crowd[2].user})
        await ada.people.set_role(crowd[3].user, "login_only")
        await cleo.sync_now()
        await cleo.edit_account(alone, {"label": "Cleo's now"})
        await cleo.sync_now()
        before = held(cleo, alone), held(cleo, shared), workspace(cleo)
        restore(rig, tmp_path / "backup")
        for session in (cleo, dan, ada, cleo, dan):
            await session.sync_now()
        assert (held(cleo, alone), held(cleo, shared), workspace(ada)) == before
        with pytest.raises(SessionRemoved):
            await bob.sync_now()
        assert dan.account(shared).item.notes == "from Dan" and dan.card(shared).role == "collaborator"
        for session in (ada, bob, cleo, dan):
            await session.close()
