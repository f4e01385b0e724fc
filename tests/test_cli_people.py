"""`members` and `share` on a real vault at a real service: what they print, what they change, what they refuse."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from cerby_tui.values import Item
from tests.command_line import Ended, run
from tests.crowd import Crowd, gather
from tests.devices import PASSPHRASE
from tests.fakes import FrozenClock
from tests.rig import service_rig


@pytest.fixture
async def crowd(tmp_path: Path) -> Any:
    """Ada, who owns the workspace and an account, and Bob, who owns another; both can be opened from a command line."""
    with service_rig(tmp_path) as rig:
        crowd = await gather(rig, tmp_path, FrozenClock(time.time_ns() // 1_000_000), ("owner", "user", "user"))
        for person, label in ((0, "Shop"), (1, "Bank")):
            session = crowd[person].open()
            await session.add_account(Item(label))
            await session.sync_now()
            await session.close()
            crowd[person].lock()
        yield crowd


def ask(crowd: Crowd, *arguments: str, person: int = 0) -> Ended:
    """Run a command as somebody, with the right passphrase."""
    return run(*arguments, home=crowd[person].devices[0].home.root, passphrase=PASSPHRASE)


def test_accounts_are_shared_from_the_command_line(crowd: Crowd) -> None:
    """People are put on an account, listed, and taken off again; a name that fits nobody says so."""
    shared = json.loads(ask(crowd, "share", "Shop", "bob@example.org", "--as", "owner", "--json").stdout)
    assert [(one["name"], one["role"], one["waiting"]) for one in shared["people"]] == [
        ("Ada Example", "owner", False),
        ("Bob Example", "owner", False),
    ]
    assert ask(crowd, "sync", person=1).returncode == 0
    assert "Ada Example" in ask(crowd, "share", "Shop", person=1).stdout
    assert "Bob" not in ask(crowd, "share", "Shop", "bob@example.org", "--remove").stdout
    nobody = ask(crowd, "share", "Shop", "zed")
    assert (nobody.returncode, "Nobody in the workspace" in nobody.stderr) == (2, True)


def test_members_are_changed_from_the_command_line(crowd: Crowd) -> None:
    """Roles change, removal asks for certainty and for heirs, and then hands over."""
    lines = ask(crowd, "members").stdout.splitlines()
    assert [line.split("\t")[0] for line in lines] == ["Ada Example (you)", "Bob Example", "Cleo Example"]
    assert ask(crowd, "members", "role", "cleo@example.org", "admin").stdout == "Cleo Example: Admin\n"
    (sole,) = json.loads(ask(crowd, "members", "accounts", "bob", "--json").stdout)
    assert sole["label"] is None
    unsure = ask(crowd, "members", "remove", "bob")
    assert (unsure.returncode, "add --yes" in unsure.stderr) == (2, True)
    alone = ask(crowd, "members", "remove", "bob", "--yes")
    assert (alone.returncode, "Name a new Owner" in alone.stderr) == (6, True)
    done = ask(crowd, "members", "remove", "bob", "--yes", "--heir", f"{sole['account'][:8]}=cleo", "--json")
    assert json.loads(done.stdout)["status"] == "removed"
    assert ask(crowd, "sync", person=1).returncode == 4


def test_policy_is_changed_from_the_command_line(crowd: Crowd) -> None:
    """What is named changes, the rest stays; somebody who may not change it is refused."""
    changed = json.loads(ask(crowd, "members", "policy", "--idle-lock", "300", "--inviters", "user", "--json").stdout)
    assert (changed["idle_lock"], changed["inviters"], changed["clipboard"]) == (300, "user", 30)
    refused = ask(crowd, "members", "policy", "--idle-lock", "5", person=1)
    assert (refused.returncode, "Only administrators" in refused.stderr) == (6, True)
