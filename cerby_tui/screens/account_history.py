"""The *History* tab of an account: every version, who wrote it, what it changed, and the way back for each field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar, NamedTuple

from textual import on
from textual.binding import BindingType
from textual.containers import Vertical
from textual.timer import Timer
from textual.widget import Widget

from cerby_tui import words
from cerby_tui.activity import what_of
from cerby_tui.commands import only
from cerby_tui.errors import CerbyError
from cerby_tui.messages import Noticed, RowMoved, RowOpened
from cerby_tui.screens.account_rights import Rights
from cerby_tui.screens.account_values import is_secret, text_of
from cerby_tui.screens.desk import Desk
from cerby_tui.team_values import FieldChange, Version
from cerby_tui.widgets.field import REVEAL_SECONDS
from cerby_tui.widgets.side_by_side import MASK, Half
from cerby_tui.widgets.table import Cell, Column, Row, Table, TableHead

COLUMNS = (
    Column("When", 12),
    Column("Who", 12, 1),
    Column("Field", 18, 2),
    Column("Before", 12, 2, yields=1),
    Column("After", 12, 2),
)
EMPTY = ("No versions yet", "Each change of this account stands here once it was made.")
NOTES = {"beside": "beside", "settled": "settled"}


class Place(NamedTuple):
    """Where a value comes from: the number of a version, and whether it was the one kept beside."""

    number: int
    beside: bool


def source(version: Version, change: FieldChange, which: str) -> Place | None:
    """The version in which the value before or after a change stands; None if it is nowhere to come back from."""
    if which == "before":
        kept = version.previous > 0 and change.kind != "beside"  # what another value was kept beside still stands
        return Place(version.previous, change.kind == "settled") if kept else None
    if not version.number:
        return None  # what waits is the value that the field has
    return Place(version.number, change.kind == "beside")


class HistoryPane(Vertical):
    """One row for each field of each version, the newest first. Enter shows both values side by side."""

    BINDINGS: ClassVar[list[BindingType]] = only("restore-before", "reveal")

    def __init__(self, desk: Desk, account: bytes, may: Rights) -> None:
        super().__init__(id="history")
        self._desk, self._account, self._may = desk, account, may
        self._rows: list[tuple[Version, FieldChange]] = []
        self._deleted = False
        self._revealed = -1
        self._hiding: Timer | None = None

    def compose(self) -> Iterable[Widget]:
        """The table under its titles."""
        table = Table(COLUMNS)
        table.empty = EMPTY
        yield TableHead(table)
        yield table

    @property
    def table(self) -> Table:
        """The table of changes."""
        return self.query_one(Table)

    def read(self) -> None:
        """Read the versions anew."""
        try:
            self._deleted = self._desk.session.card(self._account).deleted
            versions = self._desk.session.history.versions(self._account)
        except CerbyError:
            versions = []  # it is gone; the page says so
        self._rows = [(version, change) for version in versions for change in version.changes]
        self._show()

    def _show(self) -> None:
        self.table.show(list(self._drawn()))
        self.refresh_bindings()

    def _drawn(self) -> Iterator[Row]:
        before = -1
        for at, (version, change) in enumerate(self._rows):
            first, before = version.number != before, version.number
            when = words.day_and_time(version.at, self._desk.now(), self._desk.zone) if version.number else "not sent"
            who = "You" if version.you else version.author
            values = [self._cell(change, value, hidden=at != self._revealed) for value in (change.before, change.after)]
            yield Row(
                f"{version.number} {change.kind} {change.field}".encode(),
                (
                    Cell(when if first else "", "muted"),
                    Cell(who if first else "", "title"),
                    Cell(words.field(change.field), tag=NOTES.get(change.kind, "")),
                    *values,
                ),
            )

    def _cell(self, change: FieldChange, value: object, *, hidden: bool) -> Cell:
        text = text_of(change.field, value, self._desk.zone)
        if isinstance(value, int):
            text = words.day_and_time(value, self._desk.now(), self._desk.zone) if value else ""
        if text and hidden and is_secret(change.field, change.before, change.after):
            text = MASK
        return Cell(text or "—", "text" if text else "faint")

    @property
    def selected(self) -> tuple[Version, FieldChange] | None:
        """The selected change with its version."""
        return self._rows[self.table.index] if self._rows else None

    def may_restore(self, which: str) -> bool:
        """Whether this person may have a value of the selected change back."""
        here = self.selected is not None and self._may("edit_account") and not self._deleted
        return bool(here and self.selected and source(*self.selected, which))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what can come back, and only what is hidden is revealed."""
        if action == "restore":
            return bool(self.query(Table)) and self.may_restore(str(parameters[0]))
        if action == "reveal":
            chosen = self.selected if self.query(Table) else None
            return chosen is not None and is_secret(chosen[1].field, chosen[1].before, chosen[1].after)
        return super().check_action(action, parameters)

    @on(RowMoved)
    def moved(self) -> None:
        """Nothing stays revealed behind one's back; other acts may be possible now."""
        self._hide()
        self.refresh_bindings()

    def on_descendant_blur(self) -> None:
        """Nor when one goes elsewhere."""
        self._hide()

    def action_reveal(self) -> None:
        """Show the values of the selected change, or hide them again."""
        if self._revealed == self.table.index:
            self._hide()
            return
        self._revealed = self.table.index
        self._hiding = self.set_timer(REVEAL_SECONDS, self._hide)
        self._note_seen()
        self._show()

    def _note_seen(self) -> None:
        """For the activity log."""
        if self.selected:
            what = what_of(self.selected[1].field, hidden=True)
            self._desk.session.activity.note("viewed", self._account, what)

    def _hide(self) -> None:
        if self._hiding:
            self._hiding.stop()
        if self._revealed >= 0:
            self._revealed = -1
            self._show()

    @on(RowOpened)
    def compare(self, event: RowOpened) -> None:
        """Both values of the selected change, whole."""
        event.stop()
        if self.selected is None:
            return
        from cerby_tui.screens.compare import ChangeScreen

        version, change = self.selected
        hidden = is_secret(change.field, change.before, change.after)
        halves = [
            Half(heading, remark, text_of(change.field, value, self._desk.zone), hidden)
            for heading, remark, value in zip(_headings(change), ("", ""), (change.before, change.after), strict=True)
        ]
        when = words.whole_time(version.at, self._desk.zone) if version.number else "not sent yet"
        said = f"{'You' if version.you else version.author}, {when}"
        offers = frozenset(which for which in ("before", "after") if self.may_restore(which))
        screen = ChangeScreen(words.field(change.field), said, *halves, offers=offers)
        note, what = self._desk.session.activity.note, what_of(change.field, hidden=hidden)
        screen.noted = lambda: note("viewed", self._account, what)
        self.app.push_screen(screen, lambda which: self._answered(version, change, which))

    def action_restore(self, which: str) -> None:
        """Give the field back the value it had before or after the selected change."""
        if self.selected:
            self._answered(*self.selected, which)

    def _answered(self, version: Version, change: FieldChange, which: str | None) -> None:
        place = source(version, change, which) if which else None
        if place:
            self.run_worker(self._restore(place, change.field), exclusive=True, group="restore")

    async def _restore(self, place: Place, field: str) -> None:
        history, name = self._desk.session.history, words.field(field)
        try:
            changed = await history.restore(self._account, place.number, field, beside=place.beside)
        except CerbyError as error:
            self.post_message(Noticed(error.whole(), "error"))
            return
        self.read()
        said = f"{name} has that value again. u takes it back." if changed else f"{name} has that value already."
        self.post_message(Noticed(said))


def _headings(change: FieldChange) -> tuple[str, str]:
    return {
        "beside": ("Stood", "Kept beside it"),
        "settled": ("Was beside it", "Stands"),
    }.get(change.kind, ("Before", "After"))
