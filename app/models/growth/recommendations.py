"""What is proposed to a member, and what is known of how much interventions have helped whom."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from app.models.coherence.dimensions import Dimension, Element
from app.platform.columns import at_least, choice, one_of, optional_timestamp, timestamp
from app.platform.encryption import Place
from app.platform.ids import new_id
from app.platform.row_security import both, guard, is_mine


class Priority(StrEnum):
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"


class RecommendationStatus(StrEnum):
    DRAFTED = "DRAFTED"
    APPROVED = "APPROVED"
    SENT = "SENT"
    REJECTED = "REJECTED"
    COMPLETED = "COMPLETED"
    SUPERSEDED = "SUPERSEDED"


class Wording(StrEnum):
    """Whose words the title and the text are."""

    RULES = "RULES"
    MODEL = "MODEL"
    COACH = "COACH"


OPEN: Final = (RecommendationStatus.DRAFTED, RecommendationStatus.APPROVED, RecommendationStatus.SENT)
_OPEN: Final = "status IN ('DRAFTED', 'APPROVED', 'SENT')"
_SENT: Final = "status IN ('SENT', 'COMPLETED')"


class Recommendation(SQLModel, table=True):
    """An intervention proposed to a member: drafted by rules, reviewed by their coach, rated by them.

    `reason` and `facts` say what led to it and stay as they are; `comment` is what the member wrote, encrypted.
    """

    __tablename__ = "recommendations"
    __table_args__ = (
        one_of("dimension", Dimension, "recommendations"),
        one_of("element", Element, "recommendations"),
        one_of("priority", Priority, "recommendations"),
        one_of("status", RecommendationStatus, "recommendations"),
        one_of("wording", Wording, "recommendations"),
        at_least("rating", 1, "recommendations", 5),
        CheckConstraint("rank_score BETWEEN 0 AND 1", name="recommendations_rank_score_range"),
        CheckConstraint(
            "(reviewed_at IS NULL) = (reviewed_by_user_id IS NULL)", name="recommendations_reviewed_by_somebody"
        ),
        CheckConstraint(
            "status IN ('DRAFTED', 'SUPERSEDED') OR reviewed_at IS NOT NULL", name="recommendations_are_reviewed"
        ),
        CheckConstraint(f"NOT ({_SENT}) OR sent_at IS NOT NULL", name="recommendations_sent_at_some_time"),
        CheckConstraint("(rating IS NULL) = (rated_at IS NULL)", name="recommendations_rated_at_some_time"),
        CheckConstraint("rating IS NULL OR sent_at IS NOT NULL", name="recommendations_rated_once_sent"),
        CheckConstraint(
            "comment IS NULL OR (rating IS NOT NULL AND substring(comment, 1, 1) = '\\x01'::bytea"
            " AND length(comment) >= 45)",
            name="recommendations_comment_encrypted",
        ),
        ForeignKeyConstraint(
            ["member_intervention_id", "member_id"],
            ["member_interventions.id", "member_interventions.member_id"],
            name="recommendations_member_intervention_fkey",
        ),
        Index("recommendations_open", "member_id", "intervention_id", unique=True, postgresql_where=text(_OPEN)),
        Index("recommendations_by_member", "member_id", text("drafted_at DESC"), text("id DESC")),
        Index("recommendations_by_coach", "member_coach_id", text("drafted_at DESC"), text("id DESC")),
        Index(
            "recommendations_by_member_intervention",
            "member_intervention_id",
            postgresql_where=text("member_intervention_id IS NOT NULL"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    member_id: UUID = Field(foreign_key="members.id", ondelete="CASCADE")
    member_coach_id: UUID | None = None
    intervention_id: UUID = Field(foreign_key="interventions.id")
    dimension: Dimension = choice(Dimension)
    element: Element | None = choice(Element, default=None, nullable=True)
    priority: Priority = choice(Priority)
    rank_score: Decimal = Field(max_digits=5, decimal_places=4)
    title: str = Field(max_length=200)
    text: str = Field(max_length=2_000)
    reason: str = Field(max_length=600)
    facts: list[dict[str, Any]] = Field(sa_type=JSONB, nullable=False)
    wording: Wording = choice(Wording, default=Wording.RULES)
    status: RecommendationStatus = choice(RecommendationStatus, default=RecommendationStatus.DRAFTED)
    drafted_at: datetime = timestamp()
    reviewed_by_user_id: UUID | None = Field(default=None, foreign_key="users.id")
    reviewed_at: datetime | None = optional_timestamp()
    sent_at: datetime | None = optional_timestamp()
    member_intervention_id: UUID | None = None
    rating: int | None = None
    comment: bytes | None = None
    rated_at: datetime | None = optional_timestamp()

    @property
    def place(self) -> Place:
        return Place("recommendations", "comment", self.id)


class InterventionExperience(SQLModel, table=True):
    """How much an intervention has helped one member, by all that they have said of it, and what groups they were in.

    For the system: what is counted of it says nothing of anybody.
    """

    __tablename__ = "intervention_experiences"
    __table_args__ = (
        CheckConstraint("rating BETWEEN 1 AND 5", name="intervention_experiences_rating_range"),
        Index("intervention_experiences_by_intervention", "intervention_id"),
    )

    member_id: UUID = Field(primary_key=True, foreign_key="members.id", ondelete="CASCADE")
    intervention_id: UUID = Field(primary_key=True, foreign_key="interventions.id", ondelete="CASCADE")
    rating: Decimal = Field(max_digits=3, decimal_places=2)
    group_names: list[str] = Field(sa_type=ARRAY(String(40)), nullable=False)
    rated_at: datetime = timestamp()


class InterventionRatingsByGroup(SQLModel, table=True):
    """Of how many members of a group an intervention was rated, and the sum; a trigger counts the experiences."""

    __tablename__ = "intervention_ratings_by_group"
    __table_args__ = (
        CheckConstraint(
            "rating_sum BETWEEN rating_count AND 5 * rating_count", name="intervention_ratings_by_group_sum_range"
        ),
        at_least("rating_count", 1, "intervention_ratings_by_group"),
    )

    intervention_id: UUID = Field(primary_key=True, foreign_key="interventions.id", ondelete="CASCADE")
    group_name: str = Field(primary_key=True, max_length=40)
    rating_count: int
    rating_sum: Decimal = Field(max_digits=12, decimal_places=2)


_COACHES, _IS = is_mine("member_coach_id", "coach_id"), is_mine("member_id", "member_id")
# Triggers say which columns of a row each side may change, and which status comes after which.
guard(
    Recommendation,
    select=[_COACHES, both(_IS, _SENT)],
    insert=[both(_COACHES, "status = 'DRAFTED' AND reviewed_at IS NULL AND sent_at IS NULL")],
    update=[_COACHES, both(_IS, _SENT)],
)
guard(InterventionExperience)
guard(InterventionRatingsByGroup)
