"""The session file beside the key file: the lease, the highest signed time seen, the pinned service key.

It is protected by a MAC from the device seed and judged before the vault is opened. The clock may be set back but time
never runs backwards: a lease is judged by the later of the clock and the highest time the service has signed, and only
signed times raise that. A clock that once ran ahead therefore does no lasting harm.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec import Struct

from cerby_tui.errors import Alarm, LeaseOver
from cerby_tui.home import write_private
from cerby_wire.encoding import UNREADABLE, encode
from cerby_wire.errors import Refused
from cerby_wire.primitives import pae
from cerby_wire.records import Lease, open_record
from cerby_wire.shapes import SignedRecord


class SessionFacts(Struct, frozen=True):
    """What has to be known before the vault opens. `highest_time` in UTC milliseconds."""

    service_key: bytes
    workspace: bytes
    user: bytes
    lease: SignedRecord | None = None
    highest_time: int = 0


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


def renewed(facts: SessionFacts, lease: SignedRecord, device: bytes) -> SessionFacts:
    """The facts with a fresh lease and the time it was signed at. Raises Refused for one that is not ours."""
    issued = _opened(facts, lease, device).issued
    return msgspec.structs.replace(facts, lease=lease, highest_time=max(facts.highest_time, issued))


def check_lease(facts: SessionFacts, device: bytes, now: int) -> Lease:
    """The lease, if it still runs at `now` (UTC ms). Raises LeaseOver, Alarm."""
    if facts.lease is None:
        raise LeaseOver("This session has no lease yet.", next_step="Connect to the service once.")
    try:
        lease = _opened(facts, facts.lease, device)
    except Refused as error:
        raise Alarm(error.rule, "The lease is not one that the service gave this session.") from None
    if max(now, facts.highest_time) >= lease.valid_until:
        raise LeaseOver(
            "This session was out of contact for longer than the workspace allows.",
            safe="Nothing is lost; the vault stays locked.",
            next_step="Connect to the service, and it opens.",
        )
    return lease


def _opened(facts: SessionFacts, signed: SignedRecord, device: bytes) -> Lease:
    """The lease, verified, and given to this very session. Raises Refused."""
    lease = open_record(signed, Lease, facts.service_key)
    if (lease.workspace, lease.user, lease.device) != (facts.workspace, facts.user, device):
        raise Refused("another_session", "The lease was given to another session.")
    return lease


def _mac(mac_key: bytes, raw: bytes) -> bytes:
    return hmac.new(mac_key, pae(b"cerby/v1/session-file", raw), sha256).digest()
