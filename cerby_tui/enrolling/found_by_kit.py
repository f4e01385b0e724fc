"""What a kit found at a service, judged before anything is used up: chain, seed, profile, pinned service key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from cerby_tui.enrolling.replay import UNTOUCHED, replay
from cerby_tui.errors import Alarm
from cerby_tui.keys import DeviceKeys, UserKeys
from cerby_tui.kit import seeds_of
from cerby_tui.opening import open_personal
from cerby_tui.vault.marks import SERVICE_KEY, TRUST_SLOT
from cerby_wire.entries import read_header
from cerby_wire.errors import Refused
from cerby_wire.headers import DevicePublic, PersonalItem, Position
from cerby_wire.ledger import Ledger
from cerby_wire.records import Profile, open_record, profile_hash
from cerby_wire.recovering import RECOVERY, AskRecovery, Proof, RecoveryAnswer
from cerby_wire.shapes import SignedRecord, StoredEntry
from cerby_wire.state import PersonalState, UserState

if TYPE_CHECKING:
    from cerby_tui.sync.api import Api

KEPT_BACK = "The service keeps back a part of this person's chain."


class Found(Struct, frozen=True):
    """What was found. `pinned`: the key of the service is the one that this person's devices know."""

    ledger: Ledger
    person: UserState
    workspace: bytes
    personal: bytes
    seed: UserKeys
    profile: Profile
    pinned: bool

    def __repr__(self) -> str:
        return "Found(…)"

    def pins(self) -> dict[bytes, Position]:
        """How far each stream was seen."""
        return {stream: Position(state.n, state.head) for stream, state in self.ledger.states.items()}


async def collect(api: Api, device: DevicePublic, proof: Proof) -> RecoveryAnswer:
    """Everything that the service has for the kit. Raises OfflineError, RefusedError."""
    entries: list[StoredEntry] = []
    after: dict[bytes, int] = {}
    while True:
        answer = await api.ask("POST", RECOVERY, AskRecovery(device, proof, after), RecoveryAnswer)
        entries += answer.entries
        after = after | {one.stream: one.n for one in answer.entries}
        # Streams may have grown between two pages: it is enough once nothing is missing, not once a page was whole.
        if not answer.entries or all(after.get(one.id, 0) >= one.n for one in answer.streams):
            return replace(answer, entries=entries)


def judge(answer: RecoveryAnswer, kit: DeviceKeys, service_key: bytes) -> Found:
    """Judge all of it. Raises Alarm if it is not what an honest service would show."""
    ledger = replay(service_key, answer.entries)
    person, workspace = ledger.user(answer.user), ledger.workspace()
    said = {one.id: Position(one.n, one.head) for one in answer.streams}
    held = {stream: Position(state.n, state.head) for stream, state in ledger.states.items()}
    if said != held or person is None or workspace is None or workspace.stream != answer.workspace:
        raise Alarm("withheld", "The service shows less than it says there is.", safe=UNTOUCHED)
    if person.recovery(person.n) != kit.id:
        raise Alarm("another_recovery", KEPT_BACK, safe=UNTOUCHED)
    if workspace.role_at(person.stream, workspace.n) is None:
        raise Alarm("another_workspace", "The service shows a workspace without this person.", safe=UNTOUCHED)
    try:
        seeds = seeds_of(person, lambda n: ledger.entries[person.stream][n - 1], kit)
        profile = _profile(answer.profile, person, workspace.people[person.stream].profile)
        known = _known_key(ledger, answer.personal, person, seeds)
    except Refused as refused:
        raise Alarm(refused.rule, refused.sentence, safe=UNTOUCHED) from None
    if known and known != service_key:
        sentence = "This is not the service that this person's devices know: its key is another one."
        raise Alarm("service_key", sentence, safe=UNTOUCHED, next_step="Check the address on the kit.")
    seed = seeds[person.generation_at(person.n).generation]
    return Found(ledger, person, answer.workspace, answer.personal, seed, profile, bool(known))


def _profile(signed: SignedRecord | None, person: UserState, cited: bytes) -> Profile:
    """The person's own profile, as one of their devices signed it and the workspace cites it. Raises Refused."""
    if signed is None:
        raise Refused("another_profile", "The service shows no profile of this person.")
    for record in person.devices.values():
        if record.recovery:
            continue
        try:
            profile = open_record(signed, Profile, record.public.sign)
        except Refused:
            continue
        if profile.user == person.stream and profile_hash(profile.email, profile.name, profile.salt) == cited:
            return profile
    raise Refused("another_profile", "The profile is not the one that the workspace cites.")


def _known_key(ledger: Ledger, stream: bytes, person: UserState, seeds: dict[int, UserKeys]) -> bytes:
    """The key of the service as this person's devices know it; empty if they never wrote it down. Raises Refused."""
    state = ledger.states.get(stream)
    if state is None and not stream:
        return b""
    if not isinstance(state, PersonalState) or state.user != person.stream:
        raise Refused("another_author", "The private settings are not those of this person.")
    slot = state.slots.get(TRUST_SLOT)
    if slot is None:
        return b""
    entry = ledger.entries[stream][slot.at - 1]
    act = read_header(entry).act
    keys = seeds.get(act.epoch) if isinstance(act, PersonalItem) else None
    if keys is None:
        raise Refused("wrong_key_or_place", "The private settings are sealed under a key that this kit does not reach.")
    key = open_personal(entry, keys).get(SERVICE_KEY)
    return key if isinstance(key, bytes) else b""
