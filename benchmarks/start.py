"""How fast the program starts, against floors measured in the same run.

    python benchmarks/start.py [--runs 15] [--json]

From just before the process is started to the moment its first screen is read from the terminal; programs take turns,
so that a busy moment of the machine meets all of them. Opening a vault takes Argon2id by design: the cards are measured
with it (at the lowest cost that a key file may have, and beside the loading of the screens), and its own time is in the
table.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from measuring import (
    Canvas,
    Row,
    environment,
    options,
    paired_ratio,
    passphrase_pipe,
    report,
    running,
    staged_home,
    summary,
)

ACCOUNTS, MESSAGES = 1000, 200
FIRST_CARD = "Airbnb 004"

ONE_WIDGET = """
from textual.app import App
from textual.widgets import Static
class OneWidget(App):
    def compose(self):
        yield Static("ready")
OneWidget().run()
"""

TABLE = """
from textual.app import App
from textual.widgets import DataTable, Header, Input
class Table(App):
    def compose(self):
        yield Header()
        yield Input(placeholder="filter")
        yield DataTable(id="table")
    def on_mount(self):
        table = self.query_one("#table", DataTable)
        table.add_columns("app", "account", "username", "number")
        table.add_rows((f"ready {row}", f"account {row}", f"user{row}@example.org", "+15550100") for row in range(200))
Table().run()
"""


def main() -> None:
    """Measure all of it and print the table."""
    asked = options("How fast the program starts.", runs=15)
    with staged_home(asked.home, accounts=ACCOUNTS, messages=MESSAGES) as home:
        rows = measure(home, asked.runs)
    report("start", rows, asked.json)


def measure(home: Path, runs: int) -> list[Row]:
    """The rows of the table."""
    python = [sys.executable, "-c"]
    program = [sys.executable, "-m", "cerby_tui"]
    screens = taking_turns(
        runs,
        lambda: first_screen([*python, ONE_WIDGET], home, "ready"),
        lambda: first_screen(program, home, "Passphrase"),
        lambda: first_screen([*python, TABLE], home, "ready 1"),
        lambda: unlocked(program, home),
        argon2id,
    )
    exits = taking_turns(
        2 * runs, lambda: to_exit([*python, "pass"], home), lambda: to_exit([*program, "--version"], home)
    )
    one, locked, table, cards, derivation = screens
    bare, version = exits
    apart = [whole - key for whole, key in zip(cards, derivation, strict=True)]
    return [
        Row("Textual app with one widget", summary(one)),
        Row("locked screen", summary(locked), paired_ratio(locked, one), "≤ 1.25×"),
        Row("Textual app with Header, Input, DataTable (200 rows)", summary(table)),
        Row(f"cards of {ACCOUNTS} accounts, unlocking included", summary(cards), paired_ratio(cards, table)),
        Row("Argon2id at the lowest cost", summary(derivation)),
        Row(f"cards of {ACCOUNTS} accounts, less Argon2id", summary(apart), paired_ratio(apart, table), "≤ 1.5×"),
        Row("python -c pass, to exit", summary(bare)),
        Row("cerby-tui --version, to exit", summary(version), paired_ratio(version, bare)),
    ]


def taking_turns(runs: int, *measures: Callable[[], float]) -> list[list[float]]:
    """Seconds of each measure, `runs` times, after one round that warms the caches."""
    rounds = [[measure() for measure in measures] for _round in range(runs + 1)]
    return [list(values) for values in zip(*rounds[1:], strict=True)]


def first_screen(command: list[str], home: Path, text: str, pass_fds: tuple[int, ...] = ()) -> float:
    """Seconds from before the start to the text on the screen."""
    with running(command, environment(home), pass_fds) as program:
        program.wait_for(text)
        canvas = Canvas()
        at = canvas.catch_up(program, lambda: text in canvas.text())
        return (at or time.perf_counter()) - program.began


def unlocked(program: list[str], home: Path) -> float:
    """Seconds to the cards, the passphrase being handed over on a descriptor."""
    from tests.stage import PASSPHRASE

    reader = passphrase_pipe(PASSPHRASE)
    try:
        return first_screen([*program, "--passphrase-fd", str(reader)], home, FIRST_CARD, (reader,))
    finally:
        os.close(reader)


def to_exit(command: list[str], home: Path) -> float:
    """Seconds from before the start to after the end."""
    began = time.perf_counter()
    subprocess.run(command, env=environment(home), check=True, capture_output=True)
    return time.perf_counter() - began


def argon2id() -> float:
    """Seconds that the derivation alone takes."""
    from cerby_tui.keys import FLOOR, passphrase_key

    began = time.perf_counter()
    passphrase_key("correct horse battery staple", bytes(16), FLOOR, b"")
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
