"""Views: worked out from streams, records and outbox, searchable, and the same whenever they are worked out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cerby_tui.home import Home
from cerby_tui.reading import Reading
from cerby_tui.session import Session
from cerby_tui.values import CardFilter, CustomField, InboxFilter, Item, MessageKey
from cerby_tui.vault.database import Database
from cerby_tui.vault.marks import covers, joined, marks_of, union
from cerby_tui.vault.search import match_expression
from tests.fakes import FrozenClock
from tests.stage import GENERATION, Founder, Numbered, Text, build, populate

VIEWS = {
    "accounts": "account, label, app, username, contact, notes, extra, item, versions, modified_by",
    "cards": "*",
    "filed": "*",
    "slots": "*",
    "messages": "account, generation, idx, received_at, kind, sender, recipient, part_text, text, code, confidence,"
    " domain, read, part, parts, missing, reference, hidden",
}


def dumped(database: Database) -> dict[str, list[Any]]:
    """Everything in the views, but for row numbers."""
    read = {name: database.rows(f"SELECT {columns} FROM {name}") for name, columns in VIEWS.items()}  # noqa: S608
    return {name: sorted(rows, key=repr) for name, rows in read.items()}


async def test_rebuilt_views_equal_the_kept_ones(home: Home, clock: FrozenClock) -> None:
    """Working the views out anew from what is stored gives the very views that were kept while it came in."""
    founder = Founder()
    made = populate(founder, accounts=12, messages=40)
    for part in (2, 1):
        founder.message(made[0], Text("half of ", part=part, parts=2, reference="r"))
    build(home, founder, clock)
    session = Session(home, founder.device, clock)
    await session.edit_account(made[1], {"notes": "waiting", "label": "Other"})
    await session.delete_account(made[2])
    await session.set_favourite(made[3], True)
    await session.mark_read([message.key for message in session.messages(InboxFilter(), limit=7)])
    await session.add_account(Item("Fresh", collections=("New",)))
    vault = session._writing.vault
    kept = dumped(vault.database)
    vault.rebuild()
    assert dumped(vault.database) == kept
    assert len(kept["messages"]) == 42
    await session.close()


def test_index_follows_the_text(session: Session) -> None:
    """The full-text index is whole: FTS5's own check finds it in step with its table."""
    database = session._writing.vault.database
    for name in ("accounts", "messages"):
        database.execute(f"INSERT INTO {name}_fts ({name}_fts, rank) VALUES ('integrity-check', 1)")  # noqa: S608


@pytest.mark.parametrize(
    ("words", "labels"),
    [
        ("mail", ["Mail"]),
        ("ADA goo", ["Mail"]),
        ("goo ada", ["Mail"]),
        ("0101", []),
        ("+1555", ["Mail"]),
        ("łódź", ["Bank"]),
        ("lodz", []),  # ł is a letter of its own, not an l with a mark
        ("BRANCH", ["Bank"]),
        ("finance", ["Bank"]),
        ("mail bank", []),
        ("!!! ***", ["Bank", "Mail"]),
    ],
)
def test_search_in_cards(session: Session, words: str, labels: list[str]) -> None:
    """Words in any order, each the start of a word somewhere in the card."""
    assert [card.label for card in session.cards(CardFilter(words=words))] == labels


async def test_masked_values_are_not_found(session: Session) -> None:
    """Passwords, seeds and hidden fields cannot be fished for by searching."""
    fields = (CustomField("PIN", "hunter2", hidden=True), CustomField("Floor", "seventh"))
    await session.add_account(Item("S", password="hunter2", totp="HUNTER2A", backup_codes=("hunter2",), fields=fields))
    assert session.cards(CardFilter(words="hunter2")) == []
    assert len(session.cards(CardFilter(words="seventh"))) == 1


def test_search_in_messages(session: Session) -> None:
    """Search finds words inside messages, and filters narrow it."""
    assert [one.text for one in session.messages(InboxFilter(words="cod yo"))] == ["Your code is 123456"]
    assert [one.text for one in session.messages(InboxFilter(with_code=True))] == ["Your code is 123456"]
    assert session.count_messages(InboxFilter(apps=("google",), kinds=("sms",))) == 2
    assert session.count_messages(InboxFilter(collections=("Finance",))) == 0
    newest = session.newest_code(session.find("mail").id)
    assert newest is not None and newest.code is not None and newest.code.text == "123456"


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.text(max_size=40) | st.sampled_from(['"', "a* OR b", "NEAR(a b)", "label:x", "a AND", "^x", "a\0b"]))
def test_search_takes_any_text(session: Session, words: str) -> None:
    """No text that somebody can type is an operator or an error."""
    session.cards(CardFilter(words=words))
    session.messages(InboxFilter(words=words))


def test_words_become_quoted_prefixes() -> None:
    """What is typed is only ever looked for as the starts of words."""
    assert match_expression('NOT  say "hi"') == '"NOT"* AND "say"* AND """hi"""*'
    assert match_expression("  -- ") == ""


def test_second_delivery_changes_nothing(session: Session, staged: Founder) -> None:
    """The same message again, from the feed and a pull, is stored and shown once."""
    from cerby_tui.sync.mail import Run  # the run that both of them end in

    account = session.find("mail").id
    found = list(enumerate(staged.messages[account], 1))
    before = dumped(session._writing.vault.database)
    told = session._writing.applying.messages(Run(account, GENERATION, found))
    assert (told.accounts, told.new_messages) == (frozenset(), ())
    assert dumped(session._writing.vault.database) == before


async def test_message_whose_key_comes_later(home: Home, clock: FrozenClock) -> None:
    """A sealed message is kept until the key of its epoch is held, and then shown."""
    founder = Founder()
    account = founder.account(Item("Late"), Numbered("+15550101"))
    founder.message(account, Text("early bird 123456"))
    build(home, founder, clock)
    session = Session(home, founder.device, clock)
    vault = session._writing.vault
    vault.database.execute("DELETE FROM account_keys")
    vault.opener._accounts.clear()  # type: ignore[attr-defined]
    vault.rebuild()
    assert session.messages(InboxFilter()) == []
    session._writing.opener.take_account_keys(account, vault.streams.entries(account))
    vault.rebuild()
    assert [one.text for one in session.messages(InboxFilter())] == ["early bird 123456"]
    await session.close()


def test_sorting(home: Home, clock: FrozenClock) -> None:
    """Cards come by label whatever their case, by app with appless ones last, or by what happened last."""
    founder = Founder()
    for label, app in (("beta", ""), ("Alpha", "slack"), ("gamma", "google")):
        founder.account(Item(label, app=app), Numbered("+15550101") if label == "Alpha" else None)
    build(home, founder, clock)
    reading = Reading(session_reader := Database(home.vault, founder.device.database_key))
    by = {sort: [card.label for card in reading.cards(CardFilter(sort=sort))] for sort in ("label", "app")}
    assert by == {"label": ["Alpha", "beta", "gamma"], "app": ["gamma", "Alpha", "beta"]}
    session_reader.close()


indexes = st.sets(st.integers(1, 40))


@given(one=indexes, other=indexes)
def test_read_marks_are_a_union(one: set[int], other: set[int]) -> None:
    """Marks of two devices together are what either has read, in sorted ranges that do not touch."""
    marks = [marks_of(MessageKey(b"a", b"g", index) for index in side) for side in (one, other)]
    together = union(*marks)
    read = {index for index in range(1, 41) if covers(together, MessageKey(b"a", b"g", index))}
    assert read == one | other
    assert union(*reversed(marks)) == together
    ranges = together.get(b"a", {}).get(b"g", [])
    assert joined(ranges) == ranges
