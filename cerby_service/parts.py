"""The parts of a running service, put together from a data directory: the only place that knows all of them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from cerby_service.activity import Activity
from cerby_service.approvals import Approvals
from cerby_service.auth import Authenticator
from cerby_service.carriers.base import Carrier
from cerby_service.carriers.sandbox import SandboxCarrier
from cerby_service.clock import MINUTE, Clock, system_clock
from cerby_service.database import Database
from cerby_service.devices import Devices
from cerby_service.directory import DataDirectory, SandboxAccount
from cerby_service.feed import Feed
from cerby_service.handing import Handing
from cerby_service.http import Http
from cerby_service.hub import Hub
from cerby_service.inbound import Inbound
from cerby_service.invites import Invites
from cerby_service.joins import Joins
from cerby_service.keeping import Keeper
from cerby_service.kept import Kept
from cerby_service.keys import ServiceKey
from cerby_service.limits import Limits, Rates
from cerby_service.mail import Mailer
from cerby_service.numbers import Numbers
from cerby_service.offers import Offers
from cerby_service.poller import Poller
from cerby_service.profiles import Profiles
from cerby_service.reconciler import Reconciler
from cerby_service.recovery import Recoveries
from cerby_service.removal import Removal
from cerby_service.retention import Retention
from cerby_service.sandbox.app import Sandbox
from cerby_service.sandbox.delivery import Delivery
from cerby_service.sandbox.stock import Stock
from cerby_service.sandbox.store import SandboxStore
from cerby_service.settings import Settings, Timings
from cerby_service.settling import Settling
from cerby_service.streams import Streams
from cerby_service.sweeper import Sweeper
from cerby_service.verifications import Verifications
from cerby_service.workspaces import Workspaces
from cerby_wire.catalogue import Catalogue, load

POLL_EVERY = 5 * MINUTE
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Given:
    """What tests replace: the clock, the waiting times, the limits, the catalogue, the stock, the carrier's client."""

    clock: Clock = system_clock
    timings: Timings = field(default_factory=Timings)
    rates: Rates = field(default_factory=Rates)
    catalogue: Catalogue = field(default_factory=load)
    stock: Stock = field(default_factory=Stock)
    sandbox_client: Callable[[str, SandboxAccount, Timings], Carrier] = SandboxCarrier


class Parts:
    """Everything that the route table needs. The database is open from the beginning; `start` begins what recurs.

    `origin` is what clients and carriers call us, `local` where this very machine reaches us.
    """

    def __init__(
        self, directory: DataDirectory, settings: Settings, origin: str, local: str, given: Given | None = None
    ) -> None:
        given = given or Given()
        self.origin = origin
        self.local = local
        self.clock = given.clock
        self.key: ServiceKey = directory.key()
        self.database = Database(directory.database_url, given.clock)
        self.database.open()
        self.hub = Hub(self.database.generation)
        self.database.on_commit(self.hub.publish)
        self._timings = given.timings
        self.sandbox: Sandbox | None = None
        self.carriers: dict[str, Carrier] = {}
        if settings.carrier == "sandbox":
            self._add_sandbox(directory, given)
        self._add_endpoints(settings, given)
        self._recurring: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Settle what a crash left behind, and begin what recurs, on this event loop."""
        timings = self._timings
        self._recurring = [
            asyncio.create_task(_once(lambda: self.reconciler.settle(after_crash=True))),
            asyncio.create_task(_every(timings.ring_sweep, self.feed.sweep)),
            asyncio.create_task(_every(timings.sweep, self.sweeper.sweep)),
            asyncio.create_task(_every(timings.sweep, self.retention.sweep)),
            asyncio.create_task(_every(timings.reconcile_unsure, self._settle)),
            asyncio.create_task(_every(timings.reconcile_everything, self.reconciler.everything)),
            asyncio.create_task(_every(POLL_EVERY, self.poller.poll)),
        ]

    async def stop(self) -> None:
        """End what recurs, say goodbye to feeds, finish what is queued, let go of every file."""
        for task in self._recurring:
            task.cancel()
        await asyncio.gather(*self._recurring, return_exceptions=True)
        self.hub.close()
        if self.sandbox is not None:
            await self.sandbox.stop()
        await asyncio.to_thread(self.database.close)

    async def _settle(self) -> None:
        await self.reconciler.settle()
        await self.reconciler.look_up_lines()

    def _add_sandbox(self, directory: DataDirectory, given: Given) -> None:
        account = directory.sandbox_account()
        store = SandboxStore(directory.sandbox_file)
        delivery = Delivery(account, store, given.clock, given.timings.sandbox_text)
        self.sandbox = Sandbox(account, given.stock, store, delivery, given.clock)
        # It is part of this process: nobody outside has to reach it, whatever we are called there.
        client = given.sandbox_client(f"{self.local}/sandbox", account, given.timings)
        self.carriers[client.name] = client

    def _add_endpoints(self, settings: Settings, given: Given) -> None:
        database, key, clock, timings = self.database, self.key, given.clock, given.timings
        self.limits = Limits(given.rates, time.monotonic)
        self.http = Http(self.origin, Authenticator(database, clock), database, self.limits, clock)
        self.keeper = Keeper(key.public, clock, self.hub.close_devices)
        mailer = Mailer(settings.smtp)
        self.invites = Invites(database, self.keeper, mailer, clock)
        self.verifications = Verifications(database, key, mailer, clock, self.invites.proved)
        self.joins = Joins(database, self.invites, self.verifications, self.keeper, key.public)
        self.profiles = Profiles(database)
        self.workspaces = Workspaces(database, self.verifications, self.keeper, key.public, clock)
        self.streams = Streams(database, self.keeper, key, clock)
        self.handing = Handing(database)
        self.retention = Retention(database, clock)
        self.recoveries = Recoveries(database, self.keeper, mailer, clock)
        self.approvals = Approvals(database, self.keeper, clock)
        self.devices = Devices(database, self.hub, clock)
        self.removal = Removal(database)
        self.activity = Activity(database)
        self.feed = Feed(self.http, database, self.hub, clock, timings)
        self.settling = Settling(database, key, clock)
        self.offers = Offers(database, self.carriers, given.catalogue, key, clock, timings)
        self.numbers = Numbers(
            database, self.offers, self.settling, self.carriers, given.catalogue, self.origin, clock, timings
        )
        self.inbound = Inbound(database, self.carriers, key, self.origin, clock, self.limits)
        self.reconciler = Reconciler(database, self.settling, self.carriers, clock, timings)
        self.sweeper = Sweeper(database, self.settling, self.carriers, clock, timings)
        self.poller = Poller(database, self.carriers, self.inbound, clock)


async def _every(milliseconds: int, act: Callable[[], Awaitable[object]]) -> None:
    """For ever: do it, wait, do it again."""
    while True:
        await _once(act)
        await asyncio.sleep(milliseconds / 1000)


async def _once(act: Callable[[], Awaitable[object]]) -> None:
    """Do it; what goes wrong is logged, and nothing ends because of it."""
    kept = Kept()
    with kept:
        await act()
    if kept.error is not None:
        logger.error("recurring work failed", exc_info=kept.error)
