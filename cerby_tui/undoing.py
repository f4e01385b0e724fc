"""Taking back a change of this sitting: as a new change, unless somebody has changed the same since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cerby_tui import words
from cerby_tui.changing import Changing
from cerby_tui.errors import UsageError
from cerby_tui.ground import Ground
from cerby_tui.journal import Done
from cerby_tui.sync.merge import SETS, Change
from cerby_tui.vault.content import CLASHES, CUSTOM, FIELDS, current, default
from cerby_tui.vault.shares import stored_roles, with_shares

STAYS = "It stays as it is now."


class Overtaken(LookupError):
    """The field of that name was changed again since."""


class Undoing:
    """Runs on the sync thread."""

    def __init__(self, ground: Ground) -> None:
        self._vault = ground.writing.vault
        # What is taken back is not written down: the next undo takes back what came before it.
        self._changing = Changing(self._vault, ground.device, ground.clock)

    def take_back(self, done: Done) -> None:
        """Take a change back. Raises UsageError if it was overtaken, RefusedError if this person may not any more."""
        if done.act == "edit":
            self._edit(done)
        elif done.act == "share":
            self._share(done)
        elif done.act in ("create", "restore"):
            self._must_be(done, deleted=False)
            self._changing.delete(done.account)
        else:
            self._must_be(done, deleted=True)
            self._changing.restore(done.account)

    def _edit(self, done: Done) -> None:
        try:
            change = taken_back(self._vault.accounts.content(done.account), done.change)
        except Overtaken as overtaken:
            field = words.field(str(overtaken))
            raise UsageError(f"{field} of {done.label} was changed again since.", safe=STAYS) from None
        self._changing.apply(done.account, change)

    def _share(self, done: Done) -> None:
        state = self._vault.streams.account(done.account)
        people = with_shares(stored_roles(state, self._vault.identity.user), self._vault.outbox.pending(done.account))
        if any(people.get(user) != wanted for user, (_before, wanted) in done.change.items()):
            raise UsageError(f"The people of {done.label} were changed again since.", safe=STAYS)
        self._changing.share(done.account, {user: before for user, (before, _wanted) in done.change.items()})

    def _must_be(self, done: Done, *, deleted: bool) -> None:
        found = self._vault.database.value("SELECT deleted FROM cards WHERE account = ?", (done.account,))
        if found is None or bool(found) != deleted:
            raise UsageError(f"{done.label} was changed again since.", safe=STAYS)


def taken_back(content: Mapping[str, Any], change: Mapping[Any, list[Any]]) -> Change:
    """The change that gives fields their values back. Raises Overtaken if one does not hold what was wanted any more.

    Lists that are joined rather than overwritten lose what was added and have again what was taken out.
    """
    back: Change = {}
    for name, (before, wanted) in change.items():
        if name == CLASHES or name in SETS:
            back[name] = [wanted, before]
        elif name == FIELDS:
            back[name] = _fields_back(content, before, wanted)
        elif content.get(name, default(name)) == wanted:
            back[name] = [wanted, before]
        else:
            raise Overtaken(name)
    return back


def _fields_back(content: Mapping[str, Any], before: list[Any], wanted: list[Any]) -> list[Any]:
    was, want = ({one["name"]: one for one in side} for side in (before, wanted))
    touched = [name for name in dict.fromkeys((*was, *want)) if was.get(name) != want.get(name)]
    for name in touched:
        if current(content, CUSTOM + name) != want.get(name):
            raise Overtaken(CUSTOM + name)
    return [[want[name] for name in touched if name in want], [was[name] for name in touched if name in was]]
