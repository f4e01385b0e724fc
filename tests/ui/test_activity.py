"""The activity log on screen: its lines, spans of time, filters, the check, and the export into a file."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from cerby_tui.activity import ActivityFilter
from cerby_tui.errors import Alarm, OfflineError
from cerby_tui.screens.account import AccountScreen
from cerby_tui.screens.activity import ActivityScreen, since_of
from cerby_tui.screens.export import ExportScreen
from cerby_tui.screens.filters import OptionList
from cerby_tui.team_values import Happening
from cerby_tui.values import CardFilter
from cerby_tui.widgets.bars import BottomBar
from cerby_tui.widgets.entry import Entry
from cerby_tui.widgets.table import Table
from tests.fakes import NOON, FrozenClock
from tests.ui.gallery import HOSTILE, LOOKS, PLAIN_LOOKS, WIDE, Look, StillSession, app_over, keys, shown
from tests.ui.office import Office

BAD = set("\x1b\x07\x9b\u202e")
HOUR, DAY = 3_600_000, 86_400_000
SENTENCE = "All 7 lines of the activity log follow from one another."


class Log:
    """The log as it is told: `lines` are given to whoever asks, what was asked for is kept."""

    def __init__(self, account: bytes) -> None:
        ours: dict[str, Any] = {"account": "Payroll", "account_id": account}
        told: list[tuple[str, str, int, dict[str, Any]]] = [
            (
                "Password Retrieved",
                "Bob Example",
                60_000,
                {"account": "Payroll", "account_id": account, "detail": "copied"},
            ),
            ("Code Copied", "Dan Example", HOUR, {"account": "Payroll", "account_id": account}),
            (
                "Sharing Of Account",
                "Ada Example",
                2 * HOUR,
                {"account": "Payroll", "subject": HOSTILE, "detail": "owner"},
            ),
            ("Account Updated", HOSTILE, 3 * HOUR, {"account": "\x1b[2J[b]Shop[/b]", "app": "Shopify"}),
            ("Recovery Key Used", "Cleo Example", DAY, {"device": "Session 3F2A91"}),
            ("Message Received", "Service", 2 * DAY, dict(ours)),
            ("Member Joined", "Gil Example", 6 * DAY, {"account_id": b"elsewhere"}),
        ]
        self.lines = [
            Happening(len(told) - at, NOON - age, event, person, device=facts.pop("device", "bobs laptop"),
                      received=NOON - age + (5 * HOUR if at == 1 else 0), **facts)
            for at, (event, person, age, facts) in enumerate(told)
        ]  # fmt: skip
        self.asked: list[ActivityFilter] = []
        self.fails: Exception | None = None

    async def fetch(self, wanted: ActivityFilter) -> list[Happening]:
        """Stands for `Activity.lines`."""
        self.asked.append(wanted)
        if self.fails:
            raise self.fails
        return [line for line in self.lines if not wanted.events or line.event in wanted.events]

    async def verify(self) -> str:
        """Stands for `Activity.verify`."""
        if self.fails:
            raise self.fails
        return SENTENCE


@pytest.fixture
def log(ada: StillSession, office: Office) -> Log:
    """A log that the session of Ada reads."""
    found = Log(office.payroll.id)
    ada.activity.lines = found.fetch  # type: ignore[method-assign]
    ada.activity.verify = found.verify  # type: ignore[method-assign]
    return found


@pytest.fixture
def ada(enter: Any) -> Iterator[StillSession]:
    """The session of Ada."""
    yield enter("Ada")


def said(pilot: Pilot[Any]) -> str:
    """The newest notice."""
    return pilot.app.screen.query_one(BottomBar).notice


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_activity(snap_compare: Any, ada: StillSession, log: Log, clock: FrozenClock, look: Look) -> None:
    """Lines of the last seven days, the newest first, the selected one whole below; hostile names are text."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "A", "j")
        assert isinstance(pilot.app.screen, ActivityScreen)
        text = shown(pilot)
        assert "Password Retrieved" in text and "Last 7 days" in text and not BAD & set(text)
        assert "reached the service 5 h later" in text and "line 6" in text

    assert snap_compare(app_over(ada, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_filters(snap_compare: Any, ada: StillSession, log: Log, clock: FrozenClock, look: Look) -> None:
    """Events, people, accounts and apps can be ticked."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "A", "f", "j", "space")
        assert pilot.app.screen.query_one(OptionList).chosen == {("Event", ada.activity.events()[1])}

    assert snap_compare(app_over(ada, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_export_dialog(
    snap_compare: Any, ada: StillSession, log: Log, clock: FrozenClock, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where to is asked, with a name that says the day; Ctrl+T goes from CSV to JSON."""
    monkeypatch.setattr(Path, "home", lambda: Path("/home/ada"))

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "A", "x", "ctrl+t")
        assert pilot.app.screen.query_one(Entry).value == "/home/ada/activity-2025-12-31.json"

    assert snap_compare(app_over(ada, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_offline(snap_compare: Any, ada: StillSession, log: Log, clock: FrozenClock, look: Look) -> None:
    """Without the service the screen says why it is empty, and what is safe."""
    log.fails = OfflineError("The service cannot be reached.", next_step="r asks again.")

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "A")
        assert "The activity is not known now" in shown(pilot) and "r asks again." in shown(pilot)
        assert "export-activity" not in dict(pilot.app.screen.active_commands())

    assert snap_compare(app_over(ada, clock, look), terminal_size=look.size, run_before=act)


async def test_time(ada: StillSession, log: Log, clock: FrozenClock) -> None:
    """d goes through the spans of time; each asks from the beginning of its first day."""
    async with app_over(ada, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "A", "d", "d", "d", "d")
        midnight = NOON - 12 * HOUR
        days = [7, 30, 91, None, 0]
        assert [one.since for one in log.asked] == [0 if each is None else midnight - each * DAY for each in days]
        assert "Today" in shown(pilot)


def test_days_begin_in_the_time_zone() -> None:
    """Today begins at midnight where the person is."""
    from datetime import timedelta, timezone

    east = timezone(timedelta(hours=14))
    assert since_of(0, NOON, east) == NOON - 2 * HOUR


async def test_filters_are_asked_for(ada: StillSession, log: Log, office: Office, clock: FrozenClock) -> None:
    """What is ticked is asked of the service, an app by its accounts, and is named above the table."""
    async with app_over(ada, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "A")
        screen = pilot.app.screen
        assert isinstance(screen, ActivityScreen)
        bob = office.user("Bob")
        screen._filters_chosen(
            {"Event": ("Code Copied",), "User": (bob.hex(),), "Account": (office.payroll.id.hex(),), "App": ()}
        )
        await keys(pilot, "home")
        assert (log.asked[-1].events, log.asked[-1].people) == (("Code Copied",), (bob,))
        assert log.asked[-1].accounts == (office.payroll.id,)
        assert [row.cells[1].text for row in screen.query_one(Table).rows] == ["Code Copied"]
        assert "User: Bob Example" in shown(pilot) and "Account: Payroll" in shown(pilot)
        screen._filters_chosen({"Event": (), "User": (), "Account": (), "App": ("no-such-app",)})
        await keys(pilot, "home")
        assert not set(log.asked[-1].accounts) & {card.id for card in ada.cards(CardFilter())}
        assert log.asked[-1].accounts


async def test_opens_the_account(ada: StillSession, log: Log, clock: FrozenClock) -> None:
    """Enter opens the account of a line; one that this person is not on is said to be none of theirs."""
    async with app_over(ada, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "A", "enter")
        assert isinstance(pilot.app.screen, AccountScreen)
        await keys(pilot, "escape", "G", "enter")
        assert said(pilot) == "You are not on that account."


async def test_verify(ada: StillSession, log: Log, clock: FrozenClock) -> None:
    """v checks the log and says the outcome; a broken line is an error that names it."""
    async with app_over(ada, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "A", "v")
        assert said(pilot) == SENTENCE
        log.fails = Alarm("activity-chain", "Line 4 of the activity log was changed.")
        await keys(pilot, "v")
        assert "Line 4 of the activity log was changed." in said(pilot)
        assert pilot.app.screen.query_one(BottomBar).severity == "error"


async def test_export(ada: StillSession, log: Log, clock: FrozenClock, tmp_path: Path) -> None:
    """All lines are written, as CSV or JSON by the name, for this person alone; a file that exists is left alone."""
    async with app_over(ada, clock).run_test(size=WIDE) as pilot:
        for name in ("log.csv", "log.json"):
            await keys(pilot, *(["A"] if name == "log.csv" else []), "x")
            pilot.app.screen.query_one(Entry).value = str(tmp_path / name)
            await keys(pilot, "enter")
            assert said(pilot).startswith("7 lines written to")
            assert log.asked[-1].limit == 0
        rows = list(csv.reader((tmp_path / "log.csv").read_text().splitlines()))
        assert (rows[0][1], rows[1][1], len(rows)) == ("Event", "Password Retrieved", 8)
        assert [line["n"] for line in json.loads((tmp_path / "log.json").read_text())] == [7, 6, 5, 4, 3, 2, 1]
        assert (tmp_path / "log.csv").stat().st_mode & 0o777 == 0o600
        await keys(pilot, "x")
        pilot.app.screen.query_one(Entry).value = str(tmp_path / "log.csv")
        await keys(pilot, "enter")
        assert isinstance(pilot.app.screen, ExportScreen)
        assert "There is a file of that name already" in said(pilot)


@pytest.mark.parametrize(
    ("name", "why"),
    [("log.txt", "The name has to end in .csv or .json."), ("none/log.csv", "The file could not be written")],
)
async def test_export_that_cannot_be(
    ada: StillSession, log: Log, clock: FrozenClock, tmp_path: Path, name: str, why: str
) -> None:
    """A name of another kind, or a place that is not there, is said; the dialog stays."""
    async with app_over(ada, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "A", "x")
        pilot.app.screen.query_one(Entry).value = str(tmp_path / name)
        await keys(pilot, "enter")
        assert isinstance(pilot.app.screen, ExportScreen)
        assert why in said(pilot)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_days_dialog(snap_compare: Any, ada: StillSession, log: Log, clock: FrozenClock, look: Look) -> None:
    """Two days are asked for, beginning with today."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "A", "b")
        assert [entry.value for entry in pilot.app.screen.query(Entry)] == ["2025-12-31", "2025-12-31"]

    assert snap_compare(app_over(ada, clock, look), terminal_size=look.size, run_before=act)


async def test_between_two_days(ada: StillSession, log: Log, clock: FrozenClock) -> None:
    """b asks for two days; what is no day, or the wrong way round, is said; both days are included."""
    async with app_over(ada, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "A", "b", "ctrl+u", *"2025-12-32", "enter", "enter")
        assert "Write each day as year, month and day" in said(pilot)
        first, last = pilot.app.screen.query(Entry)
        first.value, last.value = "2025-12-30", "2025-12-29"
        await keys(pilot, "enter")
        assert said(pilot) == "The first day comes after the last."
        first.value, last.value = "0001-01-01", "9999-12-31"
        await keys(pilot, "enter")
        assert "No line of the log is that old" in said(pilot)
        first.value, last.value = "2025-12-29", "2025-12-30"
        await keys(pilot, "enter")
        midnight = NOON - 12 * HOUR
        assert (log.asked[-1].since, log.asked[-1].until) == (midnight - 2 * DAY, midnight)
        assert "2025-12-29 to 2025-12-30" in shown(pilot)
        await keys(pilot, "d")
        assert log.asked[-1].until == 0
