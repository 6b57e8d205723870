"""Rings when the outbox holds something: at once in this process, by a hint where another one does the work.

Nothing depends on it: whoever waits for the bell looks every second or so anyway.
"""

import asyncio
from contextlib import suppress
from typing import Final

from app.platform.bus import Bus

CHANNEL: Final = "outbox"


class Bell:
    """Of one process; `is_heard` says that somebody in it waits for the bell."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._rung = asyncio.Event()
        self._again = False
        self._hinting: asyncio.Task[None] | None = None
        self.is_heard = False

    def ring(self) -> None:
        """After a commit; takes no time."""
        if self.is_heard:
            self._rung.set()
        elif self._hinting is not None:
            self._again = True
        elif self._bus.is_connected:
            self._hinting = asyncio.create_task(self._hint())

    async def wait(self, seconds: float) -> None:
        """Until it rings, or so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        self._rung.clear()

    async def carry_over(self) -> None:
        """Rings here whenever another process does, for as long as the bus lives."""
        async with self._bus.listen(CHANNEL) as hints:
            async for _ in hints:
                self._rung.set()

    async def stop(self) -> None:
        if self._hinting is not None:
            await self._hinting

    async def _hint(self) -> None:
        """Rings that come meanwhile are one more hint."""
        try:
            while True:
                self._again = False
                await self._bus.publish(CHANNEL, "1")
                if not self._again:
                    return
        finally:
            self._hinting = None
