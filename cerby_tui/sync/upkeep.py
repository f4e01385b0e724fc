"""What a client sees to by itself: its person's own chain, and the keys of accounts that are for the wrong people.

Every step is an entry under way, written from what was verified, and safe to be repeated: whoever comes late finds it
done. Steps that build on each other are written one after the other, as each of them is accepted.
"""

from __future__ import annotations

from collections.abc import Callable

from cerby_tui import authoring
from cerby_tui.clock import Clock
from cerby_tui.sync.composing import Composing
from cerby_tui.sync.reasons import said_of
from cerby_tui.sync.renewing import Renewal, Renewing
from cerby_tui.values import Changed, News
from cerby_tui.vault.around import Around
from cerby_tui.vault.marks import READ_SLOT
from cerby_tui.vault.opener import KeyOpener
from cerby_tui.vault.vault import Vault
from cerby_wire.entries import entry_hash
from cerby_wire.headers import Entry
from cerby_wire.state import UserState, WorkspaceState


class Upkeep:
    """Puts what is missing under way. All methods run on the sync thread and touch only the disk."""

    def __init__(
        self, vault: Vault, opener: KeyOpener, composing: Composing, clock: Clock, tell: Callable[[Changed], None]
    ) -> None:
        self._vault = vault
        self._opener = opener
        self._composing = composing
        self._clock = clock
        self._tell = tell
        self._around = Around(vault.database, vault.identity)
        self._renewing = Renewing(vault, composing)
        self._written: dict[bytes, tuple[Renewal, str]] = {}

    def write(self) -> bool:
        """Put what can be written now under way; True if that was anything."""
        workspace, me = self._around.workspace(), self._around.user(self._vault.identity.user)
        if workspace is None or me is None or not self._may_write(workspace, me):
            return False
        with self._vault.database.transaction():
            wrote = self._own_chain(workspace, me) | self._own_settings(me)
            for renewal in self._renewing.due():
                self._send(renewal.account, renewal.entry)
                self._written[entry_hash(renewal.entry)] = (renewal, said_of(renewal, self._around, self._vault))
                wrote = True
        return wrote

    def tell(self) -> None:
        """Say which keys were renewed, once the entries stand."""
        done: dict[str, list[bytes]] = {}
        for found, (renewal, why) in list(self._written.items()):
            way = self._vault.outbox.under_way(renewal.account)
            if way is None or way[0] != found:
                del self._written[found]
                if self._vault.streams.has(found):
                    done.setdefault(why, []).append(renewal.account)
        news = tuple(News(_sentence(len(accounts), why)) for why, accounts in done.items())
        if news:
            touched = frozenset(account for accounts in done.values() for account in accounts)
            self._tell(Changed(accounts=touched, news=news))

    def _may_write(self, workspace: WorkspaceState, me: UserState) -> bool:
        device = self._vault.identity.device
        return me.device_active(device, me.n) and device not in workspace.suspended(me.stream, workspace.n)

    def _own_chain(self, workspace: WorkspaceState, me: UserState) -> bool:
        """Take suspended sessions of ours out of the chain, then tell the workspace of the newest chain."""
        if self._vault.outbox.under_way(me.stream) is not None:
            return False
        gone = [one for one in workspace.suspended(me.stream, workspace.n) if me.device_active(one, me.n)]
        seed = self._opener.user_keys(me.generation_at(me.n).generation)
        if gone and seed is not None:
            entry, _fresh = authoring.revoke_device(self._composing.device, me, seed, gone[0])
            return self._send(me.stream, entry)
        if workspace.chain_at(me.stream, workspace.n).n >= me.n:
            return False
        return self._send(workspace.stream, authoring.chain(self._composing.author()))

    def _own_settings(self, me: UserState) -> bool:
        """An entry under the newest seed follows at once, so that none under an older one is taken any more."""
        state = self._vault.streams.personal(self._vault.identity.personal)
        seed = me.generation_at(me.n).generation
        keys = self._opener.user_keys(seed)
        if state is None or keys is None or state.generation >= seed or self._vault.outbox.pending(state.stream):
            return False
        slot = next((one for one in state.slots if self._opener.private(state, one) is not None), READ_SLOT)
        content = self._opener.private(state, slot) or {}
        entry = authoring.personal_item(self._composing.author(), state, keys, slot, content)
        return self._send(state.stream, entry)

    def _send(self, stream: bytes, entry: Entry) -> bool:
        """Put an entry under way unless one is; True if it was put there."""
        if self._vault.outbox.under_way(stream) is not None:
            return False
        self._vault.outbox.put_under_way(entry_hash(entry), stream, entry, (), self._clock.now())
        return True


def _sentence(count: int, why: str) -> str:
    keys = "The key of an account was" if count == 1 else f"The keys of {count} accounts were"
    return f"{keys} renewed: {why}."
