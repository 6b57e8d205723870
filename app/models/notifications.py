"""What people are told: one notification for each event and recipient, and what is handed over by mail or SMS."""

from datetime import datetime, time
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.platform.columns import at_least, choice, one_of, optional_timestamp, stamped_now, timestamp
from app.platform.ids import new_id
from app.platform.row_security import guard, is_mine


class NotificationKind(StrEnum):
    SESSION_BOOKED = "SESSION_BOOKED"
    BOOKING_CONFIRMED = "BOOKING_CONFIRMED"
    BOOKING_REJECTED = "BOOKING_REJECTED"
    SESSION_RESCHEDULED = "SESSION_RESCHEDULED"
    SESSION_CANCELLED = "SESSION_CANCELLED"
    SESSION_COMPLETED = "SESSION_COMPLETED"
    SESSION_REMINDER_24_HOURS = "SESSION_REMINDER_24_HOURS"
    SESSION_REMINDER_1_HOUR = "SESSION_REMINDER_1_HOUR"
    MEMBER_ASSIGNED = "MEMBER_ASSIGNED"
    PLACE_OFFERED = "PLACE_OFFERED"
    PLAN_SHARED = "PLAN_SHARED"
    PLAN_REMINDER = "PLAN_REMINDER"
    NOTE_SHARED = "NOTE_SHARED"
    WEBHOOK_DISABLED = "WEBHOOK_DISABLED"
    CALENDAR_IMPORT_FAILED = "CALENDAR_IMPORT_FAILED"
    ASSESSMENT_ASKED = "ASSESSMENT_ASKED"
    ASSESSMENT_COMPLETED = "ASSESSMENT_COMPLETED"
    BREAKTHROUGH_DETECTED = "BREAKTHROUGH_DETECTED"
    BREAKTHROUGH_CONFIRMED = "BREAKTHROUGH_CONFIRMED"
    INTERVENTION_ASSIGNED = "INTERVENTION_ASSIGNED"
    ACTION_ITEM_ADDED = "ACTION_ITEM_ADDED"
    ACTION_ITEM_OVERDUE = "ACTION_ITEM_OVERDUE"
    MILESTONE_REACHED = "MILESTONE_REACHED"
    JOURNAL_ENTRY_SHARED = "JOURNAL_ENTRY_SHARED"
    RECOMMENDATION_SENT = "RECOMMENDATION_SENT"
    RISK_ALERT = "RISK_ALERT"
    RISK_ALERT_ESCALATED = "RISK_ALERT_ESCALATED"


class Channel(StrEnum):
    """`IN_APP` is the notification itself; the others are handed over to somebody outside."""

    IN_APP = "IN_APP"
    EMAIL = "EMAIL"
    SMS = "SMS"


class DeliveryStatus(StrEnum):
    PENDING = "PENDING"
    SENT = "SENT"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"


class Notification(SQLModel, table=True):
    """One event told to one user, once: `occasion` says which, such as `event:17` or `reminder:<session>:<version>`.

    `facts` are ids and times that the text is written from when it is read; they hold no names and no texts. One that
    the user does not want in the app is kept, for its deliveries, and not listed. `skipped` says why nobody was told.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        one_of("kind", NotificationKind, "notifications"),
        UniqueConstraint("user_id", "kind", "occasion", name="notifications_once"),
        Index("notifications_by_user", "user_id", "created_at", "id", postgresql_where=text("is_listed")),
        Index("notifications_unread", "user_id", postgresql_where=text("is_listed AND read_at IS NULL")),
        Index("notifications_by_session", "session_id", postgresql_where=text("session_id IS NOT NULL")),
        Index("notifications_by_age", "created_at", postgresql_using="brin"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE")
    kind: NotificationKind = choice(NotificationKind)
    occasion: str = Field(max_length=120)
    session_id: UUID | None = Field(default=None, foreign_key="sessions.id", ondelete="CASCADE")
    facts: dict[str, Any] = Field(sa_type=JSONB, nullable=False)
    is_listed: bool = True
    skipped: str | None = Field(default=None, max_length=200)
    read_at: datetime | None = optional_timestamp()
    created_at: datetime = timestamp()


class Delivery(SQLModel, table=True):
    """A notification on its way by one channel. `SENT` is written after it was handed over, so a crash between the two
    hands it over again, under the same id: that is the Message-ID of a mail and the key of an SMS. `sending` counts how
    often somebody wanted it on its way: each time it is another mail, and what is left of the earlier ones is void."""

    __tablename__ = "deliveries"
    __table_args__ = (
        one_of("channel", Channel, "deliveries"),
        one_of("status", DeliveryStatus, "deliveries"),
        CheckConstraint("channel <> 'IN_APP'", name="deliveries_leave_the_house"),
        CheckConstraint("(status = 'SENT') = (sent_at IS NOT NULL)", name="deliveries_sent_at_some_time"),
        CheckConstraint("status NOT IN ('FAILED', 'SKIPPED') OR reason IS NOT NULL", name="deliveries_say_why_not"),
        at_least("attempts", 0, "deliveries"),
        at_least("sending", 1, "deliveries"),
        UniqueConstraint("notification_id", "channel", name="deliveries_once"),
        Index("deliveries_by_time", "created_at", "id"),
        Index("deliveries_by_user", "user_id", "created_at", "id"),
        Index("deliveries_by_status", "status", "created_at", "id", postgresql_where=text("status <> 'SENT'")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    notification_id: UUID = Field(foreign_key="notifications.id", ondelete="CASCADE")
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE")
    channel: Channel = choice(Channel)
    status: DeliveryStatus = choice(DeliveryStatus, default=DeliveryStatus.PENDING)
    reason: str | None = Field(default=None, max_length=500)
    attempts: int = 0
    sending: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    not_before: datetime | None = optional_timestamp()
    tried_at: datetime | None = optional_timestamp()
    sent_at: datetime | None = optional_timestamp()
    created_at: datetime = timestamp()


class NotificationPreference(SQLModel, table=True):
    """What a user chose for one kind and channel; where there is none, the table of kinds says what is on."""

    __tablename__ = "notification_preferences"
    __table_args__ = (
        one_of("kind", NotificationKind, "notification_preferences"),
        one_of("channel", Channel, "notification_preferences"),
    )

    user_id: UUID = Field(primary_key=True, foreign_key="users.id", ondelete="CASCADE")
    kind: NotificationKind = choice(NotificationKind, primary_key=True)
    channel: Channel = choice(Channel, primary_key=True)
    is_on: bool
    updated_at: datetime = stamped_now()


class QuietHours(SQLModel, table=True):
    """When a user wants no mail and no SMS, by their own clock; past midnight if `until_time` is the earlier one."""

    __tablename__ = "quiet_hours"
    __table_args__ = (
        CheckConstraint("(from_time IS NULL) = (until_time IS NULL)", name="quiet_hours_from_until"),
        CheckConstraint("from_time <> until_time", name="quiet_hours_end"),
    )

    user_id: UUID = Field(primary_key=True, foreign_key="users.id", ondelete="CASCADE")
    from_time: time | None = None
    until_time: time | None = None
    updated_at: datetime = stamped_now()


guard(Notification, select=[is_mine("user_id", "user_id")], update=[is_mine("user_id", "user_id")])
guard(Delivery, select=[is_mine("user_id", "user_id")])
for _own in (NotificationPreference, QuietHours):
    guard(
        _own,
        select=[is_mine("user_id", "user_id")],
        insert=[is_mine("user_id", "user_id")],
        update=[is_mine("user_id", "user_id")],
    )
