"""Coming back with the kit in a workspace of several people, in every role; and what the service says to whom."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from cerby_service.database.dialect import writing_engine
from cerby_service.migrations import downgrade, upgrade
from cerby_tui.errors import RefusedError
from cerby_tui.home import Home
from cerby_tui.values import Item
from cerby_wire.headers import WorkspaceRole
from cerby_wire.texts import recovery_code
from tests.crowd import Somebody, gather
from tests.fakes import FrozenClock
from tests.kits import confirm, recover, recovering
from tests.rig import ServiceRig, service_rig


def code_of(somebody: Somebody) -> str:
    """What is on their kit."""
    return recovery_code(somebody.recovery_secret)


@pytest.mark.parametrize("role", ["admin", "user", "login_only", "guest"])
async def test_in_every_role(rig: ServiceRig, tmp_path: Path, clock: FrozenClock, role: WorkspaceRole) -> None:
    """Whoever they are, their new device judges what it is shown, and gets the accounts that are shared with them."""
    crowd = await gather(rig, tmp_path, clock, ("owner", role, "user"))
    ada, bob = crowd[0].open(), crowd[1]
    account = await ada.add_account(Item("Shop", app="shopify"))
    await ada.sync_now()
    await ada.sharing.share(account, bob.user, "collaborator")
    await ada.sync_now()
    device, _code = await recover(rig, code_of(bob), tmp_path / "new", clock)
    session = device.open()
    await session.sync_now()
    assert session.account(account).item.label == "Shop"
    assert session.who()[:2] == (bob.name, bob.email)
    assert session.status().state != "alarm"
    await ada.sync_now()
    assert ada.status().state != "alarm"
    await ada.close()
    await session.close()


async def test_the_others_follow(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> None:
    """After a recovery, accounts are read and written by everybody as before, the device that came back included."""
    crowd = await gather(rig, tmp_path, clock, ("owner", "user"))
    ada = crowd[0].open()
    account = await ada.add_account(Item("Shop"))
    await ada.sync_now()
    await ada.sharing.share(account, crowd[1].user, "owner")
    await ada.sync_now()
    device, _code = await recover(rig, code_of(crowd[1]), tmp_path / "new", clock)
    bob = device.open()
    await bob.sync_now()
    await bob.edit_account(account, {"notes": "from the new device"})
    await bob.sync_now()
    await ada.sync_now()
    assert ada.account(account).item.notes == "from the new device"
    assert ada.status().state != "alarm"
    await ada.close()
    await bob.close()


async def test_somebody_who_was_removed(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> None:
    """The kit of a person who is not a member any more brings nothing back, and says so."""
    crowd = await gather(rig, tmp_path, clock, ("owner", "user"))
    ada = crowd[0].open()
    await ada.sync_now()
    await ada.people.remove(crowd[1].user, {})
    await ada.close()
    with pytest.raises(RefusedError, match="not a member") as gone:
        await recovering(Home(tmp_path / "new"), clock).look(rig.origin, code_of(crowd[1]))
    assert gone.value.code == "forbidden"


async def test_a_kit_from_before_the_table(tmp_path: Path, clock: FrozenClock) -> None:
    """A database of an earlier release finds kits after its migration, spent ones included."""
    with service_rig(tmp_path, clock=clock.now) as rig:
        crowd = await gather(rig, tmp_path, clock, ("owner",))
        _device, fresh = await recover(rig, code_of(crowd[0]), tmp_path / "first", clock)
        rig.stop()
        engine = writing_engine(rig.directory.database_url)
        downgrade(engine, "0002")
        upgrade(engine, "0003")
        with engine.begin() as connection:
            assert connection.execute(text("SELECT count(*) FROM kits")).scalar() == 2
        engine.dispose()
        rig.start()
        with pytest.raises(RefusedError, match="only the newest kit counts"):
            await recovering(Home(tmp_path / "second"), clock).look(rig.origin, code_of(crowd[0]))
        way = recovering(Home(tmp_path / "third"), clock)
        await way.look(rig.origin, fresh)
        await way.use()
        confirm(way)
