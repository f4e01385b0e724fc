"""The session without a service: everything that works from the disk alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cerby_tui.errors import Alarm, LeaseOver, NoVault, RefusedError, StorageFull, UsageError, WrongPassphrase
from cerby_tui.home import Home
from cerby_tui.session import Session, open_session
from cerby_tui.values import CardFilter, Changed, CustomField, InboxFilter, Item
from tests.fakes import FrozenClock
from tests.stage import PASSPHRASE, Founder, Numbered, Text, build

ALL = CardFilter()


async def test_unlock_reads_from_the_disk_alone(home: Home, staged: Founder, clock: FrozenClock) -> None:
    """After unlocking, cards, details and messages are there without anybody being asked."""
    session = open_session(home, PASSPHRASE, clock=clock)
    labels = [card.label for card in session.cards(ALL)]
    texts = [message.text for message in session.messages(InboxFilter())]
    await session.close()
    assert labels == ["Bank", "Mail"]
    assert texts == ["Hello there", "Your code is 123456"]


def test_offline_start_loads_no_network(home: Home, staged: Founder) -> None:
    """Opening the vault, reading and editing import neither the network nor what only migrations need."""
    program = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from cerby_tui.home import Home\nfrom cerby_tui.session import open_session\n"
        "from cerby_tui.values import CardFilter, Item\nfrom tests.fakes import FrozenClock\n"
        f"session = open_session(Home(Path({str(home.root)!r})), {PASSPHRASE!r}, clock=FrozenClock())\n"
        "assert len(session.cards(CardFilter())) == 2\n"
        "asyncio.run(session.add_account(Item('New')))\n"
        "asyncio.run(session.close())\n"
        "print({'httpx', 'textual', 'sqlite_utils', 'watchfiles', 'keyring'} & set(sys.modules))\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (ran.stdout, ran.stderr) == ("set()\n", "")


def test_wrong_passphrase(home: Home, staged: Founder, clock: FrozenClock) -> None:
    """Another passphrase says that it is wrong."""
    with pytest.raises(WrongPassphrase):
        open_session(home, "not the passphrase", clock=clock)


def test_nothing_is_set_up(home: Home, clock: FrozenClock) -> None:
    """An empty home has no vault to open."""
    with pytest.raises(NoVault):
        open_session(home, PASSPHRASE, clock=clock)


@pytest.mark.parametrize("days", [14, 400])
def test_lease_that_is_over_keeps_the_vault_locked(home: Home, staged: Founder, clock: FrozenClock, days: int) -> None:
    """Without contact for longer than the workspace allows, the right passphrase does not open the vault."""
    clock.advance(days * 86_400)
    with pytest.raises(LeaseOver, match="out of contact") as caught:
        open_session(home, PASSPHRASE, clock=clock)
    assert "cannot be reached" in caught.value.next_step


def test_weakened_key_file_opens_nothing(home: Home, staged: Founder, clock: FrozenClock) -> None:
    """A key file whose cost was lowered is an alarm, before any work."""
    weakened = home.key_file.read_text().replace('"memory":65536', '"memory":8')
    home.key_file.write_text(weakened)
    with pytest.raises(Alarm, match="work"):
        open_session(home, PASSPHRASE, clock=clock)


async def test_clock_set_back_helps_nobody(home: Home, staged: Founder, clock: FrozenClock) -> None:
    """A clock behind the lease's own time opens the vault, and does not make the lease longer."""
    clock.sleep(-86_400 * 30)
    session = open_session(home, PASSPHRASE, clock=clock)
    await session.close()


async def test_added_account_is_there_at_once(session: Session) -> None:
    """A new card can be read as soon as its adding is answered, and it waits to be sent."""
    told: list[Changed] = []
    session.subscribe(told.append)
    item = Item("Shop", app="github", password="s3cret", fields=(CustomField("PIN", "1", hidden=True),))
    account = await session.add_account(item)
    assert session.account(account).item == item
    assert session.card(account).waiting
    assert [one.what for one in session.waiting()] == ["new account"]
    assert session.status().waiting == 1
    await session.mark_added(account)  # whatever comes after it, the first was told before
    assert told[0] == Changed(accounts=frozenset([account]), status=True)


async def test_edits_survive_reopening(home: Home, session: Session, staged: Founder, clock: FrozenClock) -> None:
    """What was answered is on the disk: another opening shows it, still waiting."""
    bank = session.find("Bank").id
    await session.edit_account(bank, {"label": "Bank of Sand", "notes": "new", "collections": ("A", "B")})
    await session.close()
    again = Session(home, staged.device, clock)
    card = again.find("sand")
    assert (card.label, card.collections, card.waiting) == ("Bank of Sand", ("A", "B"), True)
    await again.close()


async def test_edit_that_changes_nothing_waits_for_nothing(session: Session) -> None:
    """Saving a form without a change queues nothing."""
    mail = session.find("mail")
    await session.edit_account(mail.id, {"label": "Mail", "username": "ada"})
    assert session.waiting() == []


async def test_unknown_fields_survive_an_edit(session: Session, staged: Founder) -> None:
    """Fields that a newer program wrote, in the card and in its custom fields, stay as they are."""
    account = session.find("Bank").id
    await session.edit_account(account, {"fields": (CustomField("Branch", "Łódź"), CustomField("PIN", "1"))})
    item = session.account(account).item
    assert item.unknown == {"from_tomorrow": {"x": [1, 2]}}
    content = session._writing.vault.accounts.content(account)
    assert content["fields"][0] == {"name": "Branch", "value": "Łódź", "kind": "text", "hidden": False, "icon": "pin"}


