"""Joining by an invite with no administrator online, over the real service with real mail."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cerby_tui.session import Session, open_session
from tests.devices import NO_KEYRING, PASSPHRASE, enrol
from tests.fakes import FrozenClock
from tests.joined import invited
from tests.rig import ServiceRig

ADA, BOB = "ada@join.example", "bob@join.example"


@pytest.fixture
async def ada(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Session]:
    """The session of Ada, who founded a workspace."""
    session = (await enrol(rig, tmp_path / "ada", clock, email=ADA)).open()
    yield session
    await session.close()


async def test_an_invited_person_joins_while_nobody_is_online(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, ada: Session
) -> None:
    """Invite string, mailed code and kit lead to a vault of one's own, and both sides know each other by name."""
    bob = await invited(rig, ada, tmp_path / "bob", clock, email=BOB)
    session = open_session(bob.home, PASSPHRASE, clock=clock, keyring=NO_KEYRING)
    await session.sync_now()
    assert session.who()[:2] == ("Bob Builder", BOB)
    assert {one.name: one.role for one in session.people.members()} == {"Ada Founder": "owner", "Bob Builder": "user"}
    assert {one.name: one.role for one in ada.people.members()} == {"Ada Founder": "owner", "Bob Builder": "user"}
    assert await ada.invites.open() == []
    await session.close()
