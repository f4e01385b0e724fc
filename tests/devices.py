"""Devices of one person at a running service: the first enrolled for real, further ones by a signed `add` link."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from cerby_service.database import Writing, people
from cerby_service.database.counters import add_counter
from cerby_tui import authoring
from cerby_tui.codes.extract import extract
from cerby_tui.enrolling.founding import Founding
from cerby_tui.home import Home
from cerby_tui.keyfile import write_key_file
from cerby_tui.keys import FLOOR, DeviceKeys, new_seed
from cerby_tui.lease import SessionFacts, renewed, write_session_file
from cerby_tui.session import Session
from cerby_tui.sync.api import Api
from cerby_tui.sync.backoff import Times
from cerby_tui.sync.beginning import begin_vault, writing_parts
from cerby_tui.system_keyring import SystemKeyring
from cerby_tui.unlocking import unlock
from cerby_tui.vault.vault import open_database
from cerby_wire.headers import Entry
from cerby_wire.ledger import Ledger
from cerby_wire.shapes import PushEntry, StoredEntry
from tests.fakes import FrozenClock
from tests.rig import ServiceRig
from tests.stage import Founder

PASSPHRASE = "correct horse battery staple"
EMAIL = "ada@example.org"
NO_KEYRING = SystemKeyring(allowed=())
QUICK = Times(
    hello=2.0,
    silence=2.0,
    first_wait=0.01,
    longest_wait=0.1,
    poll=0.2,
    gather=0.01,
    tick=0.05,
    lock_retry=0.05,
    spread=0.05,
)
"""The client's patience in tests: long enough for a busy machine, short enough to wait for."""


class Device:
    """A home with a vault, and the keys that open it."""

    def __init__(self, home: Home, keys: DeviceKeys, clock: FrozenClock) -> None:
        self.home = home
        self.keys = keys
        self.clock = clock

    def open(self, **given: object) -> Session:
        """Another session over the same vault."""
        return Session(self.home, self.keys, self.clock, **{"times": QUICK} | given)  # type: ignore[arg-type]


async def until(session: Session, condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until a condition holds, looking whenever the session says that something changed."""
    loop, changed = asyncio.get_running_loop(), asyncio.Event()
    end = session.subscribe(lambda _changed: loop.call_soon_threadsafe(changed.set))
    try:
        async with asyncio.timeout(seconds):
            while not condition():
                changed.clear()
                if condition():
                    return
                await changed.wait()
    finally:
        end()


async def enrol(rig: ServiceRig, root: Path, clock: FrozenClock, *, email: str = EMAIL) -> Device:
    """Found a workspace through the whole of the enrolment."""
    home = Home(root)
    enrolment = Founding(home, clock, keyring=NO_KEYRING, cost=FLOOR)
    enrolment.name_device("first")
    enrolment.choose_passphrase(PASSPHRASE)
    await enrolment.request_code(rig.token(), email, "Ada Founder")
    await enrolment.confirm(rig.code_for(email))
    kit = enrolment.kit()
    assert enrolment.confirm_kit({one: kit.groups[one - 1] for one in enrolment.asked_back()})
    return Device(home, unlock(home, PASSPHRASE, NO_KEYRING), clock)


async def add_device(rig: ServiceRig, first: Device, root: Path) -> Device:
    """A second device of the same person: a link signed by the first, and a vault with what the link gives."""
    home, keys, clock = Home(root).ready(), DeviceKeys(new_seed()), first.clock
    database = open_database(first.home, first.keys.database_key)
    writing = writing_parts(database, first.keys, extract, clock)
    identity = writing.vault.identity
    person = writing.vault.streams.user(identity.user)
    seed = writing.opener.user_keys(1)
    assert person and seed
    link = authoring.add_device(first.keys, person, seed, keys.public)
    entries = {
        stream: writing.vault.streams.entries(stream)
        for stream in (identity.user, identity.workspace, identity.personal)
    }
    database.close()
    await _push(rig, first, identity.user, link)
    entries[identity.user].append(link)
    write_key_file(home.key_file, keys.seed, PASSPHRASE, cost=FLOOR)
    api = Api(rig.origin, keys, clock)
    lease = (await api.heads("")).lease
    await api.close()
    facts = renewed(SessionFacts(identity.service_key, identity.workspace, identity.user), lease, keys.id)
    write_session_file(home.session_file, keys.mac_key, facts)
    stored = [StoredEntry(stream, n, entry) for stream, found in entries.items() for n, entry in enumerate(found, 1)]
    begin_vault(home, keys, replace(identity, device=keys.id, device_name="second"), stored, extract, clock)
    return Device(home, keys, clock)


async def remove(rig: ServiceRig, device: Device, other: Device) -> None:
    """One device of a person signs that another one is removed."""
    database = open_database(device.home, device.keys.database_key)
    writing = writing_parts(database, device.keys, extract, device.clock)
    person = writing.vault.streams.user(writing.vault.identity.user)
    seed = writing.opener.user_keys(1)
    database.close()
    assert person and seed
    revoked, _fresh = authoring.revoke_device(device.keys, person, seed, other.keys.id)
    await _push(rig, device, person.stream, revoked)


async def _push(rig: ServiceRig, device: Device, stream: bytes, entry: Entry) -> None:
    api = Api(rig.origin, device.keys, device.clock)
    (answer,) = await api.push([PushEntry(stream, entry)])
    await api.close()
    assert answer.status == "accepted", answer


async def found_directly(rig: ServiceRig, root: Path, clock: FrozenClock) -> tuple[Device, Device]:
    """Two devices of a new person, put into service and vaults without mail and passphrases: for many, quickly."""
    founder = Founder(seed=os.urandom(32), service=rig.parts.key._signing)
    second = DeviceKeys(new_seed())
    person = founder.ledger.user(founder.user)
    assert person
    beginning = {stream: list(entries) for stream, entries in founder.ledger.entries.items()}
    await rig.parts.database.write(lambda writing: _store(writing, rig, founder, beginning))
    link = authoring.add_device(founder.device, person, founder.user_keys, second.public)
    founder.add(link)
    devices = []
    for name, keys in (("first", founder.device), ("second", second)):
        home = Home(root / name).ready()
        if keys is second:
            await _push(rig, devices[0], founder.user, link)
        facts = renewed(
            SessionFacts(founder.service.public, founder.workspace, founder.user),
            founder.lease(clock.now(), keys),
            keys.id,
        )
        write_session_file(home.session_file, keys.mac_key, facts)
        begin_vault(home, keys, founder.identity(keys, rig.origin), founder.stored(), extract, clock)
        devices.append(Device(home, keys, clock))
    return devices[0], devices[1]


def _store(writing: Writing, rig: ServiceRig, founder: Founder, beginning: dict[bytes, list[Entry]]) -> None:
    """What founding a workspace stores."""
    ledger = Ledger(founder.service.public)
    add_counter(writing.connection, founder.workspace)
    for entries in beginning.values():
        rig.parts.keeper.store(writing, founder.workspace, ledger.add(entries[0]), None, entries[0])
    people.save_profile(writing, founder.workspace, founder.user, founder.profile, "ada@example.org")
    people.name_device(writing, founder.device.id, b"")
