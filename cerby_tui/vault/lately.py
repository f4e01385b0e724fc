"""When members were here last, and last used accounts of ours, as the service said not long ago."""

from __future__ import annotations

from cerby_tui.vault.database import Database
from cerby_tui.vault.meta import Meta
from cerby_wire.activity import Last

LATELY = "lately"


def read_lately(database: Database) -> Last:
    """What the service said last; empty before it said anything."""
    return Meta(database).read(LATELY, Last) or Last()


def keep_lately(database: Database, last: Last) -> None:
    """Keep what the service said."""
    Meta(database).write(LATELY, last)
