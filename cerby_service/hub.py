"""Who is listening: one ring of ready frames per workspace, shared by all its listeners; a listener is a place in it.

Frames come from the writing thread right after each commit, listeners read on their event loops. Cursors of a
workspace have no gaps, so a listener knows when the ring does not reach back to its place: then it reads the database.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Iterable

from msgspec import Struct

from cerby_service.database import Announced
from cerby_service.errors import Refusal
from cerby_service.frames import encode_change

RING = 1_024
FEEDS_A_DEVICE = 4
FEEDS_A_PERSON = 20


class Frame(Struct, frozen=True):
    """An event ready to send, at its cursor; `audience` None means every member."""

    cursor: int
    data: bytes
    audience: frozenset[bytes] | None

    def is_for(self, user: bytes) -> bool:
        """Whether a person may hear it."""
        return self.audience is None or user in self.audience


class Ring:
    """The newest frames of a workspace. `floor` is the cursor before the first of them."""

    def __init__(self) -> None:
        self.frames: deque[Frame] = deque()
        self.floor: int | None = None
        self.newest = 0

    def add(self, frame: Frame) -> None:
        """Add the next frame; after a gap (somebody else wrote) the ring begins anew."""
        if self.floor is None or frame.cursor != self.newest + 1:
            self.begin_at(frame.cursor - 1)
        self.frames.append(frame)
        self.newest = frame.cursor
        if len(self.frames) > RING:
            self.floor = self.frames.popleft().cursor

    def begin_at(self, cursor: int) -> None:
        """Forget everything up to a cursor."""
        self.frames.clear()
        self.floor = self.newest = cursor


class Listener:
    """One open feed. `place` is the newest cursor that it has dealt with."""

    def __init__(self, workspace: bytes, user: bytes, device: bytes) -> None:
        self.workspace = workspace
        self.user = user
        self.device = device
        self.place = 0
        self.closing = False
        self._bell = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def ring(self) -> None:
        """Wake the feed, from any thread."""
        # A loop that is closed has no feed to wake.
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._bell.set)

    def close(self) -> None:
        """Have the feed say goodbye, from any thread."""
        self.closing = True
        self.ring()

    async def wait(self, seconds: float) -> bool:
        """Wait to be woken; False if nothing came in that time."""
        try:
            async with asyncio.timeout(seconds):
                await self._bell.wait()
        except TimeoutError:
            return False
        self._bell.clear()
        return True


class Hub:
    """Every listener of this process."""

    def __init__(self, generation: bytes) -> None:
        self._generation = generation
        self._lock = threading.Lock()
        self._rings: dict[bytes, Ring] = {}
        self._listeners: defaultdict[bytes, set[Listener]] = defaultdict(set)
        self._feeds: Counter[bytes] = Counter()
        self._closed = False

    def listen(self, workspace: bytes, user: bytes, device: bytes) -> Listener:
        """Begin to listen. Raises Refusal for a device or a person with too many feeds, or once the service closes."""
        listener = Listener(workspace, user, device)
        with self._lock:
            if self._closed:
                raise Refusal("unavailable", "The service is closing.", retry_after=2)
            if self._feeds[device] >= FEEDS_A_DEVICE:
                raise Refusal("too_many_requests", "This session has four feeds open already.", retry_after=15)
            if self._feeds[user] >= FEEDS_A_PERSON:
                raise Refusal("too_many_requests", "Your sessions have twenty feeds open already.", retry_after=15)
            self._feeds.update((device, user))
            self._listeners[workspace].add(listener)
            self._rings.setdefault(workspace, Ring())
        return listener

    def leave(self, listener: Listener) -> None:
        """Stop listening."""
        with self._lock:
            self._listeners[listener.workspace].discard(listener)
            self._feeds.subtract((listener.device, listener.user))
            if not self._listeners[listener.workspace]:
                del self._listeners[listener.workspace]
                self._rings.pop(listener.workspace, None)
            for name in (listener.device, listener.user):
                if not self._feeds[name]:
                    del self._feeds[name]

    def publish(self, announced: list[Announced]) -> None:
        """Hear what was committed (on the writing thread) and wake whom it is for."""
        woken: set[Listener] = set()
        with self._lock:
            for one in announced:
                ring = self._rings.get(one.change.workspace)
                if ring is None:
                    continue
                data = encode_change(self._generation, one.cursor, one.change.event)
                frame = Frame(one.cursor, data, one.change.audience)
                ring.add(frame)
                woken |= {who for who in self._listeners[one.change.workspace] if frame.is_for(who.user)}
        for listener in woken:
            listener.ring()

    def take(self, listener: Listener) -> list[Frame] | None:
        """What is new for a listener, whose place moves on; None if the ring does not reach back to its place."""
        with self._lock:
            ring = self._rings.get(listener.workspace)
            if ring is None or ring.floor is None or ring.newest <= listener.place:
                return []
            if listener.place < ring.floor:
                return None
            fresh = [frame for frame in ring.frames if frame.cursor > listener.place and frame.is_for(listener.user)]
            listener.place = ring.newest
        return fresh

    def catch_up(self, counters: dict[bytes, int]) -> None:
        """Compare with the counters of the database: what another process wrote is read from there."""
        woken: list[Listener] = []
        with self._lock:
            for workspace, ring in self._rings.items():
                value = counters.get(workspace, 0)
                if value > ring.newest:
                    ring.begin_at(value)
                    woken += self._listeners[workspace]
        for listener in woken:
            listener.ring()

    def close_devices(self, devices: Iterable[bytes]) -> None:
        """Close the feeds of devices that may not speak any more."""
        names = set(devices)
        with self._lock:
            theirs = [one for some in self._listeners.values() for one in some if one.device in names]
        for listener in theirs:
            listener.close()

    def listening(self, devices: Iterable[bytes]) -> set[bytes]:
        """Those of these devices that have a feed open to this process."""
        with self._lock:
            return {device for device in devices if self._feeds[device]}

    def close(self) -> None:
        """Have every feed say goodbye, and take no more."""
        with self._lock:
            self._closed = True
            everybody = [one for some in self._listeners.values() for one in some]
        for listener in everybody:
            listener.close()

    @property
    def open_feeds(self) -> int:
        """How many feeds are open."""
        with self._lock:
            return sum(map(len, self._listeners.values()))
