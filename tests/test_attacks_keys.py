"""Attacks on what is kept or offered beside the streams: key files, old formats, recovery codes.

Numbers are the rows of the threat model (docs/threat-model.md). Each is refused, and for the reason stated.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from cerby_tui import authoring
from cerby_tui.errors import WrongPassphrase
from cerby_tui.keyfile import KeyFile, open_key_file, write_key_file
from cerby_tui.keys import FLOOR, DeviceKeys, new_seed
from cerby_wire.errors import NewerVersion
from cerby_wire.primitives import wrap
from cerby_wire.texts import Mistyped, parse_recovery_code, recovery_code
from tests.people import Shared, bent, refused


@pytest.fixture
def account() -> Shared:
    """An account of three people."""
    return Shared()


def _edited(path: Path, **changes: object) -> None:
    """Edit the head of a key file as anybody with the disk can."""
    file = msgspec.json.decode(path.read_bytes(), type=KeyFile)
    path.write_bytes(msgspec.json.encode(replace(file, head=replace(file.head, **changes))))


@pytest.mark.parametrize("changes", [{"memory": 8}, {"passes": 1}])
def test_14_the_cost_in_the_key_file_is_lowered(tmp_path: Path, changes: dict[str, object]) -> None:
    """Less than the compiled-in floor is refused before any work."""
    path = tmp_path / "device.json"
    write_key_file(path, new_seed(), "correct horse", cost=FLOOR)
    _edited(path, **changes)
    with refused("cost_below_floor"):
        open_key_file(path, "correct horse")


@pytest.mark.parametrize("changes", [{"passes": 4}, {"salt": bytes(16)}, {"keyring": False}])
def test_14_the_head_of_the_key_file_is_edited(tmp_path: Path, changes: dict[str, object]) -> None:
    """The head is the place of the seal: edited, it opens nothing."""
    path = tmp_path / "device.json"
    write_key_file(path, new_seed(), "correct horse", keyring=b"K" * 32, cost=FLOOR)
    _edited(path, **changes)
    with pytest.raises(WrongPassphrase):
        open_key_file(path, "correct horse", b"K" * 32)


def test_15_an_old_format_is_offered(account: Shared, tmp_path: Path) -> None:
    """There is one version of everything; unknown ones are refused, never guessed at."""
    with refused("unknown_version"):
        account.world.ledger.add(bent(account.item(), account.world.owner.device, v=0))
    with pytest.raises(NewerVersion):
        account.world.ledger.add(bent(account.item(), account.world.owner.device, v=2))
    path = tmp_path / "device.json"
    for changes in ({"v": 0}, {"kdf": "pbkdf2"}):
        write_key_file(path, new_seed(), "correct horse", cost=FLOOR)
        _edited(path, **changes)
        with refused("unknown_key_file"):
            open_key_file(path, "correct horse")


def test_15_a_short_kem_key_is_offered(account: Shared) -> None:
    """Half a hybrid key is no key."""
    with refused("bad_kem_key"):
        wrap(account.alice.device.public.kem[:-1], bytes(32))
    with refused("bad_kem_key"):
        wrap(account.alice.device.public.kem[:32], bytes(32))


def test_35_a_recovery_code_is_mistyped() -> None:
    """The check notices at once, without the network."""
    code = recovery_code(os.urandom(20))
    wrong = code[:7] + ("2" if code[7] != "2" else "3") + code[8:]
    with pytest.raises(Mistyped) as caught:
        parse_recovery_code(wrong)
    assert caught.value.group == 2


def test_35_a_stolen_recovery_key_is_used_quietly(account: Shared) -> None:
    """It adds a device only with its own replacement, in an entry that every device sees."""
    thief = DeviceKeys(new_seed())
    with refused("recovery_alone"):
        account.world.ledger.add(
            authoring.add_device(account.alice.recovery, account.alice.state, account.alice.keys, thief.public)
        )
