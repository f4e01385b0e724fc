"""Killed between any two steps of what clients see to by themselves: the next start goes on, nothing is done twice."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from cerby_tui.errors import OfflineError
from cerby_tui.session import Session
from cerby_tui.values import Item
from tests.crowd import Crowd, gather
from tests.devices import Device
from tests.fakes import FrozenClock
from tests.faults import BadNetwork, Fault, Killed, Trapdoor
from tests.rig import ServiceRig
from tests.test_upkeep import chain, held, revoke, workspace


class Mortal:
    """A device whose process can die: before or after a transaction, or around a request."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.open()

    def open(self) -> None:
        """Begin anew from what is on the disk."""
        self.network = BadNetwork()
        self.session: Session = self.device.open(transport=self.network)
        self.trap = Trapdoor(self.session._writing.vault.database)

    async def sync(self, *, step: int = 0, faults: tuple[Fault, ...] = ()) -> bool:
        """A whole round; False if it died on the way, and began anew."""
        self.trap.steps, self.network.faults = step, list(faults)
        try:
            await self.session.sync_now()
        except Killed:
            await asyncio.to_thread(self._die)
            self.open()
            return False
        finally:
            self.trap.steps = 0
        return True

    def _die(self) -> None:
        """End without any farewell: whatever was not committed is gone."""
        session = self.session
        session._thread.submit(self.network.aclose()).result(10)
        session._thread.stop()
        if session._online is not None:
            session._online._judging.close()
        session._reader.close()
        session._writer.close()


async def staged(crowd: Crowd) -> tuple[bytes, bytes]:
    """Two accounts of Ada's, the first with Bob on it, the second with Bob as another Owner; Bob has a session less."""
    ada, bob = crowd[0].open(), crowd[1].open()
    first, second = await ada.add_account(Item("First")), await ada.add_account(Item("Second"))
    await ada.sharing.share(first, crowd[1].user, "collaborator")
    await ada.sharing.share(second, crowd[1].user, "owner")
    await ada.sync_now()
    await bob.sync_now()
    await revoke(bob, crowd[1].keys[1].id)
    await ada.close()
    await bob.close()
    return first, second


async def assert_settled(crowd: Crowd, accounts: tuple[bytes, bytes]) -> None:
    """Chain, workspace and settings have moved once, and each account has one more epoch for the new seed."""
    ada, bob = crowd[0].open(), crowd[1].open()
    for session in (ada, bob, ada, bob):
        await session.sync_now()
    me = crowd[1].user
    assert chain(ada, me).n == 3
    assert workspace(ada).chain_at(me, workspace(ada).n).n == 3
    assert workspace(ada).n == 4  # founded, invited, joined, and the new chain once
    for account, epoch in zip(accounts, (3, 3), strict=True):
        assert held(ada, account).members[me].generation == 2
        assert held(bob, account).epoch == epoch
    await ada.close()
    await bob.close()


@pytest.mark.parametrize("dead", ["dead before", "dead after", "lost"])
async def test_killed_around_every_request(rig: ServiceRig, tmp_path: Path, clock: FrozenClock, dead: Fault) -> None:
    """Whatever request the process dies around, the next start finishes what was begun."""
    crowd = await gather(rig, tmp_path, clock, ("owner", "user"), devices=2)
    accounts = await staged(crowd)
    for one in (1, 0):
        mortal = Mortal(crowd[one].devices[0])
        for place in range(8):
            with suppress(OfflineError):
                await mortal.sync(faults=(*["fine"] * place, dead))  # type: ignore[arg-type]
        await mortal.sync()
        await mortal.session.close()
    await assert_settled(crowd, accounts)


async def test_killed_at_every_transaction(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> None:
    """Whatever transaction the process dies at, the next start finishes what was begun."""
    crowd = await gather(rig, tmp_path, clock, ("owner", "user"), devices=2)
    accounts = await staged(crowd)
    for one in (1, 0):
        mortal = Mortal(crowd[one].devices[0])
        for step in range(1, 30):
            await mortal.sync(step=step)
        await mortal.session.close()
    await assert_settled(crowd, accounts)
