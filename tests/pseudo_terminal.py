"""A terminal for tests: a program runs in a pty, pyte draws what it sends, and tests wait for what they expect."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from threading import Condition, Thread
from types import TracebackType

import pyte

ENTER, ESCAPE, UP, DOWN = "\r", "\x1b", "\x1b[A", "\x1b[B"
CTRL_L, CTRL_Q, CTRL_Z, SPACE = "\x0c", "\x11", "\x1a", " "
PATIENCE = 40.0


class PseudoTerminal:
    """Runs `command` as the leader of a session of its own on a new terminal; everything it writes is kept."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        environ: Mapping[str, str],
        size: tuple[int, int] = (120, 36),
        pass_fds: Sequence[int] = (),
    ) -> None:
        columns, lines = size
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.attributes = termios.tcgetattr(slave)
        self.raw = b""
        self._news = Condition()
        self.process = subprocess.Popen(
            list(command),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={name: value for name, value in environ.items() if name not in ("COLUMNS", "LINES")},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            pass_fds=pass_fds,
        )
        self.slave = slave  # kept open, so that what is written at the very end can still be read
        self._reader = Thread(target=self._read, daemon=True)
        self._stopping = False
        self._reader.start()

    def __enter__(self) -> PseudoTerminal:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._stopping = True
        self._reader.join(5)
        os.close(self.slave)
        os.close(self._master)

    def _read(self) -> None:
        while not self._stopping:
            if not select.select([self._master], [], [], 0.1)[0]:
                continue
            try:
                chunk = os.read(self._master, 65536)
            except OSError:
                return
            with self._news:
                self.raw += chunk
                self._stream.feed(chunk)
                self._news.notify_all()

    def text(self) -> str:
        """What stands on the screen now."""
        with self._news:
            return "\n".join(self._screen.display)

    def background(self) -> str:
        """The colour behind the first character of the screen."""
        with self._news:
            return str(self._screen.buffer[0][0].bg)

    def background_differs(self, colour: str, seconds: float) -> bool:
        """Whether the screen gets another background than this within so many seconds."""
        with self._news:
            return self._news.wait_for(lambda: self._screen.buffer[0][0].bg != colour, seconds)

    def press(self, *keys: str) -> None:
        """Send keys as a keyboard would."""
        for key in keys:
            os.write(self._master, key.encode())

    def wait_for(self, *expected: str, seconds: float = PATIENCE) -> str:
        """Wait until all of these texts stand on the screen at once; gives the screen."""
        return self.wait_until(lambda shown: all(each in shown for each in expected), f"{expected}", seconds)

    def wait_until(self, holds: Callable[[str], bool], what: str = "a condition", seconds: float = PATIENCE) -> str:
        """Wait until something holds for the screen; fails with the screen as it is."""
        end = time.monotonic() + seconds
        with self._news:
            while not holds(shown := "\n".join(self._screen.display)):
                left = end - time.monotonic()
                if left <= 0 or (self.process.poll() is not None and not self._news.wait(0.5)):
                    raise AssertionError(f"waited for {what}, exit {self.process.poll()}; the screen was:\n{shown}")
                self._news.wait(min(left, 0.5))
            return shown

    def settle(self, silence: float = 0.25, seconds: float = PATIENCE) -> str:
        """Wait until the program has been silent for a while: what was pressed is dealt with; gives the screen."""
        end = time.monotonic() + seconds
        with self._news:
            while self._news.wait(silence):
                assert time.monotonic() < end, "the program never fell silent"
            return "\n".join(self._screen.display)

    def enter(self, *texts: str) -> str:
        """Type texts into one field after the other, each with Enter; gives the screen."""
        for text in texts:
            self.press(text)
            self.settle()
            self.press(ENTER)
            self.settle()
        return self.text()

    def wait_raw(self, expected: bytes, seconds: float = PATIENCE) -> None:
        """Wait until these bytes were sent to the terminal."""
        end = time.monotonic() + seconds
        with self._news:
            while expected not in self.raw:
                left = end - time.monotonic()
                assert left > 0, f"{expected!r} was never sent"
                self._news.wait(left)

    def wait_exit(self, seconds: float = PATIENCE) -> int:
        """Wait for the program to end; gives its status as a shell would say it, once all output is read."""
        code = self.process.wait(seconds)
        marker = b"\x1b]the end\x07"
        os.write(self.slave, marker)
        self.wait_raw(marker)
        return code if code >= 0 else 128 - code

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program."""
        self.process.send_signal(number)


def program(*arguments: str) -> list[str]:
    """The command line of our program in this environment."""
    return [sys.executable, "-m", "cerby_tui", *arguments]
