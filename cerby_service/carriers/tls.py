"""The authorities that connections to carriers are checked against: read from disk once, used by every call."""

from __future__ import annotations

import functools
import ssl


@functools.cache
def trust() -> ssl.SSLContext:
    """The system's authorities. Reading them takes tens of milliseconds, and they never change while we run."""
    return ssl.create_default_context()
