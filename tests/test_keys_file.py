"""The key file: what opens it, what does not, and what it costs."""

from __future__ import annotations

import base64
import stat
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from cerby_tui.errors import NoVault, VaultDamaged, WrongPassphrase
from cerby_tui.keyfile import (
    Head,
    KeyFile,
    measured_cost,
    needs_keyring,
    open_key_file,
    open_with_recovery,
    replace_recovery,
    write_key_file,
)
from cerby_tui.keys import ALONE, FLOOR, Cost, DeviceKeys, new_seed, passphrase_key
from cerby_wire.encoding import encode
from cerby_wire.primitives import seal
from tests.people import fresh_device

PASSPHRASE = "correct horse"
SECRET = b"K" * 32


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the key file goes."""
    return tmp_path / "device.json"


def _write(path: Path, **options: object) -> DeviceKeys:
    return write_key_file(path, new_seed(), PASSPHRASE, **({"cost": FLOOR} | options))  # type: ignore[arg-type]


def test_the_passphrase_opens_it(path: Path) -> None:
    """And gives the keys of the very device."""
    keys = _write(path)
    assert open_key_file(path, PASSPHRASE).id == keys.id
    assert not needs_keyring(path)


def test_a_wrong_passphrase_says_so(path: Path) -> None:
    """Nothing else is told."""
    _write(path)
    with pytest.raises(WrongPassphrase):
        open_key_file(path, PASSPHRASE + "x")


def test_the_keyring_secret_is_needed_where_it_was_mixed_in(path: Path) -> None:
    """The passphrase alone, or with another secret, opens nothing; the sentence tells the two apart."""
    keys = _write(path, keyring=SECRET)
    assert needs_keyring(path)
    assert open_key_file(path, PASSPHRASE, SECRET).id == keys.id
    with pytest.raises(WrongPassphrase, match="system keyring"):
        open_key_file(path, PASSPHRASE)
    with pytest.raises(WrongPassphrase, match="does not open"):
        open_key_file(path, PASSPHRASE, b"x" * 32)


def test_a_keyring_secret_that_is_not_asked_for_does_no_harm(path: Path) -> None:
    """A file written without a keyring opens where there is one now."""
    keys = _write(path)
    assert open_key_file(path, PASSPHRASE, SECRET).id == keys.id


def test_the_recovery_key_opens_it_alone(path: Path) -> None:
    """Without passphrase, keyring or service."""
    recovery = fresh_device()
    keys = _write(path, keyring=SECRET, recovery_public=recovery.public)
    assert open_with_recovery(path, recovery).id == keys.id


def test_another_or_an_old_recovery_key_does_not(path: Path) -> None:
    """A replaced kit opens nothing any more, and the passphrase still does."""
    old, new = fresh_device(), fresh_device()
    keys = _write(path, recovery_public=old.public)
    replace_recovery(path, keys, new.public)
    assert open_with_recovery(path, new).id == keys.id
    assert open_key_file(path, PASSPHRASE).id == keys.id
    with pytest.raises(WrongPassphrase):
        open_with_recovery(path, old)


def test_without_a_recovery_wrap_no_recovery_key_opens_it(path: Path) -> None:
    """A file that was written before the kit was made says so."""
    _write(path)
    with pytest.raises(WrongPassphrase):
        open_with_recovery(path, fresh_device())


def test_a_recovery_wrap_is_bound_to_its_device(path: Path, tmp_path: Path) -> None:
    """Put into the key file of another device, it opens nothing."""
    recovery, other = fresh_device(), tmp_path / "other.json"
    _write(path, recovery_public=recovery.public)
    _write(other, recovery_public=recovery.public)
    mine, theirs = path.read_text().split('"recovery":'), other.read_text().split('"recovery":')
    path.write_text(mine[0] + '"recovery":' + theirs[1])
    with pytest.raises(VaultDamaged):
        open_with_recovery(path, recovery)


def test_the_seed_belongs_to_the_device_that_the_head_names(path: Path, tmp_path: Path) -> None:
    """Head and seal of two files do not mix."""
    other = tmp_path / "other.json"
    _write(path)
    _write(other)
    head, sealed = path.read_text().split('"sealed":')[0], other.read_text().split('"sealed":')[1]
    path.write_text(head + '"sealed":' + sealed)
    with pytest.raises(WrongPassphrase):
        open_key_file(path, PASSPHRASE)


def test_a_seed_of_another_device_is_refused(path: Path) -> None:
    """Whoever knows the passphrase cannot put another device's seed under this one's name."""
    salt, name = bytes(16), fresh_device().id
    head = Head(1, "argon2id", FLOOR.memory, FLOOR.passes, salt, False, name)
    sealed = seal(passphrase_key(PASSPHRASE, salt, FLOOR, b""), encode(head), new_seed())
    path.write_bytes(msgspec.json.encode(KeyFile(head, sealed)))
    with pytest.raises(WrongPassphrase):
        open_key_file(path, PASSPHRASE)


def test_the_cost_given_is_the_cost_taken(path: Path) -> None:
    """What was measured at enrolment stands in the file, and opens it."""
    _write(path, cost=Cost(FLOOR.memory + 1024, FLOOR.passes))
    assert f'"memory":{FLOOR.memory + 1024}' in path.read_text()
    open_key_file(path, PASSPHRASE)


def test_a_missing_file_is_no_vault(path: Path) -> None:
    """Nothing is set up here."""
    for attempt in (lambda: open_key_file(path, ""), lambda: needs_keyring(path)):
        with pytest.raises(NoVault):
            attempt()


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"head": 1}', "\x00"])
def test_a_file_that_is_none_is_damaged(path: Path, content: str) -> None:
    """Never a traceback, and never taken for an empty one."""
    path.write_text(content)
    with pytest.raises(VaultDamaged):
        open_key_file(path, PASSPHRASE)


def test_only_its_owner_reads_it_and_nothing_is_left_beside_it(path: Path) -> None:
    """Mode 0600, written in one step."""
    _write(path)
    _write(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_the_seed_is_nowhere_in_the_file(path: Path) -> None:
    """Neither raw nor in hex nor in base 64."""
    keys = _write(path, recovery_public=fresh_device().public)
    content = path.read_bytes()
    for form in (keys.seed, keys.seed.hex().encode(), base64.b64encode(keys.seed)[:40]):
        assert form not in content


def _timer(seconds: float) -> Iterator[float]:
    yield 0.0
    yield seconds


@pytest.mark.parametrize(
    ("floor_takes", "memory", "with_keyring", "expected"),
    [
        (0.17, 24 << 20, True, 256 << 10),
        (0.17, 24 << 20, False, 256 << 10),
        (0.1875, 24 << 20, True, 256 << 10),
        (0.04, 24 << 20, False, 1024 << 10),
        (2.0, 24 << 20, True, FLOOR.memory),
        (2.0, 24 << 20, False, ALONE.memory),
        (0.01, 1 << 20, True, 256 << 10),
        (0.01, 128 << 10, False, ALONE.memory),
    ],
)
def test_the_cost_is_measured(floor_takes: float, memory: int, with_keyring: bool, expected: int) -> None:
    """As much as takes about three quarters of a second within a quarter of the memory, never below the least."""
    times = _timer(floor_takes)
    cost = measured_cost(with_keyring, memory=memory, timer=lambda: next(times))
    assert (cost.memory, cost.passes) == (expected, 3)


def test_the_least_cost_is_taken_unless_another_is_given(path: Path) -> None:
    """A passphrase that stands alone costs four times as much to guess."""
    _write(path, cost=None)
    assert f'"memory":{ALONE.memory}' in path.read_text()
    _write(path, cost=None, keyring=SECRET)
    assert f'"memory":{FLOOR.memory}' in path.read_text()
