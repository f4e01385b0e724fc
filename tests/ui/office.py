"""People who share accounts, each with a real vault, for the screens of an account: who is on it, its history, clashes.

Everything is signed by the one who did it and judged by the real rules. The network is held still.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from cerby_tui import authoring
from cerby_tui.authoring.account import People
from cerby_tui.codes.extract import extract
from cerby_tui.home import Home
from cerby_tui.keys import AccountKeys
from cerby_tui.sync.beginning import writing_parts
from cerby_tui.sync.judging import Judge
from cerby_tui.vault.meta import Progress
from cerby_tui.vault.vault import open_database
from cerby_wire.headers import WorkspaceRole
from cerby_wire.primitives import SigningKey
from cerby_wire.records import Number, sign_record
from cerby_wire.shapes import StoredMessage
from tests.crowd import Crowd, Somebody
from tests.fakes import NOON, FrozenClock
from tests.stage import DAY, GENERATION, ORIGIN, Text, put_messages, stored_message
from tests.ui.gallery import HOSTILE, LONG, StillSession

ROLES: dict[str, WorkspaceRole] = {
    "Ada": "owner", "Bob": "user", "Cleo": "user", "Dan": "login_only", "Gil": "guest", "Mal": "user", "Una": "user",
}  # fmt: skip
"""The people; Mal's name and address are hostile, Una was removed."""
CODE = "G-481920 is your Payroll verification code."
FIRST: dict[str, Any] = {"label": "Payroll", "username": "people@example.org", "password": "first-1"}
SECOND = FIRST | {
    "username": "pay@example.org",
    "notes": "Ask Bob.",
    "fields": [{"name": "PIN", "value": "4711", "hidden": True}],
}
THIRD = SECOND | {"password": "second-2", "notes": ""}
CLASH = THIRD | {"notes": "Ask Ada.", "email": "pay@example.org"}
CLASHES = CLASH | {
    "clashes": [{"field": "notes", "value": "Ask [b]Bob[/b].\x1b[31m"}, {"field": "password", "value": "bobs-3"}]
}


@dataclass
class Shared:
    """An account of the office: its key in force, and its messages."""

    id: bytes
    keys: AccountKeys
    messages: list[StoredMessage] = field(default_factory=list)


class Office:
    """The people and their accounts, in memory; `write` puts them into vaults, `session` opens a copy of one."""

    NAMES: ClassVar[dict[str, WorkspaceRole]] = ROLES

    def __init__(self, root: Path) -> None:
        self.root = root
        self.crowd = Crowd(SigningKey(os.urandom(32)), ORIGIN, None)
        self.people: dict[str, Somebody] = {}
        for name, role in self.NAMES.items():
            one = self.people[name] = Somebody(self.crowd, name, role, 1)
            self.crowd.people.append(one)
            one.join()
        self.shared = self.accounts()

    def accounts(self) -> list[Shared]:
        """What they share."""
        self.payroll = self._payroll()
        self.handed_over = self._handed_over()
        self.people["Mal"].name, self.people["Mal"].email = HOSTILE, "\x1b[2Jmal@example.org"
        return [self.payroll, self.handed_over]

    def user(self, name: str) -> bytes:
        """The id of somebody."""
        return self.people[name].user

    def begin(self, name: str, content: dict[str, Any]) -> Shared:
        """Somebody begins an account."""
        genesis, keys = authoring.account_genesis(self.people[name].author(), self.crowd.ledger)
        shared = Shared(self.crowd.add(genesis), keys)
        self.edit(name, shared, content)
        return shared

    def edit(self, name: str, shared: Shared, content: dict[str, Any]) -> None:
        """Somebody writes the next version."""
        state = self.crowd.ledger.account(shared.id)
        self.crowd.add(authoring.item(self.people[name].author(), state, shared.keys, content))

    def share(self, name: str, shared: Shared, people: People) -> None:
        """Somebody writes another list of people."""
        state, author = self.crowd.ledger.account(shared.id), self.people[name].author()
        entry, shared.keys = authoring.members(author, state, shared.keys, self.crowd.ledger, people)
        self.crowd.add(entry)

    def number(self, name: str, shared: Shared, e164: str) -> None:
        """Somebody binds a number."""
        number = hashlib.sha256(shared.id).digest()[:16]
        record = Number(number, self.crowd.workspace, shared.id, e164, "voip", b"offer", NOON - DAY)
        state, author = self.crowd.ledger.account(shared.id), self.people[name].author()
        self.crowd.add(authoring.bind_number(author, state, number, e164, sign_record(self.crowd.service, record)))

    def text(self, shared: Shared, text: str, age: float) -> None:
        """A message comes in, so many seconds before noon."""
        state = self.crowd.ledger.account(shared.id)
        sent = Text(text, "22000", age)
        shared.messages.append(stored_message(self.crowd.service, state, shared.keys, shared.messages, sent))

    def _payroll(self) -> Shared:
        shared = self.begin("Ada", FIRST)
        collaborators = dict.fromkeys((self.user(name) for name in ("Cleo", "Dan", "Gil")), "collaborator")
        self.share("Ada", shared, {self.user("Ada"): "owner", self.user("Bob"): "owner", **collaborators})  # type: ignore[dict-item]
        self.number("Ada", shared, "+12065550142")
        self.edit("Bob", shared, SECOND)
        odd = {"fields": [*SECOND["fields"], {"name": HOSTILE, "value": LONG}]}
        self.edit("Ada", shared, THIRD | odd)
        self.edit("Ada", shared, CLASH | odd)
        self.edit("Bob", shared, CLASHES | odd)
        self.text(shared, CODE, 3_600)
        self.text(shared, CODE.replace("481920", "730114"), 20)
        return shared

    def _handed_over(self) -> Shared:
        shared = self.begin("Una", {"label": "Una's shop", "password": "gone"})
        self.number("Una", shared, "+12065550143")
        self.crowd.add(authoring.remove(self.people["Ada"].author(), self.user("Una")))
        state, author = self.crowd.ledger.account(shared.id), self.people["Ada"].author()
        entry, shared.keys = authoring.adopt(author, state, self.crowd.ledger, {self.user("Ada"): "owner"})
        self.crowd.add(entry)
        self.text(shared, "Your order has been shipped.", 60)
        return shared

    def write(self, clock: FrozenClock) -> None:
        """Vaults for everybody who is still there, with the messages that each can open."""
        for name, one in self.people.items():
            if name == "Una":
                continue
            self.crowd.settle(one, self.root / name, clock)
            (device,) = one.devices
            database = open_database(device.home, device.keys.database_key)
            applying = writing_parts(database, device.keys, extract, clock).applying
            mine = [shared for shared in self.shared if one.user in self.crowd.ledger.account(shared.id).members]
            put_messages(applying, {shared.id: shared.messages for shared in mine})
            applying.page(Judge(database, applying._vault.identity).page([]), Progress(GENERATION, "1", clock.now(), 0))
            database.close(truncate=True)

    def session(self, name: str, root: Path, clock: FrozenClock) -> StillSession:
        """A session over a copy of somebody's vault, in `root`."""
        device = self.people[name].devices[0]
        home = Home(root / name)
        shutil.copytree(device.home.root, home.root)
        return StillSession(home, device.keys, clock)
