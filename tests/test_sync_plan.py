"""The plan of a round, as a table: what is held, what the service says, what has to be done."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cerby_tui.sync.plan import Plan, make_plan, newer_messages, older_messages
from cerby_tui.vault.records import Span
from cerby_tui.vault.streams import Held
from cerby_wire.headers import NO_MESSAGES, MessagePosition, Position
from cerby_wire.shapes import Heads, MessagesWanted, SignedRecord, StreamHead

ME, HERE, MINE, CARD, OTHER = b"user", b"workspace", b"personal", b"card", b"other"
NOW, EARLIER = b"generation now", b"generation before"
HEADS = Heads(NOW, "c9", 1, SignedRecord(b"", b""))


def held(kind: str, n: int, head: bytes = b"h", **more: object) -> Held:
    """A stream that is held."""
    return Held(kind, Position(n, head), **more)  # type: ignore[arg-type]


def head(kind: str, stream: bytes, n: int, hash_: bytes = b"h", messages: MessagePosition | None = None) -> StreamHead:
    """What the service says about a stream."""
    return StreamHead(kind, stream, n, hash_, messages)


def at(index: int, hash_: bytes = b"m", generation: bytes = NOW) -> MessagePosition:
    """A newest message."""
    return MessagePosition(generation, index, hash_)


def spans(low: int, high: int, generation: bytes = NOW) -> dict[tuple[bytes, bytes], Span]:
    """Messages held of the card."""
    return {(CARD, generation): Span(low, high, b"m")}


CASES: dict[str, tuple[dict[bytes, Held], dict[tuple[bytes, bytes], Span], Heads, bool, Plan]] = {
    # name: (streams held, messages held, what is said, whether it was restored, what to do)
    "nothing new": ({CARD: held("account", 2)}, {}, replace(HEADS, streams=[head("account", CARD, 2)]), False, Plan()),
    "longer stream": (
        {CARD: held("account", 2)},
        {},
        replace(HEADS, streams=[head("account", CARD, 5)]),
        False,
        Plan(streams=((CARD, 2),)),
    ),
    "who is judged by comes first": (
        {},
        {},
        replace(
            HEADS,
            streams=[
                head("account", CARD, 1),
                head("personal", MINE, 1),
                head("workspace", HERE, 3),
                head("user", ME, 2),
            ],
        ),
        False,
        Plan(streams=((ME, 0), (HERE, 0), (MINE, 0), (CARD, 0))),
    ),
    "stopped stream is left alone": (
        {CARD: held("account", 2, stopped="fork")},
        {},
        replace(HEADS, streams=[head("account", CARD, 5, messages=at(9))]),
        False,
        Plan(),
    ),
    "first messages come newest first": (
        {CARD: held("account", 2)},
        {},
        replace(HEADS, streams=[head("account", CARD, 2, messages=at(7))]),
        False,
        Plan(messages=(MessagesWanted(CARD, NOW, before=8),)),
    ),
    "more messages come upwards": (
        {CARD: held("account", 2)},
        spans(3, 5),
        replace(HEADS, streams=[head("account", CARD, 2, messages=at(7))]),
        False,
        Plan(messages=(MessagesWanted(CARD, NOW, after=5),)),
    ),
    "no messages at all": (
        {CARD: held("account", 2)},
        {},
        replace(HEADS, streams=[head("account", CARD, 2, messages=NO_MESSAGES)]),
        False,
        Plan(),
    ),
    "lost as told": ({CARD: held("account", 2)}, {}, replace(HEADS, lost=[CARD, OTHER]), False, Plan(lost=(CARD,))),
    "lost because not listed": ({CARD: held("account", 2)}, {}, replace(HEADS, full=True), False, Plan(lost=(CARD,))),
    "not changed is not lost": ({CARD: held("account", 2)}, {}, HEADS, False, Plan()),
    "restored and shorter": (
        {CARD: held("account", 5)},
        spans(1, 9, EARLIER),
        replace(HEADS, full=True, streams=[head("account", CARD, 2, b"x", at(4, b"y", EARLIER))]),
        True,
        Plan(send_back=((CARD, 2),)),
    ),
    "restored and not even listed": (
        {CARD: held("account", 5), ME: held("user", 2)},
        {},
        replace(HEADS, full=True),
        True,
        Plan(send_back=((ME, 0), (CARD, 0))),
    ),
    "restored, and not ours any more": (
        {CARD: held("account", 5, lost=True)},
        {},
        replace(HEADS, full=True),
        True,
        Plan(),
    ),
    "nothing there yet": ({}, {}, replace(HEADS, streams=[head("account", CARD, 0, b"")]), False, Plan()),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_plan(
    case: tuple[dict[bytes, Held], dict[tuple[bytes, bytes], Span], Heads, bool, Plan],
) -> None:
    """What is held and what is said make one plan, always in the same order."""
    streams, messages, said, restored, expected = case
    assert make_plan(streams, messages, said, restored=restored) == expected


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("rolled_back", head("account", CARD, 1)),
        ("fork", head("account", CARD, 2, b"other")),
        ("messages_rolled_back", head("account", CARD, 2, messages=at(4))),
        ("message_fork", head("account", CARD, 2, messages=at(5, b"other"))),
    ],
)
def test_what_cannot_be_true(rule: str, said: StreamHead) -> None:
    """A service that contradicts what it had shown is named by the rule it breaks."""
    plan = make_plan({CARD: held("account", 2)}, spans(1, 5), replace(HEADS, streams=[said]), restored=False)
    assert [(one.stream, one.rule) for one in plan.broken] == [(CARD, rule)]


def test_older_messages_are_wanted_down_to_the_first() -> None:
    """Below what is held more is asked for, except where an account is closed to us."""
    there = spans(4, 9) | {(OTHER, NOW): Span(2, 3, b""), (b"whole", NOW): Span(1, 3, b"")}
    assert older_messages(there, {OTHER}) == (MessagesWanted(CARD, NOW, before=4),)


def test_a_restored_service_still_has_to_show_the_same_history() -> None:
    """A backup may be shorter than what is held; at the same length it is the same, or it is another history."""
    same = replace(HEADS, streams=[head("account", CARD, 2)])
    assert make_plan({CARD: held("account", 2)}, {}, same, restored=True) == Plan()
    other = replace(HEADS, streams=[head("account", CARD, 2, b"other")])
    plan = make_plan({CARD: held("account", 2)}, {}, other, restored=True)
    assert [(one.stream, one.rule) for one in plan.broken] == [(CARD, "fork")]
    assert plan.send_back == ()


def test_nothing_is_asked_for_where_nothing_is_missing() -> None:
    """An account without messages, and one whose messages are all here, are not asked about."""
    assert newer_messages(CARD, NO_MESSAGES, {}) == ()
    assert newer_messages(CARD, at(9), spans(1, 9)) == ()
    assert newer_messages(CARD, at(10), spans(1, 9)) == (MessagesWanted(CARD, NOW, after=9),)
