"""What people and sessions that were removed may still know: a list for each, ticked off as secrets are changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget

from cerby_tui import words
from cerby_tui.commands import bindings
from cerby_tui.errors import CerbyError
from cerby_tui.leavers import CANNOT
from cerby_tui.messages import RowMoved, RowOpened
from cerby_tui.screens.base import Place, caption, sheet
from cerby_tui.screens.desk import Desk
from cerby_tui.team_values import Held, Leaver
from cerby_tui.values import Changed
from cerby_tui.widgets.bars import TopBar
from cerby_tui.widgets.remark import Remark
from cerby_tui.widgets.table import Cell, Column, Row, Table, TableHead

COLUMNS = (
    Column("Who", 20, 3),
    Column("What happened", 22, 1),
    Column("By", 14, 1, yields=1),
    Column("When", 12),
    Column("Left to change", 14),
)
HELD = (
    Column("Risk", 16),
    Column("Account", 18, 2),
    Column("What they did with it", 22, 3, yields=1),
    Column("Changed at its site", 19),
)
NOBODY = ("Nobody has left", "Whoever is removed from an account of yours, or loses a session, stands here.")
ASKING = ("Asking the service what they opened…",)
KINDS = {"person": "removed from workspace", "session": "session removed", "account": "taken off an account"}
RISKS = {3: ("copied a secret", "bad"), 2: ("opened it", "warn"), 1: ("could have", "muted")}


def leaver_row(one: Leaver, now: int, zone: tzinfo | None) -> Row:
    """Somebody who left as a row of the table."""
    left = Cell(words.count_of(one.open, "account"), "warn") if one.open else Cell("✓ all changed", "good")
    when = words.day_and_time(one.at, now, zone) if one.at else "–"
    return Row(one.key, (Cell(one.name, "title"), Cell(KINDS[one.kind]), Cell(one.by), Cell(when, "muted"), left))


def held_row(one: Held, now: int, zone: tzinfo | None) -> Row:
    """An account that they knew as a row of the table."""
    risk, ink = RISKS[one.risk]
    done = (
        Cell(f"✓ {words.day_and_time(one.changed_at, now, zone)}", "good") if one.changed_at else Cell("to be changed")
    )
    return Row(one.account, (Cell(risk, ink), Cell(one.label, "title"), Cell(one.what, "muted"), done))


class LeaversScreen(Place):
    """Everybody, and every session, that was removed. Enter opens their list."""

    CSS_PATH = sheet("activity")

    def body(self) -> Iterable[Widget]:
        """The table."""
        table = Table(COLUMNS)
        table.empty = NOBODY
        yield TableHead(table)
        yield table

    def on_mount(self) -> None:
        """From the vault alone."""
        self.query_one(TopBar).trail = ("Accounts", "Leavers")
        self.query_one(Table).focus()
        self._read()

    def reread(self, changed: Changed) -> None:
        """Somebody left, or something was ticked off."""
        self._read()

    def _read(self) -> None:
        self._leavers = self.desk.session.leavers.all()
        self.query_one(Table).show([leaver_row(one, self.desk.now(), self.desk.zone) for one in self._leavers])
        still = sum(one.open for one in self._leavers)
        self.query_one(TopBar).note = f"{words.count_of(still, 'account')} left to change" if still else ""

    @on(RowOpened)
    def open_list(self) -> None:
        """What they may still know."""
        row = self.query_one(Table).selected
        if leaver := next((one for one in self._leavers if row and one.key == row.key), None):
            self.app.push_screen(LeaverScreen(self.desk, leaver))


class LeaverScreen(Place):
    """What one of them opened, copied or could have, the riskiest first. Space ticks off what was changed."""

    CSS_PATH = sheet("activity")
    BINDINGS: ClassVar[list[BindingType]] = bindings("leaver")

    def __init__(self, desk: Desk, leaver: Leaver) -> None:
        super().__init__(desk)
        self._leaver = leaver
        self._held: list[Held] = []

    def body(self) -> Iterable[Widget]:
        """What removing cannot undo, the table, and the selected line whole."""
        yield caption(CANNOT, "warn", id="cannot")
        table = Table(HELD)
        table.empty = ASKING
        yield TableHead(table)
        yield table
        yield Remark()

    def on_mount(self) -> None:
        """The service knows what was opened; without it the vault says who had the key."""
        self.query_one(TopBar).trail = ("Accounts", "Leavers", self._leaver.name)
        self.query_one(Table).focus()
        self._ask()

    def reread(self, changed: Changed) -> None:
        """Somebody ticked something off."""
        self._ask()

    def account_in_focus(self) -> bytes | None:
        """The selected account."""
        return self.selected.account if self.selected else None

    @property
    def selected(self) -> Held | None:
        """The selected account."""
        for table in self.query(Table):
            row = table.selected
            return next((one for one in self._held if row and one.account == row.key), None)
        return None

    def _ask(self) -> None:
        self.run_worker(self._fetch(), exclusive=True, group="held")

    async def _fetch(self) -> None:
        table = self.query_one(Table)
        try:
            self._held = await self.desk.session.leavers.held(self._leaver.key)
            table.empty = ("Nothing", "They knew no account of yours.")
        except CerbyError as error:
            self._held = []
            table.empty = ("The list cannot be shown", error.whole())
        table.show([held_row(one, self.desk.now(), self.desk.zone) for one in self._held])
        left = sum(not one.changed_at for one in self._held)
        self.query_one(TopBar).note = f"{left:,} of {words.count_of(len(self._held), 'account')} left to change"
        self._show_line()

    @on(RowMoved)
    def _show_line(self) -> None:
        one = self.selected
        self.query_one(Remark).show(f"{one.label}: {RISKS[one.risk][0]}. {one.what}" if one else "")
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There must be something to tick off."""
        if action == "tick_off":
            return self.selected is not None
        return super().check_action(action, parameters)

    async def action_tick_off(self) -> None:
        """The secrets were changed at their site, or were not after all."""
        one = self.selected
        if one and await self.done(
            self.desk.session.leavers.tick(self._leaver.key, one.account, changed=not one.changed_at)
        ):
            self._ask()

    @on(RowOpened)
    def open_account(self) -> None:
        """The account, to change what is in it."""
        if one := self.selected:
            from cerby_tui.screens.account import AccountScreen

            try:
                page = AccountScreen(self.desk, one.account)
            except CerbyError as error:  # one that they knew may be gone since
                self.say(error.whole(), "warning")
            else:
                self.app.push_screen(page)
