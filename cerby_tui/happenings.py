"""Lines of the activity log under the names that people know."""

from __future__ import annotations

from contextlib import suppress

from cerby_tui.ground import Ground
from cerby_tui.people import short_id, short_name
from cerby_tui.team_values import Happening
from cerby_wire.activity import Line, Seen
from cerby_wire.encoding import decode
from cerby_wire.errors import Refused

UNKNOWN = "Unknown"
NOBODY = "Service"
USER_LENGTH = 20


class Naming:
    """Gives people, accounts and sessions their names, as they are known at this moment."""

    def __init__(self, ground: Ground) -> None:
        reader, identity = ground.reader, ground.identity
        self._me = identity.user
        self._devices = {identity.device: identity.device_name}
        self._people: dict[bytes, str] = dict(reader.rows("SELECT user, name FROM people"))
        cards = reader.rows("SELECT accounts.account, label, app_name FROM accounts JOIN cards USING (account)")
        self._cards: dict[bytes, tuple[str, str]] = {account: (label, app) for account, label, app in cards}
        workspace = ground.around().workspace()
        role = workspace.role_at(self._me, workspace.n) if workspace else None
        self._blind = role == "login_only"

    def happening(self, line: Line) -> Happening:
        """A line for people."""
        label, app = self._card(line.account)
        return Happening(
            line.n,
            _when(line),
            line.event,
            self._person(line.user),
            label,
            self._device(line.device),
            self._detail(line),
            app,
            self._subject(line.subject),
            line.at,
            line.user,
            line.account,
        )

    def _person(self, user: bytes) -> str:
        if not user:
            return NOBODY
        if self._blind and user != self._me:
            return UNKNOWN
        return self._people.get(user) or short_id(user)

    def _card(self, account: bytes) -> tuple[str, str]:
        if not account:
            return "", ""
        return self._cards.get(account, (f"Account {account[:3].hex().upper()}", ""))

    def _subject(self, subject: bytes) -> str:
        return self._person(subject) if len(subject) == USER_LENGTH else self._device(subject)

    def _device(self, device: bytes) -> str:
        if not device:
            return ""
        return self._devices.get(device) or short_name(device)

    def _detail(self, line: Line) -> str:
        """What a line says beside the event; a suspension names the session in hexadecimal."""
        if line.event != "Secure Device Suspended":
            return line.detail
        with suppress(ValueError):
            return self._device(bytes.fromhex(line.detail))
        return line.detail


def _when(line: Line) -> int:
    """When it happened: of what a device signed offline, when that was, but never later than it was received."""
    if not line.signature:
        return line.at
    try:
        return min(decode(line.raw, Seen).at, line.at)
    except Refused:
        return line.at
