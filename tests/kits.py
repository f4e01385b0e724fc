"""People whose recovery kit is at hand, and new devices that come back with it."""

from __future__ import annotations

from pathlib import Path

import httpx

from cerby_tui.authoring import replace_recovery
from cerby_tui.codes.extract import extract
from cerby_tui.enrolling.founding import Founding
from cerby_tui.enrolling.recovering import Recovering
from cerby_tui.home import Home
from cerby_tui.keys import FLOOR, DeviceKeys
from cerby_tui.sync.beginning import writing_parts
from cerby_tui.unlocking import unlock
from cerby_tui.values import Item
from cerby_tui.vault.vault import open_database
from tests.devices import NO_KEYRING, PASSPHRASE, Device, _push
from tests.fakes import FrozenClock
from tests.rig import ServiceRig

AGAIN = "another horse battery staple"


class Kept:
    """A person with a first device, one account, and the code of their kit."""

    def __init__(self, device: Device, code: str, account: bytes) -> None:
        self.device = device
        self.code = code
        self.account = account


async def keep(rig: ServiceRig, root: Path, clock: FrozenClock, email: str) -> Kept:
    """Found a workspace, add an account, write down the kit."""
    home = Home(root)
    enrolment = Founding(home, clock, keyring=NO_KEYRING, cost=FLOOR)
    enrolment.name_device("first")
    enrolment.choose_passphrase(PASSPHRASE)
    await enrolment.request_code(rig.token(), email, "Ada Founder")
    await enrolment.confirm(rig.code_for(email))
    groups = confirm(enrolment)
    device = Device(home, unlock(home, PASSPHRASE, NO_KEYRING), clock)
    session = device.open()
    account = await session.add_account(Item("Trips", app="airbnb", username="ada"))
    await session.sync_now()
    await session.close()
    return Kept(device, "-".join(groups), account)


def recovering(home: Home, clock: FrozenClock, transport: httpx.AsyncBaseTransport | None = None) -> Recovering:
    """A new device on its way back, whose passphrase is chosen."""
    way = Recovering(home, clock, keyring=NO_KEYRING, cost=FLOOR, transport=transport)
    way.name_device("new laptop")
    way.choose_passphrase(AGAIN)
    return way


def confirm(way: Founding | Recovering) -> tuple[str, ...]:
    """Type the groups that are asked back; gives the whole code."""
    groups = way.kit().groups
    assert way.confirm_kit({one: groups[one - 1] for one in way.asked_back()})
    return groups


async def recover(rig: ServiceRig, code: str, root: Path, clock: FrozenClock) -> tuple[Device, str]:
    """Come back on a new device; gives it and the code of the new kit."""
    way = recovering(Home(root), clock)
    await way.look(rig.origin, code)
    await way.use()
    groups = confirm(way)
    return Device(Home(root), unlock(Home(root), AGAIN, NO_KEYRING), clock), "-".join(groups)


async def replace_directly(rig: ServiceRig, device: Device, kit: DeviceKeys) -> None:
    """A device of the person signs that another recovery key counts from now on."""
    database = open_database(device.home, device.keys.database_key)
    writing = writing_parts(database, device.keys, extract, device.clock)
    person = writing.vault.streams.user(writing.vault.identity.user)
    assert person
    seed = writing.opener.user_keys(person.generation_at(person.n).generation)
    database.close()
    assert seed
    entry, _fresh = replace_recovery(device.keys, person, seed, kit.public)
    await _push(rig, device, person.stream, entry)
