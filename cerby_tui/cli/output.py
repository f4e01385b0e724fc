"""What commands print: tables for people, JSON for programs. Foreign text cannot steer a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

from cerby_tui.words import moment as moment


class ReaderGone(Exception):
    """Whoever read our output has closed it: `head` has its lines."""


def say(text: str) -> None:
    """One line on standard output, at once, so that a reader at the other end of a pipe has it."""
    _put(_line(text))


def complain(text: str) -> None:
    """One line on standard error."""
    print(_line(text), file=sys.stderr, flush=True)  # noqa: T201


def say_json(value: Any) -> None:
    """One JSON document on one line of standard output; ASCII, so no terminal can be steered by it."""
    import json

    _put(json.dumps(value))


def complain_json(value: Any) -> None:
    """One JSON document on one line of standard error."""
    import json

    print(json.dumps(value), file=sys.stderr, flush=True)  # noqa: T201


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as their content, headings first; on a pipe tab-separated and without headings, for `cut`."""
    from cerby_tui.terminal_text import fit, width

    shown = [[_line(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for row in shown:
            _put("\t".join(row))
        return
    widths = [max(map(width, column)) for column in zip(headings, *shown, strict=True)]
    for row in [list(headings), *shown]:
        _put("  ".join(map(fit, row, widths)).rstrip())


def _put(line: str) -> None:
    try:
        print(line, flush=True)  # noqa: T201
    except BrokenPipeError:
        # Python would complain once more while it closes standard output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise ReaderGone from None


def _line(text: str) -> str:
    from cerby_tui.terminal_text import line

    return line(text)
