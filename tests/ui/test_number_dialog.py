"""The dialog Cerby-generated Phone Number, over a real service; its pictures over a scripted one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from cerby_tui.clipboard import osc52
from cerby_tui.errors import CerbyError, OfflineError, RefusedError
from cerby_tui.screens.account import AccountScreen
from cerby_tui.screens.number_dialog import NumberDialog
from cerby_tui.session import Session
from cerby_tui.values import Committed, Item, ManagedNumber, OfferedNumber
from cerby_tui.widgets.bars import BottomBar
from cerby_tui.widgets.button import Press
from cerby_tui.widgets.field import Field
from cerby_tui.widgets.offer_face import OfferFace
from cerby_tui.widgets.tick import Tick
from tests.devices import Device, enrol, until
from tests.fakes import NOON, FrozenClock
from tests.rig import ServiceRig
from tests.ui.gallery import (
    LOOKS,
    PLAIN_LOOKS,
    WIDE,
    Gallery,
    Look,
    StillSession,
    app_over,
    keys,
    open_account,
    settle,
    shown,
    words_of,
)

NAMES = iter(range(1000))
NOT_CREATED = "The phone number was not created and must not be used."


class ScriptedSession(StillSession):
    """The service's side of the acts is written down beforehand: answers are given in order, errors are raised."""

    offers: list[OfferedNumber | CerbyError]
    commits: list[Committed | CerbyError]
    keys_used: list[str]
    closed: list[OfferedNumber]
    gate: asyncio.Event | None = None

    async def offer_number(self, account: bytes) -> OfferedNumber:
        """The next offer."""
        return _given(self.offers.pop(0))

    async def commit_number(self, offer: OfferedNumber, idempotency_key: str) -> Committed:
        """The next answer, once the gate is open."""
        self.keys_used.append(idempotency_key)
        if self.gate:
            await self.gate.wait()
        return _given(self.commits.pop(0))

    async def close_offer(self, offer: OfferedNumber) -> None:
        """Noted."""
        self.closed.append(offer)


def _given(answer: Any) -> Any:
    if isinstance(answer, CerbyError):
        raise answer
    return answer


def offered(*, certain: bool = True) -> OfferedNumber:
    """An offer that is held for ten minutes."""
    return OfferedNumber(b"offer", b"", "+15550100123", "voip", "US", NOON + 600_000, certain)


@pytest.fixture
def scripted(gallery: Gallery, tmp_path: Path, clock: FrozenClock) -> ScriptedSession:
    """The gallery with a service that does as it is told."""
    session = ScriptedSession(gallery.session(tmp_path, clock)._home, gallery.founder.device, clock)
    session.offers, session.commits, session.keys_used, session.closed = [offered()], [], [], []
    return session


def dialog(pilot: Pilot[Any]) -> NumberDialog:
    """The dialog on top."""
    screen = pilot.app.screen
    assert isinstance(screen, NumberDialog)
    return screen


def said(pilot: Pilot[Any]) -> str:
    """What the dialog says about the number."""
    return words_of(dialog(pilot).query_one(OfferFace))


def button(pilot: Pilot[Any]) -> Press:
    """*Create Phone Number*."""
    return pilot.app.screen.query_one(Press)


