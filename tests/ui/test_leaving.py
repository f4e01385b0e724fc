"""The ways out: lock by key, by idle time, after sleep; quitting; the clipboard on the way out."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from textual.pilot import Pilot

from cerby_tui.config import Loaded, Settings
from cerby_tui.screens.desk import Ending
from cerby_tui.screens.keeping import ChangeGate, IdleWatch
from cerby_tui.values import Changed, MessageKey
from tests.fakes import FrozenClock
from tests.ui.gallery import WIDE, StillSession, app_over, keys, settle


class Told:
    """Counts what the app says about its session."""

    def __init__(self) -> None:
        self.locked = 0

    def lock(self) -> None:
        """Closed."""
        self.locked += 1


async def leave(pilot: Pilot[Any], *pressed: str) -> Ending | None:
    """Press keys and give what the app ended with."""
    for key in pressed:
        await pilot.press(key)
    async with asyncio.timeout(10):
        while pilot.app.return_value is None:
            await pilot.pause()
    ending = pilot.app.return_value
    return ending if isinstance(ending, Ending) else None


@pytest.mark.parametrize(
    ("key", "ending"), [("ctrl+l", Ending.LOCKED), ("ctrl+z", Ending.SUSPENDED), ("ctrl+q", Ending.QUIT)]
)
async def test_keys_that_leave(still: StillSession, clock: FrozenClock, key: str, ending: Ending) -> None:
    """Locking, suspending and quitting tell so once, and say why the app ended; whoever runs it closes the vault."""
    told = Told()
    async with app_over(still, clock, on_lock=told.lock).run_test(size=WIDE) as pilot:
        assert await leave(pilot, key) is ending
        assert told.locked == 1


async def test_leaves_out_of_an_input_and_a_dialog(still: StillSession, clock: FrozenClock) -> None:
    """Ctrl+L locks from anywhere, also while one types in a dialog."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "colon", "x")
        assert await leave(pilot, "ctrl+l") is Ending.LOCKED


async def test_idle_time_locks(still: StillSession, clock: FrozenClock) -> None:
    """Nobody touched a key for as long as the policy says: the app locks. A key begins the time anew."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        clock.advance(599)
        await keys(pilot, "j")
        clock.advance(599)
        await pilot.app._tick()
        assert pilot.app.return_value is None
        clock.advance(1)
        await pilot.app._tick()
        assert await leave(pilot) is Ending.LOCKED


async def test_setting_tightens_and_never_loosens(still: StillSession, clock: FrozenClock) -> None:
    """A shorter idle time than the policy's holds, a longer one does not."""
    for minutes, seconds in ((1, 60), (60, 600)):
        app = app_over(still, clock, config=Loaded(Settings(idle_lock_minutes=minutes, clipboard_seconds=600)))
        async with app.run_test(size=WIDE) as pilot:
            await settle(pilot)
            assert (app.idle.limit, app.clipboard_seconds) == (seconds, 30)


async def test_sleep_locks(still: StillSession, clock: FrozenClock) -> None:
    """A machine that slept wakes up locked: the wall clock went on while the running time stood still."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        clock.sleep(3600)
        await pilot.app._tick()
        assert await leave(pilot) is Ending.LOCKED


async def test_shutdown_happens_once(still: StillSession, clock: FrozenClock) -> None:
    """A signal during a lock changes nothing: it is told once, and the first reason stands."""
    told = Told()
    async with app_over(still, clock, on_lock=told.lock).run_test(size=WIDE) as pilot:
        await asyncio.gather(
            pilot.app.shutdown_for(Ending.SHUT_DOWN), pilot.app.shutdown_for(Ending.LOCKED), return_exceptions=False
        )
        assert (pilot.app.return_value, told.locked) == (Ending.SHUT_DOWN, 1)


def test_idle_watch_forgives_a_small_clock_change(clock: FrozenClock) -> None:
    """A clock that is set by a few seconds is no sleep; one that runs back is none either."""
    watch = IdleWatch(clock, 600)
    for seconds in (20, -3600):
        clock.sleep(seconds)
        assert not watch.time_to_lock()


def test_changes_of_a_burst_are_one_reading() -> None:
    """However many changes arrive before the screens look, they ring once, and nothing of them is lost."""
    rings: list[None] = []
    gate = ChangeGate(lambda: rings.append(None))
    key = MessageKey(b"a", b"g", 1)
    for changed in (Changed(accounts=frozenset({b"a"})), Changed(new_messages=(key,)), Changed(status=True)):
        gate.put(changed)
    assert len(rings) == 1
    assert gate.take() == Changed(accounts=frozenset({b"a"}), new_messages=(key,), status=True)
    assert gate.take() == Changed()
