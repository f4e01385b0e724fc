"""What a session whose time is over may still ask: the signed entries that ended it, so that it believes nobody."""

from __future__ import annotations

from msgspec import field

from cerby_wire.shapes import PULL_LIMIT, Shape, StoredEntry

REMOVAL = "/v1/removal"


class AskRemoval(Shape, frozen=True):
    """A session that was told it is removed asks why; `after` says how much of each stream it holds."""

    after: dict[bytes, int] = field(default_factory=dict)
    budget: int = PULL_LIMIT


class RemovalEvidence(Shape, frozen=True):
    """Entries of the workspace and of people's chains up to the one that ended the session; `more` if it was cut.

    `at` is when the service stored that entry, UTC milliseconds: its word, unlike the entries.
    """

    entries: list[StoredEntry] = field(default_factory=list)
    at: int = 0
    more: bool = False
