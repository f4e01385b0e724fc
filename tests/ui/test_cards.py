"""The cards screen: moving, filtering, sorting, badges, and what the newest code looks like."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from cerby_tui.widgets.card_grid import CardGrid
from tests.fakes import FrozenClock
from tests.ui.gallery import LOOKS, Look, StillSession, app_over, keys


def grid(pilot: Pilot[Any]) -> CardGrid:
    """The grid of cards."""
    return pilot.app.screen.query_one(CardGrid)


def selected(pilot: Pilot[Any]) -> str:
    """The label of the selected card."""
    card = grid(pilot).selected
    return card.label if card else ""


def labels(pilot: Pilot[Any]) -> list[str]:
    """The labels of all cards, in order."""
    return [card.label for card in grid(pilot)._cards]


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_grid(snap_compare: Any, still: StillSession, clock: FrozenClock, look: Look) -> None:
    """Accounts as cards in every theme and size; the selected one has heavy lines, so colour is not needed."""

    async def act(pilot: Pilot[Any]) -> None:
        await keys(pilot, "j", "l")
        assert selected(pilot) == labels(pilot)[grid(pilot).per_row + 1]

    assert snap_compare(app_over(still, clock, look), terminal_size=look.size, run_before=act)
