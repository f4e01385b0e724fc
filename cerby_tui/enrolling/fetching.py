"""Streams of a workspace for a device that has no vault yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cerby_wire.shapes import Heads, Pull, StoredEntry

if TYPE_CHECKING:
    from cerby_tui.sync.api import Api


def shared_lengths(heads: Heads) -> dict[bytes, int]:
    """How long the streams are that a vault begins with: everything but accounts, which come by sync."""
    return {one.id: one.n for one in heads.streams if one.kind != "account"}


async def fetch(api: Api, lengths: Mapping[bytes, int]) -> list[StoredEntry]:
    """Streams up to the lengths that they had in one moment, so that nothing cites what is not among them.

    Raises OfflineError, RefusedError, SessionRemoved.
    """
    entries: list[StoredEntry] = []
    after = dict.fromkeys(lengths, 0)
    while missing := {stream: n for stream, n in after.items() if n < lengths[stream]}:
        pulled = (await api.pull(Pull(streams=missing))).entries
        if not pulled:
            break
        after |= {one.stream: one.n for one in pulled}
        entries += [one for one in pulled if one.n <= lengths[one.stream]]
    return entries
