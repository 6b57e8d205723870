"""Webhooks: endpoints, and what they were sent."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import orjson
import strawberry

from app.loaders import coaches as coach_loaders
from app.loaders import webhooks as webhook_loaders
from app.models import webhooks as models
from app.schema.relations import relation
from app.wire.enums import describe
from app.wire.relay import Node, node_id

if TYPE_CHECKING:
    from app.schema.coaches import Coach

describe(
    models.WebhookMessageStatus,
    "Where a message stands.",
    {
        "PENDING": "It is on its way, or is to be tried again.",
        "DELIVERED": "The endpoint has taken it.",
        "FAILED": "It was given up.",
    },
)


@strawberry.type(description="An address outside that is told what happens: all in the practice, or a coach's.")
class WebhookEndpoint(Node):
    id: strawberry.ID = node_id("WebhookEndpoint")
    url: str = strawberry.field(description="Where messages are sent.")
    description: str | None = strawberry.field(description="What it is for.")
    event_types: list[str] | None = strawberry.field(
        description="Names of the events that it is told of, such as `session.booked`; null: of all."
    )
    is_enabled: bool = strawberry.field(description="Whether anything is sent to it.")
    disabled_at: datetime | None = strawberry.field(description="Since when nothing is.")
    disabled_reason: str | None = strawberry.field(description="Why we disabled it; null where somebody did.")
    previous_secret_until: datetime | None = strawberry.field(
        description="Until when messages are signed by the secret before the last rotation too."
    )
    last_delivered_at: datetime | None = strawberry.field(description="When it last took a message.")
    created_at: datetime = strawberry.field(description="When it was added.")
    updated_at: datetime = strawberry.field(description="When it was last changed.")
    coach = relation(
        Annotated["Coach", strawberry.lazy("app.schema.coaches")] | None,
        coach_loaders.coaches_by_id,
        key="coach_id",
        description="Whose events it is told of; null: the whole practice's.",
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.WebhookEndpoint)


@strawberry.type(description="One request to an endpoint.")
class WebhookAttempt:
    number: int = strawberry.field(description="The first is 1; replays go on counting.")
    at: datetime = strawberry.field(description="When it ended.")
    duration_ms: int = strawberry.field(description="How long it took, in milliseconds.")
    status_code: int | None = strawberry.field(description="The HTTP status of the answer; null without one.")
    failure: str | None = strawberry.field(description="Why there was no answer, or none that is taken.")
    answer: str | None = strawberry.field(description="How the answer's body begins: 2,048 bytes, as text.")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.WebhookAttempt)


@strawberry.type(description="An event for one endpoint. It is kept for 30 days.")
class WebhookMessage(Node):
    id: strawberry.ID = node_id("WebhookMessage")
    webhook_id: str = strawberry.field(
        description="The header `webhook-id`: the event's, the same at every endpoint, in every try and replay."
    )
    event_type: str = strawberry.field(description="The name of the event, such as `session.booked`.")
    status: models.WebhookMessageStatus = strawberry.field(description="Where it stands.")
    reason: str | None = strawberry.field(description="Why it was given up.")
    due_at: datetime | None = strawberry.field(description="When it is to be tried next, while it is pending.")
    delivered_at: datetime | None = strawberry.field(description="When it was last taken.")
    created_at: datetime = strawberry.field(description="When it was recorded.")
    attempts = relation(
        list[WebhookAttempt],
        webhook_loaders.attempts_by_message,
        key="id",
        description="Every request that was made, the first one first.",
    )
    endpoint = relation(
        WebhookEndpoint | None, webhook_loaders.endpoints_by_id, key="endpoint_id", description="Whom it is for."
    )

    @strawberry.field(description="The body that is sent, as JSON: ids of the API and times, no names and no texts.")
    @staticmethod
    def payload(root: strawberry.Parent[models.WebhookMessage]) -> str:
        return orjson.dumps(root.payload).decode()

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.WebhookMessage)


@strawberry.type(description="A secret, which is shown this once.")
class WebhookSecret:
    endpoint: WebhookEndpoint = strawberry.field(description="Whose messages it signs.")
    secret: str = strawberry.field(description="`whsec_` and Base64, as Standard Webhooks has it. Keep it safe.")


@strawberry.type(description="What is sent again.")
class WebhookReplay:
    count: int = strawberry.field(description="How many messages.")


@strawberry.input(description="A new endpoint.")
class AddWebhookEndpointInput:
    url: str = strawberry.field(description="An address that begins with https://, of up to 2,048 characters.")
    description: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 200 characters.")
    event_types: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="Names of events, such as `session.booked`; null or left out: all."
    )
    coach_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="Whose events; for admins, without it the whole practice's. Coaches have their own.",
    )


@strawberry.input(description="Changes of an endpoint; what is left out stays as it is.")
class UpdateWebhookEndpointInput:
    id: strawberry.ID = strawberry.field(description="The endpoint.")
    url: str | None = strawberry.field(default=strawberry.UNSET, description="Where messages are sent.")
    description: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 200 characters.")
    event_types: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="Names of events; null: all."
    )
    is_enabled: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="False: what is on its way is given up. True: what was given up is sent when it is replayed.",
    )


@strawberry.input(description="Which endpoint to remove, with all that it was sent.")
class RemoveWebhookEndpointInput:
    id: strawberry.ID = strawberry.field(description="The endpoint.")


@strawberry.input(description="Which endpoint gets a new secret.")
class RotateWebhookSecretInput:
    id: strawberry.ID = strawberry.field(description="The endpoint.")
    keep_previous: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="Sign by the secret before too, for 24 hours; the default. False, where somebody has come by it: it"
        " is of no use from now on.",
    )


@strawberry.input(description="Which endpoint to test.")
class SendTestWebhookInput:
    id: strawberry.ID = strawberry.field(description="The endpoint.")


@strawberry.input(description="Which message to send again.")
class ReplayWebhookMessageInput:
    id: strawberry.ID = strawberry.field(description="The message.")


@strawberry.input(description="Which messages to send again.")
class ReplayWebhookMessagesInput:
    endpoint_id: strawberry.ID = strawberry.field(description="The endpoint.")
    since: datetime = strawberry.field(description="From those that were recorded then.")
    until: datetime = strawberry.field(description="To those that were recorded before then.")
    only_failed: bool | None = strawberry.field(
        default=strawberry.UNSET, description="The default; false: those that were delivered too."
    )
