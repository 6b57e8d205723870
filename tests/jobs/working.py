"""Workers that go on and on, in this process or in others, and waiting for what they do."""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.jobs.job import Job
from app.platform.ids import new_id
from app.platform.jobs import NewJob, enqueue
from app.platform.settings import Settings
from app.server import Application
from app.wire.relay import global_id
from app.worker import Worker
from tests.practice import Practice

ROOT = Path(__file__).parents[2]
SECONDS = 30.0
START_SECONDS = 60.0


def with_jobs(monkeypatch: pytest.MonkeyPatch, *jobs: Job) -> None:
    """These and no others, for workers that are made from now on."""
    monkeypatch.setattr("app.worker.JOBS", jobs)
    monkeypatch.setattr("app.jobs.JOBS", jobs)


@asynccontextmanager
async def working(
    practice: Practice, settings: Settings | None = None, *, farewell: float = 5
) -> AsyncIterator[Worker]:
    """`farewell` is how many seconds its jobs have to end."""
    worker = Worker(practice.house)
    worker.start(settings or practice.application.settings)
    try:
        yield worker
    finally:
        await worker.stop(farewell)


@asynccontextmanager
async def another_process(settings: Settings) -> AsyncIterator[Worker]:
    """What a second process has, in this one: connections, relay and jobs of its own."""
    application = Application(settings)
    async with application.working():
        yield application.worker


async def until(is_so: Callable[[], bool | Awaitable[bool]], seconds: float = SECONDS) -> None:
    """Looks again and again: what is waited for is written to the database by somebody else."""
    async with asyncio.timeout(seconds):
        while True:
            found = is_so()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(0.02)


class WorkerProcess:
    """`rapport worker`, or a script of one's own that works."""

    def __init__(self, settings: Settings, *command: str, **environment: str) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - open for as long as this object is in use
        given = {
            **{name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}},
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": settings.database_url,
            "DATABASE_OWNER_URL": settings.database_owner_url,
            "DATABASE_POOLER": settings.database_pooler,
            "REDIS_URL": settings.redis_url,
            "SECRET_KEY": settings.secret_key,
            "ENCRYPTION_KEYS": settings.encryption_keys,
            "DATA_DIR": str(settings.data_dir),
            **environment,
        }
        self.process = subprocess.Popen(
            (sys.executable, "-W", "error", *(command or ("-m", "app.cli", "worker"))),
            cwd=ROOT,
            env=given,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )

    @property
    def log(self) -> str:
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    async def terminate(self) -> int:
        self.process.terminate()
        return await asyncio.to_thread(self.process.wait, SECONDS)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._log.close()


async def parked(practice: Practice) -> str:
    """The id of a parked job that no worker here knows."""
    key = str(new_id())
    async with practice.as_system() as db:
        await enqueue(db, [NewJob("nobody's", {}, key=key)])
    # Moved, because 1 is an id that tests call wrong.
    park = "UPDATE pgqueuer SET status = 'failed', id = id + 1000 WHERE dedupe_key = :key RETURNING id"
    ((id,),) = await practice.rows(park, key=key)
    return str(global_id("Job", id))
