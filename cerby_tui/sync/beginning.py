"""The first moment of a vault: who it belongs to, and the streams that its owner founded or was handed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cerby_tui.clock import Clock
from cerby_tui.errors import Alarm
from cerby_tui.home import Home
from cerby_tui.keys import DeviceKeys
from cerby_tui.sync.applying import Applying
from cerby_tui.sync.judging import Judge
from cerby_tui.vault.apps import CatalogueApps
from cerby_tui.vault.database import Database
from cerby_tui.vault.inbox import Extract
from cerby_tui.vault.meta import Identity, Meta
from cerby_tui.vault.opener import KeyOpener
from cerby_tui.vault.vault import VIEW_VERSION, VIEWS, Vault, open_database
from cerby_wire.shapes import StoredEntry


class Writing(NamedTuple):
    """The objects that write to an open vault, on one connection."""

    vault: Vault
    opener: KeyOpener
    applying: Applying


def writing_parts(database: Database, device: DeviceKeys, extract: Extract, clock: Clock) -> Writing:
    """Put the writing objects together over a connection."""
    opener = KeyOpener(database, device, Meta(database).identity.user)
    vault = Vault(database, opener, CatalogueApps(), extract)
    return Writing(vault, opener, Applying(vault, opener, clock))


def begin_vault(
    home: Home, device: DeviceKeys, identity: Identity, entries: Sequence[StoredEntry], extract: Extract, clock: Clock
) -> None:
    """Write a new vault file, or complete one that was begun. Raises Alarm if an entry is not what it must be."""
    database = open_database(home, device.database_key)
    try:
        meta = Meta(database)
        with database.transaction():
            meta.write("identity", identity)
            meta.write(VIEWS, VIEW_VERSION)
            person = {"user": identity.user, "name": identity.name, "email": identity.email}
            database.put("people", person, instead="INSERT OR REPLACE")
        applying = writing_parts(database, device, extract, clock).applying
        verdict = Judge(database, identity).page(entries)
        for broken in verdict.broken:
            raise Alarm(broken.rule, broken.sentence)
        applying.page(verdict)
    finally:
        database.close(truncate=True)
