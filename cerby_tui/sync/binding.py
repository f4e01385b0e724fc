"""Binding numbers to accounts: whichever Owner's client is there first writes the entry that is missing."""

from __future__ import annotations

from cerby_tui.clock import Clock
from cerby_tui.sync.applying import CLOSED_STATES, Applying
from cerby_tui.sync.composing import Composing
from cerby_tui.sync.plan import Broken
from cerby_tui.values import Changed
from cerby_tui.vault.vault import Vault
from cerby_wire.entries import entry_hash
from cerby_wire.errors import Refused, require
from cerby_wire.headers import Entry
from cerby_wire.records import Number, open_record
from cerby_wire.shapes import NumberView, SignedRecord


class Binding:
    """Takes over what the service says about numbers, as far as it signed it, and keeps account streams in step."""

    def __init__(self, vault: Vault, applying: Applying, composing: Composing, clock: Clock) -> None:
        self._vault = vault
        self._applying = applying
        self._composing = composing
        self._clock = clock

    def take(self, views: list[NumberView]) -> Changed:
        """Store numbers whose record holds; one whose record does not hold raises an alarm on its account."""
        sound = []
        for view in views:
            try:
                sound.append(verified(view, self._vault.identity.workspace, self._vault.identity.service_key))
            except Refused as refused:
                self._applying.stop([Broken(view.account, "account", refused.rule, refused.sentence)])
        return self._applying.numbers(sound)

    def write_missing(self) -> None:
        """Put the entries that bind new numbers, and unbind those that are gone, under way."""
        sql = "SELECT id, account, e164, state, record, signature FROM numbers ORDER BY since"
        with self._vault.database.transaction():
            for number, account, e164, state, raw, signature in self._vault.database.rows(sql):
                if self._vault.outbox.under_way(account) is not None:
                    continue
                entry = None
                if state == "active" and raw:
                    entry = self._composing.bind(account, number, e164, SignedRecord(raw, signature))
                elif state in CLOSED_STATES:
                    entry = self._composing.unbind(account, number)
                if entry is not None:
                    self._send(account, entry)

    def _send(self, account: bytes, entry: Entry) -> None:
        self._vault.outbox.put_under_way(entry_hash(entry), account, entry, (), self._clock.now())


def verified(view: NumberView, workspace: bytes, service_key: bytes) -> NumberView:
    """The view, if the record it carries is the service's word for this very number. Raises Refused."""
    if view.record is not None:
        record = open_record(view.record, Number, service_key)
        same = (record.id, record.workspace, record.account, record.e164, record.kind)
        said = (view.id, workspace, view.account, view.e164, view.kind)
        require(same == said, "another_number", "The record is of another number.")
    return view
