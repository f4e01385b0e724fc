"""Why the key of an account is renewed, in words."""

from __future__ import annotations

from cerby_tui.sync.renewing import Renewal
from cerby_tui.vault.around import Around
from cerby_tui.vault.vault import Vault
from cerby_wire.entries import read_header
from cerby_wire.roles import ACCOUNT_OWNERS
from cerby_wire.state import AccountState, UserState

YOURS = "yours"


def said_of(renewal: Renewal, around: Around, vault: Vault) -> str:
    """Because of whom, and what they did or what was done to them; several people are counted."""
    state = around.state(renewal.account)
    if not isinstance(state, AccountState):
        return "its people changed"
    found = sorted(_of_one(user, state, around, vault) for user in renewal.because)
    return found[0] if len(found) == 1 else f"{found[0]}, and {len(found) - 1} more changes"


def _of_one(user: bytes, state: AccountState, around: Around, vault: Vault) -> str:
    workspace, person = around.workspace(), around.user(user)
    name = _name(user, vault)
    role = workspace.role_at(user, workspace.n) if workspace else None
    listed = state.members.get(user)
    if role is None:
        return f"{name} is not in the workspace any more"
    if listed is None:
        handed = _made_the_key(user, state, vault)
        return f"{name} handed it over and knew its key" if handed else f"{name} may be on it again"
    if listed.role == "owner" and role not in ACCOUNT_OWNERS:
        return f"{name} may not own accounts any more"
    suspended = workspace.suspended(user, workspace.n) if workspace else ()
    if person is not None and any(person.device_active(one, person.n) for one in suspended):
        return f"a session of {name} is suspended"
    if person is not None and _lost_session(person, listed.chain.n):
        return f"a session of {name} was removed"
    if person is not None and person.n > listed.chain.n:
        return "your recovery key was replaced" if name == YOURS else f"the recovery key of {name} was replaced"
    return f"{name} left it"


def _lost_session(person: UserState, since: int) -> bool:
    """Whether a session was removed from a chain after an entry of it."""
    return any(record.removed > since and not record.recovery for record in person.devices.values())


def _made_the_key(user: bytes, state: AccountState, vault: Vault) -> bool:
    entry = vault.streams.entry(state.stream, state.epoch_at)
    return entry is not None and read_header(entry).author == user


def _name(user: bytes, vault: Vault) -> str:
    if user == vault.identity.user:
        return YOURS
    found = vault.database.value("SELECT name FROM people WHERE user = ?", (user,))
    return str(found or "") or f"Person {user[:3].hex().upper()}"
