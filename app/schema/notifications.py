"""Notifications, and what users want of them."""

from datetime import datetime, time
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from app.loaders import deliveries as delivery_loaders
from app.loaders import sessions as session_loaders
from app.models import notifications as models
from app.models.notifications import Channel, NotificationKind
from app.schema.relations import Info, relation
from app.schema.sessions import Session
from app.services import notifications as notification_service
from app.wire.enums import describe
from app.wire.relay import Node, node_id
from app.wire.scalars import TimeZone

if TYPE_CHECKING:
    from app.schema.deliveries import Delivery

describe(
    NotificationKind,
    "What is told.",
    {
        "SESSION_BOOKED": "A session was made; told to its coach.",
        "BOOKING_CONFIRMED": "A booking is confirmed and its session made; told to its member.",
        "BOOKING_REJECTED": "A slot was full; told to the member who asked for it.",
        "SESSION_RESCHEDULED": "A session was moved; told to both.",
        "SESSION_CANCELLED": "A session was called off; told to both.",
        "SESSION_COMPLETED": "A session took place; told to both, and the member is asked to rate it.",
        "SESSION_REMINDER_24_HOURS": "A session begins in 24 hours; told to both.",
        "SESSION_REMINDER_1_HOUR": "A session begins in an hour; told to both.",
        "MEMBER_ASSIGNED": "A new member was assigned; told to their coach.",
        "PLACE_OFFERED": "A place has become free and is held; told to the first in line.",
        "PLAN_SHARED": "A session's plan was shared; told to its member.",
        "PLAN_REMINDER": "A session's plan wants to be looked at; told to its member.",
        "NOTE_SHARED": "A note of a session was shared; told to the other side.",
        "WEBHOOK_DISABLED": "A webhook was switched off because it failed too often; told to its coach, or to admins.",
        "CALENDAR_IMPORT_FAILED": "A calendar from outside could not be read; told to its coach.",
        "ASSESSMENT_ASKED": "A coach asks for an assessment; told to the member.",
        "ASSESSMENT_COMPLETED": "An assessment was completed; told to the member's coach.",
        "BREAKTHROUGH_DETECTED": "A coherence has risen by more than it usually moves; told to the member's coach.",
        "BREAKTHROUGH_CONFIRMED": "A coach confirms a breakthrough; told to the member.",
        "INTERVENTION_ASSIGNED": "An intervention was assigned; told to the member.",
        "ACTION_ITEM_ADDED": "Something to do was added by a coach; told to the member.",
        "ACTION_ITEM_OVERDUE": "Something to do was not done in time; told to the member.",
        "MILESTONE_REACHED": "A milestone of a goal was reached; told to the member's coach.",
        "JOURNAL_ENTRY_SHARED": "An entry of a journal was shared; told to the member's coach.",
        "RECOMMENDATION_SENT": "A coach recommends something; told to the member.",
        "RISK_ALERT": "A high or acute risk was assessed; told to the member's coach, at any hour.",
        "RISK_ALERT_ESCALATED": "Nobody has acknowledged an alert in time; told to admins and the coach, at any hour.",
    },
)
describe(
    Channel,
    "How something is told.",
    {"IN_APP": "In the list of notifications.", "EMAIL": "By mail.", "SMS": "By SMS, to the number of the profile."},
)


