"""The job queue's loop: it begins again, for ever, whenever its connections are lost."""

import asyncio
import logging
import random
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

import asyncpg
import structlog
from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver
from pgqueuer.core.executors import AbstractEntrypointExecutor
from pgqueuer.domain.models import Context as JobContext
from pgqueuer.domain.models import Job, TracebackRecord
from pgqueuer.domain.types import QueueEntrypoint
from pgqueuer.qm import QueueManager
from pgqueuer.queries import Queries
from sqlalchemy import make_url
from sqlalchemy.engine import URL

from app.platform import migrations
from app.platform.database import confirm_role, connection_options
from app.platform.direct import keep
from app.platform.jobs import WORKER_NAME, Trying
from app.platform.settings import Settings

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 2.0
"""A job that nobody was notified of (tried again, left by another worker) waits no longer than this."""

TAKEN_AT_ONCE: Final = 10
"""Jobs that are taken by one statement, and written down as done by one, which waits a tenth of a second for more."""

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 30.0
CONNECTIONS: Final = 3  # one listens
ANSWER_SECONDS: Final = 30.0
LEAVE_SECONDS: Final = 1.0

# What is worth a line is logged once, here and in `jobs.py`.
logging.getLogger("pgqueuer").setLevel(logging.CRITICAL + 1)


@dataclass(frozen=True, slots=True)
class SystemConnections:
    """Connections that have the system's rights for their whole life, and are nobody else's."""

    url: str
    role: str
    options: Mapping[str, Any]

    @classmethod
    def of(cls, settings: Settings) -> "SystemConnections":
        """Past a pooler, which would not let anybody LISTEN: to where the owner's URL leads, as the application."""
        own = make_url(settings.database_url)
        if settings.is_pooled:
            direct = make_url(settings.database_owner_url)
            own = URL.create("postgresql", own.username, own.password, *direct_address(direct))
        options = connection_options(assume_role=migrations.assumed_role(settings))
        rights = {"app.system": "on", "app.role": "SYSTEM", "application_name": WORKER_NAME}
        options["server_settings"] |= rights
        url = own.set(drivername="postgresql").render_as_string(hide_password=False)
        return cls(url, migrations.application_role(settings), options)

    async def opened(self) -> "asyncpg.Pool[asyncpg.Record]":
        return await asyncpg.create_pool(
            self.url,
            min_size=1,
            max_size=CONNECTIONS,
            command_timeout=ANSWER_SECONDS,
            reset=keep,
            **{"init": partial(confirm_role, self.role), **self.options},
        )


def direct_address(url: URL) -> tuple[Any, ...]:
    return url.host, url.port, url.database, url.query


class _LeftBehind(BaseException):
    """Passes all that the library does about a failed job, so that the job stays as it is: picked, by us."""


class _Unfinished(AbstractEntrypointExecutor):
    """A job that is cut off is not cancelled, as the library would have it: somebody else is to do it."""

    def __init__(
        self, inner: Trying, under_way: set[asyncio.Task[Any]], turns: AbstractAsyncContextManager[Any]
    ) -> None:
        super().__init__(inner.parameters)
        self._inner, self._under_way, self._turns = inner, under_way, turns

    async def execute(self, job: Job, context: JobContext) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._under_way.add(task)
        try:
            async with self._turns:
                await self._inner.execute(job, context)
        except asyncio.CancelledError:
            raise _LeftBehind from None
        finally:
            self._under_way.discard(task)


class _Queries(Queries):
    async def retry_job(self, job: Job, delay: timedelta, traceback_record: TracebackRecord | None) -> None:
        """Where it cannot be written that a job is to be tried again, it is not parked instead."""
        try:
            await super().retry_job(job, delay, traceback_record)
        except Exception:
            raise _LeftBehind from None


class JobLoop:
    """Does jobs, `at_once` of them and no more; besides these, as many as are bounded by a number of their own.

    These wait for somebody outside, mostly, so that a partner who hangs takes no place of anybody else's. A worker that
    is silent for longer than `heartbeat` loses its jobs.
    """

    def __init__(
        self,
        executors: Mapping[QueueEntrypoint, Trying],
        connections: SystemConnections,
        *,
        at_once: int,
        heartbeat: timedelta,
    ) -> None:
        self._executors, self._connections = executors, connections
        self._at_once, self._heartbeat = at_once, heartbeat
        self._under_way: set[asyncio.Task[Any]] = set()
        self._stopping = asyncio.Event()
        self._manager: QueueManager | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._go_on())

    async def stop(self, seconds: float) -> None:
        """Lets what is under way end for so long; what has not is another worker's then."""
        self._stopping.set()
        if self._manager is not None:
            self._manager.shutdown.set()
        if self._task is None:
            return
        _, late = await asyncio.wait({self._task}, timeout=seconds)
        while late:
            # Not the loop itself at first: it would go on to wait for its jobs, and they would not have heard of it.
            for job in self._under_way:
                job.cancel()
            _, late = await asyncio.wait({self._task}, timeout=LEAVE_SECONDS)
            if late:
                self._task.cancel()

    async def _go_on(self) -> None:
        pause, loop = FIRST_PAUSE, asyncio.get_running_loop()
        while not self._stopping.is_set():
            began = loop.time()
            try:
                await self._run()
            except Exception as failure:
                log.warning("the jobs are interrupted, and will go on", cause=repr(failure))
            if loop.time() - began > pause:  # it had begun, and worked for a while
                pause = FIRST_PAUSE
            with suppress(TimeoutError):
                async with asyncio.timeout(pause * random.uniform(0.5, 1.0)):
                    await self._stopping.wait()
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _run(self) -> None:
        """Until it is told to stop; raises when the connections are lost, and then all that was under way has ended."""
        pool = await self._connections.opened()
        try:
            manager = QueueManager(_Queries(AsyncpgPoolDriver(pool)))
            turns, bounded = asyncio.Semaphore(self._at_once), 0
            for name, executor in self._executors.items():
                own_bound = executor.parameters.concurrency_limit
                taking_turns = nullcontext() if own_bound else turns
                manager.register_executor(name, _Unfinished(executor, self._under_way, taking_turns))
                bounded += own_bound
            most = max(2, self._at_once) + bounded
            if self._stopping.is_set():
                return
            self._manager = manager
            try:
                await manager.run(
                    dequeue_timeout=timedelta(seconds=LOOK_SECONDS),
                    batch_size=min(TAKEN_AT_ONCE, most // 2),
                    max_concurrent_tasks=most,
                    shutdown_on_listener_failure=True,
                    heartbeat_timeout=self._heartbeat,
                    log_aggregation_interval=timedelta(0),
                )
            finally:
                await _leave_to_others(pool, manager.queue_manager_id)
        finally:
            self._manager = None
            pool.terminate()


async def _leave_to_others(pool: "asyncpg.Pool[asyncpg.Record]", manager_id: UUID) -> None:
    """What is still ours and not done; where that cannot be said, the others find out by themselves."""
    with suppress(Exception):
        async with asyncio.timeout(3 * LEAVE_SECONDS):
            await pool.execute(
                "UPDATE pgqueuer SET status = 'queued', queue_manager_id = NULL, slot = NULL, updated = now()"
                " WHERE queue_manager_id = $1 AND status = 'picked'",
                manager_id,
            )
