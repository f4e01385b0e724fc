"""Trusted sessions, and devices that ask to become one, as rows of a table."""

from __future__ import annotations

from datetime import tzinfo

from cerby_tui import words
from cerby_tui.team_values import PendingSession, TrustedSession
from cerby_tui.widgets.table import Cell, Column, Row

SESSIONS = (
    Column("Device name", 22, 3),
    Column("How", 13, 1, yields=1),
    Column("Enrolled", 11, yields=2),
    Column("Last contact", 13),
    Column("Status", 16),
)
_INKS = {"Approved": "good", "Suspended": "warn", "Removed": "muted"}


def session_row(one: TrustedSession, now: int, zone: tzinfo | None) -> Row:
    """A trusted session as a row."""
    cells = (
        Cell(one.name, "title", tag="This device" if one.this else ""),
        Cell(one.how),
        Cell(words.date(one.enrolled, zone), "muted"),
        Cell("now" if one.this else words.ago(one.last_contact, now), "muted"),
        Cell(one.status, _INKS[one.status]),
    )
    return Row(one.device, cells, faint=one.status == "Removed")


def pending_row(one: PendingSession, now: int) -> Row:
    """A device that asks to be trusted as a row."""
    left = words.remaining(one.expires, now)
    cells = (
        Cell(f"A device at {one.address}" if one.address else "A device", "accent"),
        Cell("asks for trust"),
        Cell("–", "muted"),
        Cell(f"ends in {left}", "muted"),
        Cell("Pending approval", "accent"),
    )
    return Row(one.id, cells)