@strawberry.type(description="One event, told to one user.")
class Notification(Node):
    id: strawberry.ID = node_id("Notification")
    kind: NotificationKind = strawberry.field(description="What is told.")
    created_at: datetime = strawberry.field(description="When it was recorded.")
    read_at: datetime | None = strawberry.field(description="When it was marked as read.")
    deliveries = relation(
        list[Annotated["Delivery", strawberry.lazy("app.schema.deliveries")]],
        delivery_loaders.deliveries_by_notification,
        key="id",
        description="What leaves by mail and SMS, and what became of it.",
    )
    session = relation(
        Session | None,
        session_loaders.sessions_by_id,
        key="session_id",
        description="The session that it is about; null without one, or if it is out of sight by now.",
        shown_to=lambda actor, notification: actor.may("sessions:read"),
    )

    @strawberry.field(description="What it is, in a few words.")
    @staticmethod
    async def title(root: strawberry.Parent[models.Notification], info: Info) -> str:
        texts = await info.context.load(notification_service.texts_by_notification, root.id)
        return texts.title if texts else ""

    @strawberry.field(description="In a sentence, with today's names and times on the reader's clock.")
    @staticmethod
    async def body(root: strawberry.Parent[models.Notification], info: Info) -> str:
        texts = await info.context.load(notification_service.texts_by_notification, root.id)
        return texts.short if texts else ""

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.Notification)


@strawberry.type(description="A snapshot, or what is new since the last message of the subscription.")
class NotificationReceived:
    is_snapshot: bool = strawberry.field(description="True for the first message, which holds no notifications.")
    unread_count: int = strawberry.field(description="How many are unread now.")
    notifications: list[Notification] = strawberry.field(
        description="New ones, the oldest first; none where only the count has changed. At most the newest 100."
    )


@strawberry.type(description="What was marked as read.")
class NotificationsRead:
    marked: int = strawberry.field(description="How many were unread until now.")
    unread: int = strawberry.field(description="How many still are.", name="unreadCount")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, notification_service.Read)


@strawberry.type(description="Whether something is told by a channel.")
class NotificationPreference:
    kind: NotificationKind = strawberry.field(description="What is told.")
    channel: Channel = strawberry.field(description="How.")
    is_on: bool = strawberry.field(description="Whether it is.")
    is_optional: bool = strawberry.field(description="Whether it can be switched off.")


@strawberry.type(description="Every day, when mails and SMS wait: all but those that cannot.")
class QuietHours:
    time_zone: TimeZone = strawberry.field(description="The user's own.")
    until: time = strawberry.field(description="When they end; on the next day if that is earlier than they begin.")

    @strawberry.field(name="from", description="When they begin.")
    @staticmethod
    def from_(root: strawberry.Parent[notification_service.Quiet]) -> time:
        return root.from_


@strawberry.type(description="What the asker is told, and how.")
class NotificationPreferences:
    quiet_hours: QuietHours | None = strawberry.field(description="Null without any.")

    @strawberry.field(description="Of every kind that users of the asker's role are told, by every channel.")
    @staticmethod
    def preferences(root: strawberry.Parent[notification_service.Preferences]) -> list[NotificationPreference]:
        found: Any = root.each
        return list(found)

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, notification_service.Preferences)


@strawberry.input(description="A notification of the asker's.")
class MarkNotificationReadInput:
    id: strawberry.ID = strawberry.field(description="The notification.")


@strawberry.input(description="The asker's notifications up to a time.")
class MarkAllNotificationsReadInput:
    until: datetime = strawberry.field(
        description="The `createdAt` of the newest that was shown: what has come since stays unread."
    )


@strawberry.input(description="Whether something is to be told by a channel.")
class NotificationPreferenceInput:
    kind: NotificationKind = strawberry.field(description="What is told.")
    channel: Channel = strawberry.field(description="How.")
    is_on: bool = strawberry.field(description="Whether it is to be.")


@strawberry.input(description="Every day, on the user's own clock.")
class QuietHoursInput:
    from_: time = strawberry.field(name="from", description="When they begin, a full minute.")
    until: time = strawberry.field(description="When they end, a full minute; may be on the next day.")


@strawberry.input(description="Changes of what the asker is told; what is left out stays as it is.")
class UpdateNotificationPreferencesInput:
    changes: list[NotificationPreferenceInput] | None = strawberry.field(
        default=strawberry.UNSET, description="At most 100."
    )
    quiet_hours: QuietHoursInput | None = strawberry.field(default=strawberry.UNSET, description="Null: none.")
