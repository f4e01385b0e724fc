"""A process to be killed: forks a child per round that edits and syncs a vault until it is killed.

Called with the home directory; reads the device seed and then one line per round from standard input, and writes the
child's process id and one line for every change that was acknowledged. Forking costs less than starting anew.
"""

from __future__ import annotations

import asyncio
import os
import sys
from itertools import count
from pathlib import Path

from cerby_tui.home import Home
from cerby_tui.keys import DeviceKeys
from cerby_tui.session import Session
from cerby_tui.sync import online  # loaded before forking, as it is the longest part of a start
from cerby_tui.values import CardFilter, Item
from tests.devices import QUICK
from tests.fakes import FrozenClock


def say(line: str) -> None:
    """One line, whole."""
    os.write(1, f"{line}\n".encode())


async def work(home: Home, keys: DeviceKeys, turn: str) -> None:
    """Edit until killed: new accounts, a note that grows, marks in the collections of one account."""
    session = Session(home, keys, FrozenClock(), times=QUICK)
    session.start()
    shared = session.cards(CardFilter())[0].id
    for place in count():
        name = f"{turn}.{place}"
        if place % 3 == 2:
            await session.add_account(Item(name))
        else:
            collections = session.card(shared).collections
            await session.edit_account(shared, {"collections": (*collections, name)})
        say(f"done {name}")


def main() -> None:
    """Fork a child for every line."""
    home, keys = Home(Path(sys.argv[1])), DeviceKeys.from_seed(bytes.fromhex(sys.stdin.readline()))
    assert online
    while turn := sys.stdin.readline().strip():
        child = os.fork()
        if child == 0:
            asyncio.run(work(home, keys, turn))
        say(f"child {child}")
        os.waitpid(child, 0)
        say("ended")


if __name__ == "__main__":
    main()
