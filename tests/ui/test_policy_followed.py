"""What the workspace asks of its members' clients, followed by an app that is open while it changes."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from tests.crowd import gather
from tests.devices import until
from tests.fakes import FrozenClock
from tests.rig import ServiceRig
from tests.ui.gallery import WIDE, app_over, settle


async def test_open_app_follows_a_new_policy(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> None:
    """An administrator shortens idle time and clipboard: the app of somebody else locks by the new time at once."""
    crowd = await gather(rig, tmp_path, clock, ("owner", "user"))
    ada, bob = crowd[0].open(), crowd[1].open()
    app = app_over(bob, clock)
    async with app.run_test(size=WIDE) as pilot:
        await until(bob, lambda: bob.status().state == "live")
        assert (app.idle.limit, app.clipboard_seconds) == (600, 30)
        await ada.people.set_policy(replace(ada.people.policy(), idle_lock=60, clipboard=5))
        await until(bob, lambda: bob.policy().idle_lock == 60)
        await settle(pilot)
        assert (app.idle.limit, app.clipboard_seconds) == (60, 5)
    await ada.close()
    await bob.close()
