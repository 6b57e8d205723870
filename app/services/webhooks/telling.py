"""Telling whose endpoint it is that we gave it up."""

from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.events import Happened, WebhookEndpointDisabled
from app.models.coaches import Coach
from app.models.identity import Role, User
from app.models.notifications import NotificationKind
from app.services.notifications import notify


async def tell_of_disabled(db: AsyncSession, happened: Happened, *, now: datetime) -> None:
    """The coach, or of the practice's the admins; for the system, and once, however often it is heard of."""
    event = happened.read()
    assert isinstance(event, WebhookEndpointDisabled)
    if event.coach_id is None:
        owners = select(User.id).where(User.role == Role.ADMIN, col(User.is_active))
    else:
        owners = select(Coach.user_id).where(Coach.id == event.coach_id)
    users = (await db.exec(owners)).all()
    facts = event.model_dump(mode="json")
    occasion = f"event:{happened.id}"
    await notify(db, NotificationKind.WEBHOOK_DISABLED, users, occasion=occasion, facts=facts, now=now)
