"""*Workspace settings*: what the workspace asks of its members' devices, for administrators."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from msgspec.structs import replace
from textual import on
from textual.binding import BindingType
from textual.strip import Strip
from textual.widget import Widget

from cerby_tui import words
from cerby_tui.commands import bindings, only
from cerby_tui.messages import RowOpened
from cerby_tui.screens.base import Place, sheet
from cerby_tui.values import Changed
from cerby_tui.widgets.bars import TopBar
from cerby_tui.widgets.ink import Line
from cerby_tui.widgets.line_list import LineList
from cerby_wire.headers import Policy

MINUTE, HOUR, DAY = 60, 3600, 86_400


def _retention(seconds: int) -> str:
    return words.span(seconds) if seconds else "until the account is purged"


def _inviters(role: str) -> str:
    return f"{words.workspace_role(role)} and above" if role != "owner" else "the Owner alone"


@dataclass(frozen=True)
class Setting:
    """A field of the policy: its name, what it means, the values one steps through, and the words for one."""

    field: str
    title: str
    meaning: str
    values: Sequence[Any]
    words: Callable[[Any], str] = words.span

    def step(self, value: Any, by: int) -> Any:
        """The value before or after; one that is not among the usual ones moves to its neighbour."""
        if value in self.values:
            at = self.values.index(value) + by
        else:
            above = sum(0 < each < value for each in self.values) if isinstance(value, int) else 0
            at = above if by > 0 else above - 1
        return self.values[max(0, min(at, len(self.values) - 1))]


SETTINGS = (
    Setting(
        "offline_allowance",
        "Offline allowance",
        "A device out of contact for longer asks the service before it opens.",
        [DAY, 3 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 60 * DAY, 90 * DAY],
    ),
    Setting(
        "idle_lock",
        "Idle lock",
        "Without a key for so long the vault locks. Everybody may choose less.",
        [MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 4 * HOUR],
    ),
    Setting(
        "clipboard",
        "Clipboard",
        "After so long a copied value is cleared. Everybody may choose less.",
        [10, 20, 30, 45, MINUTE, 2 * MINUTE],
    ),
    Setting(
        "retention",
        "Messages are kept",
        "Older messages are deleted at the service and from every device.",
        [7 * DAY, 30 * DAY, 90 * DAY, 180 * DAY, 365 * DAY, 0],
        _retention,
    ),
    Setting(
        "inviters",
        "Who may invite",
        "Nobody invites above their own role, and Users invite Guests only.",
        ["user", "admin", "super_admin", "owner"],
        _inviters,
    ),
)


class SettingList(LineList):
    """The settings, two lines each and one between."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("policy", without=("save-policy",))
    cell_height = 3

    def __init__(self, policy: Policy) -> None:
        super().__init__()
        self.policy = self.wanted = policy

    @property
    def count(self) -> int:
        """How many settings there are."""
        return len(SETTINGS)

    def draw(self, index: int, width: int, selected: bool) -> list[Strip]:
        """Name and value, below what it means."""
        setting = SETTINGS[index]
        ground = self.rich_style + self.ink("selected") if selected else self.rich_style
        was, wanted = getattr(self.policy, setting.field), getattr(self.wanted, setting.field)
        bar = "▌ " if selected else "  "
        first, second = Line(width, ground), Line(width, ground)
        first.left(bar, self.ink("edge-focus")).left(f"{setting.title:<20}", self.ink("title"))
        first.left("‹ " if selected else "  ", self.ink("muted"))
        first.left(setting.words(wanted), self.ink("text" if was == wanted else "accent"))
        first.left(" ›" if selected else "  ", self.ink("muted"))
        if was != wanted:
            first.gap(2).left(f"was {setting.words(was)}", self.ink("muted"))
        second.left(bar, self.ink("edge-focus")).left(setting.meaning, self.ink("muted"))
        return [first.strip(), second.strip(), Line(width, self.rich_style).strip()]


class PolicyScreen(Place):
    """← and → step through the values, Ctrl+S signs the new policy."""

    CSS_PATH = sheet("members")
    BINDINGS: ClassVar[list[BindingType]] = only("save-policy")

    def body(self) -> Iterable[Widget]:
        """The settings."""
        yield SettingList(self.desk.session.people.policy())

    def on_mount(self) -> None:
        """Ready to step."""
        self.query_one(TopBar).trail = ("Accounts", "Workspace settings")
        self.query_one(SettingList).focus()
        self._show()

    def reread(self, changed: Changed) -> None:
        """Somebody else may have changed it; what is being changed here stays."""
        listed = self.query_one(SettingList)
        was, listed.policy = listed.policy, self.desk.session.people.policy()
        if listed.wanted == was:
            listed.wanted = listed.policy
        self._show()

    @property
    def _changed(self) -> int:
        for listed in self.query(SettingList):
            fields = (setting.field for setting in SETTINGS)
            return sum(getattr(listed.policy, each) != getattr(listed.wanted, each) for each in fields)
        return 0

    def _show(self) -> None:
        self.query_one(SettingList).redraw()
        self.query_one(TopBar).note = f"{words.count_of(self._changed, 'change')} not saved" if self._changed else ""
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There must be something to save."""
        return self._changed > 0 if action == "save" else super().check_action(action, parameters)

    @on(RowOpened)
    def opened(self, event: RowOpened) -> None:
        """Enter steps on."""
        event.stop()
        self.action_step(1)

    def action_step(self, by: int) -> None:
        """The value before or after."""
        listed = self.query_one(SettingList)
        setting = SETTINGS[listed.index]
        value = setting.step(getattr(listed.wanted, setting.field), by)
        listed.wanted = replace(listed.wanted, **{setting.field: value})
        self._show()

    async def action_save(self) -> None:
        """Sign it; every device of every member follows."""
        listed = self.query_one(SettingList)
        if await self.done(self.desk.session.people.set_policy(listed.wanted)):
            listed.policy = listed.wanted
            self.say("The workspace settings are saved. Every device follows when it syncs.")
            self._show()

    def action_back(self) -> None:
        """What was not saved is asked about."""
        if not self._changed:
            self.dismiss(None)
            return
        from cerby_tui.screens.confirm import ConfirmScreen

        def answered(yes: bool | None) -> None:
            if yes:
                self.dismiss(None)

        self.app.push_screen(ConfirmScreen("Discard your changes?", "Ctrl+S saves them.", yes="Discard"), answered)
