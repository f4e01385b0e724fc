"""How long unlocking takes apart from Argon2id, which takes its time on purpose.

    python benchmarks/unlock.py [--runs 15] [--json]

With 1,000 accounts and 20,000 messages. "Apart from Argon2id" is everything that `open_session` does but deriving the
key: reading and opening the key file, the lease, the database twice, the state. The floor opens the same database bare.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from measuring import Row, options, ratio, report, staged_home, summary
from start import argon2id, taking_turns

if TYPE_CHECKING:
    from cerby_tui.session import Session

T = TypeVar("T")
ACCOUNTS, MESSAGES = 1000, 20_000


def main() -> None:
    """Measure and print the table."""
    asked = options("How long unlocking takes apart from Argon2id.", runs=15)
    with staged_home(asked.home, accounts=ACCOUNTS, messages=MESSAGES) as home:
        rows = measure(home, asked.runs)
    report("unlock", rows, asked.json)


def measure(home: Path, runs: int) -> list[Row]:
    """The rows of the table."""
    from cerby_tui.clock import SystemClock
    from cerby_tui.home import Home
    from cerby_tui.keyfile import open_key_file
    from cerby_tui.session import Session, open_session
    from cerby_tui.values import CardFilter
    from cerby_tui.vault.vault import open_database
    from tests.stage import PASSPHRASE

    place, clock = Home(home), SystemClock()
    device = open_key_file(place.key_file, PASSPHRASE, b"")
    session = Session(place, device, clock)
    whole, apart, bare, derivation, cards = taking_turns(
        runs,
        lambda: timed(lambda: open_session(place, PASSPHRASE, clock=clock), closed),
        lambda: timed(lambda: Session(place, device, clock), closed),
        lambda: timed(lambda: open_database(place, device.database_key), lambda database: database.close()),
        argon2id,
        lambda: timed(lambda: session.cards(CardFilter())),
    )
    closed(session)
    floor = summary(bare)
    rest = summary([one - other for one, other in zip(whole, derivation, strict=True)])
    return [
        Row("opening the database bare", floor),
        Row("unlocking, whole", summary(whole)),
        Row("Argon2id alone, at the lowest cost", summary(derivation)),
        Row("unlocking, less Argon2id", rest, ratio(rest, floor)),
        Row("the session alone (two connections, state)", summary(apart), ratio(summary(apart), floor)),
        Row(f"reading all {ACCOUNTS} cards", summary(cards)),
    ]


def timed(act: Callable[[], T], after: Callable[[T], object] = lambda _result: None) -> float:
    """Seconds that an act takes; what comes after is not counted."""
    began = time.perf_counter()
    result = act()
    taken = time.perf_counter() - began
    after(result)
    return taken


def closed(session: Session) -> None:
    """Close a session."""
    asyncio.run(session.close())


if __name__ == "__main__":
    main()
