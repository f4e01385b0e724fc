"""Ways that begin a person: a string is pasted, a code is mailed to their address, and the code does it."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from cerby_tui.enrolling.base import Enrolling, Step
from cerby_tui.enrolling.known import AnyKnown
from cerby_wire.shapes import Verification


class Mailed(Enrolling[AnyKnown]):
    """A token or an invite, and the address of the person."""

    asking: ClassVar[Step]
    """The step at which string, name and address are asked for."""

    @property
    def invited_by(self) -> str:
        """Who invited, and to what, in words; empty where nobody did or it is not known yet."""
        return ""

    @abstractmethod
    async def request_code(self, text: str, email: str, name: str, /) -> Verification:
        """Have a six-digit code sent to `email`. Raises UsageError, OfflineError, RefusedError, Alarm."""

    @abstractmethod
    async def another_code(self) -> Verification:
        """Have another code sent to the same address; the one before is void then. Raises like `request_code`."""

    @abstractmethod
    async def confirm(self, code: str) -> None:
        """Use the code and write the vault. Raises OfflineError, RefusedError, Alarm."""
