"""Keeping an exception for whoever it concerns, where no single one may end what serves many."""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import TracebackType


class Kept(AbstractContextManager["Kept"]):
    """Keeps an exception of its block, to hand it on."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> bool:
        # Nothing is swallowed: whoever uses this hands the error on, or logs it.
        self.error = error if isinstance(error, Exception) else None
        return self.error is not None
