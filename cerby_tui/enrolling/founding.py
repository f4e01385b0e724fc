"""Setting up this device as the first of a new workspace.

name ──▶ passphrase ──▶ token ──▶ code ──▶ kit ──▶ done
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from cerby_tui import authoring
from cerby_tui.authoring import Author
from cerby_tui.enrolling.base import Step
from cerby_tui.enrolling.known import Known
from cerby_tui.enrolling.mailed import Mailed
from cerby_tui.errors import Alarm, RefusedError, UsageError
from cerby_tui.keys import DeviceKeys
from cerby_tui.vault.meta import Identity
from cerby_wire.entries import stream_id
from cerby_wire.errors import Refused
from cerby_wire.ledger import Ledger
from cerby_wire.records import fingerprint
from cerby_wire.shapes import Found, StartVerification, StoredEntry, Verification
from cerby_wire.texts import ProvisioningToken, parse_token

if TYPE_CHECKING:
    from cerby_tui.sync.api import Api

TRY_AGAIN = ("wrong_code", "code_expired", "too_many_tries")
"""Refusals after which the same request with another code is good."""


class FoundingKnown(Known, frozen=True, kw_only=True):
    """What is known of a founding. `found` is the request that founds the workspace, kept so that it stays the same."""

    token: bytes = b""
    verification: bytes = b""
    found: Found | None = None
    founded: bool = False

    def __repr__(self) -> str:
        return "FoundingKnown(…)"

    @property
    def request(self) -> Found:
        """The request that founded the workspace. Raises UsageError before there is one."""
        if self.found is None:
            raise UsageError("The workspace is not founded yet.")
        return self.found


class Founding(Mailed[FoundingKnown]):
    """The first device of a new workspace."""

    way = "found"
    kind = FoundingKnown
    asking = "token"

    def _first(self, device_name: str, recovery: bytes) -> FoundingKnown:
        return FoundingKnown(way=self.way, device_name=device_name, recovery=recovery)

    def _own_step(self, known: FoundingKnown) -> Step:
        return "code" if known.verification else "token"

    def _settled(self, known: FoundingKnown) -> bool:
        return known.founded

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

    async def another_code(self) -> Verification:
        """Have another code sent to the same address. Raises like `request_code`."""
        _device, known = self._ready()
        token = ProvisioningToken(known.origin, fingerprint(known.service_key), known.token)
        return await self.request_code(token.encode(), known.email, known.name)

    async def confirm(self, code: str) -> None:
        """Found the workspace with the code and write the vault. Raises OfflineError, RefusedError, Alarm."""
        device, known = self._ready()
        async with self._line(known.origin) as api:
            if not known.founded:
                await self._found(api, code.strip())
            _device, known = self._ready()
            heads = await api.heads("")
            await self._write_vault(_identity(known, device), heads.lease, _entries(known))

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
        known = replace(known, found=found, user=stream_id(found.user))
        self._keep(known)
        try:
            await api.found(found)
        except RefusedError as refused:
            if refused.code in TRY_AGAIN:
                self._keep(replace(known, found=replace(found, code="")))
            raise
        self._keep(replace(known, founded=True))


def compose(known: FoundingKnown, device: DeviceKeys) -> Found:
    """The request that founds a workspace, but for its code: the person, the workspace, their private settings."""
    ledger = Ledger(known.service_key)
    user, seed = authoring.user_genesis(device, DeviceKeys.from_recovery(known.recovery).public)
    ledger.add(user)
    person = stream_id(user)
    profile, hashed = authoring.profile(device, person, known.name, known.email)
    workspace = authoring.workspace_genesis(Author.of(device, person, ledger), hashed)
    ledger.add(workspace)
    personal = authoring.personal_genesis(Author.of(device, person, ledger))
    name = authoring.device_name(seed, person, device.id, known.device_name)
    return Found(known.token, known.verification, "", user, workspace, personal, profile, name)


def _entries(known: FoundingKnown) -> list[StoredEntry]:
    """The three beginnings as they stand in their streams."""
    found = known.request
    return [StoredEntry(stream_id(one), 1, one) for one in (found.user, found.workspace, found.personal)]


def _identity(known: FoundingKnown, device: DeviceKeys) -> Identity:
    """Who the vault will belong to."""
    found = known.request
    return Identity(
        origin=known.origin,
        service_key=known.service_key,
        workspace=stream_id(found.workspace),
        user=stream_id(found.user),
        device=device.id,
        personal=stream_id(found.personal),
        name=known.name,
        email=known.email,
        device_name=known.device_name,
    )
