"""The worker: hands on what the outbox holds, does the jobs that come of it, and scans for what has become due."""

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Final

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from app.context import Context, House
from app.events import Happened
from app.jobs import JOBS, SCANS, heard_by
from app.jobs.job import SOON, Job, Scan
from app.models.outbox import take
from app.platform.job_loop import JobLoop, SystemConnections
from app.platform.jobs import JobRunner, NewJob, Park, enqueue
from app.platform.metrics import Figure
from app.platform.periodic import Periodic
from app.platform.settings import Settings

log = structlog.get_logger(__name__)

AT_ONCE: Final = 200
"""Events that the relay takes in one transaction: no request of the same process waits long for it."""

LOOK_SECONDS: Final = 1.0
"""How often the relay looks without being told to."""

GATHER_SECONDS: Final = 0.05
"""The relay's rest after each transaction: what happens meanwhile is taken together."""

FIRST_SCAN_SECONDS: Final = 2.0
LONGEST_PAUSE: Final = 30.0
KEEP_LOG: Final = timedelta(days=3)
PRUNE_SECONDS: Final = 3_600.0

UNREADABLE: Final = "read event"
"""The job that an event becomes which no version here can read; parked, until one that can is told to retry it."""


class Worker:
    """Any number of them work side by side, in server processes or in processes of their own."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._heard_by = heard_by()
        self._choosy = [job for job in JOBS if job.wanted is not None]
        self.runner = JobRunner(house.direct)
        for job in JOBS:
            self.runner.register(job.name, partial(self._work, job), pauses=job.pauses, at_once=job.at_once)
        self.runner.register(UNREADABLE, self._read_again, pauses=SOON)
        self._scanned_at: dict[str, float] = {}
        self._loop: JobLoop | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._duties: list[Periodic] = []

    def start(self, settings: Settings) -> None:
        """Works until `stop`, on connections of its own besides those that everybody shares."""
        self._loop = JobLoop(
            self.runner.executors,
            SystemConnections.of(settings),
            at_once=settings.worker_jobs,
            heartbeat=timedelta(seconds=settings.worker_heartbeat_seconds),
        )
        self._loop.start()
        self._house.bell.is_heard = True
        self._tasks = [asyncio.create_task(work) for work in (self._house.bell.carry_over(), self._relay_on())]
        # What has become due while nobody worked is not to wait for a whole period more.
        self._duties = [
            Periodic(
                scan.name,
                partial(self._scan, scan),
                scan.every_seconds,
                first_after_seconds=random.uniform(0, FIRST_SCAN_SECONDS),
            )
            for scan in SCANS
        ]
        self._duties.append(Periodic("pruning", self._prune, PRUNE_SECONDS))
        for duty in self._duties:
            duty.start()

    async def stop(self, seconds: float) -> None:
        """Jobs have so long to end; what has not ended by then is done by another worker, from its beginning."""
        if self._loop is None:
            return
        self._house.bell.is_heard = False
        for duty in self._duties:
            await duty.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._loop.stop(seconds)

    async def relay(self) -> int:
        """Takes events, queues a job for each who hears of one, and forgets them, in one transaction; how many."""
        async with Context(self._house).unit_of_work() as db:
            taken = await take(db, AT_ONCE)
            unwanted = await self._unwanted(db, taken)
            jobs = [job for happened in taken for job in self._jobs_of(happened)]
            await enqueue(db, [job for job in jobs if job.key not in unwanted])
        return len(taken)

    async def once(self) -> None:
        """Scans once, then hands on and does everything that is due."""
        for scan in SCANS:
            await self._scan(scan)
        while await self.relay() or await self.runner.once():
            pass

    def figures(self) -> list[Figure]:
        """What this process has done; the queue itself is everybody's."""
        tries = [
            Figure("job_tries_total", "Tries of this process by outcome.", count, labels, is_count=True)
            for (job, outcome), count in self.runner.outcomes.items()
            for labels in [{"job": job, "outcome": outcome}]
        ]
        now = time.monotonic()
        scans = [
            Figure("scan_age_seconds", "Since this process scanned and did not fail.", now - at, {"scan": name})
            for name, at in self._scanned_at.items()
        ]
        return tries + scans

    def _jobs_of(self, happened: Happened) -> list[NewJob]:
        try:
            happened.read()
        except ValueError as unreadable:
            log.error("an event cannot be read", id=happened.id, event_type=happened.event_type, cause=str(unreadable))
            names = [UNREADABLE]
        else:
            names = self._heard_by.get(happened.event_type, [])
        payload = happened.model_dump(mode="json")
        return [NewJob(name, payload, key=_key(name, happened)) for name in names]

    async def _unwanted(self, db: AsyncSession, taken: Sequence[Happened]) -> set[str]:
        """Keys of jobs that would find nothing to do."""
        found: set[str] = set()
        for job in self._choosy:
            heard = [happened for happened in taken if job.name in self._heard_by.get(happened.event_type, ())]
            wanted = await job.wanted(db, heard) if job.wanted is not None and heard else ()
            found.update(_key(job.name, happened) for happened in heard if happened.id not in wanted)
        return found

    async def _read_again(self, payload: Mapping[str, Any]) -> None:
        happened = Happened.model_validate(payload)
        try:
            happened.read()
        except ValueError as unreadable:
            raise Park(str(unreadable)) from None
        async with Context(self._house).unit_of_work() as db:
            await enqueue(db, self._jobs_of(happened))

    async def _work(self, job: Job, payload: Mapping[str, Any]) -> None:
        await job.work(Context(self._house), payload)

    async def _scan(self, scan: Scan) -> None:
        await scan.work(Context(self._house))
        self._scanned_at[scan.name] = time.monotonic()

    async def _prune(self) -> None:
        await self.runner.prune(KEEP_LOG)

    async def _relay_on(self) -> None:
        """At once when the bell rings, and every second or so; less often while it fails."""
        pause = LOOK_SECONDS
        while True:
            try:
                taken = await self.relay()
            except Exception as failure:
                log.warning("the outbox could not be handed on; it is tried again", cause=repr(failure))
                pause = min(2 * pause, LONGEST_PAUSE)
                await asyncio.sleep(pause * random.uniform(0.5, 1.0))
                continue
            pause = LOOK_SECONDS
            if taken < AT_ONCE:
                await asyncio.sleep(GATHER_SECONDS)
                await self._house.bell.wait(LOOK_SECONDS * random.uniform(0.8, 1.2))


def _key(name: str, happened: Happened) -> str:
    return f"{name}:{happened.id}"
