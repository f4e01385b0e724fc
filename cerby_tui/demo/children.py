"""The two processes that a demo keeps: the service in a session of its own, and the app on our terminal."""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

from cerby_tui.errors import OfflineError, RefusedError

READY_SECONDS = 30.0
STOP_SECONDS = 8.0
LOOK_SECONDS = 0.02
_PR_SET_PDEATHSIG = 1


async def stop(process: asyncio.subprocess.Process, number: int = signal.SIGTERM) -> int:
    """Ask a process of ours to end and, if it does not, end it; gives its exit status as a shell would say it."""
    if process.returncode is None:
        process.send_signal(number)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
    return shell_status(await process.wait())


def shell_status(code: int) -> int:
    """128 + the signal for a process that a signal ended."""
    return code if code >= 0 else 128 - code


class ServiceProcess:
    """A real `cerby-service run` on loopback; stopped and started again it comes back on the same port."""

    def __init__(self, data: Path, log: Path) -> None:
        self.data = data
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self.origin = ""

    @property
    def runs(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.returncode is None

    async def make(self, *options: str) -> str:
        """Make the data directory and give the provisioning token. OfflineError if that fails."""
        making = await asyncio.create_subprocess_exec(
            *_program("cerby_service", "init", "--data", str(self.data), "--json", *options),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await making.communicate()
        if making.returncode:
            raise OfflineError(f"The demo's service could not be made: {err.decode(errors='replace').strip()}")
        return str(json.loads(out)["token"])

    async def start(self) -> None:
        """Start it and wait until it answers. OfflineError if it does not come up."""
        if self.runs:
            return
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *_program("cerby_service", "run", "--data", str(self.data)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # ctrl+c on our terminal is not meant for it
                preexec_fn=_die_with_parent,
            )
        await self._until_ready(self._process)

    async def _until_ready(self, process: asyncio.subprocess.Process) -> None:
        running = self.data / "running.json"
        async with asyncio.timeout(READY_SECONDS):
            while True:
                if process.returncode is not None:
                    raise OfflineError("The demo's service ended at once.", next_step=f"See {self._log}.")
                try:
                    found = json.loads(running.read_bytes())
                except (FileNotFoundError, ValueError):
                    found = {}
                if found.get("pid") == process.pid:
                    self.origin = found["local"]
                    return
                await asyncio.sleep(LOOK_SECONDS)

    async def stop(self) -> None:
        """Stop it as an operator would, with SIGTERM."""
        if self._process is not None:
            await stop(self._process)


class ColleagueProcess:
    """The colleague's process (cerby_tui.demo.colleague), started when it is first asked something."""

    def __init__(self, root: Path, log: Path) -> None:
        self._root = root
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def ask(self, act: str, **details: str) -> str:
        """Have something done; a sentence. RefusedError if it could not be, OfflineError if the process ended."""
        async with self._turn:
            process = await self._started()
            if process.stdin is None or process.stdout is None:
                raise OfflineError("The colleague's process has no line.")
            try:
                process.stdin.write(json.dumps({"act": act, **details}).encode() + b"\n")
                await process.stdin.drain()
                line = await process.stdout.readline()
            except OSError:
                line = b""
        if not line:
            raise OfflineError("The colleague's process ended.", next_step=f"See {self._log}.")
        answer = json.loads(line)
        if "refused" in answer:
            raise RefusedError("demo", str(answer["refused"]))
        return str(answer["said"])

    async def stop(self) -> None:
        """End it, if it runs."""
        if self._process is not None:
            await stop(self._process)

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            with self._log.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    *_program("cerby_tui.demo.colleague", str(self._root)),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=log,
                    start_new_session=True,  # ctrl+c on our terminal is not meant for it
                    preexec_fn=_die_with_parent,
                )
        return self._process


class AppProcess:
    """The app on our terminal. It loads its screens at once and touches the terminal when it gets its passphrase.

    The passphrase comes through a pipe, which is empty after a lock.
    """

    def __init__(self, process: asyncio.subprocess.Process, pipe: int) -> None:
        self._process = process
        self._pipe = pipe

    @classmethod
    async def start(cls, home: Path, line: socket.socket) -> AppProcess:
        """Start it; `line` is what its demo menu speaks on."""
        reader, writer = os.pipe()
        options = ("--home", str(home), "--demo-fd", str(line.fileno()), "--passphrase-fd", str(reader))
        try:
            process = await asyncio.create_subprocess_exec(
                *_program("cerby_tui", *options), pass_fds=(line.fileno(), reader), preexec_fn=_die_with_parent
            )
        finally:
            os.close(reader)
        return cls(process, writer)

    def unlock(self, passphrase: str) -> None:
        """Let it open the vault, once that is there."""
        with suppress(BrokenPipeError):  # it has ended already, which its status will say
            os.write(self._pipe, passphrase.encode() + b"\n")
        os.close(self._pipe)
        self._pipe = -1

    async def wait(self) -> int:
        """Wait for its end; negative for a signal."""
        return await self._process.wait()

    async def stop(self, number: int) -> None:
        """Pass a signal on, and wait until it is gone."""
        await stop(self._process, number)
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1


def _program(module: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module, *arguments)


_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _die_with_parent() -> None:
    """Runs in the child before it becomes another program: a killed demo must not leave a service behind."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
