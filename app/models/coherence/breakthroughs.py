"""Rises of a member's coherence that are more than its usual ups and downs."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.platform.columns import choice, decimal, one_of, optional_timestamp, timestamp
from app.platform.ids import new_id
from app.platform.row_security import both, guard, is_mine


class BreakthroughDimension(StrEnum):
    PSI = "PSI"
    RHO = "RHO"
    Q = "Q"
    F = "F"
    OVERALL = "OVERALL"


class BreakthroughStatus(StrEnum):
    DETECTED = "DETECTED"
    CONFIRMED = "CONFIRMED"
    DISMISSED = "DISMISSED"


class TriggerKind(StrEnum):
    SESSION = "SESSION"
    INTERVENTION = "INTERVENTION"
    ASSESSMENT = "ASSESSMENT"


class Breakthrough(SQLModel, table=True):
    """One rise, found with a score; the member's coach says once whether it is one.

    What it is made of stays as it was found (a trigger), and so does what was decided.
    """

    __tablename__ = "breakthroughs"
    __table_args__ = (
        one_of("dimension", BreakthroughDimension, "breakthroughs"),
        one_of("status", BreakthroughStatus, "breakthroughs"),
        one_of("trigger_kind", TriggerKind, "breakthroughs"),
        CheckConstraint("magnitude > 0 AND magnitude = after_score - before_score", name="breakthroughs_rise"),
        CheckConstraint("after_score > threshold", name="breakthroughs_above_threshold"),
        CheckConstraint("(status = 'DETECTED') = (decided_at IS NULL)", name="breakthroughs_decided_once"),
        CheckConstraint(
            "(trigger_kind IS NULL) = (trigger_id IS NULL) AND (trigger_kind IS NULL) = (trigger_at IS NULL)"
            " AND trigger_at <= detected_at",
            name="breakthroughs_trigger_before",
        ),
        UniqueConstraint("score_id", "dimension", name="breakthroughs_one_per_dimension"),
        ForeignKeyConstraint(
            ["score_id", "member_id"],
            ["coherence_scores.id", "coherence_scores.member_id"],
            name="breakthroughs_score_fkey",
            ondelete="CASCADE",
        ),
        Index("breakthroughs_by_member", "member_id", text("detected_at DESC"), text("id DESC")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    member_id: UUID
    member_coach_id: UUID | None = None
    score_id: UUID
    dimension: BreakthroughDimension = choice(BreakthroughDimension)
    magnitude: Decimal = decimal(3, 2, nullable=False)
    before_score: Decimal = decimal(3, 2, nullable=False)
    after_score: Decimal = decimal(3, 2, nullable=False)
    threshold: Decimal = decimal(5, 4, nullable=False)
    status: BreakthroughStatus = choice(BreakthroughStatus, default=BreakthroughStatus.DETECTED)
    trigger_kind: TriggerKind | None = choice(TriggerKind, default=None)
    trigger_id: UUID | None = None
    trigger_at: datetime | None = optional_timestamp()
    description: str = Field(max_length=500)
    detected_at: datetime = timestamp()
    decided_at: datetime | None = optional_timestamp()
    decided_by_user_id: UUID | None = Field(default=None, foreign_key="users.id")


guard(
    Breakthrough,
    select=[is_mine("member_id", "member_id"), is_mine("member_coach_id", "coach_id")],
    insert=[both(is_mine("member_id", "member_id"), "status = 'DETECTED'")],
    update=[is_mine("member_coach_id", "coach_id")],
)
