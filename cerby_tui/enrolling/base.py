"""What every way of setting up this device has in common; every step can be repeated, and the whole thing resumed.

The key file is written before a token, an invite or a code is spent. What is known so far lies sealed in a file beside
it until the recovery kit is confirmed, or, where there is none to confirm, until the vault is written.

    name ──▶ passphrase ──▶ the steps of the way ──▶ kit ──▶ done
"""

from __future__ import annotations

import asyncio
import os
import secrets
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, ClassVar, Generic, Literal

from cerby_tui.clock import Clock
from cerby_tui.codes.extract import extract
from cerby_tui.enrolling.known import AnyKnown, Way, read_known, write_known
from cerby_tui.errors import Alarm, CerbyError, UsageError
from cerby_tui.home import Home
from cerby_tui.keyfile import device_of, measured_cost, write_key_file
from cerby_tui.keys import RECOVERY_LENGTH, Cost, DeviceKeys, new_seed
from cerby_tui.kit import Kit, asked_back, confirmed, kit_of
from cerby_tui.lease import SessionFacts, renewed, write_session_file
from cerby_tui.passphrase import check_passphrase
from cerby_tui.session import Session
from cerby_tui.sync.beginning import begin_vault
from cerby_tui.system_keyring import NoKeyring, SystemKeyring
from cerby_tui.unlocking import unlock
from cerby_tui.vault.meta import Identity
from cerby_wire.errors import Refused
from cerby_wire.shapes import SignedRecord, StoredEntry

if TYPE_CHECKING:
    from cerby_tui.sync.api import Api, Transport

Step = Literal[
    "name",
    "passphrase",
    "token",
    "invite",
    "approval",
    "waiting",
    "approved",
    "recovery",
    "use",
    "sent",
    "code",
    "kit",
    "done",
]


