"""A span of time between two days, both included."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, tzinfo
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input

from cerby_tui.commands import only
from cerby_tui.messages import Pressed
from cerby_tui.screens.base import Dialog, caption
from cerby_tui.widgets.button import Press
from cerby_tui.widgets.entry import Entry

Days = tuple[date, date]
OLDEST = 2000
"""No line is older; and dates have an end, too."""


def between(days: Days, zone: tzinfo | None) -> tuple[int, int]:
    """The beginning of the first day and the end of the last where the person is, UTC ms."""
    first, last = days
    begin, end = (datetime.combine(day, time(), zone) for day in (first, last + timedelta(days=1)))
    return round(begin.timestamp() * 1000), round(end.timestamp() * 1000)


class DaysScreen(Dialog[Days]):
    """Answers the two days, or None."""

    BINDINGS: ClassVar[list[BindingType]] = only("close")

    def __init__(self, days: Days) -> None:
        super().__init__()
        self._days = days

    def body(self) -> Iterable[Widget]:
        """The two days."""
        yield caption("Between two days", "title")
        yield caption("From, like 2026-05-31", "muted")
        yield Entry(value=self._days[0].isoformat(), id="first", max_length=10)
        yield caption("Until, that day included", "muted")
        yield Entry(value=self._days[1].isoformat(), id="last", max_length=10)
        with Horizontal(classes="buttons"):
            yield Press("Show", default=True)

    def on_mount(self) -> None:
        """The first day."""
        self.query_one("#first").focus()

    @on(Input.Submitted, "#first")
    def to_last(self) -> None:
        """Enter goes on to the other day."""
        self.query_one("#last").focus()

    @on(Input.Submitted, "#last")
    @on(Pressed)
    def entered(self) -> None:
        """Answer, if both are days and in their order."""
        try:
            first, last = (
                date.fromisoformat(self.query_one(name, Entry).value.strip()) for name in ("#first", "#last")
            )
        except ValueError:
            self.say("Write each day as year, month and day: 2026-05-31.", "warning")
            return
        if first > last:
            self.say("The first day comes after the last.", "warning")
        elif first.year < OLDEST or last.year == date.max.year:
            self.say("No line of the log is that old, or that young.", "warning")
        else:
            self.dismiss((first, last))

    def action_close(self) -> None:
        """Leave the time as it is."""
        self.dismiss(None)
