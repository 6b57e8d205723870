"""Endpoints of messages, and what was tried."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.webhooks import WebhookAttempt, WebhookEndpoint


async def endpoints_by_id(db: AsyncSession, ids: Sequence[UUID]) -> list[WebhookEndpoint | None]:
    """None for those out of the asker's sight."""
    found = {each.id: each for each in await db.exec(select(WebhookEndpoint).where(col(WebhookEndpoint.id).in_(ids)))}
    return [found.get(endpoint_id) for endpoint_id in ids]


async def attempts_by_message(db: AsyncSession, ids: Sequence[UUID]) -> list[list[WebhookAttempt]]:
    """The first one first."""
    found: dict[UUID, list[WebhookAttempt]] = {message_id: [] for message_id in ids}
    statement = select(WebhookAttempt).where(col(WebhookAttempt.message_id).in_(ids))
    for attempt in await db.exec(statement.order_by(col(WebhookAttempt.number))):
        found[attempt.message_id].append(attempt)
    return [found[message_id] for message_id in ids]
