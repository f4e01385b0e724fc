"""The eight-digit code: the same for two honest ends, another one as soon as anything between them was exchanged."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from cerby_tui.keys import DeviceKeys
from cerby_wire.approving import Meeting, Taken, code, commitment
from cerby_wire.headers import Position

OLD, NEW, THIRD = (DeviceKeys(bytes(range(first, first + 32))) for first in (0, 32, 64))
TAKEN = Taken(b"u" * 20, Position(3, b"h" * 32), OLD.public, bytes(range(16)))
MEETING = Meeting("https://cerby.example", bytes(32), NEW.public, bytes(16), TAKEN)
COMMITMENT = "4adcd6fc22fce379be665ed37b8d11f3590249c6e5151df36f00537b700798dd"
CODE = "88782277"


def test_the_code_is_what_it_was() -> None:
    """Devices of different versions come to the same digits: made once, and never again."""
    assert (commitment(NEW.public, bytes(16)).hex(), code(MEETING)) == (COMMITMENT, CODE)


@pytest.mark.parametrize(
    "exchanged",
    [
        {"origin": "https://cerby.example.net"},
        {"service_key": b"\x01" * 32},
        {"new": THIRD.public},
        {"new": replace(NEW.public, kem=THIRD.public.kem)},
        {"new_random": b"\x01" * 16},
        {"taken": replace(TAKEN, user=b"v" * 20)},
        {"taken": replace(TAKEN, chain=Position(4, b"h" * 32))},
        {"taken": replace(TAKEN, chain=Position(3, b"i" * 32))},
        {"taken": replace(TAKEN, approver=THIRD.public)},
        {"taken": replace(TAKEN, approver=replace(OLD.public, kem=THIRD.public.kem))},
        {"taken": replace(TAKEN, random=b"\x01" * 16)},
    ],
)
def test_every_part_is_in_the_code(exchanged: dict[str, Any]) -> None:
    """Service, person, chain, both devices with both keys, and both random values."""
    assert code(MEETING._replace(**exchanged)) != CODE


def test_the_commitment_binds_keys_and_random_value() -> None:
    """After it was sent, neither can be chosen anew."""
    others = [
        (THIRD.public, bytes(16)),
        (replace(NEW.public, kem=THIRD.public.kem), bytes(16)),
        (NEW.public, b"1" * 16),
    ]
    assert COMMITMENT not in [commitment(*one).hex() for one in others]
