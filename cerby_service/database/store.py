"""The database of the service: opened, migrated, read by a few threads, written by one."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from alembic.util import CommandError
from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError

from cerby_service.clock import Clock
from cerby_service.database.dialect import (
    READERS,
    insert_or_replace,
    insert_unless_there,
    reading_engine,
    still_sound,
    writing_engine,
)
from cerby_service.database.tables import meta
from cerby_service.database.work import Announced, Reading, Writing
from cerby_service.database.writer import Writer
from cerby_service.errors import Misconfigured, Unavailable
from cerby_service.logs import fields
from cerby_service.migrations import upgrade

T = TypeVar("T")
logger = logging.getLogger(__name__)
GENERATION_LENGTH = 16


class Database:
    """Reads see one moment and wait for nobody; writes are grouped, and answered after their commit.

    Usable from any event loop and any thread. `generation` names this database: a restored backup gets a new one.
    """

    def __init__(self, url: str, clock: Clock) -> None:
        self._url = url
        self._clock = clock
        self._listeners: list[Callable[[list[Announced]], None]] = []
        self._opening = threading.Lock()
        self._writer: Writer | None = None
        self.generation = b""
        self.restored = False
        """Whether this database was ever put back from a backup, so that clients may have more than it has."""

    def on_commit(self, listener: Callable[[list[Announced]], None]) -> None:
        """Tell `listener` what was committed: on the writing thread, before anybody is answered."""
        self._listeners.append(listener)

    def open(self) -> None:
        """Bring the tables up to date and start the writer. Raises Misconfigured."""
        with self._opening:
            if self._writer is not None:
                return
            self._writing = writing_engine(self._url)
            self._reading = reading_engine(self._url)
            self.generation, first = _prepare(self._writing)
            self.restored = self.generation != first
            self._readers = ThreadPoolExecutor(READERS, "cerby-reader")
            self._writer = Writer(self._writing, self._tell, self._clock)

    def close(self) -> None:
        """Finish what is queued and let go of the file."""
        with self._opening:
            if self._writer is not None:
                self._writer.close()
                self._readers.shutdown()
                self._reading.dispose()
                self._writing.dispose()
                self._writer = None

    async def read(self, work: Callable[[Reading], T]) -> T:
        """Run `work` on a reading thread over one moment of the database. Raises Unavailable."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read_now, work)

    async def write(self, work: Callable[[Writing], T]) -> T:
        """Run `work` on the writing thread; returns once it is on disk. Raises Unavailable, or what `work` raised."""
        try:
            return await asyncio.wrap_future(self._open_writer().submit(work))
        except (OperationalError, InterfaceError) as error:
            raise _unavailable(error) from error

    def read_now(self, work: Callable[[Reading], T]) -> T:
        """As `read`, on the calling thread."""
        try:
            with self._reading.begin() as connection:
                return work(Reading(connection))
        except (OperationalError, InterfaceError) as error:
            raise _unavailable(error) from error

    def write_now(self, work: Callable[[Writing], T]) -> T:
        """As `write`, blocking the calling thread."""
        try:
            return self._open_writer().submit(work).result()
        except (OperationalError, InterfaceError) as error:
            raise _unavailable(error) from error

    async def ready(self) -> None:
        """Prove that a commit reaches the disk. Raises Unavailable."""
        beat = self._clock().to_bytes(8, "big")
        await self.write(lambda w: insert_or_replace(w.connection, meta, {"key": "heartbeat", "value": beat}))

    @property
    def alive(self) -> bool:
        """Whether the writer is there."""
        return self._writer is not None and self._writer.alive

    def check(self) -> str:
        """What the database says of its own soundness: "ok", or what it found."""
        return self.read_now(lambda reading: still_sound(reading.connection))

    def _open_writer(self) -> Writer:
        if self._writer is None:
            raise Unavailable()
        return self._writer

    def _tell(self, announced: list[Announced]) -> None:
        if announced:
            for listener in self._listeners:
                listener(announced)


def _unavailable(error: DBAPIError) -> Unavailable:
    """What callers hear; the log says why ("database or disk is full"), in which the database quotes no values."""
    first, earlier = error, error.__context__
    while earlier is not None:
        # After a full disk, going back to the savepoint fails too: the first error is the one to know of.
        first = earlier if isinstance(earlier, DBAPIError) else first
        earlier = earlier.__context__
    logger.error("database failed", extra=fields(reason=str(first.orig)))
    return Unavailable()


def _prepare(engine: Engine) -> tuple[bytes, bytes]:
    """Bring the tables up to date; gives the generation and the first one of all.

    Raises Misconfigured for a file that cannot be served from.
    """
    try:
        upgrade(engine)
        return _generation(engine)
    except CommandError:
        engine.dispose()
        raise Misconfigured("The database was written by a newer version of this program.") from None
    except DatabaseError as error:
        engine.dispose()
        raise Misconfigured(f"The database cannot be opened: {error.orig}.") from None


def _generation(engine: Engine) -> tuple[bytes, bytes]:
    """The generation id, made at the first opening, and the one that the database began with."""
    with engine.begin() as connection:
        found = _kept(connection, "generation", os.urandom(GENERATION_LENGTH))
        return found, _kept(connection, "first_generation", found)


def _kept(connection: Connection, key: str, fresh: bytes) -> bytes:
    """What the database says under a key; `fresh`, from now on, if it says nothing."""
    insert_unless_there(connection, meta, {"key": key, "value": fresh})
    return bytes(connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar_one())
