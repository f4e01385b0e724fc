"""Made `frozen.json` once; run it only to begin a new format, into a file of another name.

    python -m tests.vectors.make tests/vectors/frozen.json

Everything stored or sent by a released version has to stay readable, so the file is never made again.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from cerby_tui import authoring
from cerby_tui.keys import FLOOR, AccountKeys, DeviceKeys, UserKeys, passphrase_key
from cerby_wire.encoding import encode
from cerby_wire.entries import entry_hash, next_head
from cerby_wire.headers import Entry
from cerby_wire.messages import MessageContent, sealed_hash
from cerby_wire.primitives import KemKey, SigningKey, derive, digest, pad, pae, seal, wrap
from cerby_wire.recipient import seal_message
from cerby_wire.records import Message, fingerprint, message_head, profile_hash, sign_record
from cerby_wire.requests import sign_request
from cerby_wire.shapes import SignedRecord
from cerby_wire.state import encode_state
from cerby_wire.texts import ProvisioningToken, recovery_code
from tests.people import Account, Private, World

SEED, SECRET = bytes(range(32)), bytes(range(20))
KEY = bytes(range(32, 64))


def blocks() -> dict[str, Any]:
    """The building blocks and everything that is derived."""
    device, recovery = DeviceKeys(SEED), DeviceKeys.from_recovery(SECRET)
    user, account = UserKeys(KEY, 3), AccountKeys(KEY, 2)
    return {
        "pae": pae(b"a", b"", b"bc").hex(),
        "digest": digest("label", b"a", b"bc").hex(),
        "derive": derive(KEY, "label", b"context", salt=b"salt", length=40).hex(),
        "seal": seal(KEY, b"place", b"hi", salt=bytes(32)).hex(),
        "padded": {str(length): len(pad(bytes(length))) for length in (0, 252, 253, 300, 1000, 5000, 70_000)},
        "signature": SigningKey(SEED).sign("label", b"message").hex(),
        "kem_public": digest("vector", KemKey(SEED).public).hex(),
        "wrapped": wrap(KemKey(SEED).public, b"secret", b"context").hex(),
        "device": {
            "id": device.id.hex(),
            "sign": device.public.sign.hex(),
            "kem": digest("vector", device.kem.public).hex(),
        },
        "database_key": device.database_key.hex(),
        "mac_key": device.mac_key.hex(),
        "recovery_code": recovery_code(SECRET),
        "recovery_device": recovery.id.hex(),
        "user": {"private": user.private.hex(), "kem": digest("vector", user.kem.public).hex()},
        "account": {"commit": account.commit.hex(), "inbox": digest("vector", account.inbox.public).hex()},
        "invite_key": authoring.invite_key(bytes(range(16))).public.hex(),
        "passphrase_key": passphrase_key("Zu\u0308rich \ufb01x", bytes(16), FLOOR, KEY).hex(),
        "profile_hash": profile_hash("Ada@Example.com", "Ada", bytes(16)).hex(),
        "fingerprint": fingerprint(KEY).hex(),
        "token": ProvisioningToken("https://cerby.example", bytes(range(20)), bytes(range(16))).encode(),
        "request": sign_request(
            SigningKey(SEED), device.id, "POST", "https://cerby.example/v1/push", b"body", 1_700_000_000_000, "key-1"
        ),
    }


def _entry(entry: Entry) -> dict[str, str]:
    return {
        "header": entry.header.hex(),
        "body": entry.body.hex(),
        "signature": entry.signature.hex(),
        "hash": entry_hash(entry).hex(),
        "after_nothing": next_head(b"", entry).hex(),
    }


def _message(world: World, account: Account) -> dict[str, Any]:
    content = MessageContent("sms", "+15555550123", "+15555550100", "123456 is your code", 1, "SM1", 1, 2, "ref")
    place: dict[str, Any] = {"account": account.id, "epoch": 2, "generation": b"g", "index": 1}
    sealed = seal_message(account.state.inbox, content, message_id=b"m", **place)
    record = Message(b"m", account.id, b"g", 1, 2, account.state.n, 1_700_000_000_000, sealed_hash(sealed), b"")
    signed: SignedRecord = sign_record(world.service, record)
    return {
        "raw": signed.raw.hex(),
        "signature": signed.signature.hex(),
        "sealed": sealed.hex(),
        "head": message_head(signed).hex(),
        "content": encode(content).hex(),
    }


def history() -> dict[str, Any]:
    """A whole honest history, with what opens it and the states it adds up to."""
    world = World()
    owner, guest = world.owner, world.join("user")
    account, private = Account(world), Private(world)
    account.share({owner.id: "owner", guest.id: "collaborator"})
    for entry in (account.item("frozen"), private.item(7)):
        world.ledger.add(entry)
    world.ledger.add(account.number())
    owner.revoke(owner.add())
    world.ledger.add(authoring.chain(owner.author()))
    order = (owner.id, guest.id, world.id, account.id, private.id)
    return {
        "service_key": world.service.public.hex(),
        "guest_seed": guest.device.seed.hex(),
        "owner_seed": owner.device.seed.hex(),
        "guest": guest.id.hex(),
        "owner": owner.id.hex(),
        "streams": {stream.hex(): [_entry(entry) for entry in world.ledger.entries[stream]] for stream in order},
        "states": {stream.hex(): encode_state(world.ledger.states[stream]).hex() for stream in order},
        "message": _message(world, account),
    }


if __name__ == "__main__":
    target = Path(sys.argv[1])
    if target.exists():
        sys.exit(f"{target} is frozen.")
    target.write_text(json.dumps({"blocks": blocks(), "history": history()}, indent=1) + "\n")
