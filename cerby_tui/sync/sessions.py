"""One's own trusted sessions at the service: their names and last contact, and taking one of them out of the chain."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from cerby_tui import authoring
from cerby_tui.authoring import Author
from cerby_tui.errors import RefusedError, SessionRemoved, UsageError
from cerby_tui.keys import DeviceKeys
from cerby_tui.opening import open_device_name
from cerby_tui.sync.api import Api
from cerby_tui.sync.beginning import Writing
from cerby_tui.sync.governing import Governing
from cerby_wire.errors import Refused
from cerby_wire.headers import Entry
from cerby_wire.sessions import DEVICES, DeviceList, DeviceView
from cerby_wire.shapes import PushEntry
from cerby_wire.state import UserState, WorkspaceState

TRIES = 5
NAMES = "session_names"
"""Where the names of one's own sessions are kept, for when the service is out of reach."""
UNCHANGED = "Nothing was changed."


class Sessions:
    """Asks for sessions and ends them. `sync` makes a whole round. All methods run on the sync thread."""

    def __init__(
        self, writing: Writing, device: DeviceKeys, api: Api, governing: Governing, sync: Callable[[], Awaitable[None]]
    ) -> None:
        self._vault = writing.vault
        self._opener = writing.opener
        self._device = device
        self._api = api
        self._governing = governing
        self._sync = sync
        self._asked = 0

    async def own(self) -> tuple[list[DeviceView], dict[bytes, str]]:
        """One's own sessions as the service lists them, and the names that open. Raises OfflineError, RefusedError."""
        views = (await self._api.ask("GET", DEVICES, None, DeviceList)).devices
        names = self._names(views)
        kept = self._vault.meta.read(NAMES, dict[bytes, str]) or {}
        if kept != kept | names:
            self._vault.meta.write(NAMES, kept | names)
        return views, kept | names

    async def learn_names(self) -> None:
        """Ask for the names of sessions that came since, once for each state of the chain: for when one is ended.

        Raises OfflineError, RefusedError.
        """
        person = self._vault.streams.user(self._vault.identity.user)
        if person is None or person.n == self._asked:
            return
        known = self._vault.meta.read(NAMES, dict[bytes, str]) or {}
        if not set(person.active_devices(person.n)) <= set(known):
            await self.own()
        self._asked = person.n

    async def of(self, user: bytes) -> list[DeviceView]:
        """The sessions of another member, without names. Raises OfflineError, RefusedError."""
        return (await self._api.ask("GET", f"{DEVICES}?user={user.hex()}", None, DeviceList)).devices

    def _names(self, views: list[DeviceView]) -> dict[bytes, str]:
        """The names, each by the generation of the seed that it was sealed under."""
        user, person = self._vault.identity.user, self._person()
        names: dict[bytes, str] = {}
        for view in views:
            for since in reversed(person.seeds):
                keys = self._opener.user_keys(since.seed.generation)
                try:
                    if keys is not None and view.name:
                        names[view.id] = open_device_name(keys, user, view.id, view.name)
                        break
                except Refused:
                    continue  # sealed under another generation, or not a name that we sealed
        return names

    async def remove(self, device: bytes) -> None:
        """End one of one's own sessions. Raises UsageError, OfflineError, RefusedError."""
        person = self._person()
        if not person.device_active(device, person.n):
            raise UsageError("That is no trusted session of yours.", safe=UNCHANGED)
        if device == self._device.id:
            await self._leave(person.stream)
        else:
            await self._revoke(device)

    async def _leave(self, user: bytes) -> None:
        """End the very session that we are: others of its person take it out of the chain, and make a new seed."""
        try:
            await self.suspend(user, self._device.id)
        except SessionRemoved:
            return  # it is done, and we heard of it

    async def suspend(self, user: bytes, device: bytes) -> None:
        """An order against a session, one's own or by an administrator. Raises OfflineError, RefusedError."""

        def write(author: Author, workspace: WorkspaceState) -> Entry | None:
            there = device in workspace.suspended(user, workspace.n)
            return None if there else authoring.suspend(author, user, device)

        await self._governing.act(write)

    async def _revoke(self, device: bytes) -> None:
        """Take another session out of the chain, under a new seed that it does not get."""
        for _ in range(TRIES):
            await self._sync()
            person = self._person()
            if not person.device_active(device, person.n):
                return
            keys = self._opener.user_keys(person.generation_at(person.n).generation)
            if keys is None:
                raise RefusedError("no_seed", "This session does not hold its person's newest key.", safe=UNCHANGED)
            entry, _fresh = authoring.revoke_device(self._device, person, keys, device)
            (answer,) = await self._api.push([PushEntry(person.stream, entry)])
            if answer.status == "refused":
                raise RefusedError(answer.rule, answer.detail, safe=UNCHANGED)
            if answer.status in ("accepted", "already"):
                await self._sync()
                return
        raise RefusedError("busy", "Your other sessions are changing the same thing.", safe=UNCHANGED)

    def _person(self) -> UserState:
        """The chain of our person. Raises RefusedError."""
        person = self._vault.streams.user(self._vault.identity.user)
        if person is None:
            raise RefusedError("no_chain", "The chain of your sessions is not here yet.", safe=UNCHANGED)
        return person
