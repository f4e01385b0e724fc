"""`activity` and `leavers` on a real vault at a real service: what they print, and what they find."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from cerby_service.database.tables import activity as log
from cerby_tui.values import Item
from tests.command_line import Ended, run
from tests.crowd import Crowd, gather
from tests.devices import PASSPHRASE
from tests.fakes import FrozenClock
from tests.rig import ServiceRig, service_rig


@pytest.fixture
def rig(tmp_path: Path) -> Any:
    """A service of its own, whose log may be broken."""
    with service_rig(tmp_path) as rig:
        yield rig


@pytest.fixture
async def crowd(rig: ServiceRig, tmp_path: Path) -> AsyncIterator[Crowd]:
    """Ada, whose account Shop Bob had copied the password of before he was removed; she opens her command line."""
    crowd = await gather(rig, tmp_path, FrozenClock(time.time_ns() // 1_000_000), ("owner", "user"))
    ada, bob = (person.open() for person in crowd.people)
    account = await ada.add_account(Item("=Shop", app="github", password="swordfish"))
    await ada.sharing.share(account, crowd[1].user, "collaborator")
    for session in (ada, bob):
        await session.sync_now()
    bob.activity.note("copied", account, "password")
    await bob.sync_now()
    await ada.people.remove(crowd[1].user, {})
    await ada.sync_now()
    for session in (ada, bob):
        await session.close()
    crowd[0].lock()
    yield crowd


def ask(crowd: Crowd, *arguments: str) -> Ended:
    """Run a command as Ada."""
    return run(*arguments, home=crowd[0].devices[0].home.root, passphrase=PASSPHRASE)


def test_activity_is_listed_filtered_and_exported(crowd: Crowd) -> None:
    """As a table, as JSON with ids, as CSV that a spreadsheet does not run; by event, person, account and time."""
    lines = ask(crowd, "activity").stdout.splitlines()
    assert "Account Key Renewed" in lines[0] or "Member Removed" in "".join(lines[:3])
    found = json.loads(ask(crowd, "activity", "--event", "password retrieved", "--json").stdout)
    assert [(one["user_name"], one["account_label"], one["detail"]) for one in found] == [
        ("Bob Example", "=Shop", "password, copied")
    ]
    rows = list(csv.reader(io.StringIO(ask(crowd, "activity", "--account", "=Shop", "--limit", "0", "--csv").stdout)))
    assert rows[0] == ["Time", "Event", "Account", "App", "User", "Device", "Concerns", "Detail"]
    assert {row[2] for row in rows[1:]} == {"'=Shop"} and {row[3] for row in rows[1:]} == {"GitHub"}
    assert ["Sharing Of Account", "Bob Example"] in [[row[1], row[6]] for row in rows]
    ours = json.loads(ask(crowd, "activity", "--user", "bob@example.org", "--since", "today", "--json").stdout)
    assert {"Member Joined", "Password Retrieved", "Member Removed"} <= {one["event"] for one in ours}
    assert json.loads(ask(crowd, "activity", "--until", "2020-01-01", "--json").stdout) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--event", "Lunch"), "There is no event 'Lunch'"),
        (("--since", "soon"), "is not a time"),
        (("--user", "zed"), "No people here are called 'zed'"),
    ],
)
def test_what_makes_no_sense_is_refused(crowd: Crowd, arguments: tuple[str, ...], said: str) -> None:
    """With exit code 2, and what could have been meant."""
    ended = ask(crowd, "activity", *arguments)
    assert (ended.returncode, said in ended.stderr) == (2, True)


def test_verify_names_the_first_broken_line(crowd: Crowd, rig: ServiceRig) -> None:
    """Exit code 0 and how many lines; after a change in the service's database 6, and which line."""
    whole = ask(crowd, "activity", "verify")
    assert (whole.returncode, "follow from one another" in whole.stdout) == (0, True)
    rig.parts.database.write_now(lambda w: w.run(update(log).where(log.c.n == 5).values(detail="nothing")))

    broken = ask(crowd, "activity", "verify", "--json")
    assert (broken.returncode, broken.stdout) == (6, "")
    assert "Line 5 of the activity log was altered" in json.loads(broken.stderr)["error"]["sentence"]


def test_leavers_are_listed_and_ticked_off(crowd: Crowd) -> None:
    """Who left, what they may still know, and that it was changed; what removal cannot do is said beside."""
    assert [line.split("\t")[:3] for line in ask(crowd, "leavers").stdout.splitlines()] == [
        ["Bob Example", "person", "Ada Example"]
    ]
    shown = ask(crowd, "leavers", "show", "bob")
    assert shown.stdout.startswith("copied a secret\t=Shop\tCopied: password.")
    assert "cannot undo" in shown.stderr
    assert ask(crowd, "leavers", "tick", "bob", "=Shop").stdout == "=Shop: changed; 0 to change after Bob Example\n"
    (left,) = json.loads(ask(crowd, "leavers", "--json").stdout)
    assert left["open"] == 0
    assert "1 to change" in ask(crowd, "leavers", "tick", "bob", "=Shop", "--undo").stdout
    assert ask(crowd, "leavers", "show", "zed").returncode == 2