@pytest.mark.parametrize("changes", [{"label": "  "}, {"lable": "x"}, {"fields": (CustomField("a"), CustomField("a"))}])
async def test_changes_that_make_no_sense(session: Session, changes: dict[str, object]) -> None:
    """A card without a name, a field that does not exist, two custom fields of one name: refused, nothing queued."""
    with pytest.raises(UsageError):
        await session.edit_account(session.find("Bank").id, changes)
    assert session.waiting() == []


async def test_delete_and_restore(session: Session) -> None:
    """A deleted card is listed as deleted; restoring it before anything was sent leaves nothing waiting."""
    mail = session.find("mail").id
    await session.delete_account(mail)
    assert [card.id for card in session.cards(CardFilter(deleted=True))] == [mail]
    assert session.messages(InboxFilter()) == []
    await session.restore_account(mail)
    assert [card.label for card in session.cards(ALL)] == ["Bank", "Mail"]
    assert session.waiting() == []


async def test_collaborators_do_not_edit(session: Session, staged: Founder) -> None:
    """A change that would be refused by everybody is refused before it is typed into the outbox."""
    vault = session._writing.vault
    mail = session.find("mail").id
    state = vault.streams.account(mail)
    assert state is not None
    listed = {
        user: type(one)(one.user, "collaborator", one.chain, one.generation) for user, one in state.members.items()
    }
    from cerby_wire.state import encode_state  # the state of somebody else's account, as their member sees it

    other = type(state)(**{name: getattr(state, name) for name in state.__struct_fields__} | {"members": listed})
    vault.database.execute("UPDATE streams SET state = ? WHERE id = ?", (encode_state(other), mail))
    with pytest.raises(RefusedError, match="Owners"):
        await session.edit_account(mail, {"notes": "x"})


async def test_read_marks(session: Session) -> None:
    """A message that was read counts as read everywhere, and is not listed among the waiting changes."""
    mail = session.find("mail")
    assert mail.unread == 2
    newest = session.messages(InboxFilter())[0]
    await session.mark_read([newest.key])
    assert session.card(mail.id).unread == 1
    assert session.message(newest.key).read
    assert (session.waiting(), session.status().waiting) == ([], 0)


async def test_favourites(session: Session) -> None:
    """A star shows on the card and goes again."""
    bank = session.find("Bank").id
    await session.set_favourite(bank, True)
    assert session.card(bank).favourite
    await session.set_favourite(bank, False)
    assert not session.card(bank).favourite


async def test_discarded_change_is_gone_from_the_card(session: Session) -> None:
    """Giving up a waiting change brings back what stood there before."""
    bank = session.find("Bank").id
    await session.edit_account(bank, {"label": "Bench"})
    await session.discard_waiting(session.waiting()[0].id)
    assert session.card(bank).label == "Bank"
    with pytest.raises(UsageError):
        await session.discard_waiting(1)


async def test_full_disk_takes_no_change_and_loses_none(session: Session) -> None:
    """Without room an edit is refused with a sentence; earlier ones stay, and with room it works."""
    bank = session.find("Bank").id
    await session.edit_account(bank, {"notes": "before"})
    database = session._writing.vault.database
    database.execute(f"PRAGMA max_page_count={database.value('PRAGMA page_count')}")
    with pytest.raises(StorageFull, match="no room"):
        await session.edit_account(bank, {"notes": "x" * 200_000})
    assert session.account(bank).item.notes == "before"
    database.execute("PRAGMA max_page_count=1000000")
    await session.edit_account(bank, {"notes": "x" * 200_000})
    assert len(session.account(bank).item.notes) == 200_000


def test_find_says_when_a_name_is_not_enough(session: Session) -> None:
    """One card is found by label, start, words or number; none and several are told apart."""
    assert session.find("MAIL") == session.find("+15550101") == session.find("google")
    with pytest.raises(UsageError, match="No account"):
        session.find("nothing like it")
    with pytest.raises(UsageError, match="2 accounts"):
        session.find("a")


async def test_policy_and_person(session: Session) -> None:
    """The session knows whose it is and what the workspace asks for."""
    assert session.who()[:3] == ("Ada Founder", "ada@example.org", "test device")
    assert (session.policy().idle_lock, session.policy().clipboard) == (600, 30)


async def test_canary_is_in_no_file(home: Home, session: Session, staged: Founder) -> None:
    """Neither labels, passwords and notes nor the texts of messages are in any file of the home, open or closed."""
    await session.add_account(Item("canary-label", password="canary-password", notes="canary-notes"))
    open_bytes = all_bytes(home.root)
    await session.close()
    for raw in (open_bytes, all_bytes(home.root)):
        for word in (b"canary", b"Your code is", b"123456", PASSPHRASE.encode(), staged.device.seed):
            assert word not in raw


def all_bytes(root: Path) -> bytes:
    """Everything that stands in the files of a directory."""
    return b"\n".join(path.read_bytes() for path in root.rglob("*") if path.is_file())


async def test_long_messages_are_joined(home: Home, clock: FrozenClock) -> None:
    """Long messages come as parts, in any order, and are shown as one; what is missing is marked."""
    founder = Founder()
    account = founder.account(Item("Parts"), Numbered("+15550101"))
    for part, words in ((3, "is 654321"), (1, "Your long ")):
        founder.message(account, Text(words, part=part, parts=3, reference="77", age=9 - part))
    build(home, founder, clock)
    session = Session(home, founder.device, clock)
    shown = session.messages(InboxFilter())
    assert [(one.text, one.parts, one.missing_parts) for one in shown] == [("Your long  … is 654321", 3, 1)]
    assert session.card(account).unread == 1
    await session.mark_read([shown[0].key])
    assert session.card(account).unread == 0
    await session.close()
