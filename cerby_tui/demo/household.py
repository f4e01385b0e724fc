"""`cerby-tui demo`: one parent process that keeps a real service and the app together, and cleans up after them."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cerby_tui.demo.children import AppProcess, ColleagueProcess, ServiceProcess, shell_status
from cerby_tui.demo.control import Control
from cerby_tui.demo.passphrase import PASSPHRASE
from cerby_tui.demo.phone import Phone
from cerby_tui.errors import OfflineError, UsageError
from cerby_tui.home import Home
from cerby_tui.process import LEAVING, Terminal

if TYPE_CHECKING:
    from cerby_tui.demo.mail import Mailbox

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Place:
    """The directory of a demo: `home` of the app, `service` of the service. `kept` ones outlive the demo."""

    root: Path
    kept: bool

    @property
    def home(self) -> Home:
        """The app's home directory."""
        return Home(self.root / "home")

    @property
    def colleague(self) -> ColleagueProcess:
        """Somebody else, with a home of their own in the same directory."""
        return ColleagueProcess(self.root, self.root / "colleague.log")

    @property
    def mail_port(self) -> int:
        """Where the service sends its letters; 0 before there is one."""
        try:
            return int(json.loads((self.root / "service" / "service.json").read_bytes())["smtp"]["port"])
        except (FileNotFoundError, KeyError, ValueError):
            return 0

    @property
    def service(self) -> ServiceProcess:
        """The service with its data and its log."""
        return ServiceProcess(self.root / "service", self.root / "service.log")


def choose_place(root: Path | None, keep: bool) -> Place:
    """A new private directory, or the one that was asked for; UsageError if that holds something else than a demo.

    A demo that was kept once is opened again and kept.
    """
    if root is None:
        return Place(Path(tempfile.mkdtemp(prefix="cerby-tui-demo-")), keep)
    if root.exists() and any(root.iterdir()):
        if not (root / "home").is_dir() or not (root / "service").is_dir():
            step = "Name an empty directory, or one that `cerby-tui demo --keep` made."
            raise UsageError(f"{root} holds something else than a demo.", next_step=step)
        return Place(root, True)
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Place(root, keep)


class Household:
    """The parent: seeds once, then waits for the app and passes on what the demo menu asks for."""

    def __init__(self, place: Place, say: Progress) -> None:
        self._place = place
        self._say = say
        self._service = place.service
        self._colleague = place.colleague
        self._app: AppProcess | None = None
        self._ready = False
        self._signal = 0
        self._ending: asyncio.Task[None] | None = None

    async def run(self) -> int:
        """The whole life of the demo; gives the exit status."""
        loop = asyncio.get_running_loop()
        work = asyncio.ensure_future(self._live())
        for number in LEAVING:
            loop.add_signal_handler(number, self._signalled, number, work)
        try:
            status = await work
        except asyncio.CancelledError:
            status = 0
        finally:
            await self._colleague.stop()
            await self._service.stop()
            if not self._place.kept:
                await asyncio.to_thread(shutil.rmtree, self._place.root, ignore_errors=True)
        return 128 + self._signal if self._signal else status

    async def _live(self) -> int:
        terminal = Terminal()
        ours, theirs = socket.socketpair()
        with theirs:
            self._app = await AppProcess.start(self._place.home.ready().root, theirs)
        async with AsyncExitStack() as open_ones:
            mailbox = await self._mail(open_ones)
            try:
                await self._prepare(mailbox)
            except BaseException:
                await self._app.stop(signal.SIGTERM)
                raise
            self._ready = True
            self._app.unlock(PASSPHRASE)
            from cerby_tui.demo.others import Others

            others = Others(self._colleague, self._service, mailbox)
            serving = asyncio.ensure_future(Control(self._service, Phone(self._service.data), others).serve(ours))
            code = await self._app.wait()
            serving.cancel()
        if code < 0:
            terminal.restore()  # it was killed and could not do it itself
        return shell_status(code)

    async def _mail(self, open_ones: AsyncExitStack) -> Mailbox | None:
        """A mail server for as long as the demo lasts; None where a kept demo cannot have its port again."""
        from cerby_tui.demo.mail import mail_server  # the app has been started, and loads its screens meanwhile

        try:
            return await open_ones.enter_async_context(mail_server(self._place.mail_port))
        except OSError:
            return None

    async def _prepare(self, mailbox: Mailbox | None) -> None:
        """A service that runs, and a workspace in it. OfflineError."""
        if self._place.home.enrolled():
            self._say("Starting the service…")
            await self._service.start()
            return
        from cerby_tui.demo.seed import seed

        if mailbox is None:
            raise OfflineError("The demo's mail server could not be started.")
        await seed(self._service, self._place.home, PASSPHRASE, mailbox, self._say)

    def _signalled(self, number: int, work: asyncio.Task[int]) -> None:
        if self._signal:
            return
        self._signal = number
        if self._app is not None and self._ready:
            self._ending = asyncio.ensure_future(self._app.stop(number))
        else:
            work.cancel()


def run_demo(root: Path | None, keep: bool) -> int:
    """Run a demo on this terminal and give its exit status."""
    place = choose_place(root, keep)

    def say(sentence: str) -> None:
        print(sentence, file=sys.stderr, flush=True)  # noqa: T201

    status = asyncio.run(Household(place, say).run())
    if place.kept:
        say(f"The demo is kept in {place.root}. Open it again with: cerby-tui demo --home {place.root}")
    return status
