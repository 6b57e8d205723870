"""Unsubscribing from mails of one kind, by a link that nobody else has: it needs no log-in."""

from collections.abc import Collection
from datetime import datetime
from typing import Final, TypeAlias
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.identity import Role, User
from app.models.notifications import Channel, NotificationKind, NotificationPreference
from app.services.notifications.table import telling_of

_K = NotificationKind

Chosen: TypeAlias = tuple[UUID, NotificationKind, Channel]

IN_WORDS: Final = {
    _K.SESSION_BOOKED: "newly booked sessions",
    _K.BOOKING_CONFIRMED: "confirmed bookings",
    _K.BOOKING_REJECTED: "bookings that were not possible",
    _K.SESSION_RESCHEDULED: "sessions that were moved",
    _K.SESSION_CANCELLED: "cancelled sessions",
    _K.SESSION_COMPLETED: "completed sessions",
    _K.SESSION_REMINDER_24_HOURS: "sessions a day ahead",
    _K.SESSION_REMINDER_1_HOUR: "sessions an hour ahead",
    _K.MEMBER_ASSIGNED: "who coaches whom",
    _K.PLACE_OFFERED: "places that become free",
    _K.PLAN_SHARED: "plans that are shared with you",
    _K.PLAN_REMINDER: "plans to look at before a session",
    _K.NOTE_SHARED: "notes that are shared with you",
    _K.WEBHOOK_DISABLED: "webhooks that were switched off",
    _K.CALENDAR_IMPORT_FAILED: "outside calendars that cannot be read",
    _K.ASSESSMENT_ASKED: "assessments to answer",
    _K.ASSESSMENT_COMPLETED: "completed assessments",
    _K.BREAKTHROUGH_DETECTED: "breakthroughs to confirm",
    _K.BREAKTHROUGH_CONFIRMED: "breakthroughs of yours",
    _K.INTERVENTION_ASSIGNED: "what you are given to practise",
    _K.ACTION_ITEM_ADDED: "what you are given to do",
    _K.ACTION_ITEM_OVERDUE: "what is overdue",
    _K.MILESTONE_REACHED: "milestones that are reached",
    _K.JOURNAL_ENTRY_SHARED: "journal entries that are shared with you",
    _K.RECOMMENDATION_SENT: "what is recommended to you",
    _K.RISK_ALERT: "risk alerts",
    _K.RISK_ALERT_ESCALATED: "risk alerts that wait",
}


def may_unsubscribe(kind: NotificationKind, role: Role, channel: Channel = Channel.EMAIL) -> bool:
    return channel not in telling_of(kind, role).always


async def unsubscribed_of(db: AsyncSession, user_ids: Collection[UUID]) -> set[Chosen]:
    """What these users have switched off; before or since their deliveries were made."""
    off = select(NotificationPreference).where(
        col(NotificationPreference.user_id).in_(user_ids), col(NotificationPreference.is_on).is_(False)
    )
    return {(each.user_id, each.kind, each.channel) for each in await db.exec(off)}


async def unsubscribe(
    db: AsyncSession, *, user_id: UUID, kind: NotificationKind, channel: Channel, now: datetime
) -> bool:
    """Once or many times alike. For the system; whether there is such a user who may."""
    user = await db.get(User, user_id)
    if user is None or not may_unsubscribe(kind, user.role, channel):
        return False
    row = {"user_id": user_id, "kind": kind, "channel": channel, "is_on": False, "updated_at": now}
    statement = insert(NotificationPreference).values(row)
    key = ("user_id", "kind", "channel")
    await db.execute(statement.on_conflict_do_update(index_elements=key, set_={"is_on": False, "updated_at": now}))
    return True
