"""Hints between processes: something is said to have a version. Best effort, and never believed."""

import asyncio
from typing import Final
from uuid import UUID

import structlog

from app.platform.bus import Bus

log = structlog.get_logger(__name__)

MOST_DIGITS: Final = 10


class Hints:
    """Publishes one hint after the other: of a channel's that wait only the newest, so a burst of bookings is few."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._waiting: dict[str, int] = {}
        self._publisher: asyncio.Task[None] | None = None

    def tell(self, id: UUID, version: int, kind: str = "calendar") -> None:
        """Waits for nothing."""
        channel = channel_of(id, kind)
        self._waiting[channel] = max(version, self._waiting.get(channel, version))
        if self._publisher is None or self._publisher.done():
            self._publisher = asyncio.create_task(self._publish())

    async def stop(self) -> None:
        if self._publisher is not None:
            self._publisher.cancel()
            await asyncio.gather(self._publisher, return_exceptions=True)

    async def _publish(self) -> None:
        while self._waiting:
            channel = next(iter(self._waiting))
            version = self._waiting.pop(channel)
            try:
                await self._bus.publish(channel, str(version))
            except Exception:  # the sweeps of the others find what they were not told
                log.warning("a hint could not be published", channel=channel, exc_info=True)


def channel_of(id: UUID, kind: str = "calendar") -> str:
    """A calendar's `id` is its coach's."""
    return f"{kind}:{id}"


def version_in(hint: str | None) -> int | None:
    """None for one that was lost, and for what no process of ours has said."""
    return int(hint) if hint is not None and len(hint) <= MOST_DIGITS and hint.isdecimal() else None
