"""Deliveries of notifications, and notifications of deliveries."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.notifications import Delivery, Notification


async def deliveries_by_notification(db: AsyncSession, ids: Sequence[UUID]) -> list[list[Delivery]]:
    """By mail before by SMS."""
    statement = select(Delivery).where(col(Delivery.notification_id).in_(ids)).order_by(col(Delivery.channel))
    found: dict[UUID, list[Delivery]] = defaultdict(list)
    for delivery in await db.exec(statement):
        found[delivery.notification_id].append(delivery)
    return [found[notification_id] for notification_id in ids]


async def notifications_by_id(db: AsyncSession, ids: Sequence[UUID]) -> list[Notification | None]:
    """None for those that the asker may not see."""
    rows = await db.exec(select(Notification).where(col(Notification.id).in_(ids)))
    found = {notification.id: notification for notification in rows}
    return [found.get(notification_id) for notification_id in ids]
