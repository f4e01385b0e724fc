"""What the benchmarks share: programs in a terminal, the moments at which they draw, and tables of figures.

A program runs in a pseudo-terminal of 120 × 36. A thread does nothing but read its output and stamp each piece; the
screen is drawn from the pieces afterwards (pyte), so that the emulation is not inside a figure. Times are milliseconds.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import platform
import pty
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Condition, Thread
from typing import Any, NamedTuple

import pyte

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the staged vaults of the tests

COLUMNS, LINES = 120, 36
PATIENCE = 60.0
QUIET = 0.15
"""Seconds without output after which a screen has settled."""


class Piece(NamedTuple):
    """Some output, and when it was read (seconds of `time.perf_counter`)."""

    at: float
    data: bytes


class Program:
    """A program in a pseudo-terminal; `began` is just before it was started."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], pass_fds: Sequence[int] = ()) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self.pieces: list[Piece] = []
        self._news = Condition()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            list(command),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=dict(environ),
            start_new_session=True,
            pass_fds=pass_fds,
        )
        os.close(slave)

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._master, 1 << 16)
            except OSError:  # nobody holds the other side any more
                return
            if not data:
                return
            with self._news:
                self.pieces.append(Piece(time.perf_counter(), data))
                self._news.notify_all()

    def send(self, keys: str) -> float:
        """Type something; returns when."""
        at = time.perf_counter()
        os.write(self._master, keys.encode())
        return at

    def settle(self, quiet: float = QUIET, least: int = 1) -> None:
        """Wait until at least `least` pieces have come and then none for `quiet` seconds."""
        end = time.perf_counter() + PATIENCE
        with self._news:
            while time.perf_counter() < end:
                count = len(self.pieces)
                if not self._news.wait(quiet) and len(self.pieces) == count and count >= least:
                    return

    def wait_for(self, text: str, quiet: float = QUIET) -> None:
        """Wait until a text stands on the screen. Fails with the screen as it is."""
        end = time.perf_counter() + PATIENCE
        while time.perf_counter() < end and self.process.poll() is None:
            self.settle(quiet)
            if text in shown(self):
                return
        sys.exit(f"{text!r} did not appear; the screen was:\n{shown(self)}")

    def end(self) -> None:
        """Stop the program."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._reader.join()  # it ends with the terminal; only then may the descriptor's number be used again
        os.close(self._master)


@contextmanager
def running(command: Sequence[str], environ: Mapping[str, str], pass_fds: Sequence[int] = ()) -> Iterator[Program]:
    """A program while it runs."""
    program = Program(command, environ, pass_fds)
    try:
        yield program
    finally:
        program.end()


class Canvas:
    """The screen with its colours, as far as it has been drawn: `drawn` pieces of output."""

    def __init__(self) -> None:
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)
        self.drawn = 0

    def text(self) -> str:
        """What stands on the screen."""
        return "\n".join(self._screen.display)

    def cells(self) -> list[list[pyte.screens.Char]]:
        """Every cell with its colours."""
        return [[self._screen.buffer[y][x] for x in range(COLUMNS)] for y in range(LINES)]

    def catch_up(self, program: Program, holds: Callable[[], bool] = lambda: False) -> float | None:
        """Draw what a program has written since, and say after which piece something first held."""
        found = None
        pieces = program.pieces[self.drawn :]
        for piece in pieces:
            self._stream.feed(piece.data)
            if found is None and holds():
                found = piece.at
        self.drawn += len(pieces)
        return found


def shown(program: Program) -> str:
    """What stands on the screen of a program."""
    canvas = Canvas()
    canvas.catch_up(program)
    return canvas.text()


def environment(home: Path, **more: str) -> dict[str, str]:
    """A plain terminal's environment, with the product's files under `home`."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
    return (
        kept | {"HOME": str(home), "CERBY_HOME": str(home), "TERM": "xterm-256color", "COLORTERM": "truecolor"} | more
    )


