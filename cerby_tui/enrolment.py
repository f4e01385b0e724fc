"""Setting up this device as the first of a new workspace; every step can be repeated, and the whole thing resumed.

The key file is written before the token or a code is spent. What is known so far lies sealed in a file beside it until
the recovery kit is confirmed.

    name ──▶ passphrase ──▶ token ──▶ code ──▶ kit ──▶ done
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

from cerby_tui.clock import Clock
from cerby_tui.codes.extract import extract
from cerby_tui.errors import Alarm, RefusedError, UsageError
from cerby_tui.founding import Known, compose, read_known, write_known
from cerby_tui.home import Home
from cerby_tui.keyfile import measured_cost, write_key_file
from cerby_tui.keys import RECOVERY_LENGTH, Cost, DeviceKeys, new_seed
from cerby_tui.lease import SessionFacts, renewed, write_session_file
from cerby_tui.passphrase import check_passphrase
from cerby_tui.session import Session
from cerby_tui.sync.beginning import begin_vault
from cerby_tui.system_keyring import NoKeyring, SystemKeyring
from cerby_tui.unlocking import unlock
from cerby_wire.entries import stream_id
from cerby_wire.errors import Refused
from cerby_wire.records import fingerprint
from cerby_wire.shapes import StartVerification, Verification
from cerby_wire.texts import parse_token, recovery_code

if TYPE_CHECKING:
    from cerby_tui.sync.api import Api, Transport

Step = Literal["name", "passphrase", "token", "code", "kit", "done"]

TRY_AGAIN = ("wrong_code", "code_expired", "too_many_tries")


class Kit(Struct, frozen=True):
    """What a person prints or writes down: eight groups of the recovery code, the service, the user id."""

    groups: tuple[str, ...]
    origin: str
    user: str

    def __repr__(self) -> str:
        return "Kit(…)"


class Enrolment:
    """One device on its way into a new workspace. Every method may be called again after a failure."""

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
        self._known: Known | None = None
        self._name = ""

    def __repr__(self) -> str:
        return f"Enrolment({self.step})"

    @property
    def begun(self) -> bool:
        """Whether an earlier attempt left something to `resume` or `discard`."""
        return self._known is None and self._home.key_file.exists()

    @property
    def step(self) -> Step:
        """What has to be done next."""
        known = self._known
        if known is None:
            return "passphrase" if self._name else "name"
        if known.founded and self._home.vault.exists():
            return "kit" if self._home.enrolment_file.exists() else "done"
        return "code" if known.verification else "token"

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
        device, recovery = DeviceKeys(new_seed()), secrets.token_bytes(RECOVERY_LENGTH)
        keyring = self._second_secret(device)
        try:
            check_passphrase(passphrase, alone=not keyring, about=(self._name,))
        except UsageError:
            self._forget_secret(device)
            raise
        self._device = device
        # Without this file the key file could be neither resumed nor of use, so it comes first.
        self._keep(Known(self._name, recovery))
        write_key_file(
            self._home.key_file,
            device.seed,
            passphrase,
            keyring=keyring,
            recovery_public=DeviceKeys.from_recovery(recovery).public,
            cost=self._cost or measured_cost(bool(keyring), memory=_memory()),
        )

    def _second_secret(self, device: DeviceKeys) -> bytes:
        try:
            return self._keyring.make(device.id.hex())
        except NoKeyring:
            return b""

    def _forget_secret(self, device: DeviceKeys) -> None:
        with suppress(NoKeyring):
            self._keyring.forget(device.id.hex())

    def resume(self, passphrase: str) -> Step:
        """Go on where an earlier attempt ended; a second or so. Raises WrongPassphrase, NoVault, Alarm."""
        device = unlock(self._home, passphrase, self._keyring)
        self._known = read_known(self._home.enrolment_file, device)
        self._device = device
        return self.step

    def discard(self) -> None:
        """Forget everything about this device; nobody else knows it unless the workspace was founded."""
        if self._device is not None:
            self._forget_secret(self._device)
        home = self._home
        beside = [home.vault.with_name(home.vault.name + end) for end in ("-wal", "-shm")]
        for path in (home.key_file, home.session_file, home.vault, *beside, home.enrolment_file):
            path.unlink(missing_ok=True)
        self._device = self._known = None
        self._name = ""

    async def request_code(self, token: str, email: str, name: str) -> Verification:
        """Have a six-digit code sent to `email`; seconds until it ends, and until another can be asked for.

        Raises UsageError for a mistyped token, OfflineError, RefusedError, Alarm if another service answers.
        """
        try:
            parsed = parse_token(token)
        except Refused as refused:
            raise UsageError(f"That is not a token. {refused.sentence}", next_step="Paste the whole of it.") from None
        device, known = self._ready()
        email, name = email.strip(), name.strip()
        if not name:
            raise UsageError("Please say your name: colleagues will see it.")
        async with self._line(parsed.origin) as api:
            about = await api.about()
            if fingerprint(about.service_key) != parsed.fingerprint:
                raise Alarm("service_key", "This is not the service that made the token.", safe="Nothing was sent.")
            asked = StartVerification(email, device.public, parsed.secret)
            verification = await api.start_verification(asked)
        same = (known.email, known.name, known.token) == (email, name, parsed.secret)
        known = replace(known, origin=parsed.origin, service_key=about.service_key, token=parsed.secret)
        known = replace(known, email=email, name=name, found=known.found if same else None)
        self._keep(replace(known, verification=verification.id))
        return verification

    async def confirm(self, code: str) -> None:
        """Found the workspace with the code and write the vault. Raises OfflineError, RefusedError, Alarm."""
        device, known = self._ready()
        async with self._line(known.origin) as api:
            if not known.founded:
                await self._found(api, code.strip())
            await self._settle(api, device)

    async def _found(self, api: Api, code: str) -> None:
        """Send the request whose answer was lost, or else one with this code."""
        device, known = self._ready()
        if known.found is not None and known.found.code:
            try:
                await api.found(known.found)
            except RefusedError:
                known = replace(known, found=replace(known.found, code=""))
            else:
                self._keep(replace(known, founded=True))
                return
        found = replace(known.found or compose(known, device), code=code, verification=known.verification)
        # Kept before it is sent: a lost answer is asked for again with the very same bytes.
        self._keep(replace(known, found=found))
        try:
            await api.found(found)
        except RefusedError as refused:
            if refused.code in TRY_AGAIN:
                self._keep(replace(known, found=replace(found, code="")))
            raise
        self._keep(replace(known, found=found, founded=True))

    async def _settle(self, api: Api, device: DeviceKeys) -> None:
        """First lease and vault of a workspace that is founded."""
        _device, known = self._ready()
        identity = known.identity(device)
        heads = await api.heads("")
        facts = SessionFacts(identity.service_key, identity.workspace, identity.user)
        try:
            facts = renewed(facts, heads.lease, device.id)
        except Refused as refused:
            raise Alarm(refused.rule, "The service sent a lease that is not for this session.") from None
        write_session_file(self._home.session_file, device.mac_key, facts)
        entries = known.entries()
        await asyncio.to_thread(begin_vault, self._home, device, identity, entries, extract, self._clock)

    def kit(self) -> Kit:
        """The recovery kit. Raises UsageError before the workspace is founded."""
        _device, known = self._ready()
        groups = tuple(recovery_code(known.recovery).split("-"))
        return Kit(groups, known.origin, stream_id(known.request.user).hex())

    def asked_back(self) -> tuple[int, int]:
        """The numbers (from 1) of the two groups that are asked back; the same ones however often it is asked."""
        groups = self.kit().groups
        half = len(groups) // 2
        first = ord(groups[-1][-1]) % half
        return first + 1, first + 1 + half

    def confirm_kit(self, answers: dict[int, str]) -> bool:
        """Whether the groups that were asked back are right; if they are, this device is set up."""
        groups = self.kit().groups
        right = all(answers.get(one, "").strip().upper() == groups[one - 1] for one in self.asked_back())
        if right:
            self._home.enrolment_file.unlink(missing_ok=True)
        return right

    def open(self) -> Session:
        """The session of the new device, without its passphrase again. Raises UsageError if it is not set up."""
        if self._device is None or self.step != "done":
            raise UsageError("This device is not set up yet.")
        return Session(self._home, self._device, self._clock, transport=self._transport)

    @asynccontextmanager
    async def _line(self, origin: str) -> AsyncIterator[Api]:
        from cerby_tui.sync.api import Api  # loads the network when it is first needed

        device, _known = self._ready()
        api = Api(origin, device, self._clock, transport=self._transport)
        try:
            yield api
        finally:
            await api.close()

    def _ready(self) -> tuple[DeviceKeys, Known]:
        if self._device is None or self._known is None:
            raise UsageError("The passphrase has to be chosen first.")
        return self._device, self._known

    def _keep(self, known: Known) -> None:
        if self._device is None:
            raise UsageError("The passphrase has to be chosen first.")
        write_known(self._home.enrolment_file, self._device, known)
        self._known = known


def _memory() -> int:
    """The machine's memory in KiB."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024
