"""Forgetting what has served its time."""

from __future__ import annotations

from sqlalchemy import delete, func, select, update

from cerby_service.database.tables import changes, counters, inbound_seen, meta, verifications
from cerby_service.database.work import Writing


def forget_verifications(writing: Writing, before: int) -> int:
    """E-mailed codes that were over before that time; returns how many."""
    return writing.run(delete(verifications).where(verifications.c.expires < before))


def forget_seen(writing: Writing, before: int) -> int:
    """Carriers' message ids taken before that time; returns how many."""
    return writing.run(delete(inbound_seen).where(inbound_seen.c.at < before))


def forget_changes(writing: Writing, before: int) -> int:
    """Changes noted before that time: whoever stands further back compares full heads. Returns how many."""
    newest = func.max(changes.c.cursor).label("newest")
    over = select(changes.c.workspace, newest).where(changes.c.at < before).group_by(changes.c.workspace)
    forgotten = 0
    for row in writing.rows(over):
        floor = counters.c.workspace == row.workspace
        writing.run(update(counters).where(floor).values(floor=row.newest))
        swept = (changes.c.workspace == row.workspace, changes.c.cursor <= row.newest)
        forgotten += writing.run(delete(changes).where(*swept))
    return forgotten


def end_generation(writing: Writing) -> None:
    """The database is not what clients knew any more: its next opening begins a new generation."""
    writing.run(delete(meta).where(meta.c.key == "generation"))
