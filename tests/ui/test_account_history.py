"""The History tab: who changed which field when, both values, the way back, and `u`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from cerby_tui.screens.account import AccountScreen
from cerby_tui.screens.account_history import HistoryPane
from cerby_tui.screens.compare import ChangeScreen
from cerby_tui.widgets.bars import BottomBar
from tests.fakes import FrozenClock
from tests.ui.gallery import PLAIN_LOOKS, WIDE, Look, StillSession, app_over, comes_soon, keys, open_account, shown
from tests.ui.office import Office

Enter = Callable[[str], StillSession]


async def to_history(pilot: Pilot[Any]) -> HistoryPane:
    """The History tab of the shared account."""
    await open_account(pilot, "Payroll")
    await keys(pilot, "4")
    return pilot.app.screen.query_one(HistoryPane)


async def to_change(pilot: Pilot[Any], field: str, kind: str = "changed") -> HistoryPane:
    """Select the newest change of a field."""
    pane = await to_history(pilot)
    at = next(at for at, (_v, change) in enumerate(pane._rows) if (change.field, change.kind) == (field, kind))
    await keys(pilot, *["j"] * at)
    assert pane.table.index == at
    return pane


def said(pilot: Pilot[Any]) -> str:
    """The newest notice."""
    return pilot.app.screen.query_one(BottomBar).notice


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_history(snap_compare: Any, enter: Enter, clock: FrozenClock, look: Look) -> None:
    """A row for each field of each version, the newest first; secrets are masked, hostile text is text."""

    async def act(pilot: Pilot[Any]) -> None:
        pane = await to_history(pilot)
        assert [row.cells[1].text for row in pane.table.rows if row.cells[1].text] == [
            "Bob Example", "You", "You", "Bob Example", "You"
        ]  # fmt: skip
        text = shown(pilot)
        assert "[red]Mall[/]" in text and not set("\x1b\x07\x9b\u202e") & set(text)
        assert not any(secret in text for secret in ("first-1", "second-2", "bobs-3", "4711"))

    assert snap_compare(app_over(enter("Ada"), clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_compare(snap_compare: Any, enter: Enter, clock: FrozenClock, look: Look) -> None:
    """Enter shows a change whole, both values side by side, and which of them can come back."""

    async def act(pilot: Pilot[Any]) -> None:
        await to_change(pilot, "username")
        await keys(pilot, "enter")
        assert isinstance(pilot.app.screen, ChangeScreen)
        assert "people@example.org" in shown(pilot) and "b restore the value before" in shown(pilot)

    assert snap_compare(app_over(enter("Ada"), clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_compare_long(snap_compare: Any, enter: Enter, clock: FrozenClock, look: Look) -> None:
    """A long hostile value stands in its half, can be moved through, and stays text."""

    async def act(pilot: Pilot[Any]) -> None:
        pane = await to_history(pilot)
        at = next(at for at, (_version, change) in enumerate(pane._rows) if "Mall" in change.field)
        await keys(pilot, *["j"] * at, "enter", "down", "down")
        assert "Lorem [b]ipsum[/b]" in shown(pilot)
        assert not set("\x1b\x07\x9b\u202e") & set(shown(pilot))

    assert snap_compare(app_over(enter("Ada"), clock, look), terminal_size=look.size, run_before=act)


async def test_restore_and_undo(enter: Enter, office: Office, clock: FrozenClock) -> None:
    """b gives the field back the value before the change, at once and as a change of this person; u takes it back."""
    session = enter("Ada")
    async with app_over(session, clock).run_test(size=WIDE) as pilot:
        pane = await to_change(pilot, "username")
        await keys(pilot, "b")
        assert session.account(office.payroll.id).item.username == "people@example.org"
        assert "u takes it back" in said(pilot)
        assert (pane.table.rows[0].cells[0].text, pane.table.rows[0].cells[1].text) == ("not sent", "You")
        await keys(pilot, "u")
        assert session.account(office.payroll.id).item.username == "pay@example.org"
        assert said(pilot) == "Taken back: Username of Payroll."
        await comes_soon(lambda: pane.table.rows[0].cells[0].text != "not sent")


async def test_undo_is_offered_while_there_is_something(enter: Enter, clock: FrozenClock) -> None:
    """u stands among the keys only after a change of this sitting."""
    async with app_over(enter("Ada"), clock).run_test(size=WIDE) as pilot:
        await to_change(pilot, "username")
        screen = pilot.app.screen
        assert isinstance(screen, AccountScreen)
        assert "undo" not in dict(screen.active_commands())
        await keys(pilot, "b")
        assert "undo" in dict(screen.active_commands())
        await keys(pilot, "u")
        assert "undo" not in dict(screen.active_commands())


async def test_undo_that_cannot_be_says_why(enter: Enter, office: Office, clock: FrozenClock) -> None:
    """What was changed again since stays, and the sentence says so."""
    session = enter("Ada")
    async with app_over(session, clock).run_test(size=WIDE) as pilot:
        await to_change(pilot, "username")
        await keys(pilot, "b")
        session._ground.journal._done[-1].change["username"][1] = "another"
        await keys(pilot, "u")
        assert "Username of Payroll was changed again since. It stays as it is now." in said(pilot)
        assert session.account(office.payroll.id).item.username == "people@example.org"


async def test_loser_comes_back_from_the_history(enter: Enter, office: Office, clock: FrozenClock) -> None:
    """The value kept beside another one is in the history, and a in its comparison gives it to the field."""
    session = enter("Ada")
    async with app_over(session, clock).run_test(size=WIDE) as pilot:
        await to_change(pilot, "notes", "beside")
        assert "restore-before" not in dict(pilot.app.screen.active_commands())
        await keys(pilot, "enter", "a")
        assert session.account(office.payroll.id).item.notes == "Ask [b]Bob[/b].\x1b[31m"


async def test_secrets_are_revealed_one_by_one(enter: Enter, clock: FrozenClock) -> None:
    """Space shows the values of the selected change; moving on hides them, and only secrets have the key."""
    session = enter("Ada")
    noted: list[tuple[str, ...]] = []
    session.activity.note = lambda how, _account, what: noted.append((how, what))  # type: ignore[method-assign]
    async with app_over(session, clock).run_test(size=WIDE) as pilot:
        await to_change(pilot, "password")
        await keys(pilot, "space")
        assert "first-1" in shown(pilot) and "second-2" in shown(pilot)
        assert ("viewed", "password") in noted
        await keys(pilot, "j")
        assert "first-1" not in shown(pilot)
        await keys(pilot, "k", "space", "1", "4")
        assert "first-1" not in shown(pilot)


async def test_deleted_account_gives_nothing_back(enter: Enter, office: Office, clock: FrozenClock) -> None:
    """The history of a deleted account can be read; to restore a field the account has to be restored first."""
    session = enter("Ada")
    await session.delete_account(office.payroll.id)
    async with app_over(session, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "f", "G", "space", "enter", "enter", "4", "j", "j")
        assert pilot.app.screen.query_one(HistoryPane).display
        assert "restore-before" not in dict(pilot.app.screen.active_commands())
