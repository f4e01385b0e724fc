"""Fixtures that several test modules share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from cerby_tui.home import Home
from cerby_tui.session import Session
from cerby_tui.values import Item
from tests.crowd import Crowd
from tests.fakes import NOON, FrozenClock
from tests.rig import ServiceRig, service_rig
from tests.stage import Founder, Numbered, Text, build


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A private, empty home directory."""
    return Home(tmp_path / "home").ready()


@pytest.fixture
def clock() -> FrozenClock:
    """A clock that stands still until it is moved."""
    return FrozenClock()


@pytest.fixture
def staged(home: Home, clock: FrozenClock) -> Founder:
    """A person with two accounts, one of them with a number and two messages, and their vault in `home`."""
    founder = Founder()
    mail = founder.account(Item("Mail", app="google", username="ada"), Numbered("+15550101"))
    branch = {"name": "Branch", "value": "Łódź", "icon": "pin"}
    founder.account(
        Item("Bank", collections=("Finance",)), unknown={"from_tomorrow": {"x": [1, 2]}, "fields": [branch]}
    )
    founder.message(mail, Text("Your code is 123456"))
    founder.message(mail, Text("Hello there", age=30))
    build(home, founder, clock)
    return founder


@pytest.fixture
async def session(home: Home, staged: Founder, clock: FrozenClock) -> AsyncIterator[Session]:
    """That person's session, without a service."""
    session = Session(home, staged.device, clock)
    yield session
    await session.close()


@pytest.fixture(scope="session")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceRig]:
    """A real service on a real socket, for all tests that bring a workspace of their own."""
    with service_rig(tmp_path_factory.mktemp("rig"), clock=lambda: NOON) as running:
        yield running


@pytest.fixture
async def sessions(crowd: Crowd) -> AsyncIterator[list[Session]]:
    """A session for each person of the `crowd` that the module gathers; it syncs only when asked."""
    async with AsyncExitStack() as stack:
        opened = [one.open() for one in crowd.people]
        for session in opened:
            stack.push_async_callback(session.close)
        yield opened
