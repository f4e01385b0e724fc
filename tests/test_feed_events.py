"""The parser of server-sent events, against what the format allows and what networks do to it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cerby_tui.sync.backoff import Backoff, Times
from cerby_tui.sync.events import LONGEST_LINE, Event, EventParser

CASES = {
    "one event": ("event: head\nid: 7\ndata: x\n\n", [Event("head", "x", "7")]),
    "no name": ("data: x\n\n", [Event("message", "x", "")]),
    "lines of data join": ("data: a\ndata: b\n\n", [Event("message", "a\nb", "")]),
    "one space is not part of the value": ("data:  x\n\n", [Event("message", " x", "")]),
    "a comment is a sign of life": (":\n\n: beat\n", [Event(":", "", ""), Event(":", "beat", "")]),
    "the id stays": ("id: 1\ndata: a\n\ndata: b\n\n", [Event("message", "a", "1"), Event("message", "b", "1")]),
    "an id with NUL is ignored": ("id: 1\nid: 2\0\ndata: a\n\n", [Event("message", "a", "1")]),
    "an event without data is none": ("event: head\nid: 3\n\ndata: x\n\n", [Event("message", "x", "3")]),
    "unknown fields are passed over": ("retry: 1\nfoo: bar\ndata\ndata: x\n\n", [Event("message", "\nx", "")]),
    "a byte order mark is passed over": ("\ufeffdata: x\n\n", [Event("message", "x", "")]),
    "half an event is none": ("data: x\n", []),
    "carriage returns end lines too": (
        "data: a\r\rdata: b\r\n\r\n",
        [Event("message", "a", ""), Event("message", "b", "")],
    ),
}


@pytest.mark.parametrize(("text", "events"), CASES.values(), ids=CASES.keys())
def test_format(text: str, events: list[Event]) -> None:
    """A whole stream in one piece gives the events that the format says."""
    assert list(EventParser().feed(text)) == events


@pytest.mark.parametrize(("text", "events"), CASES.values(), ids=CASES.keys())
def test_pieces_of_any_size(text: str, events: list[Event]) -> None:
    """It makes no difference where the network cuts the stream."""
    for size in range(1, 8):
        parser = EventParser()
        pieces = (text[at : at + size] for at in range(0, len(text), size))
        assert [event for piece in pieces for event in parser.feed(piece)] == events


@given(text=st.text(alphabet="dataeventid: \n\r\x00:x1\ufeff", max_size=200), cut=st.integers(0, 200))
def test_any_text_in_two_pieces(text: str, cut: int) -> None:
    """Any text gives the same events whole and cut in two."""
    whole = list(EventParser().feed(text))
    parser = EventParser()
    assert [*parser.feed(text[:cut]), *parser.feed(text[cut:])] == whole


def test_endless_line_is_refused() -> None:
    """A line that never ends does not fill the memory."""
    parser = EventParser()
    with pytest.raises(ValueError, match="64 KiB"):
        for _ in range(3):
            list(parser.feed("x" * LONGEST_LINE))


def test_back_off_doubles_to_a_limit_and_is_forgotten() -> None:
    """Waits grow from half a second to a minute, are drawn from zero up, and begin anew after a minute of life."""
    highest = Backoff(Times(), uniform=lambda _low, high: high)
    assert [highest.failed() for _ in range(9)] == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]
    assert highest.failed(lived=59.0) == 60
    assert highest.failed(lived=60.0) == 0.5
    assert Backoff(Times(), uniform=lambda low, _high: low).failed() == 0
    assert highest.failed(retry_after=120) == 120
