"""The session file: a lease judged by a time that never runs backwards."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from cerby_tui.errors import Alarm, LeaseOver
from cerby_tui.lease import (
    AHEAD,
    SessionFacts,
    SessionFile,
    check_lease,
    check_length,
    read_session_file,
    renewed,
    write_session_file,
)
from cerby_wire.headers import Position
from cerby_wire.primitives import SigningKey
from cerby_wire.records import Lease, sign_record
from tests.fakes import NOON
from tests.people import refused

DAY = 86_400_000
SERVICE = SigningKey(bytes(range(32)))
FACTS = SessionFacts(SERVICE.public, b"workspace", b"user")
DEVICE, MAC_KEY = b"device", b"m" * 32


def _lease(issued: int = NOON, **changes: object) -> Lease:
    lease = Lease(b"workspace", b"user", DEVICE, Position(1, b"head"), issued, issued + 14 * DAY)
    return replace(lease, **changes)


def _with_lease(issued: int = NOON) -> SessionFacts:
    return renewed(FACTS, sign_record(SERVICE, _lease(issued)), DEVICE)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """By the device that wrote it."""
    path = tmp_path / "session.json"
    write_session_file(path, MAC_KEY, _with_lease())
    assert read_session_file(path, MAC_KEY) == _with_lease()


def test_a_lease_runs_until_it_is_over() -> None:
    """To the millisecond."""
    facts = _with_lease()
    assert check_lease(facts, DEVICE, NOON).valid_until == NOON + 14 * DAY
    check_lease(facts, DEVICE, NOON + 14 * DAY - 1)
    with pytest.raises(LeaseOver):
        check_lease(facts, DEVICE, NOON + 14 * DAY)


def test_without_a_lease_nothing_opens() -> None:
    """A session that never reached the service has none."""
    with pytest.raises(LeaseOver):
        check_lease(FACTS, DEVICE, NOON)


def test_setting_the_clock_back_does_not_help() -> None:
    """The highest time that the service has signed counts."""
    facts = replace(_with_lease(), highest_time=NOON + 15 * DAY)
    with pytest.raises(LeaseOver):
        check_lease(facts, DEVICE, NOON)


def test_only_signed_times_raise_the_highest() -> None:
    """A clock that once ran ahead does no lasting harm, and an old lease does not set time back."""
    facts = _with_lease()
    with pytest.raises(LeaseOver):
        check_lease(facts, DEVICE, NOON + 400 * DAY)
    check_lease(facts, DEVICE, NOON)
    older = renewed(_with_lease(NOON + DAY), sign_record(SERVICE, _lease(NOON)), DEVICE)
    assert older.highest_time == NOON + DAY


@pytest.mark.parametrize("changes", [{"workspace": b"x"}, {"user": b"x"}, {"device": b"x"}])
def test_a_lease_is_for_this_session(changes: dict[str, object]) -> None:
    """A lease of another workspace, person or device is not taken."""
    signed = sign_record(SERVICE, _lease(**changes))
    with refused("another_session"):
        renewed(FACTS, signed, DEVICE)
    with pytest.raises(Alarm) as caught:
        check_lease(replace(FACTS, lease=signed), DEVICE, NOON)
    assert caught.value.rule == "another_session"


def test_a_lease_is_signed_by_the_service() -> None:
    """By the key that is pinned, and no other."""
    forged = sign_record(SigningKey(os.urandom(32)), _lease())
    with refused("bad_signature"):
        renewed(FACTS, forged, DEVICE)
    with pytest.raises(Alarm):
        check_lease(replace(FACTS, lease=forged), DEVICE, NOON)


def test_an_edited_file_raises_an_alarm(tmp_path: Path) -> None:
    """Whoever has the disk cannot move the highest time, nor write the file with another key."""
    path = tmp_path / "session.json"
    write_session_file(path, MAC_KEY, _with_lease())
    file = msgspec.json.decode(path.read_bytes(), type=SessionFile)
    earlier = msgspec.msgpack.encode(replace(_with_lease(), highest_time=0))
    path.write_bytes(msgspec.json.encode(replace(file, facts=earlier)))
    with pytest.raises(Alarm):
        read_session_file(path, MAC_KEY)
    write_session_file(path, b"x" * 32, _with_lease())
    with pytest.raises(Alarm):
        read_session_file(path, MAC_KEY)


@pytest.mark.parametrize("content", ["", "{}", "null"])
def test_a_file_that_is_none_raises_an_alarm(tmp_path: Path, content: str) -> None:
    """Never a traceback."""
    path = tmp_path / "session.json"
    path.write_text(content)
    with pytest.raises(Alarm):
        read_session_file(path, MAC_KEY)


def test_a_missing_file_means_no_lease(tmp_path: Path) -> None:
    """Deleting it does not open the vault."""
    with pytest.raises(LeaseOver):
        read_session_file(tmp_path / "session.json", MAC_KEY)


def test_a_lease_counts_only_as_far_as_the_policy() -> None:
    """Whatever the service signs, the policy that was known when it was taken is the end of it, to the millisecond."""
    signed = sign_record(SERVICE, _lease(valid_until=NOON + 3650 * DAY))
    facts = renewed(FACTS, signed, DEVICE, allowance=7 * 86400)
    check_lease(facts, DEVICE, NOON + 7 * DAY - 1)
    with pytest.raises(LeaseOver):
        check_lease(facts, DEVICE, NOON + 7 * DAY)


def test_a_lease_under_an_unknown_policy_is_over_after_ninety_days() -> None:
    """That is the most that any policy may say."""
    signed = sign_record(SERVICE, _lease(valid_until=NOON + 3650 * DAY))
    facts = renewed(FACTS, signed, DEVICE)
    check_lease(facts, DEVICE, NOON + 90 * DAY - 1)
    with pytest.raises(LeaseOver):
        check_lease(facts, DEVICE, NOON + 90 * DAY)


def test_a_shorter_lease_is_over_when_it_says() -> None:
    """The service may give less than the policy allows."""
    facts = renewed(FACTS, sign_record(SERVICE, _lease(valid_until=NOON + DAY)), DEVICE, allowance=7 * 86400)
    with pytest.raises(LeaseOver):
        check_lease(facts, DEVICE, NOON + DAY)


def test_the_allowance_known_before_stays() -> None:
    """A lease that is taken while the policy is not at hand is measured by the last one that was."""
    facts = renewed(_with_lease(), sign_record(SERVICE, _lease()), DEVICE, allowance=86400)
    assert renewed(facts, sign_record(SERVICE, _lease(NOON + 1)), DEVICE).allowance == 86400
    assert renewed(facts, sign_record(SERVICE, _lease(NOON + 1)), DEVICE, allowance=5).allowance == 5


def test_the_length_of_a_lease_is_checked() -> None:
    """Just as long as allowed is right, a millisecond more is not; without a known policy ninety days are the bound."""
    facts = _with_lease()
    check_length(facts, DEVICE, 14 * 86400)
    check_length(FACTS, DEVICE, 1)
    with refused("lease_too_long"):
        check_length(facts, DEVICE, 14 * 86400 - 1)
    check_length(renewed(FACTS, sign_record(SERVICE, _lease(valid_until=NOON + 90 * DAY)), DEVICE), DEVICE, 0)
    with refused("lease_too_long"):
        check_length(renewed(FACTS, sign_record(SERVICE, _lease(valid_until=NOON + 90 * DAY + 1)), DEVICE), DEVICE, 0)


def test_a_lease_from_the_future_is_not_taken() -> None:
    """A clock may be behind by a day; more than that, and either it or the service is wrong."""
    assert renewed(FACTS, sign_record(SERVICE, _lease(NOON + AHEAD)), DEVICE, now=NOON).highest_time == NOON + AHEAD
    with refused("lease_from_the_future"):
        renewed(FACTS, sign_record(SERVICE, _lease(NOON + AHEAD + 1)), DEVICE, now=NOON)
