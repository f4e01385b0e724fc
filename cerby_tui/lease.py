"""The session file beside the key file: the lease, the highest signed time seen, the pinned service key.

It is protected by a MAC from the device seed and judged before the vault is opened. The clock may be set back but time
never runs backwards: a lease is judged by the later of the clock and the highest time the service has signed, and only
signed times raise that. A clock that once ran ahead therefore does no lasting harm.

The service signs leases, and is not trusted with how long they are: a lease never runs longer than the policy that the
workspace signed, and one that claims to be signed a day or more ahead of this machine's clock is not taken.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec import Struct

from cerby_tui.errors import Alarm, LeaseOver
from cerby_tui.home import write_private
from cerby_wire.accept_workspace import LONGEST_OFFLINE
from cerby_wire.encoding import UNREADABLE, encode
from cerby_wire.errors import Refused, require
from cerby_wire.primitives import pae
from cerby_wire.records import Lease, open_record
from cerby_wire.shapes import SignedRecord

AHEAD = 86_400_000
"""Milliseconds by which a lease may be signed ahead of this machine's clock."""


class SessionFacts(Struct, frozen=True):
    """What has to be known before the vault opens. `highest_time` in UTC milliseconds.

    `allowance` is what the workspace's policy allowed when the lease was taken, in seconds; 0 if that was not known.
    """

    service_key: bytes
    workspace: bytes
    user: bytes
    lease: SignedRecord | None = None
    highest_time: int = 0
    allowance: int = 0


class SessionFile(Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in the file, as JSON."""

    facts: bytes
    mac: bytes


def write_session_file(path: Path, mac_key: bytes, facts: SessionFacts) -> None:
    """Replace the session file."""
    raw = encode(facts)
    write_private(path, msgspec.json.encode(SessionFile(raw, _mac(mac_key, raw))) + b"\n")


def read_session_file(path: Path, mac_key: bytes) -> SessionFacts:
    """The facts as this device wrote them. Raises LeaseOver if the file is missing, Alarm if it was altered."""
    try:
        file = msgspec.json.decode(path.read_bytes(), type=SessionFile)
        if not hmac.compare_digest(file.mac, _mac(mac_key, file.facts)):
            raise Alarm("session_file_altered", "The session file was not written by this device.")
        return msgspec.msgpack.decode(file.facts, type=SessionFacts)
    except FileNotFoundError:
        raise LeaseOver(
            "The session file is missing.", safe="The vault stays locked.", next_step="Connect to the service once."
        ) from None
    except UNREADABLE:
        raise Alarm("session_file_altered", "The session file cannot be read.") from None


def renewed(
    facts: SessionFacts, lease: SignedRecord, device: bytes, *, allowance: int = 0, now: int | None = None
) -> SessionFacts:
    """The facts with a fresh lease, the time it was signed at, and the policy's `allowance` (seconds; 0: not known).

    Raises Refused for one that is not ours, or that was signed too far ahead of `now` (UTC ms).
    """
    issued = _opened(facts, lease, device).issued
    plausible = now is None or issued <= now + AHEAD
    require(plausible, "lease_from_the_future", "It was signed a day or more ahead of this machine's clock.")
    newest = max(facts.highest_time, issued)
    return msgspec.structs.replace(facts, lease=lease, highest_time=newest, allowance=allowance or facts.allowance)


def check_length(facts: SessionFacts, device: bytes, allowance: int) -> None:
    """The lease runs no longer than `allowance` seconds (0: the most that any policy may say). Raises Refused."""
    if facts.lease is not None:
        lease = _opened(facts, facts.lease, device)
        fits = lease.valid_until - lease.issued <= (allowance or LONGEST_OFFLINE) * 1000
        require(fits, "lease_too_long", "It runs longer than your workspace allows.")


def check_lease(facts: SessionFacts, device: bytes, now: int) -> Lease:
    """The lease, if it still runs at `now` (UTC ms). Raises LeaseOver, Alarm."""
    if facts.lease is None:
        raise LeaseOver("This session has no lease yet.", next_step="Connect to the service once.")
    try:
        lease = _opened(facts, facts.lease, device)
    except Refused as error:
        raise Alarm(error.rule, "The lease is not one that the service gave this session.") from None
    if max(now, facts.highest_time) >= _runs_until(facts, lease):
        raise LeaseOver(
            "This session was out of contact for longer than the workspace allows.",
            safe="Nothing is lost; the vault stays locked.",
            next_step="Connect to the service, and it opens.",
        )
    return lease


def _runs_until(facts: SessionFacts, lease: Lease) -> int:
    """When the lease is over: at what it says, or when the longest that is allowed has passed."""
    longest = (facts.allowance or LONGEST_OFFLINE) * 1000
    return min(lease.valid_until, lease.issued + longest)


def _opened(facts: SessionFacts, signed: SignedRecord, device: bytes) -> Lease:
    """The lease, verified, and given to this very session. Raises Refused."""
    lease = open_record(signed, Lease, facts.service_key)
    if (lease.workspace, lease.user, lease.device) != (facts.workspace, facts.user, device):
        raise Refused("another_session", "The lease was given to another session.")
    return lease


def _mac(mac_key: bytes, raw: bytes) -> bytes:
    return hmac.new(mac_key, pae(b"cerby/v1/session-file", raw), sha256).digest()
