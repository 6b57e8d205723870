"""What time ends: holds that have expired are given back, and offers that were not taken go to the next in line.

Whoever reads a calendar counts by the database's clock and needs none of this; it is what makes the open views see it,
and the next in line hear of it. Every server process does it, and each calendar is settled by whoever has its turn.
"""

import asyncio
from collections.abc import Callable
from uuid import UUID

import structlog

from app.platform.clock import Clock
from app.platform.direct import DirectDatabase
from app.services.scheduling.writing import settle_where_due

SELDOM = 10.0
"""Seconds from one try to the next, at most."""

log = structlog.get_logger(__name__)


class Settling:
    """`tell` hears of each calendar's new version."""

    def __init__(
        self, direct: DirectDatabase, tell: Callable[[UUID, int], None], clock: Clock, every_seconds: float = 1.0
    ) -> None:
        self._direct, self._tell, self._clock = direct, tell, clock
        self._every_seconds = every_seconds
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._go_on())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def once(self) -> None:
        async with self._direct.transaction() as db:
            versions = await settle_where_due(db, self._clock())
        for coach_id, version in versions.items():
            self._tell(coach_id, version)

    async def _go_on(self) -> None:
        seconds = self._every_seconds
        while True:
            await asyncio.sleep(seconds)
            try:
                await self.once()
            except Exception as failure:  # most likely the database is away
                log.warning("holds that have expired could not be given back", cause=repr(failure))
                seconds = min(2 * seconds, SELDOM)
            else:
                seconds = self._every_seconds
