"""Assessments of members, and what they answered."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from app.models.coherence.dimensions import Dimension
from app.models.coherence.questions import AssessmentType
from app.platform.columns import at_least, choice, decimal, one_of, optional_timestamp, timestamp
from app.platform.encryption import Place
from app.platform.ids import new_id
from app.platform.row_security import both, guard, is_mine


class AssessmentStatus(StrEnum):
    """`DRAFT` is one that was asked for and is not begun."""

    DRAFT = "DRAFT"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    ABANDONED = "ABANDONED"


class Assessment(SQLModel, table=True):
    """One member's answers to one version of a set; only one of a set is open at a time."""

    __tablename__ = "assessments"
    __table_args__ = (
        one_of("assessment_type", AssessmentType, "assessments"),
        one_of("dimension_focus", Dimension, "assessments"),
        one_of("status", AssessmentStatus, "assessments"),
        at_least("time_spent_seconds", 0, "assessments"),
        CheckConstraint(
            "lacking_dimensions <@ ARRAY['PSI', 'RHO', 'Q', 'F']::varchar[]", name="assessments_lacking_known"
        ),
        CheckConstraint(
            "status = 'ABANDONED' OR (status = 'DRAFT') = (started_at IS NULL)", name="assessments_begun_at_some_time"
        ),
        CheckConstraint("status <> 'DRAFT' OR asked_by_user_id IS NOT NULL", name="assessments_wait_if_asked_for"),
        CheckConstraint("(status = 'COMPLETED') = (completed_at IS NOT NULL)", name="assessments_completed_at_a_time"),
        CheckConstraint("(status = 'ABANDONED') = (abandoned_at IS NOT NULL)", name="assessments_abandoned_at_a_time"),
        UniqueConstraint("id", "member_id", "question_set_id", name="assessments_of_answers_key"),
        Index("assessments_by_member", "member_id", text("created_at DESC"), text("id DESC")),
        Index(
            "assessments_one_open",
            "member_id",
            "question_set_id",
            unique=True,
            postgresql_where=text("status IN ('DRAFT', 'IN_PROGRESS')"),
        ),
        Index("assessments_by_question_set", "question_set_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    member_id: UUID = Field(foreign_key="members.id", ondelete="CASCADE")
    member_coach_id: UUID | None = None
    question_set_id: UUID = Field(foreign_key="question_sets.id")
    assessment_type: AssessmentType = choice(AssessmentType)
    dimension_focus: Dimension | None = choice(Dimension, nullable=True, default=None)
    status: AssessmentStatus = choice(AssessmentStatus)
    asked_by_user_id: UUID | None = Field(default=None, foreign_key="users.id")
    session_id: UUID | None = Field(default=None, foreign_key="sessions.id", ondelete="SET NULL")
    lacking_dimensions: list[Dimension] = Field(default_factory=list, sa_type=ARRAY(String(32)), nullable=False)
    time_spent_seconds: int = 0
    started_at: datetime | None = optional_timestamp()
    completed_at: datetime | None = optional_timestamp()
    abandoned_at: datetime | None = optional_timestamp()
    created_at: datetime = timestamp()
    updated_at: datetime = timestamp()


class AssessmentAnswer(SQLModel, table=True):
    """What a member answered to one question; a text is encrypted. Whose it is comes from the assessment."""

    __tablename__ = "assessment_answers"
    __table_args__ = (
        CheckConstraint("score BETWEEN 0 AND 1", name="assessment_answers_score_range"),
        at_least("time_spent_seconds", 0, "assessment_answers", 86_400),
        CheckConstraint("(value IS NULL) <> (sealed_text IS NULL)", name="assessment_answers_value_or_text"),
        CheckConstraint("(value IS NULL) = (score IS NULL)", name="assessment_answers_scored_unless_text"),
        CheckConstraint(
            "substring(sealed_text, 1, 1) = '\\x01'::bytea AND length(sealed_text) >= 45",
            name="assessment_answers_encrypted",
        ),
        UniqueConstraint("assessment_id", "question_id", name="assessment_answers_one_per_question"),
        ForeignKeyConstraint(
            ["assessment_id", "member_id", "question_set_id"],
            ["assessments.id", "assessments.member_id", "assessments.question_set_id"],
            name="assessment_answers_assessment_fkey",
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["question_id", "question_set_id"],
            ["questions.id", "questions.question_set_id"],
            name="assessment_answers_question_fkey",
        ),
        Index("assessment_answers_by_member", "member_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    assessment_id: UUID
    question_id: UUID
    question_set_id: UUID
    member_id: UUID
    member_coach_id: UUID | None = None
    value: Any = Field(default=None, sa_type=JSONB(none_as_null=True), nullable=True)
    sealed_text: bytes | None = None
    score: Decimal | None = decimal(3, 2, nullable=True, default=None)
    time_spent_seconds: int = 0
    answered_at: datetime = timestamp()

    @property
    def place(self) -> Place:
        return Place("assessment_answers", "sealed_text", self.id)


_IS, _COACHES = is_mine("member_id", "member_id"), is_mine("member_coach_id", "coach_id")
guard(
    Assessment,
    select=[_IS, _COACHES],
    insert=[both(_IS, "asked_by_user_id IS NULL"), both(_COACHES, is_mine("asked_by_user_id", "user_id"))],
    update=[_IS, _COACHES],
)
guard(AssessmentAnswer, select=[_IS, _COACHES], insert=[_IS], update=[_IS])
