"""Work that a process does again and again, as long as it lives, and less often while it fails."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger(__name__)

LONGEST_PAUSE = 60.0
"""Seconds from one failing try to the next, unless it is done less often than that anyway."""


class Periodic:
    """`once` may be called at any time too."""

    def __init__(
        self,
        name: str,
        work: Callable[[], Awaitable[object]],
        every_seconds: float,
        *,
        first_after_seconds: float | None = None,
    ) -> None:
        self._name, self._work, self._every_seconds = name, work, every_seconds
        self._first_after_seconds = every_seconds if first_after_seconds is None else first_after_seconds
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._go_on())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def once(self) -> None:
        await self._work()

    async def _go_on(self) -> None:
        seconds = self._first_after_seconds
        while True:
            await asyncio.sleep(seconds)
            try:
                await self._work()
            except Exception as failure:  # most likely the database is away
                log.warning("periodic work has failed; it is tried again", work=self._name, cause=repr(failure))
                seconds = max(self._every_seconds, min(2 * seconds, LONGEST_PAUSE))
            else:
                seconds = self._every_seconds
