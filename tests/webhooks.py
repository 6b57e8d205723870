"""What tests of webhooks ask, and how they make time pass for what is to be sent."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from app.models.webhooks import WebhookAttempt, WebhookMessage, WebhookMessageStatus
from app.platform.ids import new_id
from app.wire.relay import global_id, parse_key
from tests.operations import PROBLEM
from tests.practice import Person, Practice

ENDPOINT = (
    "id url description eventTypes isEnabled disabledAt disabledReason previousSecretUntil lastDeliveredAt coach { id }"
)
SECRET = f"... on WebhookSecret {{ secret endpoint {{ {ENDPOINT} }} }}"
WRONG = f"{PROBLEM} ... on InvalidInput {{ field }}"
ADD = (
    "mutation ($input: AddWebhookEndpointInput!) { addWebhookEndpoint(input: $input)"
    f" {{ __typename {SECRET} {WRONG} }} }}"
)
UPDATE = (
    "mutation ($input: UpdateWebhookEndpointInput!) { updateWebhookEndpoint(input: $input)"
    f" {{ __typename ... on WebhookEndpoint {{ {ENDPOINT} }} {WRONG} }} }}"
)
REMOVE = (
    "mutation ($input: RemoveWebhookEndpointInput!) { removeWebhookEndpoint(input: $input)"
    f" {{ __typename ... on Removed {{ id }} {WRONG} }} }}"
)
ROTATE = (
    "mutation ($input: RotateWebhookSecretInput!) { rotateWebhookSecret(input: $input)"
    f" {{ __typename {SECRET} {WRONG} }} }}"
)
SEND_TEST = (
    "mutation ($input: SendTestWebhookInput!) { sendTestWebhook(input: $input)"
    f" {{ __typename ... on WebhookEndpoint {{ id }} {WRONG} }} }}"
)
REPLAY = (
    "mutation ($input: ReplayWebhookMessageInput!) { replayWebhookMessage(input: $input)"
    f" {{ __typename ... on WebhookMessage {{ id status }} {WRONG} }} }}"
)
REPLAY_ALL = (
    "mutation ($input: ReplayWebhookMessagesInput!) { replayWebhookMessages(input: $input)"
    f" {{ __typename ... on WebhookReplay {{ count }} ... on TooMuchToReplay {{ most }} {WRONG} }} }}"
)
ENDPOINTS = "query ($coachId: ID) { webhookEndpoints(coachId: $coachId) { edges { node { " + ENDPOINT + " } } } }"
MESSAGES = (
    "query ($endpointId: ID!, $status: WebhookMessageStatus) { webhookMessages(endpointId: $endpointId, status:"
    " $status, first: 100) { edges { node { id webhookId eventType status reason dueAt deliveredAt payload"
    " endpoint { id } attempts { number at durationMs statusCode failure answer } } } } }"
)


async def endpoint(practice: Practice, who: Person, url: str, **given: Any) -> tuple[str, str]:
    """Its id and its secret."""
    added = await practice.ask(ADD, who, input={"url": url, **given})
    assert added["__typename"] == "WebhookSecret", added
    return added["endpoint"]["id"], added["secret"]


async def webhooks_of(practice: Practice, coach: Person) -> dict[str, str]:
    """Ids of an endpoint of the coach's, and of a message that it was sent; by their types."""
    endpoint_id, _ = await endpoint(practice, coach, "https://example.com/hook")
    async with practice.as_system() as db:
        message = WebhookMessage(
            endpoint_id=parse_key(endpoint_id, "WebhookEndpoint", "id"),
            webhook_id=f"msg_{new_id().hex}",
            event_type="test.sent",
            payload={"type": "test.sent"},
            status=WebhookMessageStatus.DELIVERED,
            created_at=practice.clock(),
        )
        db.add(message)
        await db.flush()
        db.add(WebhookAttempt(message_id=message.id, number=1, at=practice.clock(), duration_ms=1, status_code=200))
    return {"WebhookEndpoint": endpoint_id, "WebhookMessage": global_id("WebhookMessage", message.id)}


async def messages(practice: Practice, who: Person, endpoint_id: str, status: str | None = None) -> list[Any]:
    """The newest first."""
    page = await practice.ask(MESSAGES, who, endpointId=endpoint_id, status=status)
    return [edge["node"] for edge in page["edges"]]


async def work_now(practice: Practice) -> None:
    """Works at the real time, by which receivers judge signatures."""
    was, practice.clock.now = practice.clock.now, datetime.now(UTC)
    try:
        await practice.work()
    finally:
        practice.clock.now = was


async def pauses(practice: Practice) -> list[float]:
    """In how many seconds each queued try is due, rounded."""
    rows = await practice.rows(
        "SELECT round(extract(epoch FROM execute_after - updated)) FROM pgqueuer"
        " WHERE entrypoint = 'send_webhook' AND status = 'queued' ORDER BY 1"
    )
    return [float(row[0]) for row in rows]


async def try_again(practice: Practice) -> None:
    """Makes everything due that is queued, and works."""
    async with practice.as_system() as db:
        await db.execute(text("UPDATE pgqueuer SET execute_after = now() WHERE status = 'queued'"))
    await practice.work()
