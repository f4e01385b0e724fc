"""The one thread that writes: it takes the work that is waiting, does it in one transaction, and answers after it.

Group commit is worth more than any other choice here (docs/decisions.md): the cost of a flush is shared by everybody
who waits. Each piece of work runs in a savepoint, so that one that fails takes nobody along.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine

from cerby_service.database import activity
from cerby_service.database.counters import raise_counters
from cerby_service.database.dialect import transaction_lives
from cerby_service.database.work import Announced, Writing
from cerby_service.errors import Unavailable
from cerby_service.kept import Kept

T = TypeVar("T")
logger = logging.getLogger(__name__)
GROUP = 256
QUEUE_SECONDS = 2.0

Announce = Callable[[list[Announced]], None]


class Job(Generic[T]):
    """Work, and the future of its result."""

    def __init__(self, work: Callable[[Writing], T]) -> None:
        self.future: Future[T] = Future()
        self.writing: Writing | None = None
        self._work = work
        self._kept = Kept()
        self._value: T | None = None

    @property
    def error(self) -> Exception | None:
        """What the work raised."""
        return self._kept.error

    def wanted(self) -> bool:
        """Whether somebody still waits for it; from here on it cannot be taken back."""
        return self.future.set_running_or_notify_cancel()

    def run(self, connection: Connection, shared: dict[Any, Any]) -> None:
        """Do the work in a savepoint; what it raises is kept for its future."""
        writing = Writing(connection, shared)
        with self._kept, connection.begin_nested():
            self._value = self._work(writing)
            self.writing = writing

    def settle(self, failure: Exception | None) -> None:
        """Answer: the value, what the work raised, or why the whole transaction failed."""
        error = self.error or failure
        if error is not None:
            self.future.set_exception(error)
        else:
            self.future.set_result(self._value)  # type: ignore[arg-type]


class Writer:
    """Runs submitted work in grouped transactions. `announce` hears what was committed, on the writing thread."""

    def __init__(self, engine: Engine, announce: Announce, clock: Callable[[], int]) -> None:
        self._engine = engine
        self._announce = announce
        self._clock = clock
        self._waiting: queue.SimpleQueue[Job[Any] | None] = queue.SimpleQueue()
        self._gate = threading.Lock()
        self._pace = 0.0
        self._open = True
        self._thread = threading.Thread(target=self._run, name="cerby-writer", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread is there to work."""
        return self._thread.is_alive() and self._open

    def submit(self, work: Callable[[Writing], T]) -> Future[T]:
        """Queue work. Raises Unavailable when more waits already than two seconds can do, or after `close`."""
        job = Job(work)
        with self._gate:
            if not self.alive or self._waiting.qsize() * self._pace > QUEUE_SECONDS:
                raise Unavailable()
            self._waiting.put(job)
        return job.future

    def close(self) -> None:
        """Finish what is queued, then stop."""
        with self._gate:
            # Nothing is queued behind the end, where nobody would ever answer it.
            self._open = False
            self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        going = True
        while going:
            group, going = self._next_group()
            wanted = [job for job in group if job.wanted()]
            if wanted:
                started = time.perf_counter()
                self._commit(wanted)
                # A moving average of seconds per piece of work: what the length of the queue is judged by.
                self._pace += ((time.perf_counter() - started) / len(wanted) - self._pace) / 16

    def _next_group(self) -> tuple[list[Job[Any]], bool]:
        group: list[Job[Any]] = []
        job = self._waiting.get()
        while job is not None:
            group.append(job)
            if len(group) == GROUP or self._waiting.empty():
                return group, True
            job = self._waiting.get()
        return group, False

    def _commit(self, group: list[Job[Any]]) -> None:
        kept, announced = Kept(), list[Announced]()
        with kept, self._engine.begin() as connection:
            shared: dict[Any, Any] = {}
            for job in group:
                job.run(connection, shared)
                if not transaction_lives(connection):
                    # What the group did so far is undone: what came after it would be committed alone.
                    raise job.error or Unavailable()
            done = [job.writing for job in group if job.writing]
            announced = raise_counters(connection, [change for one in done for change in one.changes], self._clock())
            # After the counters, whose lock is held by now: it orders the log among replicas too.
            activity.append(connection, [draft for one in done for draft in one.drafts], self._clock())
        if kept.error is None:
            self._tell(group, announced)
        for job in group:
            job.settle(kept.error)

    def _tell(self, group: list[Job[Any]], announced: list[Announced]) -> None:
        kept = Kept()
        with kept:
            for job in group:
                for act in job.writing.after if job.writing else ():
                    act()
            self._announce(announced)
        if kept.error is not None:
            # It is committed all the same, and the sweep of the feeds covers a lost ring: the writer must live on.
            logger.error("announcing failed", exc_info=kept.error)
