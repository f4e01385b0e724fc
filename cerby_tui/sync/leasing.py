"""Taking a fresh lease: only one for this very session, no longer than the signed policy says, and not from the future.

Without these checks a service could let a stolen, removed session open its vault offline for ever.
"""

from __future__ import annotations

from cerby_tui.clock import Clock
from cerby_tui.errors import LeaseOver
from cerby_tui.home import Home
from cerby_tui.keys import DeviceKeys
from cerby_tui.lease import SessionFacts, check_length, read_session_file, renewed, write_session_file
from cerby_tui.vault.vault import Vault
from cerby_wire.errors import Refused
from cerby_wire.shapes import SignedRecord

KEPT = "The one before stays in force."


class Leasing:
    """Writes the session file. All methods run on the sync thread."""

    def __init__(self, home: Home, device: DeviceKeys, vault: Vault, clock: Clock) -> None:
        self._home = home
        self._device = device
        self._vault = vault
        self._clock = clock

    def allowance(self) -> int:
        """How long the policy that is held allows a session to be out of contact, in seconds; 0 if it is not held."""
        workspace = self._vault.streams.workspace(self._vault.identity.workspace)
        return workspace.policy.offline_allowance if workspace else 0

    def take(self, lease: SignedRecord, before: int) -> str:
        """Keep a fresh lease; or say what is wrong with it, and keep the one before. Raises Alarm.

        `before` is the allowance as it was when the lease was asked for: the policy may have changed in between.
        """
        identity, allowance = self._vault.identity, self.allowance()
        try:
            facts = read_session_file(self._home.session_file, self._device.mac_key)
        except LeaseOver:  # the file was lost while we were open
            facts = SessionFacts(identity.service_key, identity.workspace, identity.user)
        try:
            facts = renewed(facts, lease, self._device.id, allowance=allowance, now=self._clock.now())
            check_length(facts, self._device.id, max(before, allowance))
        except Refused as refused:
            return f"The service sent a lease that cannot be right: {refused.sentence} {KEPT} ({refused.rule})"
        write_session_file(self._home.session_file, self._device.mac_key, facts)
        return ""
