"""*Recovery kit* in an open vault: tried, replaced, confirmed; and the loud word that it was used."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from cerby_tui.forgotten import set_passphrase
from cerby_tui.keys import ALONE
from cerby_tui.kit import asked_back, kit_of
from cerby_tui.kit_uses import KitUse, news_of
from cerby_tui.screens.cards import CardsScreen
from cerby_tui.screens.confirm import ConfirmScreen
from cerby_tui.screens.forgotten import ForgottenScreen
from cerby_tui.screens.loud import LoudScreen
from cerby_tui.screens.recovery import CheckScreen, NewKitScreen, RecoveryScreen
from cerby_tui.session import Session
from cerby_tui.unlocking import unlock
from cerby_tui.values import Changed
from cerby_tui.widgets.entry import Entry
from cerby_wire.texts import recovery_code
from tests.devices import NO_KEYRING, until
from tests.fakes import FrozenClock
from tests.kits import AGAIN, Kept, keep, recover
from tests.rig import ServiceRig
from tests.ui.gallery import PLAIN_LOOKS, Gallery, Look, StillSession, app_over, keys, settle, shown


@pytest.fixture
def kept(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> Kept:
    """Somebody with one device, one account and a kit."""
    return asyncio.run(keep(rig, tmp_path / "first", clock, f"{tmp_path.name}@example.org"))


async def typed(pilot: Pilot[Any], name: str, value: str) -> None:
    """Put a value into a line of the dialog and press Enter in it."""
    entry = pilot.app.screen.query_one(f"#{name}", Entry)
    entry.value = value
    entry.focus()
    await settle(pilot)
    await keys(pilot, "enter")


async def test_trying_it(still: StillSession, gallery: Gallery, clock: FrozenClock) -> None:
    """A mistyped code is told apart from the right one, which says what it opened; from then on that is known."""
    code = recovery_code(gallery.founder.recovery_secret)
    async with app_over(still, clock).run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await keys(pilot, "K")
        assert "It was never tried." in shown(pilot)
        await typed(pilot, "code", code[:-1] + ("X" if code[-1] != "X" else "Y"))
        assert "Group 8" in shown(pilot)
        await typed(pilot, "code", code)
        assert "The kit works. It opened the keys of" in shown(pilot)
        assert "It was last tried" in shown(pilot)
        await keys(pilot, "escape")
        assert isinstance(pilot.app.screen, CardsScreen)


async def test_a_new_kit(kept: Kept, clock: FrozenClock) -> None:
    """Asked first, made at the service, shown until two groups are typed; a wrong group does not pass."""
    session = kept.device.open()
    async with app_over(session, clock).run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await keys(pilot, "K", "tab", "tab", "enter")
        assert isinstance(pilot.app.screen, ConfirmScreen)
        await keys(pilot, "y")
        await until(session, lambda: session.recovery.unconfirmed() is not None)
        await settle(pilot)
        assert isinstance(pilot.app.screen, NewKitScreen)
        await keys(pilot, "escape")
        assert isinstance(pilot.app.screen, RecoveryScreen) and "nobody has confirmed" in shown(pilot)
        await keys(pilot, "enter", "enter")
        assert isinstance(pilot.app.screen, CheckScreen)
        kit = session.recovery.unconfirmed()
        assert kit
        first, second = asked_back(kit.groups)
        await typed(pilot, f"group-{first}", kit.groups[first - 1])
        await typed(pilot, f"group-{second}", "AAAAA")
        assert "That is not what the kit says." in shown(pilot)
        await typed(pilot, f"group-{second}", kit.groups[second - 1])
        assert isinstance(pilot.app.screen, CardsScreen)
        assert session.recovery.unconfirmed() is None
    await session.close()


async def test_its_use_is_told_loudly(rig: ServiceRig, kept: Kept, tmp_path: Path, clock: FrozenClock) -> None:
    """Whoever has the app open hears at once, and not again once it was read."""
    session = kept.device.open()
    async with app_over(session, clock).run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await recover(rig, kept.code, tmp_path / "second", clock)
        await until(session, lambda: bool(session.recovery.uses()))
        while not (isinstance(pilot.app.screen, LoudScreen) and "Your recovery key was used" in shown(pilot)):
            await pilot.pause()
        await keys(pilot, "tab", "enter")
        await until(session, lambda: not session.recovery.uses())
    await session.close()


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_kit_dialog(snap_compare: Any, still: StillSession, clock: FrozenClock, look: Look) -> None:
    """How the kit stands."""

    async def act(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        await keys(pilot, "K")

    assert snap_compare(app_over(still, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_new_kit(snap_compare: Any, still: StillSession, clock: FrozenClock, look: Look) -> None:
    """A new kit."""
    kit = kit_of(b"twenty bytes of rain", "https://cerby.example.com", bytes.fromhex("9f3ab2c41d07e65880aa" * 2))

    async def act(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        await pilot.app.push_screen(NewKitScreen(pilot.app.desk, kit))  # type: ignore[attr-defined]
        await settle(pilot)

    assert snap_compare(app_over(still, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_check(snap_compare: Any, still: StillSession, clock: FrozenClock, look: Look) -> None:
    """Two groups asked back."""
    kit = kit_of(b"twenty bytes of rain", "https://cerby.example.com", bytes.fromhex("9f3ab2c41d07e65880aa" * 2))

    async def act(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        await pilot.app.push_screen(CheckScreen(pilot.app.desk, kit))  # type: ignore[attr-defined]
        await settle(pilot)

    assert snap_compare(app_over(still, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_used(snap_compare: Any, still: StillSession, clock: FrozenClock, look: Look) -> None:
    """The loud word."""
    news = news_of([KitUse(2, bytes.fromhex("3f2a" * 8), clock.now())])

    async def act(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        still._tell(Changed(news=(news,)))
        while not isinstance(pilot.app.screen, LoudScreen):
            await pilot.pause()
        await settle(pilot)

    assert snap_compare(app_over(still, clock, look), terminal_size=look.size, run_before=act)


def forgetful(kept: Kept, clock: FrozenClock, look: Look = PLAIN_LOOKS[0]) -> Any:
    """The app at its lock screen, where the kit may open the vault."""

    def reopen(code: str, passphrase: str) -> Session:
        session = Session(
            kept.device.home,
            set_passphrase(kept.device.home, code, passphrase, clock=clock, keyring=NO_KEYRING, cost=ALONE),
            clock,
        )
        session.start = lambda: None  # type: ignore[method-assign]
        return session

    return app_over(None, clock, look, reopen=reopen)


async def test_a_forgotten_passphrase(kept: Kept, clock: FrozenClock) -> None:
    """F2 on the lock screen: the code and a new passphrase open the vault; two different ones do not."""
    app = forgetful(kept, clock)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await keys(pilot, "f2")
        assert isinstance(app.screen, ForgottenScreen)
        for name, value in (("code", kept.code), ("first", AGAIN), ("second", "something else entirely")):
            await typed(pilot, name, value)
        assert "The two passphrases differ." in shown(pilot)
        await typed(pilot, "second", AGAIN)
        assert isinstance(app.screen, CardsScreen) and "Trips" in shown(pilot)
        await app.desk.session.close()
    assert unlock(kept.device.home, AGAIN, NO_KEYRING).id == kept.device.keys.id


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_forgotten(snap_compare: Any, kept: Kept, clock: FrozenClock, look: Look) -> None:
    """Where the code and the new passphrase are typed."""

    async def act(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        await keys(pilot, "f2")

    assert snap_compare(forgetful(kept, clock, look), terminal_size=look.size, run_before=act)
