"""What was written once stays readable: our own vectors, made once and never again (tests/vectors/make.py)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from cerby_tui import opening
from cerby_tui.keys import AccountKeys, DeviceKeys, UserKeys
from cerby_wire.encoding import encode
from cerby_wire.entries import entry_hash, next_head, read_header
from cerby_wire.headers import Entry
from cerby_wire.ledger import Ledger
from cerby_wire.messages import accept_message
from cerby_wire.primitives import KemKey
from cerby_wire.records import message_head
from cerby_wire.shapes import SignedRecord
from cerby_wire.state import WorkspaceState, decode_state, encode_state
from cerby_wire.texts import parse_recovery_code, parse_token
from tests.vectors.make import SECRET, SEED, blocks

FROZEN: dict[str, Any] = json.loads((Path(__file__).parent / "vectors" / "frozen.json").read_text())
BLOCKS, HISTORY = FROZEN["blocks"], FROZEN["history"]
OWNER_STREAM, GUEST_STREAM, WORKSPACE, ACCOUNT, PERSONAL = HISTORY["streams"]


def _entries(stream: str) -> list[Entry]:
    return [
        Entry(*(bytes.fromhex(entry[part]) for part in ("header", "body", "signature")))
        for entry in HISTORY["streams"][stream]
    ]


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    """The frozen history, accepted again."""
    held = Ledger(bytes.fromhex(HISTORY["service_key"]))
    for stream in HISTORY["streams"]:
        for entry in _entries(stream):
            held.add(entry, expected=bytes.fromhex(stream))
    return held


def test_building_blocks_give_what_they_gave() -> None:
    """Every label, frame, derivation, code and signature is as it was; only wraps are drawn at random."""
    assert blocks() | {"wrapped": ""} == BLOCKS | {"wrapped": ""}


def test_a_frozen_wrap_opens() -> None:
    """Wraps are drawn at random, so an old one is opened instead of made again."""
    assert KemKey(SEED).unwrap(bytes.fromhex(BLOCKS["wrapped"]), b"context") == b"secret"


def test_frozen_texts_are_read() -> None:
    """A printed recovery kit and a token of today are good tomorrow."""
    assert parse_recovery_code(BLOCKS["recovery_code"]) == SECRET
    assert parse_token(BLOCKS["token"]).origin == "https://cerby.example"


def test_the_frozen_history_adds_up_to_the_same_states(ledger: Ledger) -> None:
    """Accepted entry by entry, all four kinds of stream."""
    for stream, raw in HISTORY["states"].items():
        assert encode_state(ledger.states[bytes.fromhex(stream)]).hex() == raw


def test_states_kept_by_an_earlier_version_are_read(ledger: Ledger) -> None:
    """They lack the hash of each person's profile, and nothing else."""
    for stream, raw in HISTORY["earlier_states"].items():
        kept, now = decode_state(bytes.fromhex(raw)), ledger.states[bytes.fromhex(stream)]
        assert isinstance(kept, WorkspaceState) and isinstance(now, WorkspaceState)
        people = {user: replace(person, profile=b"") for user, person in now.people.items()}
        assert kept == replace(now, people=people)


def test_frozen_entries_have_the_same_hashes() -> None:
    """Entry hash and stream step."""
    for stream, frozen in HISTORY["streams"].items():
        for entry, stated in zip(_entries(stream), frozen, strict=True):
            assert entry_hash(entry).hex() == stated["hash"]
            assert next_head(b"", entry).hex() == stated["after_nothing"]
            assert encode(read_header(entry)) == entry.header


def _guest_keys(ledger: Ledger) -> UserKeys:
    guest = ledger.user(bytes.fromhex(HISTORY["guest"]))
    assert guest is not None
    device = DeviceKeys(bytes.fromhex(HISTORY["guest_seed"]))
    return opening.open_seed(_entries(GUEST_STREAM)[0], device, guest.generation_at(1))


def _account_keys(ledger: Ledger) -> AccountKeys:
    return opening.open_account_key(_entries(ACCOUNT)[1], bytes.fromhex(HISTORY["guest"]), _guest_keys(ledger))


def test_the_frozen_account_opens(ledger: Ledger) -> None:
    """Seed, account key, the key before it, and the card."""
    keys = _account_keys(ledger)
    genesis, _, item, _ = _entries(ACCOUNT)
    first = opening.epoch_of(genesis)
    assert first is not None
    previous = opening.open_previous_key(_entries(ACCOUNT)[1], bytes.fromhex(ACCOUNT), keys, first)
    assert previous is not None
    assert previous.commit == first.commit
    assert opening.open_item(item, keys) == {"label": "frozen"}


def test_the_frozen_seeds_open(ledger: Ledger) -> None:
    """The newest generation and the one before, and what was sealed for that person alone."""
    owner = ledger.user(bytes.fromhex(HISTORY["owner"]))
    assert owner is not None
    device, entries = DeviceKeys(bytes.fromhex(HISTORY["owner_seed"])), _entries(OWNER_STREAM)
    newest = opening.open_seed(entries[2], device, owner.generation_at(3))
    first = opening.open_previous_seed(entries[2], owner.stream, newest, owner.generation_at(1))
    assert opening.open_personal(_entries(PERSONAL)[1], first) == {"theme": "dark"}


def test_the_frozen_message_opens(ledger: Ledger) -> None:
    """Its signature, its chain hash and its sealed text."""
    frozen = {name: bytes.fromhex(value) for name, value in HISTORY["message"].items()}
    signed = SignedRecord(frozen["raw"], frozen["signature"])
    record = accept_message(
        None, 1, signed, frozen["sealed"], ledger.service_key(), bytes.fromhex(ACCOUNT), generation=b"g"
    )
    assert message_head(signed) == frozen["head"]
    content = opening.open_message(_account_keys(ledger), record, frozen["sealed"])
    assert content.encode() == frozen["content"]
