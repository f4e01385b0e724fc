"""The parts of an open session by subject; each is loaded when it is first asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from cerby_tui.ground import Ground

if TYPE_CHECKING:
    from cerby_tui.activity import Activity
    from cerby_tui.devices import Devices
    from cerby_tui.history import History
    from cerby_tui.invites import Invites
    from cerby_tui.leavers import Leavers
    from cerby_tui.people import People
    from cerby_tui.recovery import Recovery
    from cerby_tui.sharing import Sharing


class Rooms:
    """What a session offers beside accounts and messages."""

    _ground: Ground

    @cached_property
    def people(self) -> People:
        """Who is in the workspace, their roles, the policy."""
        from cerby_tui.people import People

        return People(self._ground)

    @cached_property
    def invites(self) -> Invites:
        """Invites: written, open, withdrawn."""
        from cerby_tui.invites import Invites

        return Invites(self._ground)

    @cached_property
    def sharing(self) -> Sharing:
        """Who is on an account, and in which role."""
        from cerby_tui.sharing import Sharing

        return Sharing(self._ground)

    @cached_property
    def devices(self) -> Devices:
        """Trusted sessions: one's own, those that ask, those of others."""
        from cerby_tui.devices import Devices

        return Devices(self._ground)

    @cached_property
    def recovery(self) -> Recovery:
        """The recovery kit: tried, replaced, used."""
        from cerby_tui.recovery import Recovery

        return Recovery(self._ground)

    @cached_property
    def activity(self) -> Activity:
        """What happened, and what one looked at and copied."""
        from cerby_tui.activity import Activity

        return Activity(self._ground)

    @cached_property
    def history(self) -> History:
        """Earlier versions of cards, and the last change taken back."""
        from cerby_tui.history import History

        return History(self._ground)

    @property
    def can_undo(self) -> bool:
        """Whether this person changed something in this sitting that was not taken back."""
        return self._ground.journal.newest() is not None

    @cached_property
    def leavers(self) -> Leavers:
        """What somebody who left may still know."""
        from cerby_tui.leavers import Leavers

        return Leavers(self._ground)
