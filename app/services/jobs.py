"""The queue, for operators: what waits, what is parked, trying that again, or doing without it."""

from sqlalchemy import delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.forms import Form
from app.models.jobs import STATUSES, JobStatus, QueuedJob
from app.platform.jobs import KeyTaken, requeue
from app.platform.paging import Page, PageRequest, read_page
from app.problems import InvalidInput, JobNotParked, JobQueuedAgain
from app.services.identity.permissions import require

_STORED = {status: stored for stored, status in STATUSES.items()}


class JobFilter(Form):
    status: JobStatus | None = None


async def list_jobs(db: AsyncSession, actor: Actor, *, wanted: JobFilter, page: PageRequest) -> Page[QueuedJob]:
    """In the order in which they were queued; those that are done are gone."""
    require(actor, "jobs:manage")
    statement = select(QueuedJob).order_by(QueuedJob.id)
    if wanted.status is not None:
        statement = statement.where(QueuedJob.stored_status == _STORED[wanted.status])
    return await read_page(db, statement, page)


async def retry_job(db: AsyncSession, actor: Actor, *, job_id: int) -> QueuedJob:
    """Queues a parked job anew, with all its tries. Raises `JobNotParked`, `JobQueuedAgain`, `InvalidInput`."""
    require(actor, "jobs:manage")
    job = await _parked(db, job_id)
    try:
        await requeue(db, job.id)
    except KeyTaken:
        raise JobQueuedAgain from None
    await db.refresh(job)
    return job


async def drop_job(db: AsyncSession, actor: Actor, *, job_id: int) -> QueuedJob:
    """Nobody does a parked job any more; as it was. Raises `JobNotParked`, `InvalidInput`."""
    require(actor, "jobs:manage")
    job = await _parked(db, job_id)
    await db.execute(delete(QueuedJob).where(QueuedJob.id == job.id), execution_options={"synchronize_session": False})
    return job


async def _parked(db: AsyncSession, job_id: int) -> QueuedJob:
    found: QueuedJob | None = (
        await db.execute(select(QueuedJob).where(QueuedJob.id == job_id).with_for_update())
    ).scalar_one_or_none()
    if found is None:
        raise InvalidInput("id", "There is no such job: it is done, or was dropped")
    if found.status is not JobStatus.PARKED:
        raise JobNotParked(found.status.value)
    return found
