"""What happened in the workspace, and what this person looked at and copied."""

from __future__ import annotations

from msgspec import Struct

from cerby_tui.ground import Ground
from cerby_tui.happenings import Naming
from cerby_tui.sync.noting import Noting
from cerby_tui.team_values import Happening
from cerby_tui.vault.streams import Streams
from cerby_wire.activity import EVENTS, How, What

FIELDS: dict[str, What] = {
    "password": "password",
    "totp": "totp seed",
    "backup_codes": "backup codes",
    "username": "username",
    "email": "email",
    "phone": "phone",
    "login_url": "login url",
    "notes": "notes",
}
"""What the fields of a card are called in the log."""
AT_ONCE = 60_000
"""Looking at the same thing again within this many milliseconds is one event."""


class ActivityFilter(Struct, frozen=True):
    """Which lines: since a time (UTC ms), before one, of these events, people and accounts; empty means all.

    `limit` is how many at most, 0 for all.
    """

    since: int = 0
    until: int = 0
    events: tuple[str, ...] = ()
    people: tuple[bytes, ...] = ()
    accounts: tuple[bytes, ...] = ()
    limit: int = 500


def what_of(field: str, *, hidden: bool = False, managed: bool = False) -> What:
    """What a field of a card is called in the log; never its own name, which only the account's people may know.

    `hidden` says that its value is masked, `managed` that the phone number is a managed one.
    """
    if field == "phone" and managed:
        return "number"
    return FIELDS.get(field, "hidden field" if hidden else "field")


class Activity:
    """The activity log. Noting works offline: what was noted is sent with the next round."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._noting = Noting(ground.writing.vault, ground.device, ground.clock)
        self._streams = Streams(ground.reader)
        self._noted: dict[tuple[How, bytes, What], int] = {}

    @staticmethod
    def events() -> tuple[str, ...]:
        """Every event that a line can have, for filters."""
        return EVENTS

    def note(self, how: How, account: bytes, what: What) -> None:
        """Note that this person viewed or copied something of an account, to be signed and sent; returns at once."""
        now, key = self._ground.clock.now(), (how, account, what)
        if 0 <= now - self._noted.get(key, -AT_ONCE) < AT_ONCE or self._streams.account(account) is None:
            return  # just noted, or an account that nobody else has yet
        self._noted[key] = now
        self._ground.soon(self._noting.note, how, account, what)

    async def lines(self, wanted: ActivityFilter) -> list[Happening]:
        """The lines that this person may see, the newest first.

        Raises OfflineError, RefusedError, and Alarm if the log is not the one that was known here.
        """
        query = [("event", event) for event in wanted.events]
        query += [("user", user.hex()) for user in wanted.people]
        query += [("account", account.hex()) for account in wanted.accounts]
        query += [("since", str(wanted.since))] if wanted.since else []
        query += [("until", str(wanted.until))] if wanted.until else []
        log = (await self._ground.online()).activity
        found = await self._ground.run(log.newest(query, wanted.limit))
        naming = Naming(self._ground)
        return [naming.happening(line) for line in found]

    async def verify(self) -> str:
        """Check the whole chain of the log; returns a sentence.

        Raises OfflineError, RefusedError, and Alarm naming the first broken line.
        """
        log = (await self._ground.online()).activity
        outcome = await self._ground.run(log.verify())
        said = f"All {outcome.lines} lines of the activity log follow from one another."
        if outcome.hidden:
            said += f" {outcome.hidden} of them are not for you to read; their digests were checked."
        if outcome.lost:
            said += f" The service came back from a backup: the last {outcome.lost} lines known here are not in it."
        return said
