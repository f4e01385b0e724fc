"""What somebody who left, or a session that was removed, may still know: to be changed at its site, one by one.

Removing takes keys away from what is written from then on. It cannot take back what was read, copied or kept before:
passwords, authenticator secrets and backup codes go on working until they are changed where they are used.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from cerby_tui.changing import Changing
from cerby_tui.errors import OfflineError, RefusedError, UsageError
from cerby_tui.exposure import Exposure, Going
from cerby_tui.ground import Ground
from cerby_tui.people import People, short_name
from cerby_tui.team_values import Held, Leaver
from cerby_tui.traces import Trace, traces_of
from cerby_tui.vault import content as contents
from cerby_tui.vault.content import SETTLED
from cerby_tui.vault.streams import Streams
from cerby_wire.state import WorkspaceState

CANNOT = (
    "Removing takes away what is written from now on. It cannot undo what was read, copied or kept before: passwords, "
    "authenticator secrets and backup codes work until they are changed at the site where they are used. "
    "What was opened is what their own app reported: who had the key could have read everything."
)
"""To be shown with every list."""
Kind = Literal["person", "session", "account"]


class Gone(NamedTuple):
    """A leaver with the accounts whose keys they had."""

    kind: Kind
    user: bytes
    device: bytes
    going: Going
    accounts: tuple[bytes, ...]


class Leavers:
    """Lists of what to change after a removal, for the accounts that this person owns."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._me = ground.identity.user
        self._streams = Streams(ground.reader)
        self._exposure = Exposure(self._streams, ground.around(), self._me)
        self._people = People(ground)

    def all(self) -> list[Leaver]:
        """Everybody, and every session, that was removed and was on an account of ours, the newest first."""
        settled = {account: self._settled(account) for account in self._exposure.owned()}
        found = [self._leaver(key, gone, settled) for key, gone in self._gone().items()]
        return sorted(found, key=lambda one: (-one.at, one.key))

    async def held(self, key: bytes) -> list[Held]:
        """What one of them may still know, the riskiest first; without the service what the vault knows.

        Raises UsageError if nobody of that key has left.
        """
        gone = self._gone().get(key)
        if gone is None:
            raise UsageError("Nobody of that name has left.")
        traces = await self._traces(gone)
        labels: dict[bytes, str] = dict(self._ground.reader.rows("SELECT account, label FROM accounts"))
        found = []
        for account in gone.accounts:
            trace = traces.get(account, Trace()) if traces is not None else None
            label = labels.get(account) or f"Account {account[:3].hex().upper()}"
            risk, what = trace.told() if trace else (1, "Had the key. What was opened is known to the service only.")
            found.append(Held(account, label, risk, what, self._settled(account).get(key.hex(), 0)))
        return sorted(found, key=lambda one: (-one.risk, one.label.casefold(), one.account))

    async def tick(self, key: bytes, account: bytes, *, changed: bool) -> None:
        """Note that the account's secrets were changed at its site, or not; all Owners of the account see it.

        Raises UsageError, RefusedError, StorageFull.
        """
        now = self._ground.clock.now()

        def write() -> None:
            vault = self._ground.writing.vault
            ticks: list[str] = vault.accounts.content(account).get(SETTLED, [])
            wanted = [tick for tick in ticks if not tick.startswith(f"{key.hex()}:")]
            wanted += [f"{key.hex()}:{now}"] if changed else []
            Changing(vault, self._ground.device, self._ground.clock).edit(account, {SETTLED: tuple(wanted)})

        await self._ground.call(write)
        self._ground.changed(account)

    # --- who has left

    def _gone(self) -> dict[bytes, Gone]:
        """Everybody who had a key of an account of ours and is not to have it any more, by the key of their list."""
        workspace = self._ground.around().workspace()
        if workspace is None:
            return {}
        found: dict[bytes, Gone] = {}
        for account, state in self._exposure.owned().items():
            listings = self._exposure.listings(account, state)
            for user in {one.user for one in listings}:
                removed = self._exposure.removed(workspace, user)
                if removed is not None:
                    _add(found, b"p" + user, Gone("person", user, b"", removed, (account,)))
                elif user not in state.members:
                    going = self._exposure.taken_off(account, user, listings)
                    _add(found, b"a" + account + user, Gone("account", user, b"", going, (account,)))
                else:
                    self._add_sessions(found, workspace, account, user)
        return found

    def _add_sessions(self, found: dict[bytes, Gone], workspace: WorkspaceState, account: bytes, user: bytes) -> None:
        """The removed sessions of somebody who is still there."""
        person = self._streams.user(user)
        state = self._streams.account(account)
        if person is None or state is None:
            return
        listings = self._exposure.listings(account, state)
        for device, going in self._exposure.gone_sessions(workspace, person).items():
            if self._exposure.could_read(person, device, listings):
                _add(found, b"s" + device, Gone("session", user, device, going, (account,)))

    def _leaver(self, key: bytes, gone: Gone, settled: dict[bytes, dict[str, int]]) -> Leaver:
        still = sum(key.hex() not in settled.get(account, {}) for account in gone.accounts)
        by = self._people.name(gone.going.by) if gone.going.by else ""
        return Leaver(key, self._name(gone), gone.kind, by, gone.going.at, still)

    def _name(self, gone: Gone) -> str:
        name = "You" if gone.user == self._me else self._people.name(gone.user)
        if gone.kind != "session":
            return name
        session = short_name(gone.device)
        return f"Your {session[0].lower()}{session[1:]}" if gone.user == self._me else f"{session} of {name}"

    # --- what they did, and what was done about it

    async def _traces(self, gone: Gone) -> dict[bytes, Trace] | None:
        """What the activity log says of them, by account; None if the service cannot be asked."""
        query = [("user", gone.user.hex()), *(("event", event) for event in Trace.events())]
        try:
            log = (await self._ground.online()).activity
            lines = await self._ground.run(log.newest(query, 0))
        except (OfflineError, RefusedError):
            return None
        return traces_of(lines, gone.user, gone.device)

    def _settled(self, account: bytes) -> dict[str, int]:
        """When each leaver was dealt with, by their key in hexadecimal."""
        raw = self._ground.reader.value("SELECT item FROM accounts WHERE account = ?", (account,))
        ticks = contents.decode(raw).get(SETTLED, []) if raw else []
        found: dict[str, int] = {}
        for tick in ticks:
            key, _, at = str(tick).partition(":")
            if at.isdigit():
                found[key] = max(found.get(key, 0), int(at))
        return found


def _add(found: dict[bytes, Gone], key: bytes, gone: Gone) -> None:
    """One more account of a leaver."""
    before = found.get(key)
    found[key] = gone if before is None else gone._replace(accounts=(*before.accounts, *gone.accounts))
