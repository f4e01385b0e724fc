"""The service says that this session is over: it locks, and it is destroyed only if signed entries say the same.

On the service's word alone nothing is lost: a service that lies can lock a vault, and it opens again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Literal, NamedTuple

from cerby_tui import farewells, unsent
from cerby_tui.clock import Clock
from cerby_tui.errors import OfflineError, RefusedError, SessionRemoved
from cerby_tui.farewells import Deleting
from cerby_tui.home import Home
from cerby_tui.keys import DeviceKeys
from cerby_tui.people import short_id
from cerby_tui.sync.api import Api
from cerby_tui.sync.judging import Judge, Verdict
from cerby_tui.sync.sessions import NAMES
from cerby_tui.system_keyring import SystemKeyring
from cerby_tui.team_values import Farewell
from cerby_tui.vault.database import Database
from cerby_tui.vault.meta import Meta
from cerby_tui.vault.outbox import Outbox, described
from cerby_tui.vault.seen import SeenQueue
from cerby_tui.vault.streams import Streams
from cerby_wire.activity import ENDED, MOST_SEEN, AddedSeen, AddSeen
from cerby_wire.entries import read_header
from cerby_wire.headers import Entry, Header
from cerby_wire.removing import REMOVAL, AskRemoval, RemovalEvidence
from cerby_wire.shapes import StoredEntry
from cerby_wire.state import Person, UserState

log = logging.getLogger(__name__)
PATIENCE = 10.0
"""Seconds that the proof may take to come; then the vault locks without it."""


What = Literal["removed", "suspended", "left"]


class Proof(NamedTuple):
    """The signed entry that ended this session, what it adds up to, and its person's chain."""

    header: Header
    what: What
    person: UserState
    alive: bool
    """Whether another session of the person goes on."""


class Ending:
    """Judges what is said about the end of this session. `database` is a connection that may read and be read."""

    def __init__(
        self,
        home: Home,
        device: DeviceKeys,
        database: Database,
        api: Api,
        clock: Clock,
        keyring: SystemKeyring | None = None,
    ) -> None:
        self._home = home
        self._device = device
        self._database = database
        self._api = api
        self._clock = clock
        self._keyring = keyring
        self._identity = Meta(database).identity

    async def judged(self, told: SessionRemoved) -> SessionRemoved:
        """What to say about the end; with a farewell in it, nothing is left of the session here."""
        try:
            async with asyncio.timeout(PATIENCE):
                entries, at = await self._evidence()
        except (OfflineError, RefusedError, SessionRemoved, TimeoutError):
            entries, at = [], 0  # what is held may prove it all the same
        judge = Judge(self._database, self._identity)
        verdict = await asyncio.to_thread(judge.page, entries)
        proof = self._proof(judge, verdict)
        if proof is None:
            log.warning("the service says that this session is over, and nothing signed says so")
            return told
        await self._report()
        try:
            return farewells.said(await asyncio.to_thread(self._destroy, proof, at))
        except OSError as error:
            # What was not sent has nowhere to go: the vault locks as it is, and the next unlocking tries again.
            log.warning("this session is over, and cannot be deleted: %s", error.strerror)
            said = f"This trusted session is over, but its changes could not be kept elsewhere: {error.strerror}."
            return SessionRemoved(said, safe="Nothing was deleted yet.", next_step="Make room, and unlock again.")

    async def _evidence(self) -> tuple[list[StoredEntry], int]:
        """The entries that the service shows for it. Raises OfflineError, RefusedError, SessionRemoved."""
        held = Streams(self._database).held()
        after = {stream: one.position.n for stream, one in held.items() if one.kind in ("user", "workspace")}
        entries: list[StoredEntry] = []
        while True:
            answer = await self._api.ask("POST", REMOVAL, AskRemoval(after), RemovalEvidence)
            entries += answer.entries
            if not answer.more or not answer.entries:
                return entries, answer.at
            after |= {one.stream: one.n for one in answer.entries}

    async def _report(self) -> None:
        """Hand in what was viewed and copied and is not sent: others need to know it now. Without an answer, let be."""
        waiting = SeenQueue(self._database).waiting(MOST_SEEN)
        if waiting:
            with suppress(OfflineError, RefusedError, SessionRemoved, TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await self._api.ask("POST", ENDED, AddSeen(list(waiting.values())), AddedSeen)

    def _proof(self, judge: Judge, verdict: Verdict) -> Proof | None:
        """What of the signed entries ended this session; None if nothing did."""
        me, device = self._identity.user, self._device.id
        person, workspace = judge.user(me), judge.workspace()
        if person is None or workspace is None:
            return None
        here = workspace.people.get(me, Person())
        suspended = workspace.suspended(me, workspace.n)
        others = set(person.active_devices(person.n)) - set(suspended) - {device}
        left = bool(here.roles) and here.roles[-1].role is None
        record = person.devices.get(device)
        orders = [order.n for order in here.suspensions if order.device == device]
        what: What = "suspended" if orders else "left" if left else "removed"
        if orders or left:  # before the chain: one's own other sessions only follow an order
            found = _entry(judge, verdict, workspace.stream, orders[0] if orders else here.roles[-1].n)
        elif record is not None and record.removed:
            found = _entry(judge, verdict, me, record.removed)
        else:
            return None
        if found is None:
            return None
        header = read_header(found)
        if orders and header.author == me:
            what = "removed"
        return Proof(header, what, person, bool(others) and not left)

    def _destroy(self, proof: Proof, at: int) -> Farewell:
        """Keep what was not sent for other sessions, then delete everything; says what was done."""
        outbox = Outbox(self._database)
        waiting = tuple(f"{one.label}: {described(one)}" for one in unsent.kept(outbox.everything()))
        export = self._export(proof, outbox) if waiting and proof.alive else ""
        farewell = Farewell(proof.what, self._by(proof), at, waiting, export)
        farewells.destroy(self._home, farewell, Deleting(self._device.id, self._keyring or SystemKeyring()))
        log.info("this session is over, and its keys and vault are deleted")
        return farewell

    def _export(self, proof: Proof, outbox: Outbox) -> str:
        rows = unsent.kept(outbox.everything())
        seed, now = proof.person.generation_at(proof.person.n), self._clock.now()
        return str(unsent.export(self._home, self._device, self._identity.user, seed, rows, now))

    def _by(self, proof: Proof) -> str:
        """Who ended it, in words."""
        author, device = proof.header.author, proof.header.device
        if author == self._identity.user:
            names = Meta(self._database).read(NAMES, dict[bytes, str]) or {}
            if device == self._device.id:
                return "you, on this device"
            return f"you, on {names[device]}" if device in names else "you, on another session of yours"
        found = self._database.value("SELECT name FROM people WHERE user = ?", (author,))
        return str(found or "") or short_id(author)


def _entry(judge: Judge, verdict: Verdict, stream: bytes, n: int) -> Entry | None:
    """Entry `n` of a stream: one that is held, or one that was accepted just now."""
    for accepted in verdict.accepted:
        entries: Sequence[Entry] = accepted.entries
        place = n - (accepted.state.n - len(entries)) - 1
        if accepted.state.stream == stream and 0 <= place < len(entries):
            return entries[place]
    return judge.entry(stream, n)
