"""Messages: looking at them, and having them sent again under the id that they have for life."""

from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import ValidationInfo, field_validator
from sqlalchemy import func, update
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from app.actor import Actor
from app.events import Happened, WebhookReplayAsked, emit
from app.forms import Form, Instant
from app.models.webhooks import WebhookMessage, WebhookMessageStatus
from app.platform.paging import Page, PageRequest, read_page
from app.problems import Forbidden, TooMuchToReplay, WebhookEndpointIsDisabled
from app.services.identity.permissions import require
from app.services.webhooks.endpoints import PERMISSION, access_webhook_endpoint
from app.services.webhooks.turns import StillUnderWay, hand_on, is_sending, locked_endpoint

MOST_REPLAYED: Final = 10_000


class MessageFilter(Form):
    endpoint_id: UUID
    status: WebhookMessageStatus | None = None


class Replay(Form):
    endpoint_id: UUID
    since: Instant
    until: Instant
    only_failed: bool = True

    @field_validator("until")
    @classmethod
    def is_later(cls, value: datetime, info: ValidationInfo) -> datetime:
        since = info.data.get("since")
        if since is not None and value <= since:
            raise ValueError("must be later than since")
        return value


async def list_webhook_messages(
    db: AsyncSession, actor: Actor, *, wanted: MessageFilter, page: PageRequest
) -> Page[WebhookMessage]:
    """Of one endpoint, the newest first."""
    await access_webhook_endpoint(db, actor, wanted.endpoint_id)
    statement = select(WebhookMessage).where(WebhookMessage.endpoint_id == wanted.endpoint_id)
    if wanted.status is not None:
        statement = statement.where(WebhookMessage.status == wanted.status)
    return await read_page(db, statement.order_by(col(WebhookMessage.id).desc()), page)


async def access_webhook_message(db: AsyncSession, actor: Actor, message_id: UUID) -> WebhookMessage:
    """Of one's own endpoints, or as an admin of any; else `Forbidden`, found or not."""
    require(actor, PERMISSION)
    message = await db.get(WebhookMessage, message_id)
    if message is None or not (actor.is_admin or actor.coach_id == message.coach_id):
        raise Forbidden
    return message


async def replay_webhook_message(db: AsyncSession, actor: Actor, *, message_id: UUID) -> WebhookMessage:
    """Begins its schedule anew, also of one that is still to be tried. Raises `WebhookEndpointIsDisabled`."""
    message = await access_webhook_message(db, actor, message_id)
    endpoint = await access_webhook_endpoint(db, actor, message.endpoint_id)
    if not endpoint.is_enabled:
        raise WebhookEndpointIsDisabled
    emit(db, WebhookReplayAsked(endpoint_id=endpoint.id, coach_id=endpoint.coach_id, message_id=message.id))
    return message


async def replay_webhook_messages(db: AsyncSession, actor: Actor, *, form: Replay) -> int:
    """How many are sent again of a time. Raises `WebhookEndpointIsDisabled` and `TooMuchToReplay`."""
    endpoint = await access_webhook_endpoint(db, actor, form.endpoint_id)
    if not endpoint.is_enabled:
        raise WebhookEndpointIsDisabled
    asked = WebhookReplayAsked(**form.model_dump(), coach_id=endpoint.coach_id)
    some = _asked_for(asked).limit(MOST_REPLAYED + 1).subquery()
    count: int = (await db.exec(select(func.count()).select_from(some))).one()
    if count > MOST_REPLAYED:
        raise TooMuchToReplay(MOST_REPLAYED)
    if count:
        emit(db, asked)
    return count


async def replay(db: AsyncSession, happened: Happened, *, now: datetime) -> None:
    """For the system; the same event a second time does nothing. Raises `StillUnderWay` of a message that is being sent
    at this moment: it is to be replayed afterwards."""
    asked = happened.read()
    assert isinstance(asked, WebhookReplayAsked)
    endpoint = await locked_endpoint(db, asked.endpoint_id)
    if endpoint is None or not endpoint.is_enabled or endpoint.coach_id != asked.coach_id:
        return
    if asked.message_id is not None and await is_sending(db, asked.message_id):
        raise StillUnderWay  # what comes of that try is not to undo what was asked for
    wanted = _asked_for(asked).order_by(col(WebhookMessage.id)).limit(MOST_REPLAYED)
    await db.execute(
        update(WebhookMessage)
        .where(
            col(WebhookMessage.id).in_(wanted),
            col(WebhookMessage.replayed_by).is_distinct_from(happened.id),
            # One that is being sent at this moment is on its way.
            or_(
                col(WebhookMessage.sending_until).is_(None),
                col(WebhookMessage.sending_until) <= func.clock_timestamp(),
            ),
        )
        .values(
            status=WebhookMessageStatus.PENDING,
            reason=None,
            round=WebhookMessage.round + 1,
            tries=0,
            first_tried_at=None,
            sending_until=None,
            is_waiting=True,
            due_at=now,
            replayed_by=happened.id,
        )
        .execution_options(synchronize_session=False)
    )
    await hand_on(db, endpoint.id)


def _asked_for(asked: WebhookReplayAsked) -> SelectOfScalar[UUID]:
    """Ids of the messages; of a time those that are not on their way."""
    ids = select(WebhookMessage.id).where(WebhookMessage.endpoint_id == asked.endpoint_id)
    if asked.message_id is not None:
        return ids.where(WebhookMessage.id == asked.message_id)
    assert asked.since is not None
    assert asked.until is not None
    created, status = col(WebhookMessage.created_at), col(WebhookMessage.status)
    ids = ids.where(created >= asked.since, created < asked.until)
    if asked.only_failed:
        return ids.where(status == WebhookMessageStatus.FAILED)
    return ids.where(status != WebhookMessageStatus.PENDING)
