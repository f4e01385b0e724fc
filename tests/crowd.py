"""A workspace of several people with several devices each, put into a running service and into vaults directly.

Everything is signed as real clients sign it and judged by the real rules; only mail, passphrases and typing are left
out, so that many people are there quickly.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from cerby_service.database import Writing, people
from cerby_service.database.counters import add_counter
from cerby_tui import authoring
from cerby_tui.authoring import Author
from cerby_tui.codes.extract import extract
from cerby_tui.home import Home
from cerby_tui.keyfile import write_key_file
from cerby_tui.keys import FLOOR, DeviceKeys, new_seed
from cerby_tui.lease import SessionFacts, renewed, write_session_file
from cerby_tui.session import Session
from cerby_tui.sync.beginning import begin_vault
from cerby_tui.vault.meta import Identity
from cerby_tui.vault.vault import open_database
from cerby_wire.entries import entry_hash, stream_id
from cerby_wire.headers import Entry, Policy, Position, WorkspaceRole
from cerby_wire.ledger import Ledger
from cerby_wire.primitives import SigningKey
from cerby_wire.records import Lease, profile_hash, sign_record
from cerby_wire.shapes import SignedRecord, StoredEntry
from cerby_wire.state import State
from tests.devices import PASSPHRASE, Device
from tests.fakes import FrozenClock
from tests.rig import ServiceRig

NAMES = ("Ada", "Bob", "Cleo", "Dan", "Eve", "Finn", "Gwen", "Hugo", "Iris", "Jon")
DAY = 86_400_000


class Somebody:
    """A person of a crowd: their keys, and a device with a vault for each of their trusted sessions."""

    def __init__(self, crowd: Crowd, name: str, role: WorkspaceRole, devices: int) -> None:
        self.crowd = crowd
        self.name = f"{name} Example"
        self.email = f"{name.lower()}@example.org"
        self.role = role
        self.keys = [DeviceKeys(new_seed()) for _ in range(devices)]
        self.recovery_secret = os.urandom(20)
        recovery = DeviceKeys.from_recovery(self.recovery_secret)
        genesis, self.seed = authoring.user_genesis(self.keys[0], recovery.public)
        self.user = crowd.add(genesis)
        self.profile, self.profile_hash = authoring.profile(self.keys[0], self.user, self.name, self.email)
        self.personal = b""
        self.devices: list[Device] = []
        for keys in self.keys[1:]:
            chain = crowd.ledger.user(self.user)
            assert chain
            crowd.add(authoring.add_device(self.keys[0], chain, self.seed, keys.public))

    def author(self) -> Author:
        """Them at their first device."""
        return Author.of(self.keys[0], self.user, self.crowd.ledger)

    def open(self, device: int = 0, **given: object) -> Session:
        """A session on one of their devices, not started."""
        return self.devices[device].open(**given)

    def lock(self, device: int = 0) -> Path:
        """Write the key file of one of their devices, so that its home opens with `PASSPHRASE`; gives the home."""
        home = self.devices[device].home
        write_key_file(home.key_file, self.keys[device].seed, PASSPHRASE, cost=FLOOR)
        return home.root

    def join(self) -> None:
        """Come in by an invite of the founder; the first person of all founds the workspace instead."""
        crowd = self.crowd
        if not crowd.workspace:
            crowd.workspace = crowd.add(authoring.workspace_genesis(self.author(), self.profile_hash, crowd.policy))
        else:
            key = authoring.invite_key(os.urandom(16))
            hashed = profile_hash(self.email, "", os.urandom(16))
            invite = authoring.invite(crowd.people[0].author(), key, self.role, hashed)
            crowd.add(invite)
            crowd.add(authoring.join(self.author(), key, entry_hash(invite), self.role, self.profile_hash))
        self.personal = crowd.add(authoring.personal_genesis(self.author()))


class Crowd:
    """The workspace: its people, the first of whom founded it, and the streams they began with."""

    def __init__(self, service: SigningKey, origin: str, policy: Policy | None) -> None:
        self.ledger = Ledger(service.public)
        self.service = service
        self.origin = origin
        self.policy = policy or Policy()
        self.workspace = b""
        self.people: list[Somebody] = []
        self._stored: list[tuple[State, State | None, Entry]] = []

    def __getitem__(self, place: int) -> Somebody:
        return self.people[place]

    def add(self, entry: Entry) -> bytes:
        """Accept an entry into the ledger; returns its stream."""
        stream = stream_id(entry)
        before = self.ledger.states.get(stream)
        self._stored.append((self.ledger.add(entry), before, entry))
        return stream

    def store(self, writing: Writing, rig: ServiceRig) -> None:
        """What the service keeps of all this, as if everybody had founded or joined."""
        add_counter(writing.connection, self.workspace)
        for state, before, entry in self._stored:
            rig.parts.keeper.store(writing, self.workspace, state, before, entry)
        for one in self.people:
            people.save_profile(writing, self.workspace, one.user, one.profile, one.email)
            for place, keys in enumerate(one.keys):
                name = authoring.device_name(one.seed, one.user, keys.id, f"{one.name} {place + 1}")
                people.name_device(writing, keys.id, name)

    def settle(self, one: Somebody, root: Path, clock: FrozenClock) -> None:
        """Homes with session file and vault for each device of somebody; there is no key file."""
        others = {person.personal for person in self.people} - {one.personal}
        entries = [
            StoredEntry(stream, n, entry)
            for stream, found in self.ledger.entries.items()
            if stream not in others
            for n, entry in enumerate(found, 1)
        ]
        for place, keys in enumerate(one.keys):
            home = Home(root / f"{one.email}-{place + 1}").ready()
            facts = SessionFacts(self.service.public, self.workspace, one.user)
            facts = renewed(facts, self.lease(one.user, keys, clock.now()), keys.id)
            write_session_file(home.session_file, keys.mac_key, facts)
            begin_vault(home, keys, self._identity(one, keys, place), entries, extract, clock)
            self._name_everybody(home, keys)
            one.devices.append(Device(home, keys, clock))

    def lease(self, user: bytes, keys: DeviceKeys, now: int) -> SignedRecord:
        """The service's word that a device may unlock offline for a fortnight from `now` (UTC ms)."""
        chain = self.ledger.user(user)
        position = Position(chain.n, chain.head) if chain else Position(0, b"")
        return sign_record(self.service, Lease(self.workspace, user, keys.id, position, now, now + 14 * DAY))

    def _identity(self, one: Somebody, keys: DeviceKeys, place: int) -> Identity:
        name = f"{one.name} {place + 1}"
        ours = (self.workspace, one.user, keys.id, one.personal, one.name, one.email, name)
        return Identity(self.origin, self.service.public, *ours)

    def _name_everybody(self, home: Home, keys: DeviceKeys) -> None:
        database = open_database(home, keys.database_key)
        for one in self.people:
            row: dict[str, object] = {"user": one.user, "name": one.name, "email": one.email}
            database.put("people", row, instead="INSERT OR REPLACE")
        database.close(truncate=True)


async def gather(
    rig: ServiceRig,
    root: Path,
    clock: FrozenClock,
    roles: Sequence[WorkspaceRole] = ("owner", "user", "user"),
    *,
    devices: int = 1,
    policy: Policy | None = None,
) -> Crowd:
    """People with these workspace roles, the first of them the Owner, with so many devices each; nobody has an account.

    They are called Ada, Bob, Cleo and so on, know each other's names, and are not started.
    """
    crowd = Crowd(rig.parts.key._signing, rig.origin, policy)
    for name, role in zip(NAMES, roles, strict=False):
        one = Somebody(crowd, name, role, devices)
        crowd.people.append(one)
        one.join()
    await rig.parts.database.write(lambda writing: crowd.store(writing, rig))
    for one in crowd.people:
        crowd.settle(one, root, clock)
    return crowd


async def everybody(*sessions: Session) -> None:
    """Everybody syncs, and once more so that everybody has what the last one sent."""
    for session in (*sessions, *sessions):
        await session.sync_now()