def passphrase_pipe(passphrase: str) -> int:
    """The reading end of a pipe that holds a passphrase, to hand to a program."""
    reader, writer = os.pipe()
    os.write(writer, passphrase.encode() + b"\n")
    os.close(writer)
    return reader


class Summary(NamedTuple):
    """Some measurements of the same thing, in milliseconds."""

    p50: float
    p95: float
    p99: float
    n: int


def summary(values: Sequence[float]) -> Summary:
    """Median and upper percentiles (nearest rank) of seconds, as milliseconds."""
    ordered = sorted(value * 1000 for value in values)
    return Summary(round(statistics.median(ordered), 2), _rank(ordered, 0.95), _rank(ordered, 0.99), len(ordered))


def _rank(ordered: Sequence[float], share: float) -> float:
    return round(ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))], 2)


class Row(NamedTuple):
    """A line of the table: what was measured, its figures, and its ratio to the floor of the same run."""

    name: str
    figures: Summary
    ratio: float | None = None
    aim: str = ""


def ratio(one: Summary, floor: Summary) -> float:
    """How many times the floor's median."""
    return round(one.p50 / floor.p50, 2)


def paired_ratio(values: Sequence[float], floor: Sequence[float]) -> float:
    """The median of the ratios of measurements that were taken side by side: a busy moment meets both."""
    return round(statistics.median(one / other for one, other in zip(values, floor, strict=True)), 2)


def machine() -> str:
    """The machine, in a line."""
    model = next(
        (line.partition(":")[2].strip() for line in _cpu_lines() if line.startswith("model name")),
        platform.processor() or platform.machine(),
    )
    return (
        f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, Python {platform.python_version()}"
    )


def _cpu_lines() -> list[str]:
    info = Path("/proc/cpuinfo")
    return info.read_text().splitlines() if info.exists() else []


def options(description: str, **numbers: int) -> argparse.Namespace:
    """The command line of a benchmark: `--json`, `--home` for a vault to keep, and some numbers with defaults."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--home", type=Path, help="a directory for the staged vault, used again if it is there")
    for name, default in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    return parser.parse_args()


def report(title: str, rows: Sequence[Row], as_json: bool) -> None:
    """Print the table, or the same as JSON."""
    if as_json:
        found: dict[str, Any] = {row.name: row.figures._asdict() | {"ratio": row.ratio, "aim": row.aim} for row in rows}
        print(json.dumps({"benchmark": title, "machine": machine(), "figures": found}))
        return
    print(f"{title} — {machine()}")
    print(f"{'':52} {'p50':>9} {'p95':>9} {'p99':>9} {'n':>5} {'ratio':>7}  aim")
    for name, figures, times, aim in rows:
        times_text = f"{times:.2f}×" if times is not None else ""
        print(
            f"{name:52} {figures.p50:9.2f} {figures.p95:9.2f} {figures.p99:9.2f} {figures.n:5} {times_text:>7}  {aim}"
        )


@contextmanager
def staged_home(kept: Path | None, *, accounts: int, messages: int) -> Iterator[Path]:
    """A home with a vault of so many accounts and messages; built once where `kept` names a directory."""
    if kept and (kept / "vault.db").exists():
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="cerby-bench-") as scratch:
        home = kept or Path(scratch) / "home"
        stage(home, accounts, messages)
        yield home


def stage(directory: Path, accounts: int, messages: int) -> None:
    """Build a vault through the real sealing and accepting code, with today's clock."""
    from cerby_tui.clock import SystemClock
    from cerby_tui.home import Home
    from tests.stage import Founder, build, populate

    clock = SystemClock()
    founder = Founder()
    print(f"staging {accounts} accounts and {messages} messages …", file=sys.stderr)
    populate(founder, accounts=accounts, messages=messages, now=clock.now())
    build(Home(directory).ready(), founder, clock)  # type: ignore[arg-type]
