"""Addresses outside that are told what happens here, what they were told, and what they answered."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.platform.columns import at_least, choice, one_of, optional_timestamp, timestamp
from app.platform.encryption import Place
from app.platform.ids import new_id
from app.platform.row_security import guard, is_mine

MOST_ENDPOINTS: Final = 20
LONGEST_ANSWER: Final = 2_048
"""Characters that are kept of an answer."""
BEGUN: Final = "status = 'PENDING' AND NOT is_waiting AND (tries = 0 OR sending_until IS NOT NULL)"
"""Messages that have one of their endpoint's places, or a first try that is queued."""


class WebhookMessageStatus(StrEnum):
    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


class WebhookEndpoint(SQLModel, table=True):
    """Where events are sent: all of the practice's, or those of one coach.

    `event_types` is None for all of them. The previous secret signs too until it expires. `last_delivered_at` says
    whether anything has got through.
    """

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        CheckConstraint("substring(sealed_secret, 1, 1) = '\\x01'::bytea", name="webhook_endpoints_sealed"),
        CheckConstraint(
            "(sealed_previous_secret IS NULL) = (previous_secret_until IS NULL)",
            name="webhook_endpoints_previous_secret_expires",
        ),
        CheckConstraint(
            "substring(sealed_previous_secret, 1, 1) = '\\x01'::bytea", name="webhook_endpoints_previous_sealed"
        ),
        CheckConstraint(
            "is_enabled = (disabled_at IS NULL) AND (disabled_reason IS NULL OR NOT is_enabled)",
            name="webhook_endpoints_disabled_since",
        ),
        CheckConstraint(
            "event_types IS NULL OR jsonb_typeof(event_types) = 'array' AND event_types <> '[]'::jsonb",
            name="webhook_endpoints_some_events",
        ),
        Index("webhook_endpoints_by_coach", "coach_id", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    coach_id: UUID | None = Field(default=None, foreign_key="coaches.id", ondelete="CASCADE")
    url: str = Field(max_length=2_048)
    description: str | None = Field(default=None, max_length=200)
    event_types: list[str] | None = Field(default=None, sa_type=JSONB(none_as_null=True), nullable=True)
    is_enabled: bool = True
    disabled_at: datetime | None = optional_timestamp()
    disabled_reason: str | None = Field(default=None, max_length=200)
    sealed_secret: bytes
    sealed_previous_secret: bytes | None = None
    previous_secret_until: datetime | None = optional_timestamp()
    last_delivered_at: datetime | None = optional_timestamp()
    created_at: datetime = timestamp()
    updated_at: datetime = timestamp()

    def place_of(self, column: str) -> Place:
        return Place("webhook_endpoints", column, self.id)


class WebhookMessage(SQLModel, table=True):
    """One event for one endpoint: `webhook_id` is the event's for life, `payload` has ids and times only.

    `round` counts how often the schedule was begun, and `tries` the attempts since. While it waits, no job is queued
    for it, until one of the endpoint's places is handed on to it; `sending_until` is the lease of a place, by the
    database's clock. `replayed_by` is the event that asked for the last replay.
    """

    __tablename__ = "webhook_messages"
    __table_args__ = (
        one_of("status", WebhookMessageStatus, "webhook_messages"),
        UniqueConstraint("endpoint_id", "webhook_id", name="webhook_messages_once"),
        at_least("tries", 0, "webhook_messages"),
        at_least("attempt_count", 0, "webhook_messages"),
        CheckConstraint("tries <= attempt_count", name="webhook_messages_tries_are_attempts"),
        CheckConstraint("status = 'PENDING' OR NOT is_waiting", name="webhook_messages_wait_to_be_sent"),
        CheckConstraint("(status = 'PENDING') = (due_at IS NOT NULL)", name="webhook_messages_due_while_pending"),
        CheckConstraint("status <> 'FAILED' OR reason IS NOT NULL", name="webhook_messages_say_why_not"),
        Index("webhook_messages_by_endpoint", "endpoint_id", "id"),
        Index("webhook_messages_by_status", "endpoint_id", "status", "id"),
        Index("webhook_messages_by_age", "created_at"),
        Index("webhook_messages_by_coach", "coach_id"),
        Index("webhook_messages_begun", "endpoint_id", postgresql_where=text(BEGUN)),
        Index("webhook_messages_waiting", "endpoint_id", "id", postgresql_where=text("is_waiting")),
        Index("webhook_messages_due", "due_at", postgresql_where=text("status = 'PENDING'")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    endpoint_id: UUID = Field(foreign_key="webhook_endpoints.id", ondelete="CASCADE")
    coach_id: UUID | None = None
    webhook_id: str = Field(max_length=64)
    event_type: str = Field(max_length=64)
    payload: dict[str, Any] = Field(sa_type=JSONB, nullable=False)
    status: WebhookMessageStatus = choice(WebhookMessageStatus, default=WebhookMessageStatus.PENDING)
    reason: str | None = Field(default=None, max_length=200)
    round: int = 1
    tries: int = 0
    attempt_count: int = 0
    is_waiting: bool = False
    first_tried_at: datetime | None = optional_timestamp()
    due_at: datetime | None = optional_timestamp()
    sending_until: datetime | None = optional_timestamp()
    delivered_at: datetime | None = optional_timestamp()
    replayed_by: int | None = Field(default=None, sa_type=BigInteger, nullable=True)
    created_at: datetime = timestamp()


class WebhookAttempt(SQLModel, table=True):
    """One request and what came of it: a status, or why there was none."""

    __tablename__ = "webhook_attempts"
    __table_args__ = (
        at_least("number", 1, "webhook_attempts"),
        at_least("duration_ms", 0, "webhook_attempts"),
        CheckConstraint("status_code IS NOT NULL OR failure IS NOT NULL", name="webhook_attempts_came_to_something"),
        Index("webhook_attempts_by_coach", "coach_id"),
    )

    message_id: UUID = Field(primary_key=True, foreign_key="webhook_messages.id", ondelete="CASCADE")
    number: int = Field(primary_key=True)
    coach_id: UUID | None = None
    at: datetime = timestamp()
    duration_ms: int
    status_code: int | None = None
    failure: str | None = Field(default=None, max_length=200)
    answer: str | None = Field(default=None, max_length=LONGEST_ANSWER)


MINE = is_mine("coach_id", "coach_id")

# An endpoint without a coach is the practice's: for admins. Only the system says what was sent.
guard(WebhookEndpoint, select=[MINE], insert=[MINE], update=[MINE], delete=[MINE])
guard(WebhookMessage, select=[MINE])
guard(WebhookAttempt, select=[MINE])
