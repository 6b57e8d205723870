"""The queue, for operators: what waits, what is parked, trying that again, or doing without it."""

from typing import Final

from sqlalchemy import delete, select, text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.forms import Form
from app.models.jobs import STATUSES, JobStatus, QueuedJob
from app.platform.jobs import KeyTaken, requeue
from app.platform.paging import Page, PageRequest, read_page
from app.problems import InvalidInput, JobNotParked, JobQueuedAgain
from app.services.identity.permissions import require

DROPPED: Final = "dropped by an administrator"

_DELIVERY: Final = text(
    "UPDATE deliveries SET status = 'FAILED', reason = :why WHERE status = 'PENDING'"
    " AND id = CAST(CAST(:payload AS jsonb) ->> 'delivery_id' AS uuid)"
    " AND sending = CAST(CAST(:payload AS jsonb) ->> 'sending' AS integer)"
)
_DELIVERY_ASKED_FOR: Final = text(
    "UPDATE deliveries SET status = 'FAILED', reason = :why WHERE status = 'PENDING'"
    " AND id = CAST(CAST(:payload AS jsonb) #>> '{event,delivery_id}' AS uuid)"
)
_MESSAGE: Final = text(
    "UPDATE communications SET status = 'FAILED', reason = :why WHERE status = 'QUEUED'"
    " AND id = CAST(CAST(:payload AS jsonb) #>> '{event,communication_id}' AS uuid)"
    " AND channel = CAST(:payload AS jsonb) #>> '{event,channel}'"
)
_SENDS: Final = {
    "send_mail": _DELIVERY,
    "send_sms": _DELIVERY,
    "resend_delivery": _DELIVERY_ASKED_FOR,
    "send_message_by_mail": _MESSAGE,
    "send_message_by_sms": _MESSAGE,
}
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
    """Nobody does a parked job any more, and what it was to send has failed; as it was. Raises `JobNotParked`,
    `InvalidInput`."""
    require(actor, "jobs:manage")
    job = await _parked(db, job_id)
    await _settle(db, job)
    await db.execute(delete(QueuedJob).where(QueuedJob.id == job.id), execution_options={"synchronize_session": False})
    return job


async def _settle(db: AsyncSession, job: QueuedJob) -> None:
    """What only this job would have sent does not wait for it any more."""
    settle = _SENDS.get(job.name)
    if settle is not None:
        await db.execute(settle, {"payload": job.payload, "why": DROPPED})


async def _parked(db: AsyncSession, job_id: int) -> QueuedJob:
    found: QueuedJob | None = (
        await db.execute(select(QueuedJob).where(QueuedJob.id == job_id).with_for_update())
    ).scalar_one_or_none()
    if found is None:
        raise InvalidInput("id", "There is no such job: it is done, or was dropped")
    if found.status is not JobStatus.PARKED:
        raise JobNotParked(found.status.value)
    return found
