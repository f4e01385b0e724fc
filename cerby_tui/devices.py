"""Trusted sessions: one's own, the ones that ask to become one, and those of other members."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cerby_tui import words
from cerby_tui.errors import OfflineError
from cerby_tui.ground import Ground
from cerby_tui.importing import Imported, Importing
from cerby_tui.people import short_name
from cerby_tui.sync.sessions import NAMES
from cerby_tui.team_values import PendingSession, TrustedSession
from cerby_tui.vault.meta import Meta
from cerby_tui.vault.outbox import Outbox
from cerby_tui.vault.streams import Streams
from cerby_wire.entries import read_header
from cerby_wire.headers import UserAdd, UserRecovery
from cerby_wire.sessions import DeviceView
from cerby_wire.state import AccountState, DeviceRecord, UserState, decode_state


class Devices:
    """Trusted sessions. Acts need the service."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._streams = Streams(ground.reader)

    async def own(self) -> list[TrustedSession]:
        """One's own sessions, this one first, removed ones last; without the service what the vault knows of them."""
        sessions = (await self._ground.online()).sessions
        try:
            views, names = await self._ground.run(sessions.own())
        except OfflineError:
            views, names = [], Meta(self._ground.reader).read(NAMES, dict[bytes, str]) or {}
        return self._listed(self._ground.identity.user, views, names)

    async def of(self, user: bytes) -> list[TrustedSession]:
        """The sessions of another member, for administrators. Raises OfflineError, RefusedError."""
        sessions = (await self._ground.online()).sessions
        return self._listed(user, await self._ground.run(sessions.of(user)), {})

    def warnings(self, device: bytes) -> list[str]:
        """What somebody should know before they remove one of their own sessions."""
        identity = self._ground.identity
        said = ["What was read there may have been kept: removing a session protects what comes, not what was."]
        if device == identity.device:
            said = ["This is the session you are using. It ends at once, and its vault is deleted from this device."]
            if waiting := Outbox(self._ground.reader).count():
                changes = words.count_of(waiting, "change")
                said.append(f"{changes} made here did not reach the service yet. Sync first, or they may be lost.")
        person = self._ground.around().user(identity.user)
        if person and not self._trusted(person) - {device}:
            said.append("It is your last trusted session. After it, only your recovery kit opens your accounts.")
            if alone := self._alone_on():
                accounts = words.count_of(alone, "account")
                said.append(f"You are the last Owner of {accounts}: nobody else could manage them.")
        return said

    async def remove(self, device: bytes) -> None:
        """Remove one of one's own sessions, this one included. Raises UsageError, OfflineError, RefusedError."""
        sessions = (await self._ground.online()).sessions
        await self._ground.run(sessions.remove(device))

    async def suspend(self, user: bytes, device: bytes) -> None:
        """An administrator's order against a session of somebody else. Raises OfflineError, RefusedError."""
        sessions = (await self._ground.online()).sessions
        await self._ground.run(sessions.suspend(user, device))

    async def pending(self) -> list[PendingSession]:
        """The devices that ask to become a session of this person. Raises OfflineError, RefusedError."""
        trusting = (await self._ground.online()).trusting
        views = await self._ground.run(trusting.pending())
        offset = Meta(self._ground.reader).progress.offset
        return [
            PendingSession(
                id=view.id,
                asked=view.asked - offset,
                expires=view.expires - offset,
                address=view.address,
                taken_here=trusting.answered(view.id),
                taken_elsewhere=bool(view.taken_by) and not trusting.answered(view.id),
            )
            for view in views
        ]

    async def take(self, request: bytes) -> str:
        """Answer a request from here: the other device now shows its code. Returns the name it gives itself, once it
        has said so. Raises OfflineError, RefusedError, TimedOut, Alarm if it is not what it committed to.
        """
        trusting = (await self._ground.online()).trusting
        return await self._ground.run(trusting.take(request))

    async def approve(self, request: bytes, code: str, name: str) -> None:
        """Trust the device whose code was typed, under `name`. Raises UsageError for a wrong code or a taken name,
        RefusedError (`too_many_devices`, `too_many_tries`, `slow_down`, …), OfflineError.
        """
        online = await self._ground.online()
        _views, names = await self._ground.run(online.sessions.own())
        await self._ground.run(online.trusting.approve(request, code, name, names))

    async def deny(self, request: bytes) -> None:
        """Do not trust it. Raises OfflineError, RefusedError."""
        trusting = (await self._ground.online()).trusting
        await self._ground.run(trusting.deny(request))

    async def import_unsent(self, path: Path) -> Imported:
        """Take in what another session of this person did not get sent before it ended. Needs no service.

        Raises UsageError, RefusedError.
        """
        ground = self._ground
        imported = await ground.call(Importing(ground.writing, ground.device, ground.clock).take, path)
        ground.changed(everything=True)
        return imported

    def _listed(self, user: bytes, views: list[DeviceView], names: Mapping[bytes, str]) -> list[TrustedSession]:
        """The sessions that the signed chain knows, with what the service adds to them."""
        person = self._ground.around().user(user)
        if person is None:
            return []
        by_id = {view.id: view for view in views}
        found = [
            self._session(person, device, record, by_id.get(device), names.get(device, ""))
            for device, record in sorted(person.devices.items(), key=lambda item: item[1].added)
            if not record.recovery
        ]
        return sorted(found, key=lambda one: (not one.this, one.status == "Removed"))  # else in the chain's order

    def _session(
        self, person: UserState, device: bytes, record: DeviceRecord, view: DeviceView | None, name: str
    ) -> TrustedSession:
        identity, workspace = self._ground.identity, self._ground.around().workspace()
        this = device == identity.device
        suspended = workspace is not None and device in workspace.suspended(person.stream, workspace.n)
        # Who was removed has no session any more, though nobody but they could write that into their chain.
        left = workspace is not None and workspace.role_at(person.stream, workspace.n) is None
        return TrustedSession(
            device=device,
            user=person.stream,
            name=name or (identity.device_name if this else short_name(device)),
            how=self._how(person, record),
            this=this,
            enrolled=view.added if view else self._streams.stored_at(person.stream, record.added),
            last_contact=view.last_contact if view else 0,
            status="Removed" if record.removed or left else "Suspended" if suspended else "Approved",
        )

    def _how(self, person: UserState, record: DeviceRecord) -> str:
        """How a session came to be trusted, as the chain says."""
        entry = self._streams.entry(person.stream, record.added)
        match read_header(entry).act if entry else None:
            case UserAdd():
                return "Approved"
            case UserRecovery():
                return "Recovery key"
        founding = self._streams.entry(self._ground.identity.workspace, 1)
        founder = read_header(founding).author if founding else b""
        return "First session" if founder == person.stream else "Invite"

    def _trusted(self, person: UserState) -> set[bytes]:
        workspace = self._ground.around().workspace()
        suspended = workspace.suspended(person.stream, workspace.n) if workspace else ()
        return set(person.active_devices(person.n)) - set(suspended)

    def _alone_on(self) -> int:
        """How many accounts nobody else owns."""
        rows = self._ground.reader.rows("SELECT state FROM streams WHERE kind = 'account' AND lost = 0")
        states = [decode_state(raw) for (raw,) in rows if raw]
        me = self._ground.identity.user
        return sum(isinstance(state, AccountState) and state.owners() == (me,) for state in states)
