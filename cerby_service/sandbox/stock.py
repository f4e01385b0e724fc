"""The numbers that the sandbox sells: +1 NPA 555-0100 to 0199, set aside for fiction, so that nobody is ever called.

In each area code the lower half is VoIP (`Local`), the upper half is not (`Mobile`).
"""

from __future__ import annotations

import random
from typing import Literal

from msgspec import Struct

ListName = Literal["Local", "Mobile"]
LOWEST, HALF, HIGHEST = 100, 150, 199
LINE_TYPES: dict[ListName, str] = {"Local": "nonFixedVoip", "Mobile": "mobile"}


class Area(Struct, frozen=True):
    """An area code and where it is."""

    code: str
    locality: str
    region: str
    postal_code: str
    latitude: float
    longitude: float


AREAS = (
    Area("206", "Seattle", "WA", "98101", 47.61, -122.33),
    Area("212", "New York", "NY", "10001", 40.75, -73.99),
    Area("303", "Denver", "CO", "80202", 39.75, -104.99),
    Area("312", "Chicago", "IL", "60601", 41.89, -87.62),
    Area("415", "San Francisco", "CA", "94103", 37.77, -122.41),
    Area("512", "Austin", "TX", "78701", 30.27, -97.74),
    Area("617", "Boston", "MA", "02108", 42.36, -71.06),
    Area("702", "Las Vegas", "NV", "89101", 36.17, -115.12),
)


class StockNumber(Struct, frozen=True):
    """A number on the shelf."""

    e164: str
    list_name: ListName
    area: Area


class Stock:
    """Everything that the sandbox could ever sell; in an order of its own for each seed, as a market would be."""

    def __init__(self, areas: tuple[Area, ...] = AREAS, seed: int | None = None) -> None:
        numbers = [
            StockNumber(f"+1{area.code}5550{line:03}", "Local" if line < HALF else "Mobile", area)
            for area in areas
            for line in range(LOWEST, HIGHEST + 1)
        ]
        # Which number comes first is no secret.
        random.Random(seed).shuffle(numbers)  # noqa: S311
        self._by_e164 = {number.e164: number for number in numbers}

    def get(self, e164: str) -> StockNumber | None:
        """The number with that E.164, sold or not."""
        return self._by_e164.get(e164)

    def on_list(self, list_name: str, area_code: str = "", contains: str = "") -> list[StockNumber]:
        """Numbers of one list, narrowed by area code and by digits that they contain."""
        return [
            number
            for number in self._by_e164.values()
            if number.list_name == list_name
            and (not area_code or number.area.code == area_code)
            and contains.strip("*+") in number.e164
        ]
