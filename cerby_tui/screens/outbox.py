"""Waiting changes, and those that could not be saved: nothing typed is ever lost silently."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.strip import Strip
from textual.widget import Widget

from cerby_tui import terminal_text, words
from cerby_tui.commands import bindings
from cerby_tui.messages import RowOpened
from cerby_tui.screens.base import Place, sheet
from cerby_tui.values import Changed, Waiting
from cerby_tui.widgets.bars import TopBar
from cerby_tui.widgets.ink import Line
from cerby_tui.widgets.line_list import LineList


class WaitingList(LineList):
    """The changes, two lines each and one between."""

    cell_height = 3
    empty = ("Nothing is waiting", "Every change of yours has reached the service.")

    def __init__(self, now: int) -> None:
        super().__init__()
        self._now = now
        self.changes: Sequence[Waiting] = ()

    @property
    def count(self) -> int:
        """How many changes there are."""
        return len(self.changes)

    def show(self, changes: Sequence[Waiting], now: int) -> None:
        """Show these, those that could not be saved first."""
        self._now = now
        self.changes = sorted(changes, key=lambda change: not change.refused)
        self.redraw()

    def draw(self, index: int, width: int, selected: bool) -> list[Strip]:
        """Account and what was changed; below, how it stands."""
        change = self.changes[index]
        ground = self.rich_style + self.ink("selected") if selected else self.rich_style
        bar = "▌ " if selected else "  "
        first, second = Line(width, ground), Line(width, ground)
        first.right(" ").right(words.age(change.since, self._now), self.ink("muted"))
        first.left(bar, self.ink("edge-focus")).left(terminal_text.line(change.label) or "Private", self.ink("title"))
        first.gap(3).left(terminal_text.line(change.what), self.ink("text"))
        second.left(bar, self.ink("edge-focus"))
        if change.refused:
            second.left("✗ could not be saved: ", self.ink("bad"))
            second.left(terminal_text.line(change.refused), self.ink("warn"))
        else:
            second.left("↑ waiting for the service", self.ink("muted"))
        return [first.strip(), second.strip(), Line(width, self.rich_style).strip()]


class OutboxScreen(Place):
    """The changes of this device that the service does not have."""

    CSS_PATH = sheet("outbox")
    BINDINGS: ClassVar[list[BindingType]] = bindings("waiting")

    def body(self) -> Iterable[Widget]:
        """The list."""
        yield WaitingList(self.desk.now())

    def on_mount(self) -> None:
        """Show what waits."""
        self.query_one(TopBar).trail = ("Accounts", "Waiting changes")
        self.query_one(WaitingList).focus()
        self._read()

    def _read(self) -> None:
        changes = self.desk.session.waiting()
        self.query_one(WaitingList).show(changes, self.desk.now())
        refused = sum(bool(change.refused) for change in changes)
        lost = f" · {refused:,} could not be saved" if refused else ""
        self.query_one(TopBar).note = f"{len(changes) - refused:,} waiting{lost}"
        self.refresh_bindings()

    def _selected(self) -> Waiting | None:
        listed = self.query_one(WaitingList)
        return listed.changes[listed.index] if listed.changes else None

    def vault_changed(self, changed: Changed) -> None:
        """What waits is part of the status, so every change of that is worth reading again."""
        super().vault_changed(changed)
        if self.is_current:
            self._read()

    def reread(self, changed: Changed) -> None:
        """Read again."""
        self._read()

    def account_in_focus(self) -> bytes | None:
        """The account of the selected change."""
        change = self._selected()
        return change.account if change else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There must be something to discard."""
        if action == "discard":
            return any(listed.changes for listed in self.query(WaitingList))
        return super().check_action(action, parameters)

    @on(RowOpened)
    def open_account(self) -> None:
        """The account that the change belongs to, if it is still there."""
        change = self._selected()
        known = {card.id for card in self.desk.session.cards(self.desk.memory.cards)}
        if change and change.account in known:
            from cerby_tui.screens.account import AccountScreen

            self.app.push_screen(AccountScreen(self.desk, change.account))

    def action_discard(self) -> None:
        """Throw a change away, after a question."""
        from cerby_tui.screens.confirm import ConfirmScreen

        change = self._selected()
        if change is None:
            return

        async def answered(yes: bool | None) -> None:
            if yes:
                await self.attempt(self.desk.session.discard_waiting(change.id))
                self._read()

        what = f"{terminal_text.line(change.label)}: {terminal_text.line(change.what)}"
        question = ConfirmScreen("Discard this change?", f"{what}. It cannot be undone.", yes="Discard")
        self.app.push_screen(question, answered)
