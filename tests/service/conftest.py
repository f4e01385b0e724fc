"""A running service for the service's tests, and somebody who founded a workspace there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from tests.fakes import FrozenClock
from tests.rig import ServiceRig, service_rig
from tests.service.member import Member


@pytest.fixture
def rig(tmp_path: Path, clock: FrozenClock) -> Iterator[ServiceRig]:
    """The real service on a real socket; only its clock is ours."""
    with service_rig(tmp_path, clock=clock.now) as rig:
        yield rig


@pytest.fixture
async def stranger(rig: ServiceRig) -> AsyncIterator[Member]:
    """Somebody nobody knows yet, speaking to the application directly."""
    member = Member(rig, transport=httpx.ASGITransport(rig.app))
    yield member
    await member.api.close()


@pytest.fixture
async def ada(stranger: Member) -> Member:
    """Ada, who founded a workspace."""
    await stranger.found()
    return stranger
