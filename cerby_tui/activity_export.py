"""The activity log for other programs: as rows, as CSV, as JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from cerby_tui.team_values import Happening
from cerby_tui.words import moment

COLUMNS = ("Time", "Event", "Account", "App", "User", "Device", "Concerns", "Detail")


def row_of(line: Happening) -> tuple[str, ...]:
    """A line as the cells of a row, in the order of `COLUMNS`."""
    return (
        moment(line.at),
        line.event,
        line.account,
        line.app,
        line.person,
        line.device,
        line.subject,
        line.detail,
    )


def shape_of(line: Happening) -> dict[str, Any]:
    """A line for programs; what is not known is null."""
    return {
        "n": line.n,
        "at": moment(line.at),
        "received_at": moment(line.received),
        "event": line.event,
        "user": line.user.hex() or None,
        "user_name": line.person,
        "device": line.device or None,
        "account": line.account_id.hex() or None,
        "account_label": line.account or None,
        "app": line.app or None,
        "concerns": line.subject or None,
        "detail": line.detail or None,
    }


def csv_rows(lines: Iterable[Happening]) -> Iterator[str]:
    """CSV, one row each without its line end, the titles first.

    A cell that a spreadsheet would take for a formula is kept from being one.
    """
    for row in (COLUMNS, *map(row_of, lines)):
        text = io.StringIO()
        csv.writer(text, lineterminator="").writerow([_harmless(cell) for cell in row])
        yield text.getvalue()


def json_text(lines: Iterable[Happening]) -> str:
    """A JSON array, a line of the log on each line; ASCII, so no terminal can be steered by it."""
    return "[\n" + ",\n".join(json.dumps(shape_of(line)) for line in lines) + "\n]\n"


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t")) else cell
