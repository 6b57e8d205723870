"""Webhooks: what happens here, told to addresses outside."""

from app.services.webhooks.endpoints import (
    NewWebhookEndpoint,
    SecretRotation,
    WebhookEndpointChanges,
    access_webhook_endpoint,
    add_webhook_endpoint,
    list_webhook_endpoints,
    remove_webhook_endpoint,
    rotate_webhook_secret,
    send_test_webhook,
    update_webhook_endpoint,
)
from app.services.webhooks.event_types import EVENT_TYPES, TEST, EventType, schema_document
from app.services.webhooks.recording import prune_webhooks, record_webhooks, wanted_events
from app.services.webhooks.replaying import (
    MessageFilter,
    Replay,
    access_webhook_message,
    list_webhook_messages,
    replay,
    replay_webhook_message,
    replay_webhook_messages,
)
from app.services.webhooks.sending import SCHEDULE, Outcome, begin_attempt, end_attempt, post, put_off
from app.services.webhooks.telling import tell_of_disabled
from app.services.webhooks.turns import JOB, PLACES, Turn, look_after_webhooks

__all__ = [
    "EVENT_TYPES",
    "JOB",
    "PLACES",
    "SCHEDULE",
    "TEST",
    "EventType",
    "MessageFilter",
    "NewWebhookEndpoint",
    "Outcome",
    "Replay",
    "SecretRotation",
    "Turn",
    "WebhookEndpointChanges",
    "access_webhook_endpoint",
    "access_webhook_message",
    "add_webhook_endpoint",
    "begin_attempt",
    "end_attempt",
    "list_webhook_endpoints",
    "list_webhook_messages",
    "look_after_webhooks",
    "post",
    "prune_webhooks",
    "put_off",
    "record_webhooks",
    "remove_webhook_endpoint",
    "replay",
    "replay_webhook_message",
    "replay_webhook_messages",
    "rotate_webhook_secret",
    "schema_document",
    "send_test_webhook",
    "tell_of_disabled",
    "update_webhook_endpoint",
    "wanted_events",
]
