"""Whose turn it is: an endpoint is asked at two places at once, in all processes together.

A message that finds both taken waits, and its job ends; whoever leaves a place hands on to who waits longest. So an
endpoint that hangs keeps two jobs busy, however much there is for it. All of it happens under the endpoint's row.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import text
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.webhooks import BEGUN, WebhookEndpoint, WebhookMessage, WebhookMessageStatus
from app.platform.jobs import NewJob, enqueue

JOB: Final = "send_webhook"
PLACES: Final = 2
LEASE: Final = timedelta(seconds=30)
"""A place whose worker has died is free after it; an attempt takes ten seconds at most."""
OVERDUE: Final = timedelta(minutes=10)
MOST_AT_ONCE: Final = 1_000

_SENDING = text(
    f"SELECT count(*) FROM webhook_messages WHERE endpoint_id = :endpoint AND {BEGUN}"
    " AND sending_until > clock_timestamp()"
)
_NEXT = text(
    "UPDATE webhook_messages SET is_waiting = false WHERE id IN (SELECT id FROM webhook_messages"
    " WHERE endpoint_id = :endpoint AND is_waiting ORDER BY id LIMIT"
    f" greatest(0, :places - (SELECT count(*) FROM webhook_messages WHERE endpoint_id = :endpoint AND {BEGUN})))"
    " RETURNING id, round, tries"
)
_TAKE = text(
    "UPDATE webhook_messages SET sending_until = clock_timestamp() + :lease, is_waiting = false,"
    " first_tried_at = coalesce(first_tried_at, :now) WHERE id = :message"
)
_IS_SENDING = text("SELECT coalesce(sending_until > clock_timestamp(), false) FROM webhook_messages WHERE id = :id")
_GIVE_UP = text(
    "UPDATE webhook_messages SET status = 'FAILED', reason = :reason, is_waiting = false, due_at = NULL"
    " WHERE endpoint_id = :endpoint AND status = 'PENDING'"
)


class StillUnderWay(Exception):
    """Another worker is sending the message, or has died while it did."""


class Turn(BaseModel):
    """The payload of a job: one try of a message. When its number has gone by, there is nothing to do."""

    message_id: UUID
    round: int
    tries: int


def turn_of(message: WebhookMessage) -> Turn:
    return Turn(message_id=message.id, round=message.round, tries=message.tries)


def job_of(turn: Turn, *, after: timedelta = timedelta(), is_handed_on: bool = False) -> NewJob:
    """One that was handed on has no key: the job that found no place for it may not be quite over."""
    key = None if is_handed_on else f"{JOB}:{turn.message_id}:{turn.round}:{turn.tries}"
    return NewJob(JOB, turn.model_dump(mode="json"), key=key, after=after)


async def locked_endpoint(db: AsyncSession, endpoint_id: UUID) -> WebhookEndpoint | None:
    """As the services lock it that change it; messages, which refer to it, do not wait."""
    statement = select(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id).with_for_update(key_share=True)
    return (await db.exec(statement)).one_or_none()


async def is_sending(db: AsyncSession, message_id: UUID) -> bool:
    """At this moment, or its worker has died over it."""
    return bool((await db.execute(_IS_SENDING, {"id": message_id})).scalar())


async def take_place(db: AsyncSession, message: WebhookMessage, *, now: datetime) -> bool:
    """Whether a place was free; if not, the message waits to be handed one. Raises `StillUnderWay`."""
    if await is_sending(db, message.id):
        raise StillUnderWay
    if (await db.execute(_SENDING, {"endpoint": message.endpoint_id})).scalar_one() >= PLACES:
        message.is_waiting = True
        db.add(message)
        await db.flush()
        return False
    await db.execute(_TAKE, {"message": message.id, "lease": LEASE, "now": now})
    return True


async def hand_on(db: AsyncSession, endpoint_id: UUID) -> None:
    """As many as there are places free are queued of those who wait, the longest first."""
    rows = (await db.execute(_NEXT, {"endpoint": endpoint_id, "places": PLACES})).all()
    turns = sorted((Turn(message_id=row[0], round=row[1], tries=row[2]) for row in rows), key=lambda t: t.message_id)
    await enqueue(db, [job_of(turn, is_handed_on=True) for turn in turns])


async def give_up(db: AsyncSession, endpoint_id: UUID, reason: str) -> None:
    """Everything that is on its way to the endpoint."""
    await db.execute(_GIVE_UP, {"endpoint": endpoint_id, "reason": reason})


async def look_after_webhooks(db: AsyncSession, *, now: datetime) -> None:
    """Queues again what ought to have been sent long ago and is not on its way, as when its job was dropped."""
    overdue = (
        select(WebhookMessage)
        .where(
            WebhookMessage.status == WebhookMessageStatus.PENDING,
            col(WebhookMessage.due_at) < now - OVERDUE,
            col(WebhookMessage.is_waiting).is_(False),
            or_(col(WebhookMessage.sending_until).is_(None), col(WebhookMessage.sending_until) < text("now()")),
        )
        .order_by(col(WebhookMessage.due_at), col(WebhookMessage.id))
        .limit(MOST_AT_ONCE)
    )
    await enqueue(db, [job_of(turn_of(message)) for message in await db.exec(overdue)])
    waited_for = select(WebhookMessage.endpoint_id).where(col(WebhookMessage.is_waiting)).distinct()
    for endpoint_id in sorted((await db.exec(waited_for)).all()):
        if await locked_endpoint(db, endpoint_id) is not None:
            await hand_on(db, endpoint_id)
