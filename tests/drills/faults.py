"""What befalls Redis and the way to PostgreSQL, in an order that the seed draws."""

import asyncio
import random
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from app.platform.settings import Settings
from tests.drills.audience import Audience
from tests.drills.booking_stream import BookingStream
from tests.drills.drilling import IS_LONG, by_way_of, database_address
from tests.platform.fault_proxy import FaultProxy
from tests.platform.redis_server import RedisServer

Deed = Callable[[], Awaitable[None]]

ANY_PORT = ("127.0.0.1", 0)
HASTE_SECONDS, CALM_SECONDS = 0.05, 1.0 if IS_LONG else 0.5
KILLED_SECONDS, RESET_SECONDS = (HASTE_SECONDS, CALM_SECONDS), (0.0, 0.05)
# Shorter than the silence that the bus takes for a black hole, and longer; what was swallowed is deaf ever after.
BLACK_HOLE_SECONDS = (1.0, 8.0 if IS_LONG else 2.5)
SHARE_OF_RESTS = 0.5 if IS_LONG else 1.0
LATEST_SECONDS = 30.0  # until a view is called wrong: far beyond what is promised


class Faults:
    """A Redis of the drill's own, not started yet, and PostgreSQL, each behind a proxy."""

    def __init__(self, redis: RedisServer, to_redis: FaultProxy, to_database: FaultProxy, settings: Settings) -> None:
        self.redis, self.to_redis, self.to_database, self._settings = redis, to_redis, to_database, settings
        self.happened: Counter[str] = Counter()
        self.rested: dict[str, float] = {}
        self._deeds: dict[str, tuple[Deed, Deed, tuple[float, float]]] = {
            "killed": (self._kill_redis, self.start_redis, KILLED_SECONDS),
            "black_holed": (self._swallow, self.to_redis.heal, BLACK_HOLE_SECONDS),
            "reset": (self._reset_redis, self._nothing, RESET_SECONDS),
            "database_reset": (self._reset_database, self._nothing, RESET_SECONDS),
        }

    @classmethod
    @asynccontextmanager
    async def between(cls, settings: Settings) -> AsyncIterator["Faults"]:
        with tempfile.TemporaryDirectory(prefix="drill") as folder:
            redis = RedisServer(Path(folder))
            try:
                async with (
                    FaultProxy(ANY_PORT, redis.socket) as to_redis,
                    FaultProxy(ANY_PORT, database_address(settings)) as to_database,
                ):
                    yield cls(redis, to_redis, to_database, settings)
            finally:
                redis.kill()

    @property
    def environment(self) -> dict[str, str]:
        """Of servers that are to meet them."""
        assert isinstance(self.to_redis.address, tuple)
        host, port = self.to_redis.address
        database = by_way_of(self._settings, self.to_database.address)
        return {"REDIS_URL": f"redis://{host}:{port}", "DATABASE_URL": database}

    async def start_redis(self) -> None:
        await asyncio.to_thread(self.redis.start)

    async def befall(self, dice: random.Random, stream: BookingStream, audience: Audience, **how_often: int) -> None:
        """`killed=3, black_holed=1, reset=2, database_reset=0`; all is well again when it returns.

        After some of them nothing is booked any more until every view is right: no later hint makes up for a lost one.
        """
        drawn = [name for name, count in how_often.items() for _ in range(count)]
        dice.shuffle(drawn)
        for name in drawn:
            begin, end, lasts = self._deeds[name]
            await begin()
            await asyncio.sleep(dice.uniform(*lasts))
            is_to_rest = dice.random() < SHARE_OF_RESTS
            if is_to_rest:
                await stream.pause()
            await end()
            self.happened[name] += 1
            if is_to_rest:
                seconds = await audience.all_show_the_truth(LATEST_SECONDS, after=name)
                self.rested[name] = max(self.rested.get(name, 0.0), seconds)
                stream.go_on()
            await asyncio.sleep(dice.uniform(HASTE_SECONDS, CALM_SECONDS))

    def report(self) -> str:
        rested = {name: f"{seconds:.1f} s" for name, seconds in self.rested.items()}
        return f"faults {dict(self.happened)}; longest until all views were right after {rested}"

    async def _kill_redis(self) -> None:
        self.redis.kill()

    async def _swallow(self) -> None:
        self.to_redis.swallow()

    async def _reset_redis(self) -> None:
        self.to_redis.cut()

    async def _reset_database(self) -> None:
        self.to_database.cut()

    async def _nothing(self) -> None:
        pass
