"""Pages of entries and runs of messages on trial, from a vault and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cerby_tui.codes.extract import extract
from cerby_tui.home import Home
from cerby_tui.sync.beginning import Writing, writing_parts
from cerby_tui.sync.judging import Judge
from cerby_tui.sync.mail import judge_messages
from cerby_tui.values import Item
from cerby_tui.vault.around import Around
from cerby_tui.vault.vault import open_database
from cerby_wire.shapes import MessagesWanted, StoredEntry, StoredMessage
from tests.fakes import FrozenClock
from tests.stage import GENERATION, Founder, Numbered, Text, settle_in


@pytest.fixture
def founder(home: Home, clock: FrozenClock) -> Founder:
    """A person whose vault holds only the beginnings."""
    founder = Founder()
    settle_in(home, founder, founder.device, clock)
    return founder


@pytest.fixture
def writing(home: Home, founder: Founder, clock: FrozenClock) -> Iterator[Writing]:
    """What writes to that vault."""
    database = open_database(home, founder.device.database_key)
    yield writing_parts(database, founder.device, extract, clock)
    database.close()


def entries_of(founder: Founder, *streams: bytes) -> list[StoredEntry]:
    """All entries of some streams, in that order."""
    return [
        StoredEntry(stream, n, entry) for stream in streams for n, entry in enumerate(founder.ledger.entries[stream], 1)
    ]


def test_page_in_any_order_of_streams(founder: Founder, writing: Writing) -> None:
    """What is cited is judged first, wherever it stands in the page."""
    account = founder.account(Item("A"))
    page = entries_of(founder, account, founder.personal, founder.workspace, founder.user)
    verdict = Judge(writing.vault.database, founder.identity()).page(page)
    assert (verdict.broken, verdict.needed) == ([], {})
    assert [(one.kind, len(one.entries)) for one in verdict.accepted] == [("account", 2)]


def test_page_again_is_nothing_new(founder: Founder, writing: Writing) -> None:
    """Entries that are held already are compared and passed over."""
    account = founder.account(Item("A"))
    judge = Judge(writing.vault.database, founder.identity())
    writing.applying.page(judge.page(entries_of(founder, account)))
    again = Judge(writing.vault.database, founder.identity()).page(entries_of(founder, account))
    assert (again.accepted, again.broken) == ([], [])


@pytest.mark.parametrize("n", [1, 2], ids=["earlier", "newest"])
def test_other_entry_in_a_held_place(founder: Founder, writing: Writing, n: int) -> None:
    """History that was shown once cannot be rewritten."""
    account, other = founder.account(Item("A")), founder.account(Item("B"))
    judge = Judge(writing.vault.database, founder.identity())
    writing.applying.page(judge.page(entries_of(founder, account)))
    lie = StoredEntry(account, n, founder.ledger.entries[other][n - 1])
    verdict = Judge(writing.vault.database, founder.identity()).page([lie])
    assert [(one.stream, one.rule) for one in verdict.broken] == [(account, "rewritten")]


def test_what_is_cited_and_not_held_is_needed(founder: Founder, writing: Writing) -> None:
    """An entry that cites more of the workspace than is held waits for it, and others go on."""
    from cerby_tui import authoring  # a workspace entry that the vault does not have
    from cerby_wire.headers import Policy

    early = founder.account(Item("early"))
    founder.add(authoring.policy(founder.author(), Policy(idle_lock=60)))
    late = founder.account(Item("late"))
    judge = Judge(writing.vault.database, founder.identity())
    verdict = judge.page(entries_of(founder, late, early))
    assert verdict.needed == {founder.workspace: 2}
    assert [one.state.stream for one in verdict.accepted] == [early]
    whole = Judge(writing.vault.database, founder.identity()).page(entries_of(founder, late, founder.workspace))
    assert {one.state.stream for one in whole.accepted} == {late, founder.workspace}


def test_gap_is_not_jumped_over(founder: Founder, writing: Writing) -> None:
    """Entries after a missing one are left for later."""
    account = founder.account(Item("A"))
    page = [one for one in entries_of(founder, account) if one.n != 1]
    verdict = Judge(writing.vault.database, founder.identity()).page(page)
    assert (verdict.accepted, verdict.broken) == ([], [])


class Mailbox:
    """An account with five messages at the service, of which a vault holds some."""

    def __init__(self, founder: Founder, writing: Writing) -> None:
        self.founder = founder
        self.writing = writing
        self.account = founder.account(Item("A"), Numbered("+15550101"))
        self.all = [founder.message(self.account, Text(f"text {place}")) for place in range(5)]
        writing.applying.page(Judge(writing.vault.database, founder.identity()).page(founder.stored()))

    def judge(self, found: list[StoredMessage], **wanted: int) -> tuple[list[int], str]:
        """The indexes that are believed, and the rule at which it ends."""
        vault = self.writing.vault
        asked = [MessagesWanted(self.account, GENERATION, **wanted)]
        (run,) = judge_messages(vault.records, Around(vault.database, vault.identity), asked, found)
        self.writing.applying.messages(run)
        return [index for index, _ in run.messages], run.broken.rule if run.broken else ""


def test_messages_upwards_and_downwards(founder: Founder, writing: Writing) -> None:
    """A first fill from the newest down, then the rest, then what comes new: all of it hangs together."""
    box = Mailbox(founder, writing)
    assert box.judge(box.all[4:2:-1], before=6) == ([5, 4], "")
    assert box.judge(box.all[2::-1], before=4) == ([3, 2, 1], "")
    fresh = founder.message(box.account, Text("sixth"))
    assert box.judge([fresh], after=5) == ([6], "")
    assert writing.vault.records.bounds(box.account, GENERATION) == (1, 6)


def test_other_history_below_what_is_held(founder: Founder, writing: Writing) -> None:
    """Older messages have to be the ones that the newer ones were chained to."""
    box = Mailbox(founder, writing)
    box.judge(box.all[4:3:-1], before=6)
    founder.messages[box.account] = box.all[:2]
    others = [founder.message(box.account, Text(f"rewritten {place}")) for place in (3, 4)]
    assert box.judge(others[::-1], before=5) == ([], "message_chain_broken")


def test_message_that_an_entry_cites_otherwise(founder: Founder, writing: Writing) -> None:
    """Two devices that were shown different messages find out by what their entries cite."""
    from cerby_tui import authoring
    from cerby_wire.headers import MessagePosition

    box = Mailbox(founder, writing)
    state, keys = founder.ledger.account(box.account), founder.accounts[box.account]
    seen = MessagePosition(GENERATION, 2, bytes(32))
    founder.add(authoring.item(founder.author(), state, keys, {"label": "B"}, seen))
    writing.applying.page(Judge(writing.vault.database, founder.identity()).page(founder.stored()))
    assert box.judge(box.all, after=0) == ([1], "message_fork")


def test_messages_nobody_asked_for_are_passed_over(founder: Founder, writing: Writing) -> None:
    """A message of another account does not get in by being sent along."""
    box = Mailbox(founder, writing)
    vault = writing.vault
    around = Around(vault.database, vault.identity)
    asked = [MessagesWanted(b"another account", GENERATION)]
    assert judge_messages(vault.records, around, asked, box.all) == []
