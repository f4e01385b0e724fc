"""What follows from an accepted entry: who may see a stream, which devices may speak, what a lease may promise."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cerby_service.clock import Clock
from cerby_service.database import Change, Writing, invites, kits, people, streams
from cerby_service.database.kits import KitRow
from cerby_wire.shapes import AccessEvent
from cerby_wire.state import AccountState, PersonalState, State, UserState, WorkspaceState

Audience = frozenset[bytes] | None


class Consequences:
    """Keeps members, devices and access in step with the streams. `removed` hears of devices after the commit."""

    def __init__(self, clock: Clock, removed: Callable[[Iterable[bytes]], None]) -> None:
        self._clock = clock
        self._removed = removed

    def draw(self, writing: Writing, workspace: bytes, state: State, before: State | None) -> Audience:
        """Write down what follows; returns whom the entry is for (None: every member)."""
        match state:
            case UserState():
                return self._user(writing, workspace, state)
            case WorkspaceState():
                return self._workspace(writing, workspace, state, before)
            case AccountState():
                listed = {user: str(one.role) for user, one in state.members.items()}
                earlier = set(before.members) if isinstance(before, AccountState) else set()
                return self._access(writing, workspace, state.stream, listed, earlier)
            case PersonalState():
                earlier = {state.user} if before is not None else set()
                return self._access(writing, workspace, state.stream, {state.user: "owner"}, earlier)

    def _user(self, writing: Writing, workspace: bytes, state: UserState) -> Audience:
        known = people.device_states(writing, workspace, state.stream)
        active = set(state.active_devices(state.n))
        for device in active - set(known):
            sign = state.device_public(device).sign
            people.add_device(writing, workspace, state.stream, device, sign, self._clock())
        gone = {device for device, now in known.items() if now != "removed" and device not in active}
        self._silence(writing, gone, "removed")
        kits.keep(writing, KitRow(state.recovery(state.n), workspace, state.stream))
        return None

    def _workspace(self, writing: Writing, workspace: bytes, state: WorkspaceState, before: State | None) -> Audience:
        now = {user: str(role) for user, role in state.members(state.n).items()}
        left = set(people.members_of(writing, workspace)) - set(now)
        people.set_members(writing, workspace, now)
        people.save_workspace(writing, workspace, state.policy.offline_allowance, self._clock())
        if isinstance(before, WorkspaceState) and (closed := set(before.invites) - set(state.invites)):
            joined = len(state.members(state.n)) > len(before.members(before.n))
            invites.close(writing, workspace, closed, "used" if joined else "withdrawn")
        for user in state.people:
            devices = people.device_states(writing, workspace, user)
            ordered = {one for one in state.suspended(user, state.n) if devices.get(one) == "active"}
            self._silence(writing, ordered, "suspended")
            if user in left:
                self._tell(writing, set(devices))
        return None

    def _access(
        self, writing: Writing, workspace: bytes, stream: bytes, roles: dict[bytes, str], earlier: set[bytes]
    ) -> Audience:
        now = set(roles)
        if streams.roles_on(writing, workspace, stream) != roles:
            streams.set_roles(writing, workspace, stream, roles)
        for user in sorted(now ^ earlier):
            gained, lost = ([stream], []) if user in now else ([], [stream])
            event = AccessEvent(gained=gained, lost=lost)
            writing.note(Change(workspace, "access", stream, event, frozenset({user}), user=user))
        return frozenset(now)

    def _silence(self, writing: Writing, devices: set[bytes], state: str) -> None:
        """These devices may not speak any more."""
        if devices:
            people.set_device_state(writing, devices, state)
            self._tell(writing, devices)

    def _tell(self, writing: Writing, devices: set[bytes]) -> None:
        writing.once_committed(lambda: self._removed(devices))
