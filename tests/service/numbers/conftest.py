"""The service with a small catalogue and a line to the carrier that can fail; Ada, who buys numbers there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.fakes import FrozenClock
from tests.rig import ServiceRig, service_rig
from tests.service.faulty import Line
from tests.service.member import Member
from tests.service.numbers.purchases import APPS


@pytest.fixture
def line() -> Line:
    """The line between service and carrier."""
    return Line()


@pytest.fixture
def rig(tmp_path: Path, clock: FrozenClock, line: Line) -> Iterator[ServiceRig]:
    """The service, with a catalogue of four apps and a line to the carrier that can fail."""
    with service_rig(tmp_path, clock=clock.now, catalogue=APPS, sandbox_client=line.client) as rig:
        yield rig


@pytest.fixture
async def ada(rig: ServiceRig) -> AsyncIterator[Member]:
    """Ada, who founded a workspace and speaks over real HTTP."""
    member = Member(rig)
    await member.found()
    yield member
    await member.api.close()
