"""What the person may do on one account, asked once for each change of it rather than for each key."""

from __future__ import annotations

from cerby_tui.screens.desk import Desk
from cerby_wire.permissions import Action


class Rights:
    """Answers whether an act is allowed on an account; `forget` after the account or the workspace changed."""

    def __init__(self, desk: Desk, account: bytes) -> None:
        self._desk, self._account = desk, account
        self._known: dict[Action, bool] = {}

    def __call__(self, action: Action) -> bool:
        """Whether this person may do that here."""
        if action not in self._known:
            self._known[action] = self._desk.may(action, self._account)
        return self._known[action]

    def forget(self) -> None:
        """Ask again from now on."""
        self._known.clear()
