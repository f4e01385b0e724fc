"""Accounts whose key is for the wrong people: found after every change, renewed by whichever Owner is there first."""

from __future__ import annotations

from msgspec import Struct

from cerby_tui.sync.composing import Composing
from cerby_tui.sync.judging import Judge
from cerby_tui.vault.content import LEAVING
from cerby_tui.vault.people_notes import leaving, off_for_now
from cerby_tui.vault.resting import may_return
from cerby_tui.vault.shares import Roles, stored_roles
from cerby_tui.vault.vault import Vault
from cerby_wire.epochs import outdated
from cerby_wire.headers import Entry
from cerby_wire.primitives import digest
from cerby_wire.roles import ACCOUNT_OWNERS
from cerby_wire.state import AccountState

MARK = "renewed"
"""Where the vault notes how all streams stood when nothing was left to renew."""

Base = tuple[tuple[bytes, int], ...]


class Renewal(Struct, frozen=True):
    """A new list of people for an account, and those because of whom it is written."""

    account: bytes
    entry: Entry
    because: frozenset[bytes]


class Renewing:
    """Looks at accounts that changed, and at all of them when the workspace or somebody's devices did."""

    def __init__(self, vault: Vault, composing: Composing) -> None:
        self._vault = vault
        self._composing = composing
        self._base: Base | None = None
        self._looked: dict[bytes, int] = {}
        self._asked: set[bytes] = set()

    def due(self) -> list[Renewal]:
        """What has to be written now. Each account is tried once for each state that it and the workspace are in."""
        to_look_at = self._to_look_at()
        if not to_look_at:
            return []
        around = Judge(self._vault.database, self._vault.identity)
        back, found = may_return(around), []
        self._asked = self._with_wishes()
        busy = {row[0] for row in self._vault.database.rows("SELECT stream FROM under_way")}
        for account, n in to_look_at.items():
            if account not in busy:
                self._looked[account] = n
                if renewal := self._look(account, around, back):
                    found.append(renewal)
        if not found:
            self._vault.meta.write(MARK, self._mark())
        return found

    def _to_look_at(self) -> dict[bytes, int]:
        """The accounts that were not looked at as they and their surroundings are now."""
        sql = "SELECT id, n FROM streams WHERE kind IN ('user', 'workspace') ORDER BY id"
        base = tuple((stream, n) for stream, n in self._vault.database.rows(sql))
        accounts = self._accounts()
        if base != self._base:
            first, self._base = self._base is None, base
            settled = first and self._vault.meta.read(MARK, bytes) == self._mark()
            self._looked = accounts if settled else {}
        return {account: n for account, n in accounts.items() if self._looked.get(account) != n}

    def _accounts(self) -> dict[bytes, int]:
        sql = "SELECT id, n FROM streams WHERE kind = 'account' AND lost = 0 AND stopped = '' AND n > 0"
        return dict(self._vault.database.rows(sql))

    def _with_wishes(self) -> set[bytes]:
        """The accounts whose cards say, or quote, that somebody wants to leave: few, found without opening any."""
        sql = "SELECT account FROM accounts WHERE instr(item, ?)"
        return {row[0] for row in self._vault.database.rows(sql, (LEAVING.encode(),))}

    def _mark(self) -> bytes:
        """How all streams stand."""
        rows = [*(self._base or ()), *sorted(self._accounts().items())]
        return digest("renewed", *(stream + n.to_bytes(8, "big") for stream, n in rows))

    def _look(self, account: bytes, around: Judge, back: set[bytes]) -> Renewal | None:
        """The renewal of one account, if it is stale and ours to renew."""
        state, workspace = around.state(account), around.workspace()
        if not isinstance(state, AccountState) or workspace is None:
            return None
        me = self._vault.identity.user
        if me not in state.owners() or workspace.role_at(me, workspace.n) not in ACCOUNT_OWNERS:
            return None
        people = stored_roles(state, me)
        wrong = set(outdated(state, around)) | self._author_gone(state)
        returning = self._returning(state, around, back)
        leaves = self._leaving(state)
        wanted = {user: role for user, role in (people | returning).items() if user not in leaves}
        if not (wrong or returning or leaves):
            return None
        entry = self._composing.renew(state, wanted)
        return Renewal(account, entry, frozenset(wrong | returning.keys() | leaves)) if entry else None

    def _author_gone(self, state: AccountState) -> set[bytes]:
        """Whoever made the key in force, if they are not on the account: an administrator who handed it over."""
        if state.epoch == 1:  # who begins an account is on it
            return set()
        return {self._vault.streams.author(state.stream, state.epoch_at)} - {b""} - state.members.keys()

    def _returning(self, state: AccountState, around: Judge, back: set[bytes]) -> Roles:
        """Those who were off for a suspended session that is gone now."""
        if not back - state.members.keys():
            return {}
        content = self._vault.accounts.stored(state.stream)
        rested = off_for_now(state, self._vault.streams, content, around)
        return {user: role for user, role in rested.items() if user in back}

    def _leaving(self, state: AccountState) -> set[bytes]:
        """Other Owners who want to be taken off."""
        if state.stream not in self._asked:
            return set()
        content = self._vault.accounts.stored(state.stream)
        return leaving(state, self._vault.streams, content) - {self._vault.identity.user}
