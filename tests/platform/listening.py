"""A bus that runs for one test, and what is heard on it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from app.platform.bus import LOST, Bus
from app.platform.redis_link import Times

# Waits for no heartbeat: but for black holes everything is noticed as it happens. And a busy machine is no black hole.
PATIENT = Times(answer=2, heartbeat=60, silence=180, first_pause=0.02, longest_pause=0.1)
HASTY = Times(answer=0.4, heartbeat=0.1, silence=0.5, first_pause=0.02, longest_pause=0.1)
PATIENCE_SECONDS = 5


@asynccontextmanager
async def running(url: str, times: Times = PATIENT) -> AsyncIterator[Bus]:
    bus = Bus(url, times)
    await bus.start()
    try:
        yield bus
    finally:
        async with asyncio.timeout(1):
            await bus.stop()


async def until(condition: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - Redis tells nobody
            await asyncio.sleep(0.01)


async def next_of(hints: AsyncIterator[str | None], seconds: float = PATIENCE_SECONDS) -> str | None:
    async with asyncio.timeout(seconds):
        return await anext(hints)


async def assert_silent(hints: AsyncIterator[str | None], seconds: float = 0.15) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(seconds):
            await anext(hints)


async def assert_travels(sender: Bus, channel: str, hints: AsyncIterator[str | None]) -> None:
    """After whatever LOST are still under way, a message gets through."""
    await until(lambda: sender.is_connected)
    await sender.publish(channel, "through")
    while (hint := await next_of(hints)) is LOST:
        await sender.publish(channel, "through")
    assert hint == "through"
