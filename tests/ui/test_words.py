"""Numbers, times and counts in words; keys and hints; the state of the service."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone

import pytest

from cerby_tui import words
from cerby_tui.commands import COMMANDS, key_words, unknown_ids
from cerby_tui.values import SyncStatus
from cerby_tui.widgets.bars import fitting, footer_hints, status_words
from tests.fakes import NOON

TOKYO = timezone(timedelta(hours=9))


@pytest.mark.parametrize(
    ("e164", "said"),
    [("+15550101234", "+1 (555) 010-1234"), ("+442071234567", "+442071234567"), ("+1555", "+1555"), ("12345", "12345")],
)
def test_phone_number(e164: str, said: str) -> None:
    """North American numbers are grouped the way people read them; others stay as they are."""
    assert words.phone_number(e164) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-5, "just now"), (1, "just now"), (12, "12 s ago"), (61, "1 min ago"), (7300, "2 h ago"), (200_000, "2 d ago")],
)
def test_age(seconds: int, said: str) -> None:
    """Ages are short and exact enough to act on; a clock that runs back is no age."""
    assert words.age(NOON - seconds * 1000, NOON) == said


@pytest.mark.parametrize(
    ("hours", "said"),
    [(1, "20:00:00"), (24, "Tue 21:00"), (24 * 20, "11 Dec 21:00"), (24 * 400, "26 Nov 2024")],
)
def test_day_and_time(hours: int, said: str) -> None:
    """Times are local: the hour today, the day within a week, the date further back."""
    assert words.day_and_time(NOON - hours * words.HOUR, NOON, TOKYO) == said


def test_code_groups() -> None:
    """Six or eight figures are read in two groups; other codes as they are."""
    assert [words.code_groups(code) for code in ("481920", "12345678", "1234", "AB12-CD")] == [
        "481 920",
        "1234 5678",
        "1234",
        "AB12-CD",
    ]


def test_initials() -> None:
    """Two letters for an app, and two dots where there is no letter."""
    assert [words.initials(name) for name in ("GitHub", "Google Ads", "x", "!?", "")] == ["GI", "GA", "X", "··", "··"]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (SyncStatus("live"), "● live"),
        (SyncStatus("live", waiting=2), "● live · 2 waiting"),
        (SyncStatus("offline", waiting=3, last_contact=NOON), "◌ offline · 3 waiting · last 12:00"),
        (SyncStatus("offline"), "◌ offline · last never"),
        (SyncStatus("starting", progress="pulling 40"), "◌ connecting · pulling 40"),
        (SyncStatus("live", refused=1), "● live · 1 could not be saved"),
        (SyncStatus("alarm"), "▲ alarm"),
    ],
)
def test_status_in_words(status: SyncStatus, said: str) -> None:
    """The state of the service is said in words, with what waits and when it was heard last."""
    assert status_words(status, UTC)[0] == said


def test_hints_are_cut_whole_and_help_stays() -> None:
    """As many hints as fit, whole; the last one is always there."""
    hints = (("a", "first"), ("b", "second"), ("?", "all keys"))

    assert fitting(hints, 40) == list(hints)
    assert fitting(hints, 22) == [hints[0], hints[2]]
    assert fitting(hints, 10) == [hints[2]]


def test_most_useful_hint_first() -> None:
    """The footer orders by usefulness, not by where a command was declared."""
    said = footer_hints([("lock", "ctrl+l"), ("open", "enter"), ("help", "question_mark"), ("up", "up")])

    assert said == (("Enter", "open"), ("Ctrl+L", "lock"), ("?", "all keys"))


@pytest.mark.parametrize(
    ("key", "said"), [("ctrl+l", "Ctrl+L"), ("question_mark", "?"), ("f12", "F12"), ("pageup", "PgUp"), ("G", "G")]
)
def test_key_words(key: str, said: str) -> None:
    """Keys are named the way people say them."""
    assert key_words(key) == said


def test_keys_that_every_terminal_can_send() -> None:
    """No command needs a key that terminals confuse with another one or cannot send at all."""
    used = {key for command in COMMANDS.values() for key in command.keys.split(",")}

    assert used.isdisjoint({"ctrl+enter", "shift+enter", "ctrl+m", "ctrl+i", "ctrl+j", "ctrl+h", "ctrl+space"})
    assert not [key for key in used if key.startswith(("alt+", "super+", "ctrl+shift+"))]


def test_every_command_says_what_it_does() -> None:
    """Label and help of every command are there: help, palette and tooltips are made of them."""
    assert [command.id for command in COMMANDS.values() if not (command.label and command.help.endswith("."))] == []


def test_unknown_id_in_a_key_map() -> None:
    """A name that is no command is reported with the nearest that is."""
    assert unknown_ids({"lok": "x", "lock": "y"}) == [
        "The key map names 'lok', which is no command: did you mean 'lock'?"
    ]


def test_spans_and_dates() -> None:
    """Lengths of time are said in the largest whole unit, what is left is rounded, and what is not known is a dash."""
    assert [words.span(each) for each in (90, 600, 3600, 14 * 86_400)] == [
        "90 seconds", "10 minutes", "1 hour", "14 days",
    ]  # fmt: skip
    week = 7 * words.DAY
    assert [words.span_left(each, 0) for each in (week - 1, 90 * words.MINUTE, 10)] == ["7 days", "2 hours", "1 minute"]
    assert (words.date(0), words.ago(0, NOON), words.date(NOON)) == ("–", "–", "31 Dec 2025")
    assert [words.workspace_role(each) for each in ("login_only", "guest")] == ["Login-Only", "Guest User"]
