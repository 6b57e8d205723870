"""Deliveries: notifications on their way by mail and SMS."""

from datetime import datetime

import strawberry

from app.loaders import deliveries as delivery_loaders
from app.loaders import identity as identity_loaders
from app.models import notifications as models
from app.models.notifications import Channel, DeliveryStatus
from app.schema.identity import User
from app.schema.notifications import Notification  # and the channels are described before a type here asks for them
from app.schema.relations import relation
from app.wire.enums import describe
from app.wire.relay import Node, node_id

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
    notification = relation(
        Notification | None,
        delivery_loaders.notifications_by_id,
        key="notification_id",
        description="What it tells.",
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
class ResendDeliveryInput:
    id: strawberry.ID = strawberry.field(description="The delivery, whatever became of it.")
