"""A workspace worth looking at, in a real vault: two dozen accounts, numbers, messages, and some hostile text.

The network is held still: the session never starts to sync and says that it is live. Tests that need a service take
the real one of `tests.rig`.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widget import Widget
from textual.worker import WorkerCancelled

from cerby_tui.app import CerbyApp
from cerby_tui.config import Loaded, Settings
from cerby_tui.demo.cards import demo_cards
from cerby_tui.home import Home
from cerby_tui.session import Session
from cerby_tui.values import CustomField, Item, SyncStatus
from tests.fakes import NOON, FrozenClock
from tests.stage import Founder, Numbered, Text, build

WIDE, NARROW = (120, 36), (80, 24)
SIZES = (WIDE, NARROW)


@dataclass(frozen=True)
class Look:
    """A theme and a size to take a picture in; the theme `none` is the app under NO_COLOR."""

    theme: str
    size: tuple[int, int]

    def __str__(self) -> str:
        return f"{self.theme}-{self.size[0]}x{self.size[1]}"


LOOKS = tuple(Look(theme, size) for theme in ("dark", "light", "none") for size in SIZES)
"""Where the themes differ in more than colour, or are worth being looked at side by side."""
PLAIN_LOOKS = tuple(Look("dark", size) for size in SIZES)
HOSTILE = "[red]Mall[/] \x1b[31mory\x1b[0m שלום \u202eevil"
LONG = ("Lorem [b]ipsum[/b] dolor sit amet, \x1b]52;c;AAAA\x07consectetur 👩‍👩‍👧 ❤️ 你好 مرحبا. " * 30)[:1600]
CODE = "G-481920 is your Sandbox Social verification code. Don't share it."


class StillSession(Session):
    """A real session whose network is not started."""

    shown = SyncStatus("live", last_contact=NOON)

    def start(self) -> None:
        """Nothing is begun."""

    def status(self) -> SyncStatus:
        """What waits is true, the rest is what the test says."""
        true = super().status()
        return replace(self.shown, waiting=true.waiting, refused=true.refused)


def founded(messages: int = 0) -> Founder:
    """The person with everything that the gallery shows, and as many messages more for the first account."""
    founder = Founder()
    for place, card in enumerate(demo_cards()):
        number = Numbered(f"+1206555{100 + place:04}", "voip") if card.numbered else None
        account = founder.account(card.item, number)
        for age, (sender, text) in enumerate(reversed(card.texts)):
            founder.message(account, Text(text, sender, 3_600.0 * (place + 2) + 1_000 * age))
        if card.item.app == "sandbox-social":
            founder.message(account, Text(CODE, "73225", 12.0))
    hostile = founder.account(
        Item(HOSTILE, app_name="[link=x]App[/link]", username="\x9b2Jroot", notes=LONG, login_url="https://example.org",
             fields=(CustomField("[bold]Field[/bold]", "\x1b[2Jvalue"), CustomField("PIN", "4471", hidden=True)),
             collections=("\u2066[Odd]",)),
        Numbered("+12065550199"),
    )  # fmt: skip
    founder.message(hostile, Text(LONG, "\x1b[7mEVIL", 7_200))
    for count in range(messages):
        founder.message(hostile, Text(f"Message {count}", age=100_000 - count))
    return founder


class Gallery:
    """The vault is written once; every test gets a copy of its own."""

    def __init__(self, root: Path, *, messages: int = 0) -> None:
        self.template = root / "template"
        self.founder = founded(messages)
        build(Home(self.template).ready(), self.founder, FrozenClock())

    def session(self, root: Path, clock: FrozenClock) -> StillSession:
        """A session over a copy of the vault in `root`."""
        home = Home(root / "home")
        shutil.copytree(self.template, home.root)
        return StillSession(home, self.founder.device, clock)


DARK = Look("dark", WIDE)


def app_over(session: Session | None, clock: FrozenClock, look: Look = DARK, **parts: Any) -> CerbyApp:
    """The app as tests build it: fixed time zone, no settings of this machine."""

    def locked(_passphrase: str) -> Session:
        raise AssertionError("nobody unlocks in this test")

    environ = {"NO_COLOR": "1"} if look.theme == "none" else {}
    theme = "dark" if look.theme == "none" else look.theme
    given: dict[str, Any] = {"environ": environ, "config": Loaded(Settings(theme=theme, reduced_motion=True)), **parts}
    return CerbyApp(**{"open_session": locked, "session": session, "clock": clock, "zone": UTC, **given})


async def keys(pilot: Pilot[Any], *pressed: str) -> None:
    """Press keys one by one, each when the one before has been answered."""
    for key in pressed:
        await pilot.press(key)
        await settle(pilot)


async def comes_soon(condition: Callable[[], bool]) -> None:
    """Wait until a page that follows the vault shows something."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - the page follows the vault
            await asyncio.sleep(0.02)


async def open_account(pilot: Pilot[Any], words: str) -> None:
    """From the cards to the page of the first account that is found by some words."""
    await keys(pilot, "slash", "ctrl+u", *words.lower(), "enter", "enter")


async def settle(pilot: Pilot[Any]) -> None:
    """Wait until nothing is under way any more. A reading whose place a newer one took is none that failed."""
    waiting = True
    while waiting:
        with suppress(WorkerCancelled):
            await pilot.app.workers.wait_for_complete()
            waiting = False
    await pilot.pause()
    await pilot.pause()


def words_of(widget: Widget) -> str:
    """What one widget says, its lines joined."""
    return " ".join(" ".join(widget.render_line(y).text for y in range(widget.size.height)).split())


def shown(pilot: Pilot[Any]) -> str:
    """The text on the screen, line by line."""
    app = pilot.app
    lines = app.screen._compositor.render_strips()
    return "\n".join(line.text.rstrip() for line in lines)
