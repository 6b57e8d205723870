"""Rows of the access table for webhooks."""

from tests.house.access import LOGIN, STAFF, Row, World, given, inputs, its
from tests.webhooks import endpoint

URL = "https://example.com/hook"
NEEDS = ("webhooks:manage",)


async def spare(world: World) -> str:
    """Of a coach's own, who has some to spare."""
    await world.practice.rows("DELETE FROM webhook_endpoints WHERE description = 'spare' RETURNING id")
    return (await endpoint(world.practice, world.coach, URL, description="spare"))[0]


async def after_making_room(world: World) -> str:
    await world.practice.rows("DELETE FROM webhook_endpoints WHERE description = 'spare' RETURNING id")
    return URL


ACCESS_OF_WEBHOOKS = {
    "Query.webhookEndpoints": Row(LOGIN, given(), NEEDS, STAFF),
    "Query.webhookMessages": Row(LOGIN, given(endpointId=its("WebhookEndpoint")), NEEDS, STAFF),
    "Mutation.addWebhookEndpoint": Row(
        LOGIN, inputs(url=after_making_room, coachId=its("Coach"), description="spare"), NEEDS, STAFF
    ),
    "Mutation.updateWebhookEndpoint": Row(LOGIN, inputs(id=its("WebhookEndpoint"), url=URL), NEEDS, STAFF),
    "Mutation.removeWebhookEndpoint": Row(LOGIN, inputs(id=spare), NEEDS, STAFF),
    "Mutation.rotateWebhookSecret": Row(LOGIN, inputs(id=its("WebhookEndpoint")), NEEDS, STAFF),
    "Mutation.sendTestWebhook": Row(LOGIN, inputs(id=its("WebhookEndpoint")), NEEDS, STAFF),
    "Mutation.replayWebhookMessage": Row(LOGIN, inputs(id=its("WebhookMessage")), NEEDS, STAFF),
    "Mutation.replayWebhookMessages": Row(
        LOGIN,
        inputs(endpointId=its("WebhookEndpoint"), since="2026-03-01T00:00:00Z", until="2026-03-03T00:00:00Z"),
        NEEDS,
        STAFF,
    ),
}
