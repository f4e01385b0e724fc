"""Coming back with the recovery kit alone: whose it is, what its person's new device needs, and its one use.

Whoever holds the kit proves it by a signature of its recovery device for the device that asks. Nobody else is shown
anything, and what is shown is what that person's devices may see anyway. Accounts are not in it: they come by sync,
once the new device is in the chain.
"""

from __future__ import annotations

import asyncio
from contextlib import closing, suppress

from starlette.routing import Route

from cerby_service.clock import Clock
from cerby_service.database import Database, Reading, Writing, kits, people, streams
from cerby_service.database.kits import KitRow
from cerby_service.database.streams import StreamRow
from cerby_service.errors import Refusal
from cerby_service.http import Http
from cerby_service.keeping import Keeper
from cerby_service.mail import Mailer
from cerby_wire.entries import device_id, entry_hash, read_header
from cerby_wire.errors import NewerVersion, Refused
from cerby_wire.headers import UserRecovery
from cerby_wire.recovering import (
    RECOVERIES,
    RECOVERY,
    AskRecovery,
    Proof,
    Recover,
    Recovered,
    RecoveryAnswer,
    check_proof,
)
from cerby_wire.shapes import CLOCK_TOLERANCE, PULL_LIMIT, Pushed, PushEntry, StoredEntry, StreamHead
from cerby_wire.state import UserState, decode_state

NAME_LIMIT = 4_096
LETTER_SECONDS = 5.0
KINDS = ("user", "workspace", "personal")
"""In this order: what is judged comes after what it is judged by."""
UNKNOWN = "No vault at this service belongs to this recovery key."
SPENT = "This recovery key was used or replaced: only the newest kit counts."
GONE = "The person of this recovery key is not a member of the workspace any more."


class Recoveries:
    """Answers holders of a kit."""

    def __init__(self, database: Database, keeper: Keeper, mailer: Mailer, clock: Clock) -> None:
        self._database = database
        self._keeper = keeper
        self._mailer = mailer
        self._clock = clock

    def routes(self, http: Http) -> list[Route]:
        """Our part of the route table."""
        show = http.first_contact(AskRecovery, lambda asked: asked.device, self.show)
        add = http.first_contact(Recover, lambda asked: asked.device, self.add)
        return [Route(RECOVERY, show, methods=["POST"]), Route(RECOVERIES, add, methods=["POST"])]

    async def show(self, asked: AskRecovery) -> RecoveryAnswer:
        """What a new device needs to judge and open. Raises Refusal."""
        return await self._database.read(lambda reading: self._show(reading, asked))

    async def add(self, asked: Recover) -> Recovered:
        """Add the new device and spend the kit, or answer again that it was done. Raises Refusal."""
        if len(asked.device_name) > NAME_LIMIT:
            raise Refusal("bad_request", "The name of the device is too long.")
        recovered, address = await self._database.write(lambda writing: self._add(writing, asked))
        if address:
            await self._tell(address)
        return recovered

    async def _tell(self, address: str) -> None:
        """Their devices are told anyway: a mail server that does not answer holds nobody up."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LETTER_SECONDS):
                await self._mailer.send_recovered(address, self._clock())

    def _show(self, reading: Reading, asked: AskRecovery) -> RecoveryAnswer:
        kit, person = self._proved(reading, asked.proof, device_id(asked.device))
        self._check_fresh(asked.proof)
        if person.recovery(person.n) != asked.proof.recovery:
            raise Refusal("kit_spent", SPENT)
        rows = _shown(reading, kit)
        entries, more = _page(reading, rows, asked)
        return RecoveryAnswer(
            workspace=kit.workspace,
            user=kit.user,
            personal=next((row.id for row in rows if row.kind == "personal"), b""),
            streams=[StreamHead(row.kind, row.id, row.n, row.head) for row in rows],
            entries=entries,
            profile=people.profile_of(reading, kit.workspace, kit.user),
            more=more,
        )

    def _add(self, writing: Writing, asked: Recover) -> tuple[Recovered, str]:
        """The answer, and whom to write to; nobody, if it was done before."""
        device = device_id(asked.device)
        kit, _person = self._proved(writing, asked.proof, device)
        self._check_entry(asked)
        if streams.place_of(writing, kit.workspace, entry_hash(asked.entry)) is None:
            self._check_fresh(asked.proof)  # whoever asks again for an answer that was lost may do so much later
        pushed = self._keeper.push(writing, kit.workspace, kit.user, PushEntry(kit.user, asked.entry))
        if pushed.status not in ("accepted", "already"):
            raise _refusal(pushed)
        recovered = Recovered(kit.user, device, pushed.n)
        if pushed.status == "already":
            return recovered, ""
        people.name_device(writing, device, asked.device_name)
        return recovered, people.address_of(writing, kit.workspace, kit.user)

    def _proved(self, reading: Reading, proof: Proof, device: bytes) -> tuple[KitRow, UserState]:
        """Whose kit it is, and their chain, if the kit spoke for this device. Raises Refusal."""
        kit = kits.find(reading, proof.recovery)
        row = streams.find(reading, kit.workspace, kit.user) if kit else None
        person = decode_state(row.state) if row else None
        if kit is None or not isinstance(person, UserState):
            raise Refusal("no_such_kit", UNKNOWN)
        try:
            check_proof(proof, person.device_public(proof.recovery).sign, device)
        except Refused as refused:
            raise Refusal("bad_signature", refused.sentence) from None
        if kit.user not in people.members_of(reading, kit.workspace):
            raise Refusal("forbidden", GONE)
        return kit, person

    def _check_fresh(self, proof: Proof) -> None:
        """The kit spoke just now. Raises Refusal."""
        if abs(self._clock() - proof.created) > CLOCK_TOLERANCE * 1000:
            raise Refusal("clock_skew", "The recovery key signed more than five minutes ago or ahead.")

    def _check_entry(self, asked: Recover) -> None:
        """It is the kit's own act, and it adds the device that asks. Raises Refusal."""
        try:
            header = read_header(asked.entry)
        except (Refused, NewerVersion):
            raise Refusal("bad_request", "The entry cannot be read.") from None
        act = header.act
        ours = isinstance(act, UserRecovery) and act.device == asked.device and header.device == asked.proof.recovery
        if not ours:
            raise Refusal("bad_request", "The entry is not the one by which this recovery key adds this device.")


def _shown(reading: Reading, kit: KitRow) -> list[StreamRow]:
    """The streams that the person may see, without accounts."""
    rows = streams.visible(reading, kit.workspace, kit.user, None)
    return sorted((row for row in rows if row.kind in KINDS), key=lambda row: (KINDS.index(row.kind), row.id))


def _page(reading: Reading, rows: list[StreamRow], asked: AskRecovery) -> tuple[list[StoredEntry], bool]:
    """Entries after what the device has, within its budget; and whether there are more."""
    left = min(asked.budget, PULL_LIMIT)
    page: list[StoredEntry] = []
    for row in rows:
        with closing(streams.entries_after(reading, row.workspace, row.id, asked.after.get(row.id, 0))) as found:
            for one in found:
                left -= len(one.entry.header) + len(one.entry.body)
                if left < 0 and page:
                    return page, True
                page.append(one)
    return page, False


def _refusal(pushed: Pushed) -> Refusal:
    """Why the entry was not taken."""
    if pushed.status == "stale":
        return Refusal("stale", "The chain has grown meanwhile. Ask for it again.", rule=pushed.rule)
    if pushed.rule == "device_not_active":
        return Refusal("kit_spent", SPENT, rule=pushed.rule)
    return Refusal("bad_request", pushed.detail, rule=pushed.rule)
