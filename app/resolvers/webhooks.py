"""Webhooks: endpoints, what they were sent, and having it sent again."""

from typing import Annotated

import strawberry

from app.models import webhooks as models
from app.resolvers.arguments import DEFAULT_FIRST, NOT_GIVEN, After, First, page
from app.schema.problems import TooManyWebhookEndpoints, TooMuchToReplay, WebhookEndpointIsDisabled, result_of
from app.schema.relations import Info
from app.schema.scheduling import Removed
from app.schema.webhooks import (
    AddWebhookEndpointInput,
    RemoveWebhookEndpointInput,
    ReplayWebhookMessageInput,
    ReplayWebhookMessagesInput,
    RotateWebhookSecretInput,
    SendTestWebhookInput,
    UpdateWebhookEndpointInput,
    WebhookEndpoint,
    WebhookMessage,
    WebhookReplay,
    WebhookSecret,
)
from app.services import webhooks as webhook_service
from app.wire.inputs import fields_of
from app.wire.relay import Connection, connection, given_key, global_id, parse_key

Whose = Annotated[
    strawberry.ID | None, strawberry.argument(description="The coach; for admins, others have their own.")
]
EndpointId = Annotated[strawberry.ID, strawberry.argument(description="The endpoint.")]
Status = Annotated[
    models.WebhookMessageStatus | None, strawberry.argument(description="Of this status only; default: of any.")
]


@strawberry.type
class Query:
    @strawberry.field(
        graphql_type=Connection[WebhookEndpoint],
        description="A coach's own endpoints; an admin's all, the practice's among them. The oldest first.",
    )
    async def webhook_endpoints(
        self, info: Info, coach_id: Whose = NOT_GIVEN, first: First = DEFAULT_FIRST, after: After = NOT_GIVEN
    ) -> Connection[WebhookEndpoint]:
        whose = given_key(coach_id, "Coach", "coachId")
        found = await info.context.read(webhook_service.list_webhook_endpoints, coach_id=whose, page=page(first, after))
        return connection(found)

    @strawberry.field(
        graphql_type=Connection[WebhookMessage],
        description="What an endpoint was sent in the last 30 days, and how it went. The newest first.",
    )
    async def webhook_messages(
        self,
        info: Info,
        endpoint_id: EndpointId,
        status: Status = NOT_GIVEN,
        first: First = DEFAULT_FIRST,
        after: After = NOT_GIVEN,
    ) -> Connection[WebhookMessage]:
        endpoint = parse_key(endpoint_id, "WebhookEndpoint", "endpointId")
        wanted = webhook_service.MessageFilter.read(endpoint_id=endpoint, status=status or None)
        found = await info.context.read(webhook_service.list_webhook_messages, wanted=wanted, page=page(first, after))
        return connection(found)


@strawberry.type
class Mutation:
    @strawberry.mutation(
        graphql_type=result_of("AddWebhookEndpointResult", WebhookSecret, TooManyWebhookEndpoints),
        description="Adds an endpoint, of which there can be 20, and makes its secret, which is shown this once.",
    )
    async def add_webhook_endpoint(
        self, info: Info, input: Annotated[AddWebhookEndpointInput, strawberry.argument(description="The endpoint.")]
    ) -> WebhookSecret:
        form = webhook_service.NewWebhookEndpoint.read(**fields_of(input, coach_id="Coach"))
        now = info.context.now()
        endpoint, secret = await info.context.write(webhook_service.add_webhook_endpoint, form=form, now=now)
        return WebhookSecret(endpoint=endpoint, secret=secret)  # type: ignore[arg-type]

    @strawberry.mutation(
        graphql_type=result_of("UpdateWebhookEndpointResult", WebhookEndpoint), description="Changes an endpoint."
    )
    async def update_webhook_endpoint(
        self, info: Info, input: Annotated[UpdateWebhookEndpointInput, strawberry.argument(description="The changes.")]
    ) -> models.WebhookEndpoint:
        changes = fields_of(input, id="WebhookEndpoint")
        endpoint_id = changes.pop("id")
        form = webhook_service.WebhookEndpointChanges.read(**changes)
        now = info.context.now()
        return await info.context.write(
            webhook_service.update_webhook_endpoint, endpoint_id=endpoint_id, form=form, now=now
        )

    @strawberry.mutation(
        graphql_type=result_of("RemoveWebhookEndpointResult", Removed), description="Removes an endpoint."
    )
    async def remove_webhook_endpoint(
        self, info: Info, input: Annotated[RemoveWebhookEndpointInput, strawberry.argument(description="Which.")]
    ) -> Removed:
        endpoint_id = fields_of(input, id="WebhookEndpoint")["id"]
        removed = await info.context.write(webhook_service.remove_webhook_endpoint, endpoint_id=endpoint_id)
        return Removed(id=global_id("WebhookEndpoint", removed))

    @strawberry.mutation(
        graphql_type=result_of("RotateWebhookSecretResult", WebhookSecret),
        description="Makes a new secret, which is shown this once. For 24 hours messages are signed by both.",
    )
    async def rotate_webhook_secret(
        self, info: Info, input: Annotated[RotateWebhookSecretInput, strawberry.argument(description="Whose.")]
    ) -> WebhookSecret:
        given = fields_of(input, id="WebhookEndpoint")
        form = webhook_service.SecretRotation.read(endpoint_id=given.pop("id"), **given)
        now = info.context.now()
        endpoint, secret = await info.context.write(webhook_service.rotate_webhook_secret, form=form, now=now)
        return WebhookSecret(endpoint=endpoint, secret=secret)  # type: ignore[arg-type]

    @strawberry.mutation(
        graphql_type=result_of("SendTestWebhookResult", WebhookEndpoint, WebhookEndpointIsDisabled),
        description="Sends a message of the type `test.sent`; `webhookMessages` shows how it went.",
    )
    async def send_test_webhook(
        self, info: Info, input: Annotated[SendTestWebhookInput, strawberry.argument(description="Where to.")]
    ) -> models.WebhookEndpoint:
        endpoint_id = fields_of(input, id="WebhookEndpoint")["id"]
        now = info.context.now()
        return await info.context.write(webhook_service.send_test_webhook, endpoint_id=endpoint_id, now=now)

    @strawberry.mutation(
        graphql_type=result_of("ReplayWebhookMessageResult", WebhookMessage, WebhookEndpointIsDisabled),
        description="Sends a message again, under the same `webhookId`: soon, and then as if it were new.",
    )
    async def replay_webhook_message(
        self, info: Info, input: Annotated[ReplayWebhookMessageInput, strawberry.argument(description="Which.")]
    ) -> models.WebhookMessage:
        message_id = fields_of(input, id="WebhookMessage")["id"]
        return await info.context.write(webhook_service.replay_webhook_message, message_id=message_id)

    @strawberry.mutation(
        graphql_type=result_of(
            "ReplayWebhookMessagesResult", WebhookReplay, WebhookEndpointIsDisabled, TooMuchToReplay
        ),
        description="Sends the messages of a time again that were given up, up to 10,000.",
    )
    async def replay_webhook_messages(
        self, info: Info, input: Annotated[ReplayWebhookMessagesInput, strawberry.argument(description="Which.")]
    ) -> WebhookReplay:
        form = webhook_service.Replay.read(**fields_of(input, endpoint_id="WebhookEndpoint"))
        return WebhookReplay(count=await info.context.write(webhook_service.replay_webhook_messages, form=form))
