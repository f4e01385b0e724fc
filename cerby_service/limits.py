"""How often somebody may ask: token buckets in memory, for devices, addresses and carriers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from math import ceil

from msgspec import Struct

from cerby_service.errors import Refusal

MOST_BUCKETS = 100_000


class Rate(Struct, frozen=True):
    """So many a second for long, so many at once."""

    a_second: float
    burst: float


class Rates(Struct, frozen=True):
    """Every limit of the service."""

    device: Rate = Rate(20, 100)
    address: Rate = Rate(5, 30)
    carrier: Rate = Rate(200, 1_000)


UNLIMITED = Rates(*(Rate(1e9, 1e9) for _ in range(3)))


class Buckets:
    """One bucket for each name; the ones used longest ago are forgotten, which only ever favours the caller."""

    def __init__(self, rate: Rate, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._left: OrderedDict[object, tuple[float, float]] = OrderedDict()

    def spend(self, name: object) -> None:
        """Take one. Raises Refusal `too_many_requests` with the seconds until there is one again."""
        now = self._clock()
        left, since = self._left.pop(name, (self._rate.burst, now))
        left = min(self._rate.burst, left + (now - since) * self._rate.a_second)
        allowed = left >= 1
        self._left[name] = (left - allowed, now)
        if len(self._left) > MOST_BUCKETS:
            self._left.popitem(last=False)
        if not allowed:
            wait = max(1, ceil((1 - left) / self._rate.a_second))
            raise Refusal("too_many_requests", "Too many requests; wait a moment.", retry_after=wait)


class Limits:
    """The buckets of one process. `clock` counts seconds and never runs backwards."""

    def __init__(self, rates: Rates, clock: Callable[[], float]) -> None:
        self._devices = Buckets(rates.device, clock)
        self._addresses = Buckets(rates.address, clock)
        self._carriers = Buckets(rates.carrier, clock)

    def spend_device(self, device: bytes) -> None:
        """A request of a known session. Raises Refusal."""
        self._devices.spend(device)

    def spend_address(self, address: str) -> None:
        """A request of somebody unknown. Raises Refusal."""
        self._addresses.spend(address)

    def spend_carrier(self, carrier: str) -> None:
        """A webhook. Raises Refusal."""
        self._carriers.spend(carrier)
