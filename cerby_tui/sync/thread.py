"""The one thread that writes to the vault and talks to the network: an event loop of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")


class SyncThread:
    """Runs an event loop beside the screens' thread and hands work to it."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = Thread(target=self.loop.run_forever, name="cerby-sync", daemon=True)
        self._thread.start()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Start a coroutine on the sync thread; its result can be waited for from any thread."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the sync thread and await it from another loop; cancelling cancels it there."""
        return await asyncio.wrap_future(self.submit(work))

    async def call(self, function: Callable[..., T], *arguments: object) -> T:
        """Run a plain function on the sync thread and await its result."""

        async def called() -> T:
            return function(*arguments)

        return await self.run(called())

    def stop(self) -> None:
        """Cancel what is still running, end the loop and wait for the thread."""
        if self.loop.is_closed():
            return
        self.submit(_cancel_others()).result(timeout=10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(timeout=10)
        self.loop.close()


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    loop = asyncio.get_running_loop()
    await loop.shutdown_asyncgens()
    await loop.shutdown_default_executor()
