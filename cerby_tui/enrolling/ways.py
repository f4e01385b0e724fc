"""The ways in which a device without a vault can begin, and what an earlier attempt left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cerby_tui.clock import Clock
from cerby_tui.enrolling.base import Enrolling
from cerby_tui.enrolling.founding import Founding
from cerby_tui.enrolling.joining import Joining
from cerby_tui.enrolling.known import Known, Way, read_known
from cerby_tui.enrolling.new_device import NewDevice
from cerby_tui.enrolling.recovering import Recovering
from cerby_tui.farewells import settle
from cerby_tui.home import Home
from cerby_tui.keys import Cost
from cerby_tui.system_keyring import SystemKeyring
from cerby_tui.unlocking import unlock

if TYPE_CHECKING:
    from cerby_tui.sync.api import Transport

WAYS: dict[Way, type[Enrolling[Any]]] = {
    "found": Founding,
    "join": Joining,
    "approve": NewDevice,
    "recover": Recovering,
}


class Ways:
    """Begins, resumes or discards the setting up of this device."""

    def __init__(
        self,
        home: Home,
        clock: Clock,
        *,
        transport: Transport | None = None,
        keyring: SystemKeyring | None = None,
        cost: Cost | None = None,
    ) -> None:
        self._home = home.ready()
        self._clock = clock
        self._transport = transport
        self._keyring = keyring or SystemKeyring()
        # What is left of a session that ended here would be in the way, and may still have to be told.
        self.ended = settle(self._home, self._keyring)
        self._cost = cost
        self._attempt: Enrolling[Any] | None = None

    def __repr__(self) -> str:
        return f"Ways({self._home!r})"

    @property
    def begun(self) -> bool:
        """Whether an earlier attempt left something to `resume` or `discard`."""
        return self._home.key_file.exists()

    @property
    def in_hand(self) -> Enrolling[Any] | None:
        """The attempt of this very process, if it goes on without a passphrase."""
        return self._attempt if self._attempt is not None and self._attempt.in_hand else None

    @property
    def offered(self) -> tuple[Way, ...]:
        """The ways there are, in the order in which people look for theirs."""
        return tuple(WAYS)

    def begin(self, way: Way) -> Enrolling[Any]:
        """A new attempt, or the one of this way that was left a moment ago."""
        if self._attempt is None or self._attempt.way != way:
            self._attempt = self._make(way)
        return self._attempt

    def _make(self, way: Way) -> Enrolling[Any]:
        make = WAYS[way]
        return make(self._home, self._clock, transport=self._transport, keyring=self._keyring, cost=self._cost)

    def resume(self, passphrase: str) -> Enrolling[Any]:
        """The earlier attempt, whichever way it was; a second or so. Raises WrongPassphrase, NoVault, Alarm."""
        device = unlock(self._home, passphrase, self._keyring)
        earlier = self._make(read_known(self._home.enrolment_file, device, Known).way)
        earlier.go_on(device)
        self._attempt = earlier
        return earlier

    def discard(self) -> None:
        """Forget everything about the earlier attempt."""
        self._make("found").discard()
        self._attempt = None
