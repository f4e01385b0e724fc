"""The log: a file in the home directory that is safe to paste into an issue.

It is redacted at the source: what could be a code, a number, an address or a key is masked before it is written, and
an exception leaves its type and place but never its text or the values of variables.
"""

from __future__ import annotations

import logging
import re
import traceback
from logging.handlers import RotatingFileHandler
from pathlib import Path

NAME = "cerby_tui"
SIZE = 512 * 1024

_MASKED = re.compile(
    r"[\w.+-]+@[\w-]+\.[\w.-]+"  # e-mail addresses
    r"|\+?\d[\d\s().-]{2,}\d"  # numbers and codes, however they are grouped
    r"|\b[0-9a-fA-F]{16,}\b"  # ids and keys
)


def redact(text: str) -> str:
    """The text with everything masked that could be a code, a number, an address or a key."""
    return _MASKED.sub("…", text)


class Redacted(logging.Formatter):
    """One line a record; of an exception its type and where it was raised, not what it said."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S%z")

    def format(self, record: logging.LogRecord) -> str:
        """The line; the time stamp is ours and is not masked."""
        record.message = redact(record.getMessage()).replace("\n", "\\n")
        record.asctime = self.formatTime(record, self.datefmt)
        line = self.formatMessage(record)
        if record.exc_info and record.exc_info[1] is not None:
            line += f" [{where(record.exc_info[1])}]"
        return line


def where(error: BaseException) -> str:
    """The type of an error and the places it went through, as `file:line`."""
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames[-5:]))
    return f"{type(error).__name__} at {places}" if places else type(error).__name__


def open_log(path: Path) -> logging.Handler:
    """Write our records, and warnings of the libraries, to this file (0600, at most two files of 512 KiB)."""
    path.touch(mode=0o600, exist_ok=True)
    handler = RotatingFileHandler(path, maxBytes=SIZE, backupCount=1, encoding="utf-8", delay=True)
    handler.setFormatter(Redacted())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger(NAME).setLevel(logging.INFO)
    return handler
