"""Deliveries: notifications on their way by mail and SMS."""

from datetime import datetime

import strawberry

from app.loaders import deliveries as delivery_loaders
from app.loaders import identity as identity_loaders
from app.models import notifications as models
from app.models.notifications import Channel, DeliveryStatus, NotificationKind
from app.schema.identity import User
from app.schema.relations import relation
from app.wire.enums import describe
from app.wire.relay import Node, node_id

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
        "WEBHOOK_DISABLED": "A webhook was switched off because it failed too often; told to admins.",
        "CALENDAR_IMPORT_FAILED": "A calendar from outside could not be read; told to its coach.",
    },
)
describe(
    Channel,
    "How something is told.",
    {"IN_APP": "In the list of notifications.", "EMAIL": "By mail.", "SMS": "By SMS, to the number of the profile."},
)
describe(
    DeliveryStatus,
    "What became of a delivery.",
    {
        "PENDING": "Is on its way, or waits for its time or for another try.",
        "SENT": "Was handed over.",
        "FAILED": "Was given up; an admin can send it again.",
        "SKIPPED": "Was not handed over, because it would have been of no use, or was not wanted.",
    },
)


@strawberry.type(description="A notification on its way by one channel outside. Seen by its recipient and admins.")
class Delivery(Node):
    id: strawberry.ID = node_id("Delivery")
    channel: Channel = strawberry.field(description="By mail or by SMS.")
    status: DeliveryStatus = strawberry.field(description="What became of it.")
    reason: str | None = strawberry.field(description="Why not, or why not yet: what the partner said last.")
    attempts: int = strawberry.field(description="How often it was tried, since it was last begun.")
    sending: int = strawberry.field(description="1, and one more for each time that somebody has sent it again.")
    not_before: datetime | None = strawberry.field(description="It waits until then; null if it need not.")
    tried_at: datetime | None = strawberry.field(description="When it was last tried.")
    sent_at: datetime | None = strawberry.field(description="When it was handed over.")
    created_at: datetime = strawberry.field(description="When it was recorded.")
    kind = relation(
        NotificationKind | None,
        delivery_loaders.kinds_by_notification,
        key="notification_id",
        description="What it tells of.",
    )
    recipient = relation(User | None, identity_loaders.users_by_id, key="user_id", description="Whom it tells.")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.Delivery)


@strawberry.input(description="Which deliveries to list; all that is given must be so.")
class DeliveryFilter:
    status: DeliveryStatus | None = strawberry.field(default=strawberry.UNSET, description="Of this status only.")
    channel: Channel | None = strawberry.field(default=strawberry.UNSET, description="By this channel only.")
    user_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="To this user only.")


@strawberry.input(description="Sending a delivery again.")
class SendAgainInput:
    delivery_id: strawberry.ID = strawberry.field(description="The delivery, whatever became of it.")
