"""Fixtures of the screens' tests, and the place of their pictures: `snapshots/<screen>/<test>.svg`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_textual_snapshot import SVGImageExtension
from syrupy.location import PyTestLocation

from tests.fakes import FrozenClock
from tests.ui.gallery import Gallery, StillSession
from tests.ui.office import Office
from tests.ui.team import Team

PICTURES = Path(__file__).parent.parent.parent / "snapshots"


def dirname(_cls: Any, *, test_location: PyTestLocation) -> str:
    """One folder for each screen, named after its test module."""
    return str(PICTURES / test_location.basename.removeprefix("test_"))


def belongs(location: PyTestLocation, picture: str) -> bool:
    """Whether a picture belongs to a test module, so that unused pictures are found."""
    return Path(picture).parent.name == location.basename.removeprefix("test_")


SVGImageExtension.dirname = classmethod(dirname)
PyTestLocation.matches_snapshot_location = belongs


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine that runs the tests reaches the screens."""
    for name in ("NO_COLOR", "SSH_CONNECTION", "SSH_TTY", "TMUX", "STY", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLORTERM", "truecolor")


@pytest.fixture(autouse=True)
def short_naps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pilot looks whether the app is idle every 5 ms instead of every 20: a test is mostly such waiting."""
    monkeypatch.setattr("textual._wait.SLEEP_GRANULARITY", 0.005)
    monkeypatch.setattr("textual._wait.SLEEP_IDLE", 0.0005)


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    """The vault that all pictures are taken of."""
    return Gallery(tmp_path_factory.mktemp("gallery"))


@pytest.fixture
def still(gallery: Gallery, tmp_path: Path, clock: FrozenClock) -> Iterator[StillSession]:
    """A session over a copy of the gallery, held still."""
    session = gallery.session(tmp_path, clock)
    yield session
    asyncio.run(session.close())


Enter = Callable[[str], StillSession]


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """People who share accounts, each with a vault."""
    found = Office(tmp_path_factory.mktemp("office"))
    found.write(FrozenClock())
    return found


@pytest.fixture
def enter(office: Office, tmp_path: Path, clock: FrozenClock) -> Iterator[Enter]:
    """Opens the session of somebody of the office, by their first name."""
    opened: list[StillSession] = []

    def open_one(name: str) -> StillSession:
        opened.append(office.session(name, tmp_path / str(len(opened)), clock))
        return opened[-1]

    yield open_one
    for session in opened:
        asyncio.run(session.close())


@pytest.fixture
def team(still: StillSession) -> Team:
    """The gallery as a workspace of several people, seen by its Owner; the façades do as they are told."""
    return Team(still)
