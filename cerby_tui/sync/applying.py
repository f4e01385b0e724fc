"""What was judged goes into the vault: one transaction for a page, and the views follow in the same one."""

from __future__ import annotations

from collections.abc import Iterable

from cerby_tui.clock import Clock
from cerby_tui.sync.judging import Accepted, Verdict
from cerby_tui.sync.mail import Run
from cerby_tui.sync.plan import Broken
from cerby_tui.values import Changed
from cerby_tui.vault.meta import Progress
from cerby_tui.vault.opener import KeyOpener
from cerby_tui.vault.vault import Vault
from cerby_wire.encoding import decode
from cerby_wire.entries import entry_hash, read_header
from cerby_wire.errors import Refused
from cerby_wire.headers import AccountNumber, Entry
from cerby_wire.records import Number
from cerby_wire.shapes import NumberView, SignedRecord
from cerby_wire.state import AccountState, UserState

CLOSED_STATES = ("quarantined", "gone", "failed")


class Applying:
    """Writes judged pages. Every method is one transaction and tells what it touched."""

    def __init__(self, vault: Vault, opener: KeyOpener, clock: Clock) -> None:
        self._vault = vault
        self._opener = opener
        self._clock = clock

    def page(self, verdict: Verdict, progress: Progress | None = None) -> Changed:
        """Store accepted entries, take in their keys, stop broken streams, work out the views."""
        with self._vault.database.transaction():
            touched = {broken.stream for broken in verdict.broken if broken.kind == "account"}
            acknowledged = False
            for accepted in verdict.accepted:
                entries, times = accepted.entries, accepted.times
                self._vault.streams.keep(accepted.kind, accepted.state, entries, self._clock.now(), times)
                for entry in accepted.entries:
                    acknowledged |= self._vault.outbox.acknowledge(entry_hash(entry))
                touched |= self._take(accepted)
            self.stop(verdict.broken)
            self._vault.refresh(touched)
            if progress is not None:
                self._vault.meta.progress = progress
        people = any(accepted.kind in ("user", "workspace") for accepted in verdict.accepted)
        return Changed(frozenset(touched), status=acknowledged or bool(verdict.broken), everything=people)

    def _take(self, accepted: Accepted) -> set[bytes]:
        """Take in what a stream brings beside itself; returns the accounts that have to be shown anew."""
        state, stream = accepted.state, accepted.state.stream
        try:
            if isinstance(state, UserState) and stream == self._vault.identity.user:
                self._opener.take_seeds(state, accepted.entries)
            elif isinstance(state, AccountState):
                self._opener.take_account_keys(stream, accepted.entries)
                self._take_numbers(state, accepted.entries)
                self._show_unopened(stream)
                return {stream}
            elif stream == self._vault.identity.personal:
                return self._vault.refresh_private()
        except Refused as refused:
            self.stop([Broken(stream, accepted.kind, refused.rule, refused.sentence)])
        return set()

    def _take_numbers(self, state: AccountState, entries: Iterable[Entry]) -> None:
        """Numbers that account entries bind; their records were verified when the entries were judged."""
        for entry in entries:
            act = read_header(entry).act
            if isinstance(act, AccountNumber) and act.bound:
                signed = decode(act.record, SignedRecord)
                number = decode(signed.raw, Number)
                view = NumberView(number.id, number.account, number.e164, number.kind, "active", record=signed)
                self._put_number(view, number.since, "INSERT OR IGNORE")

    def numbers(self, views: Iterable[NumberView]) -> Changed:
        """Take over how the service says its numbers stand; records were verified before."""
        touched = set()
        with self._vault.database.transaction():
            for view in views:
                record = decode(view.record.raw, Number) if view.record else None
                self._put_number(view, record.since if record else self._clock.now(), "INSERT OR REPLACE")
                touched.add(view.account)
            self._vault.refresh(touched)
        return Changed(accounts=frozenset(touched))

    def _put_number(self, view: NumberView, since: int, instead: str) -> None:
        row: dict[str, object] = {
            "id": view.id,
            "account": view.account,
            "e164": view.e164,
            "kind": view.kind,
            "state": view.state,
        }
        record = view.record or SignedRecord(b"", b"")
        row |= {"reason": view.reason, "since": since, "record": record.raw, "signature": record.signature}
        self._vault.database.put("numbers", row, instead=instead)

    def _show_unopened(self, account: bytes) -> None:
        """Messages whose key came after them."""
        count = "SELECT count(*) FROM records WHERE account = ? AND sealed != x''"
        shown = "SELECT count(*) FROM messages WHERE account = ?"
        if self._vault.database.value(count, (account,)) != self._vault.database.value(shown, (account,)):
            self._vault.show_messages(self._vault.records.of_account(account))

    def messages(self, run: Run, progress: Progress | None = None) -> Changed:
        """Store verified messages of one account, open and show them; a second delivery changes nothing."""
        account = run.account
        with self._vault.database.transaction():
            fresh = [
                one for index, one in run.messages if self._vault.records.keep(account, run.generation, index, one)
            ]
            shown = self._vault.show_messages(fresh)
            if run.broken:
                self.stop([run.broken])
            if fresh or run.broken:
                self._vault.refresh([account])
            if progress is not None:
                self._vault.meta.progress = progress
        accounts = frozenset([account] if fresh or run.broken else [])
        return Changed(accounts=accounts, new_messages=tuple(one.key for one in shown), status=bool(run.broken))

    def stop(self, broken: Iterable[Broken]) -> None:
        """Stop streams where a rule was broken; what is held of them stays readable."""
        with self._vault.database.transaction():
            for one in broken:
                self._vault.streams.stop(one.stream, one.kind, one.rule, one.sentence)

    def lost(self, streams: Iterable[bytes]) -> Changed:
        """Access to streams has ended: their cards go from the view, and what waits for them could not be saved."""
        touched = set(streams)
        with self._vault.database.transaction():
            for stream in touched:
                self._vault.streams.mark_lost(stream, lost=True)
                waiting = self._vault.outbox.pending(stream)
                self._vault.outbox.refuse([one.id for one in waiting], "You no longer have access to this account.")
            self._vault.refresh(touched)
        return Changed(accounts=frozenset(touched), status=bool(touched))
