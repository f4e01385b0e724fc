"""Structured logs without content: one JSON object a line, fields that were named on purpose and nothing else."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TextIO

import msgspec


class JsonLines(logging.Formatter):
    """Formats a record as one JSON object. Tracebacks name files and lines; source text and values stay out."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "event": record.getMessage(),
        }
        fields = getattr(record, "fields", None)
        if isinstance(fields, Mapping):
            line.update(fields)
        if record.exc_info and record.exc_info[1] is not None:
            line |= _where(record.exc_info[1])
        return msgspec.json.encode(line).decode()


def _where(error: BaseException) -> dict[str, object]:
    """The kind of an error and the lines it passed through. Its text is left out: it might quote what was sent."""
    frames: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        frames.append(f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}")
        trace = trace.tb_next
    return {"error": type(error).__name__, "trace": frames[-12:]}


def set_up(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send everything that is logged to `stream` (standard error) as JSON lines."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for noisy in ("httpx", "httpcore", "alembic", "mail.log"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def fields(**named: object) -> dict[str, dict[str, object]]:
    """Named fields for a log line: `logger.info("event", extra=fields(number=…))`."""
    return {"fields": named}
