"""Two values of one field side by side: one is kept, or an earlier one comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar, Literal

from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget

from cerby_tui import terminal_text, words
from cerby_tui.commands import bindings, only
from cerby_tui.screens.base import Dialog, caption, sheet
from cerby_tui.team_values import Side, Sides
from cerby_tui.values import Clash
from cerby_tui.widgets.field import REVEAL_SECONDS
from cerby_tui.widgets.side_by_side import Half, SideBySide

Kept = Literal["kept", "other"]


class CompareScreen(Dialog[str]):
    """Shows both; what can be answered is up to the subclass. Space shows what is hidden, for a while."""

    CSS_PATH: ClassVar = [sheet("dialog"), sheet("compare")]  # type: ignore[assignment]
    BINDINGS: ClassVar[list[BindingType]] = only("reveal", "close")

    def __init__(self, title: str, said: str, left: Half, right: Half) -> None:
        super().__init__()
        self._title, self._said = title, said
        self._left, self._right = left, right
        self.noted: Callable[[], None] = lambda: None
        """Told each time that hidden values were shown, for the activity log."""

    def body(self) -> Iterable[Widget]:
        """What it is about, and the two."""
        yield caption(self._title, "title")
        if self._said:
            yield caption(self._said, "muted")
        with VerticalScroll():
            yield SideBySide(self._left, self._right)

    def on_mount(self) -> None:
        """Long values are moved through with the arrow keys."""
        self.query_one(VerticalScroll).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what is hidden is revealed."""
        if action == "reveal":
            return any(half.hidden and half.value for half in (self._left, self._right))
        return super().check_action(action, parameters)

    def action_reveal(self) -> None:
        """Show what is hidden, or hide it again."""
        halves = self.query_one(SideBySide)
        halves.reveal(shown=not halves.revealed)
        if halves.revealed:
            self.noted()
            self.set_timer(REVEAL_SECONDS, lambda: halves.reveal(shown=False))

    def action_close(self) -> None:
        """Leave both as they are."""
        self.dismiss(None)


class ClashScreen(CompareScreen):
    """Answers `kept` for the value that stands or `other` for the one beside it. One's own stands at the left."""

    BINDINGS: ClassVar[list[BindingType]] = [*only("keep-mine", "keep-theirs"), *bindings("clash")]

    def __init__(self, clash: Clash, sides: Sides, shown: tuple[str, str], *, hidden: bool, now: int) -> None:
        stands = Half(_whose(sides.kept), f"stands now · {_sent(sides.kept, now)}", shown[0], hidden)
        beside = Half(_whose(sides.other), f"kept beside it · {_sent(sides.other, now)}", shown[1], hidden)
        first: Kept = "other" if sides.mine == "other" else "kept"
        self._order: tuple[Kept, Kept] = (first, "kept" if first == "other" else "other")
        self._mine = bool(sides.mine)
        halves = {"kept": stands, "other": beside}
        title = f"{words.field(clash.field)}: changed by two people at once"
        said = "What is not kept stays in the history."
        super().__init__(title, said, *(halves[each] for each in self._order))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Mine and theirs where one of them is mine; else left and right."""
        if action == "keep":
            return (parameters[0] in ("mine", "theirs")) == self._mine
        return super().check_action(action, parameters)

    def action_keep(self, which: str) -> None:
        """Answer."""
        self.dismiss(self._order[0 if which in ("mine", "left") else 1])


class ChangeScreen(CompareScreen):
    """A field before and after a version of the card. Answers `before` or `after`: the one that is to come back."""

    BINDINGS: ClassVar[list[BindingType]] = only("restore-before", "restore-after")

    def __init__(self, title: str, said: str, left: Half, right: Half, *, offers: frozenset[str]) -> None:
        super().__init__(title, said, left, right)
        self._offers = offers

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only values that can come back."""
        if action == "restore":
            return parameters[0] in self._offers
        return super().check_action(action, parameters)

    def action_restore(self, which: str) -> None:
        """Answer."""
        self.dismiss(which)


def _whose(side: Side) -> str:
    return "Yours" if side.you else f"{terminal_text.line(side.name)}'s"


def _sent(side: Side, now: int) -> str:
    return words.age(side.at, now) if side.at else "not sent yet"
