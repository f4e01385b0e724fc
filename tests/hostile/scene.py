"""People at a service that is about to turn hostile: what it holds, what its insiders can write, who it lies to."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from copy import copy
from pathlib import Path

from cerby_service.database import Reading, people, streams
from cerby_tui import authoring, opening
from cerby_tui.authoring import Author
from cerby_tui.home import Home
from cerby_tui.keys import AccountKeys
from cerby_tui.session import Session
from cerby_tui.values import Item
from cerby_wire.headers import Entry, WorkspaceRole
from cerby_wire.ledger import Ledger
from cerby_wire.shapes import PushEntry
from cerby_wire.state import AccountState
from tests.crowd import Crowd, Somebody, gather
from tests.devices import Device
from tests.fakes import FrozenClock
from tests.hostile.service import Hostile
from tests.rig import ServiceRig

__all__ = ["Scene", "alarm", "make_scene", "said"]
ORDER = ("user", "workspace", "personal", "account")


class Scene:
    """A crowd, an honest past, and what the service and its insiders make of it."""

    def __init__(self, rig: ServiceRig, crowd: Crowd) -> None:
        self.rig = rig
        self.crowd = crowd
        self.ledger = crowd.ledger
        self.sessions: list[Session] = []
        self.outsiders: list[bytes] = []

    def copy(self, root: Path) -> Scene:
        """The same past, on copies of everybody's devices that can be lied to without leaving traces."""
        people = Crowd(self.crowd.service, self.crowd.origin, self.crowd.policy)
        people.workspace, people.people = self.crowd.workspace, [copy(one) for one in self.crowd.people]
        for place, one in enumerate(people.people):
            originals, one.devices = one.devices, []
            for number, device in enumerate(originals):
                home = Home(root / f"{place}-{number}")
                shutil.copytree(device.home.root, home.root)
                one.devices.append(Device(home, device.keys, device.clock))
        other = Scene(self.rig, people)
        other.ledger = self.ledger.copy()
        return other

    def open(self, who: int, device: int = 0, **given: object) -> tuple[Session, Hostile]:
        """A session of somebody, not started, and the layer that it reaches."""
        layer = Hostile(self.rig)
        session = self.crowd[who].open(device, transport=layer, **given)
        self.sessions.append(session)
        return session, layer

    async def close(self) -> None:
        """Close every session that was opened."""
        for session in self.sessions:
            await session.close()

    # --- what the service holds

    async def look(self) -> Ledger:
        """Everything that the service holds of this workspace, accepted anew."""
        found = await self.rig.parts.database.read(self._all)
        self.ledger = Ledger(self.crowd.service.public)
        for entry in found:
            self.ledger.add(entry)
        self.crowd.ledger = self.ledger
        return self.ledger

    def _all(self, reading: Reading) -> list[Entry]:
        rows = [row for row in streams.every(reading) if row.workspace == self.crowd.workspace]
        rows.sort(key=lambda row: ORDER.index(row.kind))
        found: list[Entry] = []
        for row in rows:
            with closing(streams.entries_after(reading, row.workspace, row.id, 0)) as entries:
                found += [stored.entry for stored in entries]
        return found

    def entries(self, stream: bytes) -> list[Entry]:
        """The entries of a stream as they were looked at last."""
        return list(self.ledger.entries[stream])

    def account(self, account: bytes) -> AccountState:
        """An account as it was looked at last."""
        return self.ledger.account(account)

    # --- what insiders can write

    def author(self, who: int, device: int = 0) -> Author:
        """Somebody at one of their devices, knowing what was looked at last."""
        one = self.crowd[who]
        return Author.of(one.keys[device], one.user, self.ledger)

    def keys(self, account: bytes, who: int) -> AccountKeys:
        """The key in force, as somebody on the account has it."""
        one, state = self.crowd[who], self.account(account)
        bringing = self.entries(account)[state.epoch_at - 1]
        return opening.open_account_key(bringing, one.user, one.seed)

    def item(self, account: bytes, who: int, device: int = 0, label: str = "Forged") -> Entry:
        """The next version of a card, by an insider; not sent to anybody."""
        state, keys = self.account(account), self.keys(account, who)
        return authoring.item(self.author(who, device), state, keys, {"label": label})

    # --- the past

    async def act(self, *acts: Callable[[Session], object], who: int = 0, device: int = 0) -> None:
        """Somebody does something in an honest session, and syncs."""
        session = self.crowd[who].open(device)
        for act in acts:
            await act(session)  # type: ignore[misc]
        await session.sync_now()
        await session.close()

    async def account_of(self, who: int, *others: int, role: str = "owner", label: str = "Mail") -> bytes:
        """A new account of somebody, shared with others; it has been synced."""
        session = self.crowd[who].open()
        account = await session.add_account(Item(label, notes="held before"))
        for other in others:
            await session.sharing.share(account, self.crowd[other].user, role)  # type: ignore[arg-type]
        await session.sync_now()
        await session.close()
        return account

    async def push(self, who: int, stream: bytes, *entries: Entry) -> None:
        """Somebody's client sends entries honestly, and the service takes them."""
        session = self.crowd[who].open()
        online = await session._ground.online()
        sent = [PushEntry(stream, entry) for entry in entries]
        answers = await session._ground.run(online.api.push(sent))
        await session.close()
        assert [answer.status for answer in answers] == ["accepted"] * len(entries), answers
        await self.look()

    async def arrive(self, name: str, role: WorkspaceRole, root: Path, clock: FrozenClock) -> Somebody:
        """Somebody new joins, whom nobody's vault knows yet."""
        crowd, before = self.crowd, len(self.crowd._stored)
        await self.look()
        one = Somebody(crowd, name, role, 1)
        crowd.people.append(one)
        one.join()
        fresh = crowd._stored[before:]
        keeper = self.rig.parts.keeper

        def store(writing: object) -> None:
            for state, earlier, entry in fresh:
                keeper.store(writing, crowd.workspace, state, earlier, entry)  # type: ignore[arg-type]
            people.save_profile(writing, crowd.workspace, one.user, one.profile, one.email)  # type: ignore[arg-type]
            people.name_device(writing, one.keys[0].id, b"")  # type: ignore[arg-type]

        await self.rig.parts.database.write(store)
        crowd.settle(one, root, clock)
        await self.look()
        return one


async def make_scene(
    rig: ServiceRig,
    root: Path,
    roles: tuple[WorkspaceRole, ...] = ("owner", "admin", "user"),
    *,
    devices: int = 1,
) -> Scene:
    """Ada, Bob and Cleo with these workspace roles, and an honest service."""
    return Scene(rig, await gather(rig, root, FrozenClock(), roles, devices=devices))


def alarm(session: Session, stream: bytes) -> str:
    """The rule at which a stream stopped on a device; empty if it did not."""
    held = session._writing.vault.streams.one(stream)
    return held.stopped if held else ""


def said(session: Session) -> str:
    """What the person is told, which must be an alarm."""
    status = session.status()
    assert status.state == "alarm", status
    return status.sentence
