"""Fixtures that several test modules share."""

from __future__ import annotations

from pathlib import Path

import pytest

from cerby_tui.home import Home
from tests.fakes import FrozenClock


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A private, empty home directory."""
    return Home(tmp_path / "home").ready()


@pytest.fixture
def clock() -> FrozenClock:
    """A clock that stands still until it is moved."""
    return FrozenClock()
