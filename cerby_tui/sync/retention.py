"""How long messages are kept, by the signed policy of the workspace: what is older goes from this device too."""

from __future__ import annotations

from collections.abc import Callable

from cerby_tui.clock import Clock
from cerby_tui.values import Changed
from cerby_tui.vault.vault import Vault
from cerby_wire.headers import WorkspaceGenesis, WorkspacePolicy

POLICIES = (WorkspaceGenesis, WorkspacePolicy)
SLACK = 3_600_000
"""Milliseconds by which the service may be early: its clock and ours are never the same."""


class Retention:
    """Forgets texts in the vault, and tells which messages may come without theirs. Runs on the sync thread."""

    def __init__(self, vault: Vault, clock: Clock, tell: Callable[[Changed], None]) -> None:
        self._vault = vault
        self._clock = clock
        self._tell = tell

    def tend(self) -> None:
        """Forget what both our clock and the service's say is too old."""
        now, kept = self._clock.now(), seconds_kept(self._vault)
        if kept:
            before = now + min(0, self._vault.meta.progress.offset) - kept * 1000
            with self._vault.database.transaction():
                touched = self._vault.forget_texts(before)
            if touched:
                self._tell(Changed(accounts=frozenset(touched)))


def seconds_kept(vault: Vault) -> int:
    """How long the workspace keeps messages; 0 for ever."""
    workspace = vault.streams.workspace(vault.identity.workspace)
    return workspace.policy.retention if workspace else 0


def oldest_kept(vault: Vault, now: int) -> int:
    """The time before which a message may come without its text, at `now` (both the service's, UTC ms); 0 for never.

    The shortest time counts that the workspace ever asked for: what went under an earlier policy does not come back.
    """
    headers = vault.streams.headers(vault.identity.workspace)
    policies = [act.policy for act in (header.act for header in headers) if isinstance(act, POLICIES)]
    kept = min((policy.retention for policy in policies if policy.retention), default=0)
    return now - kept * 1000 + SLACK if kept else 0
