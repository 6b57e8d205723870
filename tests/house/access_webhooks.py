"""The rows of the access table about webhooks."""

from typing import Any

from tests.house.rows import LOGIN, STAFF, Row, given, inputs, its
from tests.webhooks import endpoint

URL = "https://example.com/hook"
NEEDS = ("webhooks:manage",)


async def spare(world: Any) -> str:
    """Of a coach's own, who has some to spare."""
    await world.practice.rows("DELETE FROM webhook_endpoints WHERE description = 'spare' RETURNING id")
    return (await endpoint(world.practice, world.coach, URL, description="spare"))[0]


async def after_making_room(world: Any) -> str:
    await world.practice.rows("DELETE FROM webhook_endpoints WHERE description = 'spare' RETURNING id")
    return URL


NODES = dict.fromkeys(("WebhookEndpoint", "WebhookMessage"), LOGIN)
ROWS = {
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