class Enrolling(ABC, Generic[AnyKnown]):
    """One device on its way. Every method may be called again after a failure."""

    way: ClassVar[Way]
    makes_kit: ClassVar[bool] = True
    """Whether a new recovery key is made here, so that its kit has to be shown and asked back."""
    steps: ClassVar[int] = 5
    """How many steps this way has, the kit included."""
    kind: type[AnyKnown]

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
        self._cost = cost
        self._device: DeviceKeys | None = None
        self._known: AnyKnown | None = None
        self._name = ""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.step})"

    @abstractmethod
    def _first(self, device_name: str, recovery: bytes) -> AnyKnown:
        """What is known once the passphrase is chosen."""

    @abstractmethod
    def _own_step(self, known: AnyKnown) -> Step:
        """Which step of this way comes next, before there is a vault."""

    @abstractmethod
    def _settled(self, known: AnyKnown) -> bool:
        """Whether the service has taken this device in, so that an existing vault is a whole one."""

    @property
    def begun(self) -> bool:
        """Whether an earlier attempt left something to `resume` or `discard`."""
        return self._known is None and self._home.key_file.exists()

    @property
    def in_hand(self) -> bool:
        """Whether its keys are open, so that it goes on without the passphrase."""
        return self._known is not None

    @property
    def step(self) -> Step:
        """What has to be done next."""
        known = self._known
        if known is None:
            return "passphrase" if self._name else "name"
        if self._settled(known) and self._home.vault.exists():
            return "kit" if self._home.enrolment_file.exists() else "done"
        return self._own_step(known)

    def name_device(self, name: str) -> None:
        """How this device is called among one's trusted sessions. Raises UsageError."""
        self._name = name.strip()
        if not self._name:
            raise UsageError("The device needs a name.")

    def keyring_sentence(self) -> str:
        """In words, whether the system will keep a second secret. It is asked, so run this beside the screens."""
        try:
            return f"A second secret is kept in {self._keyring.name()}: the passphrase alone opens nothing."
        except NoKeyring as error:
            return f"{error} The passphrase alone protects this vault, so it has to be a long one."

    def choose_passphrase(self, passphrase: str) -> None:
        """Make the keys of this device and write its key file; seconds, so run it beside the screens.

        Raises UsageError for a weak passphrase, or if an earlier attempt is there.
        """
        if not self._name:
            raise UsageError("The device needs a name first.")
        if self.begun:
            raise UsageError("A device was begun here already.", next_step="Resume it, or discard it.")
        device = DeviceKeys(new_seed())
        recovery = secrets.token_bytes(RECOVERY_LENGTH) if self.makes_kit else b""
        keyring = self._second_secret(device)
        try:
            check_passphrase(passphrase, alone=not keyring, about=(self._name,))
        except UsageError:
            self._forget_secret(device.id)
            raise
        self._device = device
        # Without this file the key file could be neither resumed nor of use, so it comes first.
        self._keep(self._first(self._name, recovery))
        self._home.farewell.unlink(missing_ok=True)  # what was said about an earlier device was of that one
        write_key_file(
            self._home.key_file,
            device.seed,
            passphrase,
            keyring=keyring,
            recovery_public=DeviceKeys.from_recovery(recovery).public if recovery else None,
            cost=self._cost or measured_cost(bool(keyring), memory=machine_memory()),
        )

    def _second_secret(self, device: DeviceKeys) -> bytes:
        try:
            return self._keyring.make(device.id.hex())
        except NoKeyring:
            return b""

    def _forget_secret(self, device: bytes) -> None:
        with suppress(NoKeyring):
            self._keyring.forget(device.hex())

    def resume(self, passphrase: str) -> Step:
        """Go on where an earlier attempt of this way ended; a second or so. Raises WrongPassphrase, NoVault, Alarm."""
        device = unlock(self._home, passphrase, self._keyring)
        return self.go_on(device)

    def go_on(self, device: DeviceKeys) -> Step:
        """Go on with keys that are open already. Raises Alarm."""
        self._known = read_known(self._home.enrolment_file, device, self.kind)
        self._device = device
        return self.step

    def discard(self) -> None:
        """Forget everything about this device; nobody else knows it unless the service has taken it in."""
        home = self._home
        with suppress(CerbyError, Refused):  # a key file that cannot be read names nobody
            self._forget_secret(device_of(home.key_file))
        beside = [home.vault.with_name(home.vault.name + end) for end in ("-wal", "-shm")]
        for path in (home.key_file, home.session_file, home.vault, *beside, home.enrolment_file):
            path.unlink(missing_ok=True)
        self._device = self._known = None
        self._name = ""

    def kit(self) -> Kit:
        """The recovery kit. Raises UsageError before the person is known, or where none is made."""
        _device, known = self._ready()
        if not known.user or not known.recovery:
            raise UsageError("There is no recovery kit yet.")
        return kit_of(known.recovery, known.origin, known.user)

    def asked_back(self) -> tuple[int, int]:
        """The numbers (from 1) of the two groups that are asked back; the same ones however often it is asked."""
        return asked_back(self.kit().groups)

    def confirm_kit(self, answers: dict[int, str]) -> bool:
        """Whether the groups that were asked back are right; if they are, this device is set up."""
        right = confirmed(self.kit().groups, answers)
        if right:
            self._finish()
        return right

    def open(self) -> Session:
        """The session of the new device, without its passphrase again. Raises UsageError if it is not set up."""
        if self._device is None or self.step != "done":
            raise UsageError("This device is not set up yet.")
        return Session(self._home, self._device, self._clock, transport=self._transport)

    async def _write_vault(self, identity: Identity, lease: SignedRecord, entries: Sequence[StoredEntry]) -> None:
        """First lease and vault of a device that the service has taken in. Raises Alarm."""
        device, _known = self._ready()
        facts = SessionFacts(identity.service_key, identity.workspace, identity.user)
        try:
            facts = renewed(facts, lease, device.id)
        except Refused as refused:
            raise Alarm(refused.rule, "The service sent a lease that is not for this session.") from None
        write_session_file(self._home.session_file, device.mac_key, facts)
        await asyncio.to_thread(begin_vault, self._home, device, identity, entries, extract, self._clock)

    def _finish(self) -> None:
        """Nothing is left to be done: from now on this is a device like any other."""
        self._home.enrolment_file.unlink(missing_ok=True)

    @asynccontextmanager
    async def _line(self, origin: str) -> AsyncIterator[Api]:
        """The way to a service, signed by this device."""
        from cerby_tui.sync.api import Api  # loads the network when it is first needed

        device, _known = self._ready()
        api = Api(origin, device, self._clock, transport=self._transport)
        try:
            yield api
        finally:
            await api.close()

    def _ready(self) -> tuple[DeviceKeys, AnyKnown]:
        if self._device is None or self._known is None:
            raise UsageError("The passphrase has to be chosen first.")
        return self._device, self._known

    def _keep(self, known: AnyKnown) -> None:
        """Remember what is known now, on the disk before anything is sent."""
        if self._device is None:
            raise UsageError("The passphrase has to be chosen first.")
        write_known(self._home.enrolment_file, self._device, known)
        self._known = known


def machine_memory() -> int:
    """The machine's memory in KiB."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024
