"""Files beside the vault that somebody has edited, opened by the real client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from cerby_tui.errors import Alarm
from cerby_tui.keyfile import KeyFile, write_key_file
from cerby_tui.keys import FLOOR
from cerby_tui.session import open_session
from tests.devices import NO_KEYRING, PASSPHRASE, Device
from tests.hostile.scene import Scene, make_scene
from tests.rig import ServiceRig

ADA = 0


@pytest.fixture
async def scene(rig: ServiceRig, tmp_path: Path) -> AsyncIterator[Scene]:
    """Ada, Bob and Cleo."""
    made = await make_scene(rig, tmp_path)
    yield made
    await made.close()


def edit(device: Device, **changes: object) -> None:
    """Edit the head of the key file as anybody with the disk can."""
    path = device.home.key_file
    file = msgspec.json.decode(path.read_bytes(), type=KeyFile)
    path.write_bytes(msgspec.json.encode(replace(file, head=replace(file.head, **changes))))


@pytest.mark.parametrize("changes", [{"memory": 8}, {"passes": 1}], ids=["memory", "passes"])
async def test_14_lowered_cost(scene: Scene, changes: dict[str, object]) -> None:
    """A key file with a cost below the floor is an alarm before any work is done; put right, it opens as before."""
    account = await scene.account_of(ADA)
    device = scene.crowd[ADA].devices[0]
    write_key_file(device.home.key_file, device.keys.seed, PASSPHRASE, cost=FLOOR)
    honest = device.home.key_file.read_bytes()
    edit(device, **changes)
    with pytest.raises(Alarm) as caught:
        await asyncio.to_thread(open_session, device.home, PASSPHRASE, clock=device.clock, keyring=NO_KEYRING)
    assert caught.value.rule == "cost_below_floor"
    assert "Nothing was opened" in caught.value.whole()
    device.home.key_file.write_bytes(honest)
    session = await asyncio.to_thread(open_session, device.home, PASSPHRASE, clock=device.clock, keyring=NO_KEYRING)
    assert session.account(account).item.notes == "held before"
    await session.close()
