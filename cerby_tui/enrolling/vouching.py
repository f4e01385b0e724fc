"""What a trusted session told a new device, judged against everything that the service shows: nothing is believed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from cerby_tui.enrolling.fetching import fetch
from cerby_tui.enrolling.replay import UNTOUCHED, replay, require_prefix
from cerby_tui.errors import Alarm
from cerby_tui.keys import DeviceKeys
from cerby_wire.approving import LABEL, Signed, Taken, Vouched, Welcome, welcome_place
from cerby_wire.encoding import decode
from cerby_wire.entries import device_id, read_header
from cerby_wire.errors import Refused
from cerby_wire.headers import DevicePublic, Position
from cerby_wire.ledger import Ledger
from cerby_wire.primitives import unpad, unseal, verify
from cerby_wire.shapes import Heads, SignedRecord, StoredEntry

if TYPE_CHECKING:
    from cerby_tui.sync.api import Api

DENY = "Discard this attempt, and remove the device on your other session if it is listed there."


class Vetted(Struct, frozen=True):
    """What the vault begins with. `missing` counts streams that the other session has and that are not served here."""

    vouched: Vouched
    lease: SignedRecord
    entries: Sequence[StoredEntry]
    recovery: DevicePublic
    missing: int

    def __repr__(self) -> str:
        return "Vetted(…)"


def open_welcome(welcome: Welcome, approval: bytes, device: DeviceKeys, taken: Taken) -> Vouched:
    """What the session that answered vouches for. Raises Alarm unless that very session said it to this device."""
    place = welcome_place(approval, device.public)
    try:
        key = device.kem.unwrap(welcome.wrapped, place)
        signed = decode(unpad(unseal(key, place, welcome.sealed)), Signed)
        verify(taken.approver.sign, LABEL, signed.raw, signed.signature)
        vouched = decode(signed.raw, Vouched)
    except Refused as refused:
        said = "What this device was told does not come from the session that answered it."
        raise Alarm(refused.rule, said, safe=UNTOUCHED, next_step=DENY) from None
    if (vouched.approval, vouched.device, vouched.user) != (approval, device.id, taken.user):
        raise _alarm("another_welcome", "What this device was told was meant for another device.")
    return vouched


async def vet(api: Api, vouched: Vouched, taken: Taken, device: DeviceKeys, service_key: bytes) -> Vetted:
    """Fetch and judge everything that the vault will begin with. Raises Alarm, OfflineError, RefusedError."""
    if vouched.service_key != service_key:
        raise _alarm("service_key", "The other session knows this service by another key.")
    heads = await api.heads("")
    entries = await fetch(api, {one.id: one.n for one in heads.streams})
    ledger = await asyncio.to_thread(replay, service_key, entries)
    missing = _compare(ledger, heads, vouched)
    _check_added(ledger, taken, device)
    person = ledger.user(vouched.user)
    workspace = ledger.workspace()
    if person is None or workspace is None or workspace.stream != vouched.workspace:
        raise _alarm("another_workspace", "The service shows another workspace than the other session knows.")
    if workspace.role_at(vouched.user, workspace.n) is None:
        raise _alarm("another_workspace", "The service shows a workspace without this person.")
    recovery = person.device_public(person.recovery(person.n))
    return Vetted(vouched, heads.lease, entries, recovery, missing)


def _compare(ledger: Ledger, heads: Heads, vouched: Vouched) -> int:
    """Everything that is served is whole, and goes on from where the other session had followed it.

    Gives how many streams are not served at all: accounts that were taken away meanwhile. Raises Alarm.
    """
    held = {stream: Position(state.n, state.head) for stream, state in ledger.states.items()}
    if held != {one.id: Position(one.n, one.head) for one in heads.streams}:
        raise _alarm("withheld", "The service shows less than it says there is.")
    pins = {pin.stream: Position(pin.n, pin.head) for pin in vouched.pins}
    needed = {vouched.user, vouched.workspace, vouched.personal}
    if not needed <= pins.keys() & held.keys():
        raise _alarm("withheld", "The service keeps back what the other session has.")
    require_prefix(ledger, {stream: pin for stream, pin in pins.items() if stream in held})
    return len(pins.keys() - held.keys())


def _check_added(ledger: Ledger, taken: Taken, device: DeviceKeys) -> None:
    """The chain is the one in the code, and in it the session that answered has added this device. Raises Alarm."""
    person = ledger.user(taken.user)
    if person is None or ledger.head(taken.user, taken.chain.n) != taken.chain.head:
        raise _alarm("fork", "The service shows another chain of sessions than the one in the code.")
    record = person.devices.get(device.id)
    if record is None or not person.device_active(device.id, person.n):
        raise _alarm("not_added", "The service shows a chain without this device.")
    header = read_header(ledger.entries[taken.user][record.added - 1])
    if header.device != device_id(taken.approver) or record.added <= taken.chain.n:
        raise _alarm("added_by_another", "This device was added by another session than the one that answered.")


def _alarm(rule: str, sentence: str) -> Alarm:
    return Alarm(rule, sentence, safe=UNTOUCHED, next_step=DENY)
