"""What widgets and screens tell each other: plain values, named for what has happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from textual.message import Message

if TYPE_CHECKING:
    from textual.widget import Widget

    from cerby_tui.team_values import Farewell

Severity = Literal["information", "warning", "error"]


class VaultChanged(Message):
    """The vault or the state of the service changed; what did is gathered at the gate (screens.keeping)."""


@dataclass
class CopyWanted(Message):
    """Somebody asked for `value` on the clipboard; `what` names it in the notice and never contains it."""

    value: str
    what: str


@dataclass
class Noticed(Message):
    """Something worth a line: shown beside the keys for a while and kept in the log of notices."""

    sentence: str
    severity: Severity = "information"


class Uncovered(Message):
    """A screen is on top now: what is being said belongs on it."""


@dataclass
class SessionOver(Message):
    """This session is over for good, and nothing of it is left on this device."""

    farewell: Farewell


@dataclass
class RowMoved(Message):
    """Another row of a list is selected now."""

    sender: Widget
    index: int


@dataclass
class RowOpened(Message):
    """Enter or a second click on a row."""

    sender: Widget
    index: int


@dataclass
class Pressed(Message):
    """A button was pressed."""

    sender: Widget


@dataclass
class FieldChanged(Message):
    """A field of the account page was edited and the person said *Done*."""

    name: str
    value: str


@dataclass
class FieldActed(Message):
    """An action of a field that its screen has to carry out: `create_number`, `keep_mine`, `remove`, …"""

    name: str
    action: str


@dataclass
class GenerateWanted(Message):
    """A password is to be made up; `take` gets it if the person likes it."""

    take: Callable[[str], None]
