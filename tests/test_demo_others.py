"""Somebody else in the demo: a colleague who joins, shares and edits, and a further device that asks, all for real."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cerby_tui.clock import SystemClock
from cerby_tui.demo.children import ColleagueProcess, ServiceProcess
from cerby_tui.demo.control import Control
from cerby_tui.demo.household import Place
from cerby_tui.demo.mail import mail_server
from cerby_tui.demo.menu import acts
from cerby_tui.demo.names import COLLEAGUE, DEVICE, FURTHER_DEVICE, THEIR_NOTES, YOUR_NOTES
from cerby_tui.demo.others import Others
from cerby_tui.demo.passphrase import PASSPHRASE
from cerby_tui.demo.phone import Phone
from cerby_tui.demo.remote import DemoRemote
from cerby_tui.demo.seed import seed
from cerby_tui.errors import UsageError
from cerby_tui.home import Home
from cerby_tui.screens.desk import DemoAct
from cerby_tui.session import Session, open_session
from cerby_tui.system_keyring import SystemKeyring
from cerby_tui.values import CardFilter
from tests.devices import until


class Demo:
    """A demo without its screens: what the menu offers, and the open vault."""

    def __init__(self, session: Session, colleague: ColleagueProcess, menu: tuple[DemoAct, ...]) -> None:
        self.session = session
        self.colleague = colleague
        self._menu = {act.label: act for act in menu}

    async def play(self, label: str, account: bytes | None = None) -> str:
        """Choose something from the menu."""
        return await self._menu[label].play(account)

    def account(self, label: str) -> bytes:
        """The account with that name."""
        return next(card.id for card in self.session.cards(CardFilter()) if card.label == label)


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    """A demo workspace whose colleague has not come yet."""
    service, home = ServiceProcess(tmp_path / "service", tmp_path / "service.log"), Home(tmp_path / "home")
    colleague = ColleagueProcess(tmp_path, tmp_path / "colleague.log")
    ours, theirs = socket.socketpair()
    async with mail_server() as mailbox:
        await seed(service, home, PASSPHRASE, mailbox, lambda _said: None)
        control = Control(service, Phone(service.data), Others(colleague, service, mailbox))
        serving, remote = asyncio.ensure_future(control.serve(ours)), DemoRemote(theirs.detach())
        keyring = SystemKeyring(allowed=())
        session = await asyncio.to_thread(open_session, home, PASSPHRASE, clock=SystemClock(), keyring=keyring)
        session.start()
        assert mailbox.port == Place(tmp_path, kept=True).mail_port
        yield Demo(session, colleague, acts(remote, lambda: session))
        await session.close()
        remote.close()
        await serving
        await colleague.stop()
        await service.stop()


async def test_the_colleague(demo: Demo) -> None:
    """Joins when first needed, shares an account, and edits one of ours at the same time: both values are kept."""
    said = await demo.play("A colleague shares an account")
    assert said.startswith(f"{COLLEAGUE} shared “Trade fair travel”")
    await until(demo.session, lambda: len(demo.session.cards(CardFilter())) == 26)
    assert COLLEAGUE in [one.name for one in demo.session.people.members()]
    account = demo.account("Team chat")
    await demo.play("A colleague edits it too", account)
    await until(demo.session, lambda: bool(demo.session.account(account).clashes))
    (clash,) = demo.session.account(account).clashes
    assert (clash.field, {clash.kept, clash.other}) == ("notes", {YOUR_NOTES, THEIR_NOTES})
    await demo.colleague.stop()  # as when a kept demo is opened another time
    await demo.play("A colleague shares an account")
    await until(demo.session, lambda: len(demo.session.cards(CardFilter())) == 27)
    with pytest.raises(UsageError, match="Select an account"):
        await demo.play("A colleague edits it too")


async def test_the_further_device(demo: Demo) -> None:
    """Asks, shows its code once it was answered, and is a trusted session when that was typed."""
    devices = demo.session.devices
    playing = asyncio.ensure_future(demo.play("A new device of yours asks"))
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    demo.session.subscribe(lambda changed: changed.requests and loop.call_soon_threadsafe(asked.set))
    async with asyncio.timeout(20):
        while not (pending := await devices.pending()):
            await asked.wait()
            asked.clear()
    name = await devices.take(pending[0].id)
    assert name == FURTHER_DEVICE
    said = await playing
    code = said.removeprefix(f"{FURTHER_DEVICE} shows ")
    await devices.approve(pending[0].id, code, name)
    assert {one.name for one in await devices.own()} == {DEVICE, FURTHER_DEVICE}
