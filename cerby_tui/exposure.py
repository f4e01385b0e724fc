"""Who had the keys of which account and has them no more: read out of the verified streams, on the disk alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cerby_tui import opening
from cerby_tui.vault.around import Around
from cerby_tui.vault.streams import Streams
from cerby_wire.entries import read_header
from cerby_wire.headers import WorkspaceSuspend
from cerby_wire.state import AccountState, UserState, WorkspaceState


class Listing(NamedTuple):
    """That somebody was given a key of an account: at which entry, under which generation of their seed."""

    user: bytes
    n: int
    generation: int


class Going(NamedTuple):
    """An entry that took something away: who wrote it, and when it came here (UTC ms)."""

    by: bytes
    at: int


class Exposure:
    """Answers from the streams of one vault. Accounts are read once and again when they grow."""

    def __init__(self, streams: Streams, around: Around, me: bytes) -> None:
        self._streams = streams
        self._around = around
        self._me = me
        self._read: dict[bytes, tuple[int, tuple[Listing, ...]]] = {}

    def owned(self) -> dict[bytes, AccountState]:
        """The accounts of which this person is an Owner."""
        held = self._streams.held()
        found = {}
        for stream in (one for one, how in held.items() if how.kind == "account" and not how.lost):
            state = self._streams.account(stream)
            if state is not None and self._me in state.owners():
                found[stream] = state
        return found

    def listings(self, account: bytes, state: AccountState) -> tuple[Listing, ...]:
        """Everybody who was ever given a key of an account."""
        n, found = self._read.get(account, (0, ()))
        if n < state.n:
            found = (*found, *self._listings(account, n))
            self._read[account] = (state.n, found)
        return found

    def _listings(self, account: bytes, after: int) -> Iterator[Listing]:
        for n, entry in enumerate(self._streams.entries(account, after), after + 1):
            epoch = opening.epoch_of(entry)
            for listed in epoch.members if epoch else ():
                yield Listing(listed.user, n, listed.generation)

    def taken_off(self, account: bytes, user: bytes, listings: tuple[Listing, ...]) -> Going:
        """Who took somebody off an account: whoever wrote the first list without them after the last one with them."""
        last = max(one.n for one in listings if one.user == user)
        n = min((one.n for one in listings if one.n > last), default=last)
        return self._going(account, n)

    def removed(self, workspace: WorkspaceState, user: bytes) -> Going | None:
        """Who removed somebody from the workspace; None while they are in it."""
        person = workspace.people.get(user)
        if person is None or not person.roles or person.roles[-1].role is not None:
            return None
        return self._going(workspace.stream, person.roles[-1].n)

    def gone_sessions(self, workspace: WorkspaceState, person: UserState) -> dict[bytes, Going]:
        """The sessions of somebody that were removed or are suspended."""
        found = {}
        orders = workspace.people[person.stream].suspensions if person.stream in workspace.people else ()
        for device, record in person.devices.items():
            if record.removed and not record.recovery:
                found[device] = self._going(person.stream, record.removed)
        for order in orders:
            found[order.device] = self._going(workspace.stream, order.n)
        return found

    def could_read(self, person: UserState, device: bytes, listings: tuple[Listing, ...]) -> bool:
        """Whether a session had the key of an account: it was there when, or after, its person was given one.

        A later generation of the seed opens the earlier ones, so only what was given after it went is closed to it.
        """
        record = person.devices.get(device)
        if record is None:
            return False
        begun = {one.seed.generation: one.n for one in person.seeds}
        given = (begun.get(one.generation, 0) for one in listings if one.user == person.stream)
        return any(not record.removed or record.removed > start for start in given)

    def _going(self, stream: bytes, n: int) -> Going:
        entry = self._streams.entry(stream, n)
        if entry is None:
            return Going(b"", 0)
        header = read_header(entry)
        by = header.author or (stream if not isinstance(header.act, WorkspaceSuspend) else b"")
        return Going(by, self._streams.stored_at(stream, n))
