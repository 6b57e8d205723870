"""A practice whose every process is killed again and again: servers, workers, Redis and PostgreSQL."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.platform import migrations
from app.platform.database import make_engine
from app.platform.settings import Settings
from app.server import Application
from tests.conftest import ENCRYPTION_KEYS
from tests.drills.drilling import now
from tests.jobs.working import WorkerProcess
from tests.platform.postgres_server import PostgresServer, running_postgres
from tests.platform.redis_server import RedisServer, running_redis
from tests.practice import MovableClock, Practice
from tests.server.serving import ServerProcess, server_processes

# The command; in a short drill it looks for what has become due more often than once in a minute.
WORKER = """
import sys
from dataclasses import replace
import app.worker
from app.cli import main

most = float(sys.argv[1])
app.worker.SCANS = tuple(replace(scan, every_seconds=min(scan.every_seconds, most)) for scan in app.worker.SCANS)
sys.argv = ["rapport", "worker"]
main()
"""
HEARTBEAT = {"WORKER_HEARTBEAT_SECONDS": "1"}


@dataclass
class Alive:
    """A worker, which is another process after each time that it was killed."""

    make: Callable[[], WorkerProcess]
    process: WorkerProcess = field(init=False)
    since: float = 0.0

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        self.process, self.since = self.make(), now()

    def kill(self) -> None:
        self.is_well()
        self.process.close()

    def is_well(self) -> None:
        assert self.process.process.poll() is None, f"a worker has ended by itself: {self.process.log}"


@dataclass
class House:
    """All that runs, and what befell it."""

    settings: Settings
    postgres: PostgresServer
    redis: RedisServer
    servers: list[ServerProcess]
    workers: list[Alive]
    killed: Counter[str] = field(default_factory=Counter)
    _server_since: dict[int, float] = field(default_factory=dict)

    async def kill_one(self, name: str, dice: random.Random) -> None:
        """It is gone for a moment at most, but takes its time to be ready again."""
        deeds: dict[str, Callable[[random.Random], Awaitable[None]]] = {
            "server": self._kill_server,
            "worker": self._kill_worker,
            "redis": self._kill_redis,
            "postgres": self._kill_postgres,
        }
        await deeds[name](dice)
        self.killed[name] += 1

    async def _kill_server(self, dice: random.Random) -> None:
        number = min(range(len(self.servers)), key=lambda number: self._server_since.get(number, 0.0))
        await asyncio.to_thread(self.servers[number].kill)
        await asyncio.sleep(dice.uniform(0, 0.3))
        self.servers[number].spawn()
        self._server_since[number] = now()

    async def _kill_worker(self, dice: random.Random) -> None:
        worker = min(self.workers, key=lambda worker: worker.since)
        worker.kill()
        await asyncio.sleep(dice.uniform(0, 0.3))
        worker.begin()

    async def _kill_redis(self, dice: random.Random) -> None:
        self.redis.kill()
        await asyncio.sleep(dice.uniform(0, 0.5))
        await asyncio.to_thread(self.redis.start)

    async def _kill_postgres(self, dice: random.Random) -> None:
        await asyncio.to_thread(self.postgres.kill)
        await asyncio.sleep(dice.uniform(0, 0.5))
        await asyncio.to_thread(self.postgres.start)

    def all_are_well(self) -> None:
        for worker in self.workers:
            worker.is_well()


@asynccontextmanager
async def house(*, servers: int, workers: int, scan_seconds: float, **environment: str) -> AsyncIterator[House]:
    """`environment` adds to the settings of servers and workers."""
    with running_postgres() as postgres, running_redis() as redis:
        settings = Settings(
            _env_file=None,
            database_url=postgres.url,
            database_owner_url=postgres.owner_url,
            redis_url=redis.url,
            data_dir=Path(redis.socket).parent,
            secret_key="not secret at all, for drills only",
            encryption_keys=ENCRYPTION_KEYS,
            worker=False,
            outgoing_allow_private=["127.0.0.1"],
        )
        await migrations.migrate(settings)
        environment = {"OUTGOING_ALLOW_PRIVATE": "127.0.0.1", "LOG_LEVEL": "WARNING", **HEARTBEAT, **environment}
        command = ("-c", WORKER, str(scan_seconds))
        async with server_processes(settings, servers, **environment) as served:
            made = [Alive(lambda: WorkerProcess(settings, *command, **environment)) for _ in range(workers)]
            try:
                yield House(settings, postgres, redis, served, made)
            finally:
                for worker in made:
                    worker.process.close()


@asynccontextmanager
async def practice_of(settings: Settings, clock: MovableClock) -> AsyncIterator[Practice]:
    """With connections of its own, which end with it: its database is nobody else's."""
    application = Application(settings, clock)
    owner = make_engine(migrations.owner_url(settings), pool_size=2)
    try:
        async with application.lifespan(application.asgi()):
            await application.settling.stop()
            yield Practice(application, clock, owner)
    finally:
        await owner.dispose()
