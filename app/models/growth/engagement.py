"""How much members do, counted by the day, and the score that is made of it."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.platform.columns import at_least, choice, one_of, optional_timestamp, timestamp
from app.platform.row_security import guard, is_mine


class Metric(StrEnum):
    JOURNAL_ENTRIES = "JOURNAL_ENTRIES"
    ACTION_ITEMS_COMPLETED = "ACTION_ITEMS_COMPLETED"
    SESSIONS_ATTENDED = "SESSIONS_ATTENDED"
    SESSIONS_MISSED = "SESSIONS_MISSED"
    ASSESSMENTS_COMPLETED = "ASSESSMENTS_COMPLETED"
    INTERVENTIONS_COMPLETED = "INTERVENTIONS_COMPLETED"


class EngagementMetric(SQLModel, table=True):
    """How often something happened on a day of the member's; a day without a row had none."""

    __tablename__ = "engagement_metrics"
    __table_args__ = (one_of("name", Metric, "engagement_metrics"), at_least("value", 0, "engagement_metrics"))

    member_id: UUID = Field(primary_key=True, foreign_key="members.id", ondelete="CASCADE")
    name: Metric = choice(Metric, primary_key=True)
    day: date = Field(primary_key=True)
    member_coach_id: UUID | None = None
    value: Decimal = Field(sa_type=Numeric(9, 2), nullable=False)


class EngagementScore(SQLModel, table=True):
    """What a member's days come to by now; `current_until` is when their next day begins, None if nothing fades."""

    __tablename__ = "engagement_scores"
    __table_args__ = (
        at_least("score", 0, "engagement_scores", 100),
        CheckConstraint("jsonb_typeof(parts) = 'object'", name="engagement_scores_parts_are_named"),
        CheckConstraint("current_until > computed_at", name="engagement_scores_current_for_a_while"),
        Index("engagement_scores_by_coach", "member_coach_id", "score", "member_id"),
        Index("engagement_scores_to_fade", "current_until"),
    )

    member_id: UUID = Field(primary_key=True, foreign_key="members.id", ondelete="CASCADE")
    member_coach_id: UUID | None = None
    score: int
    parts: dict[str, Any] = Field(sa_type=JSONB, nullable=False)
    computed_at: datetime = timestamp()
    current_until: datetime | None = optional_timestamp()


_SEEN_BY = [is_mine("member_id", "member_id"), is_mine("member_coach_id", "coach_id")]
# Nobody says how engaged somebody is: the system counts.
guard(EngagementMetric, select=_SEEN_BY)
guard(EngagementScore, select=_SEEN_BY)
