"""The process as a container of secrets: hardened at start, emptied by `exec` on lock, left in order on a signal."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import NoReturn

RESTORE = (
    "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l"  # no mouse reports
    "\x1b[?1004l\x1b[?2004l\x1b[?2048l\x1b[<u"  # no focus, paste or resize reports; the plain keyboard
    "\x1b[?1049l\x1b[?25h\x1b[0m"  # the main screen, a cursor, no colours
)
"""What gives a terminal back as it was, whatever state an application left it in."""

LEAVING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
DEADLINE = 5.0
"""Seconds that an orderly end may take before the process ends without one."""

_PR_SET_DUMPABLE = 4


def harden() -> None:
    """No core files, and no other process of this user may read our memory (where the kernel offers that)."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def without_option(argv: Sequence[str], option: str) -> list[str]:
    """The arguments without an option and its value: a passphrase pipe is read once and never again after a lock."""
    kept: list[str] = []
    skip = False
    for argument in argv:
        if skip or argument.startswith(f"{option}="):
            skip = False
        elif argument == option:
            skip = True
        else:
            kept.append(argument)
    return kept


def relock(argv: Sequence[str]) -> NoReturn:
    """Become a fresh process of the same program, which holds nothing of ours and starts at the lock screen."""
    sys.stdout.flush()
    sys.stderr.flush()
    arguments = without_option(argv, "--passphrase-fd")
    os.execv(sys.executable, [sys.executable, "-m", "cerby_tui", *arguments])  # noqa: S606


def suspend() -> None:
    """Stop the whole job, as ctrl+z does where nothing catches it; returns when the shell continues it.

    The whole process group, because a shell waits for its first process only, which may be `make` or the demo. In a
    group without a shell to continue it the kernel ignores the signal, and this returns at once.
    """
    for number in (signal.SIGTSTP, signal.SIGCONT):
        signal.signal(number, signal.SIG_DFL)  # the driver of the app that just ended still listens to them
    os.killpg(os.getpgrp(), signal.SIGTSTP)


def why_no_screen(environ: Mapping[str, str], fds: Sequence[int] = (0, 2)) -> str:
    """A sentence if the app cannot draw here (it reads descriptor 0 and draws on 2), else ""."""
    if not all(os.isatty(fd) for fd in fds):
        return "The app needs a terminal, and this is a pipe or a file."
    if environ.get("TERM", "") in ("", "dumb"):
        return "The app cannot draw on this terminal (TERM is dumb or not set)."
    return ""


class Terminal:
    """The terminal as it was before the app drew on it."""

    def __init__(self, fd: int = 2) -> None:
        import termios

        self._fd = fd
        self._attributes = termios.tcgetattr(fd) if os.isatty(fd) else None

    def restore(self) -> None:
        """Main screen, cursor, no mouse reports, the line discipline as found; a terminal that is gone is no error."""
        import termios

        if self._attributes is None:
            return
        try:
            os.set_blocking(self._fd, False)  # a terminal stopped by ctrl+s must not hold up the end
            os.write(self._fd, RESTORE.encode())
            os.set_blocking(self._fd, True)
            termios.tcsetattr(self._fd, termios.TCSANOW, self._attributes)
        except (OSError, termios.error):
            return  # a hung-up terminal takes nothing any more


class Leaving:
    """Turns SIGTERM, SIGHUP and SIGINT into one orderly end, and into a hard one if the orderly end does not come.

    `code` is the exit status: 128 + the signal, or 0 while none came.
    """

    def __init__(self, terminal: Terminal, deadline: float = DEADLINE) -> None:
        self._terminal = terminal
        self._deadline = deadline
        self.code = 0

    def install(self, leave: Callable[[], None]) -> None:
        """From now on the first signal calls `leave`, on the main thread, between two of its instructions."""

        def handle(number: int, _frame: FrameType | None) -> None:
            if not self.code:
                self.code = 128 + number
                watchdog = threading.Timer(self._deadline, self._force)
                watchdog.daemon = True
                watchdog.start()
                leave()

        for number in LEAVING:
            signal.signal(number, handle)

    def _force(self) -> None:
        # Nothing acknowledged is lost by this: every change was on disk before its screen said so.
        self._terminal.restore()
        os._exit(self.code)
