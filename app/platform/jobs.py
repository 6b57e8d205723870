"""Work that is done later, at least once: queued by a transaction, tried again with pauses, parked after the last try.

Only the system queues jobs; what a user asks for is told to the outbox, and becomes a job from there.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Literal
from uuid import uuid4

import anyio
import asyncpg
import orjson
import structlog
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.core.executors import EntrypointExecutor, EntrypointExecutorParameters
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Context as JobContext
from pgqueuer.domain.models import Job, TracebackRecord
from pgqueuer.domain.types import JobId, QueueEntrypoint, QueueManagerId
from pgqueuer.ports.repository import EntrypointExecutionParameter
from pgqueuer.queries import Queries
from sqlmodel.ext.asyncio.session import AsyncSession

from app.platform.direct import DirectDatabase

log = structlog.get_logger(__name__)

HEARTBEAT: Final = timedelta(seconds=10)
"""A job whose worker has not said for this long that it lives is another worker's, unless settings say otherwise."""

LONGEST_SECONDS: Final = 300.0
"""A job that takes longer has failed: nobody would know whether it ever ends."""

WORKER_NAME: Final = "rapport worker"
"""What PostgreSQL calls the connections of workers."""

TABLES: Final = ("pgqueuer", "pgqueuer_log", "pgqueuer_schedules", "pgqueuer_statistics")
"""The library's own; no model declares them."""

AS_SYSTEM: Final = "SELECT set_config('app.system', 'on', true), set_config('app.role', 'SYSTEM', true)"

_PRUNE: Final = """
DELETE FROM pgqueuer_log WHERE id IN (
    SELECT id FROM pgqueuer_log line
    WHERE created < now() - $1::interval AND NOT EXISTS (SELECT FROM pgqueuer job WHERE job.id = line.job_id)
    ORDER BY created LIMIT $2 FOR UPDATE SKIP LOCKED
)
"""
_PRUNED_AT_ONCE: Final = 5_000

Work = Callable[[Mapping[str, Any]], Awaitable[None]]


class Park(Exception):
    """Raised by a job that is of no use to try again: parked at once, with this reason."""


@dataclass(frozen=True, slots=True)
class NewJob:
    """`key`: while a job of this key is queued or under way, another one is not queued."""

    name: str
    payload: Mapping[str, Any]
    key: str | None = None
    after: timedelta = timedelta()
    priority: int = 0


async def enqueue(db: AsyncSession, jobs: Sequence[NewJob]) -> None:
    """In the transaction of `db`, which has the system's rights."""
    if not jobs:
        return
    await Queries(await _driver(db)).enqueue(
        [job.name for job in jobs],
        [orjson.dumps(job.payload) for job in jobs],
        [job.priority for job in jobs],
        [job.after for job in jobs],
        [job.key for job in jobs],
        on_conflict="skip",
    )


class KeyTaken(Exception):
    """A job of the same key is queued or under way."""


async def requeue(db: AsyncSession, job_id: int) -> None:
    """A parked job, as if it had not been tried yet. Raises `KeyTaken`, and then the transaction is of no more use."""
    try:
        await Queries(await _driver(db)).requeue_jobs([JobId(job_id)])
    except asyncpg.UniqueViolationError:
        raise KeyTaken from None


async def _driver(db: AsyncSession) -> AsyncpgDriver:
    connection = await (await db.connection()).get_raw_connection()
    assert connection.driver_connection is not None
    return AsyncpgDriver(connection.driver_connection)


@dataclass
class Trying(EntrypointExecutor):
    """Tries again after each of the pauses, which grow by up to a tenth by chance; then the job is parked."""

    pauses: Sequence[timedelta] = ()
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)

    async def execute(self, job: Job, context: JobContext) -> None:
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                await super().execute(job, context)
        except Exception as failure:
            if isinstance(failure, Park) or job.attempts >= len(self.pauses):
                self.outcomes[job.entrypoint, "parked"] += 1
                log.warning("a job was parked", job=job.entrypoint, id=job.id, cause=repr(failure))
                raise
            self.outcomes[job.entrypoint, "tried again"] += 1
            log.info("a job is tried again", job=job.entrypoint, id=job.id, cause=repr(failure))
            delay = self.pauses[job.attempts] * random.uniform(1.0, 1.1)
            raise RetryRequested(delay=delay, reason=repr(failure)) from failure
        self.outcomes[job.entrypoint, "done"] += 1


class JobRunner:
    """Works on what is queued. Any number of processes do it side by side."""

    def __init__(self, direct: DirectDatabase) -> None:
        self._direct = direct
        self.executors: dict[QueueEntrypoint, Trying] = {}
        self.outcomes: Counter[tuple[str, str]] = Counter()

    def register(self, name: str, work: Work, *, pauses: Sequence[timedelta], at_once: int = 0) -> None:
        """`at_once`: of all processes together; 0 for any number."""

        async def run(job: Job) -> None:
            await work(orjson.loads(job.payload or b"{}"))

        parameters = EntrypointExecutorParameters(concurrency_limit=at_once, func=run, on_failure="hold")
        self.executors[QueueEntrypoint(name)] = Trying(parameters, pauses=pauses, outcomes=self.outcomes)

    async def once(self, batch: int = 100) -> int:
        """Does what is due, one after the other, until nothing is; how many that were."""
        done = 0
        while jobs := await self._pick(batch):
            for job in jobs:
                await self._do(job)
            done += len(jobs)
        return done

    async def prune(self, older_than: timedelta) -> None:
        """Forgets what was written down of jobs that are gone; what a job failed with stays as long as the job does."""
        while True:
            async with self._direct.transaction() as connection:
                await connection.execute(AS_SYSTEM)
                done = await connection.execute(_PRUNE, older_than, _PRUNED_AT_ONCE)
                await connection.execute(
                    "DELETE FROM pgqueuer_statistics WHERE created < now() - $1::interval", older_than
                )
            if done != f"DELETE {_PRUNED_AT_ONCE}":
                return

    async def _pick(self, batch: int) -> list[Job]:
        limits = {
            name: EntrypointExecutionParameter(concurrency_limit=executor.parameters.concurrency_limit)
            for name, executor in self.executors.items()
        }
        async with self._direct.transaction() as connection:
            await connection.execute(AS_SYSTEM)
            return await Queries(AsyncpgDriver(connection)).dequeue(  # type: ignore[arg-type]
                batch, limits, QueueManagerId(uuid4()), None, HEARTBEAT
            )

    async def _do(self, job: Job) -> None:
        status: Literal["successful", "failed"] = "successful"
        told: TracebackRecord | None = None
        retry: RetryRequested | None = None
        try:
            await self.executors[job.entrypoint].execute(job, JobContext(cancellation=anyio.CancelScope()))
        except RetryRequested as asked:
            retry, told = asked, TracebackRecord.from_exception(asked, job.id, {"reason": asked.reason})
        except Exception as failure:
            status, told = "failed", TracebackRecord.from_exception(failure, job.id, {})
        async with self._direct.transaction() as connection:
            await connection.execute(AS_SYSTEM)
            queries = Queries(AsyncpgDriver(connection))  # type: ignore[arg-type]
            if retry is not None:
                await queries.retry_job(job, retry.delay, told)
            else:
                await queries.log_jobs([(job, status, told)])
