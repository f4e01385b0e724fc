"""*Activity*: who did what, when, from which session; filtered, checked against tampering, exported."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import ClassVar, Literal

from msgspec.structs import replace
from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from cerby_tui import words
from cerby_tui.activity import ActivityFilter
from cerby_tui.commands import bindings
from cerby_tui.errors import CerbyError
from cerby_tui.messages import RowMoved, RowOpened
from cerby_tui.screens.base import Place, sheet
from cerby_tui.screens.days import Days, DaysScreen, between
from cerby_tui.screens.desk import Desk
from cerby_tui.screens.filters import Chosen, FiltersScreen, Option, Sections
from cerby_tui.team_values import Happening
from cerby_tui.values import CardFilter, Changed
from cerby_tui.widgets.bars import TopBar
from cerby_tui.widgets.remark import Remark
from cerby_tui.widgets.summary import Summary
from cerby_tui.widgets.table import Cell, Column, Row, Table, TableHead

COLUMNS = (
    Column("Time", 12),
    Column("Event", 22, 3),
    Column("Account", 12, 2),
    Column("App", 10, 1, yields=3),
    Column("User", 12, 1),
    Column("Device", 14, yields=2),
    Column("Detail", 10, 1, yields=1),
)
SPANS = (("Today", 0), ("Last 7 days", 7), ("Last 30 days", 30), ("Last 3 months", 91), ("All time", None))
"""The spans of time that one key goes through, in days before today."""
MOST = 1_000
"""Lines that the screen shows; an export has all of them."""
LOUD = frozenset({"Recovery Key Used", "Secure Device Removed", "Member Removed", "Ownership Transferred"})
ASKING = ("Asking the service…",)
State = Literal["asking", "there", "refused"]


def since_of(days: int | None, now: int, zone: tzinfo | None) -> int:
    """The beginning of the day so many days before today, UTC ms; 0 for no beginning."""
    if days is None:
        return 0
    today = datetime.fromtimestamp(now / 1000, UTC).astimezone(zone)
    begin = (today - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)
    return round(begin.timestamp() * 1000)


def line_row(line: Happening, now: int, zone: tzinfo | None) -> Row:
    """A line of the log as a row of the table."""
    cells = (
        Cell(words.day_and_time(line.at, now, zone), "muted"),
        Cell(line.event, "warn" if line.event in LOUD else "title"),
        Cell(line.account),
        Cell(line.app, "muted"),
        Cell(line.person),
        Cell(line.device, "muted"),
        Cell(" · ".join(part for part in (line.subject, line.detail) if part), "muted"),
    )
    return Row(str(line.n).encode(), cells, faint=line.hidden)


class ActivityScreen(Place):
    """The lines that this person may see, the newest first. They are at the service: nothing is shown offline."""

    CSS_PATH = sheet("activity")
    BINDINGS: ClassVar[list[BindingType]] = bindings("activity")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._span = 1
        self._days: Days | None = None
        self._wanted = ActivityFilter(limit=MOST)
        self._apps: tuple[str, ...] = ()
        self._lines: list[Happening] = []
        self._state: State = "asking"

    def body(self) -> Iterable[Widget]:
        """Which filters are in force, the table, and the selected line whole."""
        with Horizontal(id="filters"):
            yield Summary()
        table = Table(COLUMNS)
        table.empty = ASKING
        yield TableHead(table)
        yield table
        yield Remark()

    def on_mount(self) -> None:
        """Ask at once."""
        self.query_one(TopBar).trail = ("Accounts", "Activity")
        self.query_one(Table).focus()
        self._ask()

    def reread(self, changed: Changed) -> None:
        """Whatever changed stands in the log as well."""
        self._ask()

    def account_in_focus(self) -> bytes | None:
        """The account of the selected line."""
        line = self.selected
        return line.account_id or None if line else None

    @property
    def selected(self) -> Happening | None:
        """The selected line."""
        for table in self.query(Table):
            row = table.selected
            return next((line for line in self._lines if row and str(line.n).encode() == row.key), None)
        return None

    def wanted(self) -> ActivityFilter:
        """What the filters ask for; the app is asked for by its accounts."""
        accounts = self._wanted.accounts
        if self._apps:
            of_apps = [card.id for card in self.desk.session.cards(CardFilter(apps=self._apps))]
            accounts = tuple(one for one in of_apps if not accounts or one in accounts) or (b"\0",)
        if self._days:
            since, until = between(self._days, self.desk.zone)
        else:
            since, until = since_of(SPANS[self._span][1], self.desk.now(), self.desk.zone), 0
        return replace(self._wanted, since=since, until=until, accounts=accounts)

    def _ask(self) -> None:
        self._show_summary()
        self.run_worker(self._fetch(), exclusive=True, group="activity")

    async def _fetch(self) -> None:
        table = self.query_one(Table)
        try:
            self._lines = await self.desk.session.activity.lines(self.wanted())
        except CerbyError as error:
            self._state, self._lines = "refused", []
            table.empty = ("The activity is not known now", error.whole())
        else:
            self._state = "there"
            table.empty = ("Nothing happened", "f changes the filters, d the time.")
        table.show([line_row(line, self.desk.now(), self.desk.zone) for line in self._lines])
        self._show_summary()
        self._show_line()

    def _show_summary(self) -> None:
        count = words.count_of(len(self._lines), "line")
        many = f"the newest {len(self._lines):,}: d shortens the time" if len(self._lines) == MOST else count
        self.query_one(TopBar).note = many if self._state == "there" else ""
        parts = [" to ".join(day.isoformat() for day in self._days) if self._days else SPANS[self._span][0]]
        for title, chosen in self._chosen().items():
            names = {option.value: option.words for option in self._options() if option.section == title}
            if chosen:
                parts.append(f"{title}: {', '.join(names.get(one, one) for one in chosen)}")
        self.query_one(Summary).show(parts)

    def _show_line(self) -> None:
        line = self.selected
        said = ""
        if line:
            when = words.whole_time(line.at, self.desk.zone)
            late = line.received - line.at > words.MINUTE
            told = f"reached the service {words.age(line.at, line.received)[:-4]} later" if late else ""
            parts = (when, line.person, line.account, line.subject, line.detail, line.device, told, f"line {line.n}")
            said = " · ".join(part for part in parts if part)
        self.query_one(Remark).show(said)
        self.refresh_bindings()

    @on(RowMoved)
    def moved(self) -> None:
        """The selected line whole."""
        self._show_line()

    @on(RowOpened)
    def open_account(self) -> None:
        """The account of the selected line, if it is here."""
        line = self.selected
        if line and line.account_id:
            try:
                self.desk.session.card(line.account_id)
            except CerbyError:
                self.say("You are not on that account.", "warning")
                return
            from cerby_tui.screens.account import AccountScreen

            self.app.push_screen(AccountScreen(self.desk, line.account_id))

    # --- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There must be something to export."""
        if action == "export":
            return bool(self._lines)
        return super().check_action(action, parameters)

    def action_span(self) -> None:
        """The next span of time."""
        self._span = (self._span + 1) % len(SPANS)
        self._days = None
        self._ask()

    def action_between(self) -> None:
        """From one day to another."""
        today = datetime.fromtimestamp(self.desk.now() / 1000, UTC).astimezone(self.desk.zone).date()
        self.app.push_screen(DaysScreen(self._days or (today, today)), self._days_given)

    def _days_given(self, days: Days | None) -> None:
        if days:
            self._days = days
            self._ask()

    def _options(self) -> list[Option]:
        session = self.desk.session
        options = [Option("Event", event, event) for event in session.activity.events()]
        options += [Option("User", one.user.hex(), one.name) for one in session.people.members()]
        options += [Option("Account", card.id.hex(), card.label) for card in session.cards(CardFilter())]
        return options + [Option("App", slug, name) for slug, name in session.apps()]

    def _chosen(self) -> Chosen:
        wanted = self._wanted
        return {
            "Event": wanted.events,
            "User": tuple(one.hex() for one in wanted.people),
            "Account": tuple(one.hex() for one in wanted.accounts),
            "App": self._apps,
        }

    def action_choose_filters(self) -> None:
        """By event, person, account, app."""
        self.app.push_screen(FiltersScreen(Sections(tuple(self._options()), self._chosen())), self._filters_chosen)

    def _filters_chosen(self, chosen: Chosen | None) -> None:
        if chosen is None:
            return
        people = tuple(bytes.fromhex(one) for one in chosen["User"])
        accounts = tuple(bytes.fromhex(one) for one in chosen["Account"])
        self._wanted = replace(self._wanted, events=chosen["Event"], people=people, accounts=accounts)
        self._apps = chosen["App"]
        self._ask()

    def action_verify(self) -> None:
        """Check that nobody has changed the log."""
        self.say("Checking every line of the log…")
        self.run_worker(self._verify(), exclusive=True, group="verify")

    async def _verify(self) -> None:
        self.say(await self.attempt(self.desk.session.activity.verify()) or "")

    def action_export(self) -> None:
        """All lines that pass the filters, into a file."""
        from cerby_tui.screens.export import ExportScreen

        day = words.moment(self.desk.now())[:10]
        everything = replace(self.wanted(), limit=0)
        self.app.push_screen(ExportScreen(f"activity-{day}", lambda: self.desk.session.activity.lines(everything)))
