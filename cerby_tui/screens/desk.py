"""What every screen is given: the session, the clock, and what the demo can play. Free of Textual."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import TYPE_CHECKING

from cerby_tui.clock import Clock
from cerby_tui.values import CardFilter, InboxFilter

if TYPE_CHECKING:
    from cerby_tui.session import Session
    from cerby_wire.permissions import Action


@dataclass(frozen=True)
class DemoAct:
    """Something the other side can be made to do. `play` gets the selected account (or None), answers a sentence."""

    label: str
    help: str
    play: Callable[[bytes | None], Awaitable[str]]


@dataclass
class Memory:
    """What places remember while the vault is open: filters survive leaving and coming back."""

    cards: CardFilter = field(default_factory=CardFilter)
    inbox: InboxFilter = field(default_factory=InboxFilter)
    as_list: bool = False
    asked: dict[bytes, str] = field(default_factory=dict)
    """The names that devices gave themselves whose requests were answered from here."""


@dataclass(frozen=True)
class Desk:
    """The parts that screens work with."""

    session: Session
    clock: Clock
    zone: tzinfo | None = None
    demo: tuple[DemoAct, ...] = ()
    memory: Memory = field(default_factory=Memory)

    def now(self) -> int:
        """UTC milliseconds."""
        return self.clock.now()

    def may(self, action: Action, account: bytes | None = None) -> bool:
        """Whether this person may do that; what they may not do is not offered."""
        return self.session.people.may(action, account)


class Ending(enum.Enum):
    """Why the app ended. After LOCKED and SUSPENDED the process is to be replaced, so that memory is cleared."""

    QUIT = "quit"
    LOCKED = "locked"
    SUSPENDED = "suspended"
    SHUT_DOWN = "shut down"
    ENROLLED = "enrolled"
