"""The worker: hands on what the outbox holds, and does the jobs that come of it."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from app.context import Context, House
from app.jobs import JOBS, SCANS, heard_by
from app.jobs.job import Job
from app.models.outbox import take
from app.platform.jobs import JobRunner, NewJob, enqueue

AT_ONCE: Final = 500
"""Events that the relay takes in one transaction."""


class Worker:
    """Any number of them work side by side, in server processes or in processes of their own."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._heard_by = heard_by()
        self._runner = JobRunner(house.direct)
        for job in JOBS:
            self._runner.register(job.name, partial(self._work, job), pauses=job.pauses, at_once=job.at_once)

    async def _work(self, job: Job, payload: Mapping[str, Any]) -> None:
        await job.work(Context(self._house), payload)

    async def relay(self) -> int:
        """Takes events, queues a job for each who hears of one, and forgets them, in one transaction; how many."""
        async with Context(self._house).unit_of_work() as db:
            taken = await take(db, AT_ONCE)
            jobs = [
                NewJob(name, happened.model_dump(mode="json"), key=f"{name}:{happened.id}")
                for happened in taken
                for name in self._heard_by.get(happened.event_type, ())
            ]
            await enqueue(db, jobs)
        return len(taken)

    async def once(self) -> None:
        """Scans once, then hands on and does everything that is due."""
        for scan in SCANS:
            await scan.work(Context(self._house))
        while await self.relay() or await self._runner.once():
            pass