async def open_dialog(pilot: Pilot[Any]) -> None:
    """From the cards to the dialog."""
    await open_account(pilot, "Payroll")
    await keys(pilot, "p")


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_offered(snap_compare: Any, scripted: ScriptedSession, clock: FrozenClock, look: Look) -> None:
    """A number is offered: the button waits for the tick, and leaving would mean that it was not created."""

    async def act(pilot: Pilot[Any]) -> None:
        await open_dialog(pilot)
        assert button(pilot).disabled
        assert "held for 10:00" in shown(pilot)

    assert snap_compare(app_over(scripted, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_ticked(snap_compare: Any, scripted: ScriptedSession, clock: FrozenClock, look: Look) -> None:
    """Ticked, the button can be pressed."""

    async def act(pilot: Pilot[Any]) -> None:
        await open_dialog(pilot)
        await keys(pilot, "space")
        assert not button(pilot).disabled

    assert snap_compare(app_over(scripted, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_refused(snap_compare: Any, scripted: ScriptedSession, clock: FrozenClock, look: Look) -> None:
    """A refusal is a sentence with what is safe and what to do; r asks again where that makes sense."""
    scripted.offers = [
        RefusedError("no_stock", "No number of the needed kind is in stock.", safe="Nothing was bought.",
                     next_step="Ask again later."),
    ]  # fmt: skip

    async def act(pilot: Pilot[Any]) -> None:
        await open_dialog(pilot)
        assert "No number of the needed kind is in stock. Nothing was bought." in words_of(
            dialog(pilot).query_one(OfferFace)
        )
        assert button(pilot).disabled

    assert snap_compare(app_over(scripted, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_left_early(snap_compare: Any, scripted: ScriptedSession, clock: FrozenClock, look: Look) -> None:
    """Whoever leaves early reads on the page that there is no number, and the field stays empty."""

    async def act(pilot: Pilot[Any]) -> None:
        await open_dialog(pilot)
        await keys(pilot, "c", "space", "escape")
        assert f"! {NOT_CREATED}" in shown(pilot)

    assert snap_compare(app_over(scripted, clock, look), terminal_size=look.size, run_before=act)


@pytest.mark.parametrize("look", PLAIN_LOOKS, ids=str)
def test_expired(snap_compare: Any, scripted: ScriptedSession, clock: FrozenClock, look: Look) -> None:
    """A number whose offer has ended cannot be created, copied or ticked any more; r asks for another one."""

    async def act(pilot: Pilot[Any]) -> None:
        await open_dialog(pilot)
        clock.advance(599.5)
        await keys(pilot, "space")
        clock.advance(1)
        dialog(pilot)._count_down()
        await keys(pilot, "c", "space", "enter")
        assert "The offer of this number has ended." in said(pilot)
        assert (button(pilot).disabled, scripted.keys_used) == (True, [])

    assert snap_compare(app_over(scripted, clock, look), terminal_size=look.size, run_before=act)


async def test_tick_is_needed(scripted: ScriptedSession, clock: FrozenClock) -> None:
    """Without the tick Enter commits nothing; a tick taken back counts as none."""
    async with app_over(scripted, clock).run_test(size=WIDE) as pilot:
        await open_dialog(pilot)
        await keys(pilot, "enter", "space", "space", "enter")
        assert scripted.keys_used == []
        assert dialog(pilot).offering.stage == "offered"


async def test_names_the_account_in_the_promise(scripted: ScriptedSession, clock: FrozenClock) -> None:
    """The tick says which account's setting the number goes into."""
    async with app_over(scripted, clock).run_test(size=WIDE) as pilot:
        await open_dialog(pilot)
        assert "I will add the phone number to Payroll account setting" in words_of(dialog(pilot).query_one(Tick))


async def test_copies_e164(scripted: ScriptedSession, clock: FrozenClock) -> None:
    """The number is read as +1 (555) 010-0123 and copied as E.164."""
    sent: list[str] = []
    app = app_over(scripted, clock)
    async with app.run_test(size=WIDE) as pilot:
        app._to_terminal = sent.append  # type: ignore[method-assign]
        await open_dialog(pilot)
        await keys(pilot, "c")
        assert "+1 (555) 010-0123" in shown(pilot)
        assert sent == [osc52("+15550100123", {})]


async def test_copying_moves_nothing(scripted: ScriptedSession, clock: FrozenClock) -> None:
    """The place for what is said about the copy is kept free: the button stays where it was."""
    async with app_over(scripted, clock).run_test(size=WIDE) as pilot:
        await open_dialog(pilot)
        before = button(pilot).region
        await keys(pilot, "c")
        assert "it cannot be cleared from here" in dialog(pilot).query_one(BottomBar).notice
        assert before == button(pilot).region


async def test_leaving_early(scripted: ScriptedSession, clock: FrozenClock) -> None:
    """Esc gives the offer back and says that the number was not created and must not be used."""
    async with app_over(scripted, clock).run_test(size=WIDE) as pilot:
        await open_dialog(pilot)
        await keys(pilot, "space", "escape")
        assert isinstance(pilot.app.screen, AccountScreen)
        assert pilot.app.screen.query_one(BottomBar).notice == NOT_CREATED
        assert scripted.closed == [offered()]


async def test_cannot_commit_twice(scripted: ScriptedSession, clock: FrozenClock) -> None:
    """While the number is being created Enter does nothing more, and the dialog cannot be left."""
    scripted.gate = asyncio.Event()
    scripted.commits = [Committed(ManagedNumber(b"n", "+15550100123", "voip"))]
    async with app_over(scripted, clock).run_test(size=WIDE) as pilot:
        await open_dialog(pilot)
        await keys(pilot, "space")
        for key in ("enter", "enter", "escape", "enter"):
            await pilot.press(key)
            await pilot.pause()
        assert len(scripted.keys_used) == 1
        assert "Creating the phone number" in shown(pilot)
        scripted.gate.set()
        await settle(pilot)
        assert isinstance(pilot.app.screen, AccountScreen)


async def test_lost_answer_is_asked_for_with_the_same_key(scripted: ScriptedSession, clock: FrozenClock) -> None:
    """After a lost answer nobody claims anything; Enter asks again with the same key, so nothing is bought twice."""
    scripted.commits = [OfflineError("gone"), Committed(ManagedNumber(b"n", "+15550100123", "voip"))]
    async with app_over(scripted, clock).run_test(size=WIDE) as pilot:
        await open_dialog(pilot)
        await keys(pilot, "space", "enter")
        assert "Nobody knows yet whether the number was created" in said(pilot)
        await keys(pilot, "enter")
        assert scripted.keys_used[0] == scripted.keys_used[1]
        assert isinstance(pilot.app.screen, AccountScreen)


async def test_leaving_unsure_claims_nothing(scripted: ScriptedSession, clock: FrozenClock) -> None:
    """After a lost answer, leaving says neither that the number exists nor that it does not."""
    scripted.commits = [OfflineError("gone")]
    async with app_over(scripted, clock).run_test(size=WIDE) as pilot:
        await open_dialog(pilot)
        await keys(pilot, "space", "enter", "escape")
        assert "Nobody knows yet" in pilot.app.screen.query_one(BottomBar).notice
        assert scripted.closed == []


async def test_somebody_was_faster(scripted: ScriptedSession, clock: FrozenClock) -> None:
    """The next offer takes the place of the lost one, says so, and needs a tick of its own and a key of its own."""
    other = replace(offered(), id=b"other", e164="+15550100177")
    number = ManagedNumber(b"n", other.e164, "voip")
    scripted.commits = [Committed(next_offer=other), Committed(number)]
    async with app_over(scripted, clock).run_test(size=WIDE) as pilot:
        await open_dialog(pilot)
        await keys(pilot, "space", "enter")
        assert "Somebody else was faster: +1 (555) 010-0123 is gone." in said(pilot)
        assert "+1 (555) 010-0177" in shown(pilot)
        assert button(pilot).disabled
        await keys(pilot, "space", "enter")
        assert scripted.keys_used[0] != scripted.keys_used[1]


async def test_hold_runs_out(scripted: ScriptedSession, clock: FrozenClock) -> None:
    """The hold counts down; when it is over nothing can be committed, and r asks for another number."""
    scripted.offers.append(offered())
    async with app_over(scripted, clock).run_test(size=WIDE) as pilot:
        await open_dialog(pilot)
        await keys(pilot, "space")
        clock.advance(2)
        dialog(pilot)._count_down()
        await settle(pilot)
        assert "held for 9:58" in shown(pilot)
        clock.advance(598)
        dialog(pilot)._count_down()
        await keys(pilot, "enter")
        assert "The offer of this number has ended." in shown(pilot)
        assert scripted.keys_used == []
        await keys(pilot, "r")
        assert scripted.offers == []


async def test_offline_says_so(scripted: ScriptedSession, clock: FrozenClock) -> None:
    """Without the service no number is offered and none is claimed; r tries again."""
    scripted.offers = [OfflineError("no"), offered()]
    async with app_over(scripted, clock).run_test(size=WIDE) as pilot:
        await open_dialog(pilot)
        assert "The service cannot be reached, so no number can be offered." in words_of(
            dialog(pilot).query_one(OfferFace)
        )
        await keys(pilot, "r")
        assert dialog(pilot).offering.offer == offered()


async def test_uncertain_offer_says_so(scripted: ScriptedSession, clock: FrozenClock) -> None:
    """Where the carrier holds nothing, the dialog says that somebody may be faster."""
    scripted.offers = [offered(certain=False)]
    async with app_over(scripted, clock).run_test(size=WIDE) as pilot:
        await open_dialog(pilot)
        assert "somebody else may still be faster" in said(pilot)
        assert "offer ends in 10:00" in said(pilot)
        assert "held" not in said(pilot)


@pytest.fixture
async def device(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> Device:
    """A device at the real service."""
    return await enrol(rig, tmp_path / "device", clock, email=f"dialog{next(NAMES)}@example.org")


@pytest.fixture
async def live(device: Device) -> AsyncIterator[Session]:
    """Its session, which the app will start."""
    session = device.open()
    yield session
    await session.close()


async def test_number_from_a_real_service(live: Session, clock: FrozenClock) -> None:
    """Offer, tick and commit at a real service put a real number into the field and into the vault."""
    account = await live.add_account(Item("Ads", app="sandbox-ads", app_name="Sandbox Ads"))
    async with app_over(live, clock).run_test(size=WIDE) as pilot:
        await until(live, lambda: live.status().state == "live")
        await open_account(pilot, "Ads")
        await keys(pilot, "p", "space", "enter")
        await until(live, lambda: live.card(account).number is not None)
        await settle(pilot)
        number = live.card(account).number
        assert number and number.kind == "voip"
        phone = next(field for field in pilot.app.screen.query(Field) if field.spec.name == "phone")
        assert phone.spec.value == number.e164


async def test_copied_in_the_dialog_is_on_the_checklist(live: Session, clock: FrozenClock) -> None:
    """A number that was copied in the dialog counts as copied; the tick is a promise, and *added* is said with d."""
    account = await live.add_account(Item("Ads", app="sandbox-ads", app_name="Sandbox Ads"))
    async with app_over(live, clock).run_test(size=WIDE) as pilot:
        await until(live, lambda: live.status().state == "live")
        await open_account(pilot, "Ads")
        await keys(pilot, "p", "c", "space", "enter")
        await until(live, lambda: bool(live.account(account).item.copied_at))
        await settle(pilot)
        assert "✓ copied" in shown(pilot) and "○ added in Sandbox Ads" in shown(pilot)
        await keys(pilot, "d")
        assert "✓ added in Sandbox Ads" in shown(pilot)


async def test_stopped_service_is_said(live: Session, clock: FrozenClock, tmp_path: Path) -> None:
    """With the service out of reach the dialog says so and the field stays as it was."""
    account = await live.add_account(Item("Ads", app="sandbox-ads"))
    live._origin = "http://127.0.0.1:9"
    async with app_over(live, clock).run_test(size=WIDE) as pilot:
        await open_account(pilot, "Ads")
        await keys(pilot, "p")
        assert "The service cannot be reached" in shown(pilot)
        assert live.card(account).number is None
