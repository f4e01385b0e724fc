"""The first run: says what is needed, begins to set this device up, or goes on where an earlier attempt ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalGroup
from textual.strip import Strip
from textual.widget import Widget

from cerby_tui import farewells, terminal_text
from cerby_tui.clock import Clock
from cerby_tui.messages import RowOpened
from cerby_tui.screens.base import Sized, caption, sheet
from cerby_tui.widgets.bars import BottomBar
from cerby_tui.widgets.ink import Line
from cerby_tui.widgets.line_list import LineList

if TYPE_CHECKING:
    from cerby_tui.enrolling.known import Way
    from cerby_tui.enrolling.ways import Ways
    from cerby_tui.session import Session

Choice = tuple[str, str, str]
BEGINNINGS: dict[Way, Choice] = {
    "found": ("found", "Create a workspace", "With the provisioning token of your service."),
    "join": ("join", "Join by invite", "With the invite string that a colleague gave you."),
    "approve": ("approve", "Add this device to my account", "Another trusted session of yours approves it."),
    "recover": ("recover", "Recover with my recovery kit", "When there is no other device left, or none at hand."),
}
RESUME: Choice = ("resume", "Go on setting up this device", "With the passphrase that was chosen for it.")
DISCARD: Choice = ("discard", "Discard the earlier attempt", "Forget its keys and begin again.")


class Choices(LineList):
    """What can be done now."""

    cell_height = 3

    def __init__(self, choices: tuple[Choice, ...]) -> None:
        super().__init__()
        self.choices = choices

    @property
    def count(self) -> int:
        """How many choices there are."""
        return len(self.choices)

    def show(self, choices: tuple[Choice, ...]) -> None:
        """Offer other ones; the first is chosen, so that nobody discards what they were about to go on with."""
        if choices != self.choices:
            self.index = 0
        self.choices = choices
        self.styles.height = self.cell_height * len(choices)
        self.redraw()

    def draw(self, index: int, width: int, selected: bool) -> list[Strip]:
        """A choice and what it means."""
        _name, title, detail = self.choices[index]
        ground = self.rich_style + self.ink("selected") if selected else self.rich_style
        bar = "▌ " if selected else "  "
        first = Line(width, ground).left(bar, self.ink("edge-focus")).left(title, self.ink("title"))
        second = Line(width, ground).left(bar, self.ink("edge-focus")).left(detail, self.ink("muted"))
        return [first.strip(), second.strip(), Line(width, self.rich_style).strip()]


class WelcomeScreen(Sized[None]):
    """Where a device without a vault begins. `opened` gets the session at the end."""

    CSS_PATH = sheet("enrolment")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("q", "app.leave", show=False)]

    def __init__(self, ways: Ways, opened: Callable[[Session], None], clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._ways = ways
        self._opened = opened

    def compose(self) -> Iterable[Widget]:
        """Words and choices."""
        with VerticalGroup(classes="column"):
            yield caption("Welcome to cerby", "title")
            yield caption(self._why(), "muted")
            yield Choices(self._choices())
            yield caption("To look around first, leave with q and run:  cerby-tui demo", "muted")
        yield BottomBar()

    def _why(self) -> str:
        """Why there is no vault here."""
        if self._ways.ended is None:
            return "There is no vault on this device yet."
        return terminal_text.line(farewells.said(self._ways.ended).whole())

    def _choices(self) -> tuple[Choice, ...]:
        if self._ways.begun:
            return (RESUME, DISCARD)
        return tuple(choice for way, choice in BEGINNINGS.items() if way in self._ways.offered)

    def on_mount(self) -> None:
        """Ready to choose."""
        self._show()
        self.query_one(BottomBar).hints = (("Enter", "choose"), ("q", "leave"), ("?", "all keys"))

    def on_screen_resume(self) -> None:
        """Backing out may have left something to go on with."""
        self._show()

    def _show(self) -> None:
        choices = self.query_one(Choices)
        choices.show(self._choices())
        choices.focus()

    def on_row_opened(self, event: RowOpened) -> None:
        """Begin, go on, or forget."""
        from cerby_tui.screens.enrolment import EnrolmentScreen

        chosen = self.query_one(Choices).choices[event.index]
        if chosen is DISCARD:
            self._ask_discard()
            return
        way = next((way for way, choice in BEGINNINGS.items() if choice is chosen), None)
        attempt = self._ways.begin(way) if way else self._ways.in_hand
        self.app.push_screen(EnrolmentScreen(self._ways, self._opened, self._clock, attempt))

    def _ask_discard(self) -> None:
        from cerby_tui.screens.confirm import ConfirmScreen

        def answered(yes: bool | None) -> None:
            if yes:
                self._ways.discard()
                self._show()

        self.app.push_screen(
            ConfirmScreen(
                "Discard the earlier attempt?",
                "If its workspace was created or joined already, only a confirmed recovery kit leads back to it.",
                yes="Discard",
            ),
            answered,
        )
