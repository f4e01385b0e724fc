"""The parts of the demo: its accounts, its mail, its directory, and the line between the app and the parent."""

from __future__ import annotations

import asyncio
import os
import smtplib
import socket
import stat
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path

import pytest

from cerby_tui.codes.extract import extract
from cerby_tui.demo.cards import demo_cards
from cerby_tui.demo.children import ColleagueProcess, ServiceProcess
from cerby_tui.demo.control import Control
from cerby_tui.demo.household import choose_place
from cerby_tui.demo.mail import LOOPBACK, Mailbox, mail_server
from cerby_tui.demo.menu import acts
from cerby_tui.demo.others import Others
from cerby_tui.demo.passphrase import HINT, PASSPHRASE
from cerby_tui.demo.phone import ALERT_TEXT, CODE_TEXTS, Phone
from cerby_tui.demo.remote import DemoRemote
from cerby_tui.errors import OfflineError, RefusedError, UsageError
from cerby_tui.passphrase import check_passphrase
from cerby_wire.catalogue import load


def test_the_cards_show_every_kind_of_app() -> None:
    """Two dozen accounts over every phone support, some numbered, some with messages, one outside the catalogue."""
    cards = demo_cards()
    known = [load().get(card.item.app) for card in cards if card.item.app]

    assert 24 <= len(cards) <= 26
    assert len(cards) == len({card.item.label for card in cards})
    assert {"voip", "non_voip", "none", "unknown"} == {app.phone for app in known if app}
    assert None not in known
    assert 5 == sum(card.numbered for card in cards)
    assert any(card.item.phone for card in cards)
    assert any(card.item.fields and card.item.notes for card in cards)
    assert len(Counter(name for card in cards for name in card.item.collections)) > 4


def test_what_is_numbered_takes_a_number() -> None:
    """No number is made for an app that takes none."""
    apps = [load().get(card.item.app) for card in demo_cards() if card.numbered]

    assert all(app and app.phone != "none" for app in apps)


def test_codes_are_found_in_code_texts_and_not_in_alerts() -> None:
    """What the demo menu texts is what it says it is."""
    for text in CODE_TEXTS:
        found = extract(text.format(code="493027", app="Shop"))
        assert found and "493027" == found.text
    assert extract(ALERT_TEXT.format(app="Shop")) is None


def test_the_passphrase_is_good_enough_and_shown() -> None:
    """The real enrolment takes it, although everybody may know it."""
    check_passphrase(PASSPHRASE, alone=True)

    assert PASSPHRASE in HINT


def send(port: int, address: str, text: str) -> None:
    """Send a letter over a real SMTP connection."""
    letter = EmailMessage()
    letter["To"], letter["From"], letter["Subject"] = address, "service@localhost", "Your code"
    letter.set_content(text)
    with smtplib.SMTP(LOOPBACK, port) as smtp:
        smtp.send_message(letter)


async def test_the_mailbox_gives_the_code_of_a_letter() -> None:
    """The reader may wait before the letter is there; another address does not count."""
    async with mail_server() as mailbox:
        waiting = asyncio.ensure_future(mailbox.code_for("robin@saltmarsh.example"))
        await asyncio.to_thread(send, mailbox.port, "somebody@else.example", "Your code is 111111")
        await asyncio.to_thread(send, mailbox.port, "robin@saltmarsh.example", "Your code is 493027, for 5 minutes")

        assert "493027" == await waiting


async def test_no_letter_is_no_code() -> None:
    """Waiting ends."""
    with pytest.raises(TimeoutError):
        await Mailbox().code_for("robin@saltmarsh.example", seconds=0.05)


def test_a_new_place_is_private_and_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else can look into it."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    place = choose_place(None, keep=False)

    assert 0o700 == stat.S_IMODE(place.root.stat().st_mode)
    assert not place.kept


def test_a_place_of_ones_own(tmp_path: Path) -> None:
    """An empty directory is taken, an earlier demo is kept, anything else is refused."""
    assert not choose_place(tmp_path / "new", keep=False).kept
    assert choose_place(tmp_path / "new", keep=True).kept
    for name in ("home", "service"):
        (tmp_path / "new" / name).mkdir()
    assert choose_place(tmp_path / "new", keep=False).kept
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter").touch()
    with pytest.raises(UsageError, match="something else"):
        choose_place(tmp_path / "other", keep=False)


@asynccontextmanager
async def running_service(tmp_path: Path) -> AsyncIterator[ServiceProcess]:
    """A service process, as the demo keeps one."""
    service = ServiceProcess(tmp_path / "service", tmp_path / "service.log")
    await service.make("--port", "0")
    await service.start()
    try:
        yield service
    finally:
        await service.stop()


async def test_the_app_asks_and_the_parent_acts(tmp_path: Path) -> None:
    """Stop, a text that cannot come, start at the same place: each answered by a sentence on the same line."""
    ours, theirs = socket.socketpair()
    async with running_service(tmp_path) as service:
        others = Others(ColleagueProcess(tmp_path, tmp_path / "colleague.log"), service, None)
        serving = asyncio.ensure_future(Control(service, Phone(service.data), others).serve(ours))
        remote, origin = DemoRemote(theirs.detach()), service.origin

        assert await remote.service_runs()
        assert "stopped" in await remote.stop_service()
        assert not await remote.service_runs()
        with pytest.raises(RefusedError, match="does not answer"):
            await remote.text_code("+12065550101", "Shop")
        assert "runs again" in await remote.start_service()
        assert origin == service.origin
        with pytest.raises(RefusedError, match="not arrive"):
            await remote.text_alert("+12065550101", "Shop")

        remote.close()
        await serving


async def test_an_app_whose_parent_is_gone_says_so() -> None:
    """The menu does not hang, and nothing crashes."""
    ours, theirs = socket.socketpair()
    remote = DemoRemote(theirs.detach())
    ours.close()

    with pytest.raises(OfflineError, match="parent process is gone"):
        await remote.stop_service()
    remote.close()


async def test_the_line_survives_a_lock() -> None:
    """The descriptor is handed on to the program that the process becomes."""
    ours, theirs = socket.socketpair()
    fd = theirs.detach()
    remote = DemoRemote(fd)

    assert os.get_inheritable(fd)
    remote.close()
    ours.close()


async def test_the_menu_needs_an_account_with_a_number() -> None:
    """Without one it says what to do."""
    ours, theirs = socket.socketpair()
    remote = DemoRemote(theirs.detach())
    text, *_ = acts(remote, lambda: None)

    with pytest.raises(UsageError, match="Select an account"):
        await text.play(None)
    remote.close()
    ours.close()


async def test_a_service_that_cannot_start_is_said(tmp_path: Path) -> None:
    """Whoever made the data directory unusable reads why, and where the log is."""
    service = ServiceProcess(tmp_path / "nothing", tmp_path / "service.log")

    with pytest.raises(OfflineError, match="ended at once"):
        await service.start()
