"""From a key to the paint it causes, on the cards and in the inbox, with 1,000 accounts and 20,000 messages.

    python benchmarks/keys.py [--presses 60] [--json]

The time from writing the key into the terminal to reading the first output after which a cell of the screen has changed
(text or colour: a moved selection counts). The floor is the cursor of Textual's own table with 200 rows.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path

from measuring import (
    Canvas,
    Program,
    Row,
    Summary,
    environment,
    options,
    passphrase_pipe,
    ratio,
    report,
    running,
    staged_home,
    summary,
)
from start import FIRST_CARD, TABLE

ACCOUNTS, MESSAGES = 1000, 20_000
AIM = "p95 ≤ 15 ms"
DOWN, UP, ESCAPE = "\x1b[B", "\x1b[A", "\x1b"
WORD = "airbnb"


def main() -> None:
    """Measure and print the table."""
    asked = options("From a key to the paint it causes.", presses=60)
    with staged_home(asked.home, accounts=ACCOUNTS, messages=MESSAGES) as home:
        rows = [*floor(home, asked.presses), *cards_and_inbox(home, asked.presses)]
    table = rows[0].figures
    report("keys", [row._replace(ratio=ratio(row.figures, table)) for row in rows], asked.json)


def floor(home: Path, presses: int) -> Iterator[Row]:
    """The cursor of a bare table."""
    with running([sys.executable, "-c", TABLE], environment(home)) as program:
        program.wait_for("ready 1")
        program.send("\t")
        program.settle()
        yield Row("Textual DataTable, 200 rows: down", pressed(program, [DOWN], presses))


def cards_and_inbox(home: Path, presses: int) -> Iterator[Row]:
    """The product's two busiest screens."""
    with unlocked_app(home) as app:
        yield Row("cards: down and up", pressed(app, [DOWN, UP], presses), aim=AIM)
        yield Row("cards: along a line", pressed(app, ["l", "l", "h", "h"], presses), aim=AIM)
        yield Row("cards: a page down", pressed(app, ["\x1b[6~"], presses // 3), aim=AIM)
        app.send("/")
        app.settle()
        yield Row("cards: the echo of a letter in the filter", pressed(app, WORD, len(WORD)), aim="≤ 50 ms")
        app.send(ESCAPE)
        app.settle()
        app.send(ESCAPE)
        app.settle()
        app.send("i")
        app.wait_for("Shared Inbox")
        yield Row("inbox: down", pressed(app, [DOWN], presses), aim=AIM)
        yield Row("inbox: a page down", pressed(app, ["\x1b[6~"], presses // 3), aim=AIM)


@contextmanager
def unlocked_app(home: Path) -> Iterator[Program]:
    """The app, unlocked, on the cards."""
    from tests.stage import PASSPHRASE

    reader = passphrase_pipe(PASSPHRASE)
    command = [sys.executable, "-m", "cerby_tui", "--passphrase-fd", str(reader)]
    try:
        with running(command, environment(home), (reader,)) as app:
            app.wait_for(FIRST_CARD)
            app.settle(0.5)
            yield app
    finally:
        os.close(reader)


def pressed(program: Program, keys: Iterable[str], presses: int) -> Summary:
    """The keys one after the other, each pressed when the screen has settled; the first presses warm up."""
    times = []
    canvas = Canvas()
    canvas.catch_up(program)
    for number, key in enumerate(islice(cycle(keys), presses + 2)):
        before = canvas.cells()
        at = program.send(key)
        program.settle(least=canvas.drawn + 1)
        changed = canvas.catch_up(program, lambda: canvas.cells() != before)  # noqa: B023 - asked within this round
        if number >= 2 and changed is not None:
            times.append(changed - at)
    return summary(times)


if __name__ == "__main__":
    main()
