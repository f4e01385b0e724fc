"""Trusted sessions: one's own, the ones that ask to become one, and those of other members."""

from __future__ import annotations

from cerby_tui.ground import Ground
from cerby_tui.team_values import PendingSession, TrustedSession


class Devices:
    """Trusted sessions. Acts need the service."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def own(self) -> list[TrustedSession]:
        """One's own sessions, this one first, removed ones last; without the service what the vault knows of them."""
        raise NotImplementedError

    async def of(self, user: bytes) -> list[TrustedSession]:
        """The sessions of another member, for administrators. Raises OfflineError, RefusedError."""
        raise NotImplementedError

    def warnings(self, device: bytes) -> list[str]:
        """What somebody should know before they remove one of their own sessions."""
        raise NotImplementedError

    async def remove(self, device: bytes) -> None:
        """Remove one of one's own sessions, this one included. Raises OfflineError, RefusedError."""
        raise NotImplementedError

    async def suspend(self, user: bytes, device: bytes) -> None:
        """An administrator's order against a session of somebody else. Raises OfflineError, RefusedError."""
        raise NotImplementedError

    async def pending(self) -> list[PendingSession]:
        """The devices that ask to become a session of this person. Raises OfflineError, RefusedError."""
        raise NotImplementedError

    async def take(self, request: bytes) -> str:
        """Answer a request from here: the other device now shows its code. Returns the name it gives itself, once it
        has said so. Raises OfflineError, RefusedError, TimedOut, Alarm if it is not what it committed to.
        """
        raise NotImplementedError

    async def approve(self, request: bytes, code: str, name: str) -> None:
        """Trust the device whose code was typed, under `name`. Raises UsageError for a wrong code or a taken name,
        RefusedError (`too_many_devices`, `too_many_tries`, …), OfflineError.
        """
        raise NotImplementedError

    async def deny(self, request: bytes) -> None:
        """Do not trust it. Raises OfflineError, RefusedError."""
        raise NotImplementedError
