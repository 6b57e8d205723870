"""Sets of questions in versions. A published one stays as it is, so that an answer is always to what was asked."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.models.coherence.dimensions import Dimension, Element
from app.platform.columns import at_least, choice, decimal, one_of, optional_timestamp, timestamp
from app.platform.ids import new_id
from app.platform.row_security import LOGGED_IN, both, guard, is_mine

MOST_QUESTIONS: Final = 100


class AssessmentType(StrEnum):
    INITIAL = "INITIAL"
    QUICK = "QUICK"
    DEEP_DIVE = "DEEP_DIVE"
    CUSTOM = "CUSTOM"


class QuestionSetStatus(StrEnum):
    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    RETIRED = "RETIRED"


class QuestionType(StrEnum):
    SCALE = "SCALE"
    MULTIPLE_CHOICE = "MULTIPLE_CHOICE"
    MULTI_SELECT = "MULTI_SELECT"
    TEXT = "TEXT"


class QuestionSet(SQLModel, table=True):
    """One version of what an assessment asks; the practice's without a coach. At most one of a code is published."""

    __tablename__ = "question_sets"
    __table_args__ = (
        one_of("assessment_type", AssessmentType, "question_sets"),
        one_of("status", QuestionSetStatus, "question_sets"),
        at_least("version", 1, "question_sets"),
        CheckConstraint("coach_id IS NULL OR assessment_type = 'CUSTOM'", name="question_sets_of_coaches_are_custom"),
        CheckConstraint("(status = 'DRAFT') = (published_at IS NULL)", name="question_sets_published_at_some_time"),
        CheckConstraint("(status = 'RETIRED') = (retired_at IS NOT NULL)", name="question_sets_retired_at_some_time"),
        UniqueConstraint(
            "coach_id", "code", "version", name="question_sets_version_key", postgresql_nulls_not_distinct=True
        ),
        Index(
            "question_sets_one_published",
            "coach_id",
            "code",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("status = 'PUBLISHED'"),
        ),
        Index(
            "question_sets_one_draft",
            "coach_id",
            "code",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("status = 'DRAFT'"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    coach_id: UUID | None = Field(default=None, foreign_key="coaches.id", ondelete="CASCADE")
    assessment_type: AssessmentType = choice(AssessmentType)
    code: str = Field(max_length=60)
    version: int = 1
    name: str = Field(max_length=120)
    description: str | None = Field(default=None, max_length=1_000)
    status: QuestionSetStatus = choice(QuestionSetStatus, default=QuestionSetStatus.DRAFT)
    created_at: datetime = timestamp()
    updated_at: datetime = timestamp()
    published_at: datetime | None = optional_timestamp()
    retired_at: datetime | None = optional_timestamp()


class Question(SQLModel, table=True):
    """A question of one version of a set; `code` says which it is in every version, `version` how often it changed.

    `options` holds the ends of a scale, or the choices with the points of each. The set's key carries down whose it is.
    """

    __tablename__ = "questions"
    __table_args__ = (
        one_of("dimension", Dimension, "questions"),
        one_of("element", Element, "questions"),
        one_of("question_type", QuestionType, "questions"),
        at_least("version", 1, "questions"),
        at_least("position", 1, "questions", MOST_QUESTIONS),
        CheckConstraint("weight BETWEEN 0.01 AND 9.99", name="questions_weight_range"),
        CheckConstraint(
            "(question_type = 'TEXT') = (dimension IS NULL AND element IS NULL)", name="questions_measure_or_are_text"
        ),
        CheckConstraint("jsonb_typeof(options) = 'object'", name="questions_options_are_an_object"),
        UniqueConstraint("id", "question_set_id", name="questions_of_answers_key"),
        UniqueConstraint("question_set_id", "code", name="questions_code_key"),
        # At the end of a statement: one that puts all in a new order may pass through equal places.
        UniqueConstraint(
            "question_set_id", "position", name="questions_in_order", deferrable=True, initially="IMMEDIATE"
        ),
        ForeignKeyConstraint(
            ["question_set_id"], ["question_sets.id"], name="questions_question_set_fkey", ondelete="CASCADE"
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    question_set_id: UUID
    coach_id: UUID | None = None
    is_published: bool = False
    code: str = Field(max_length=60)
    version: int = 1
    dimension: Dimension | None = choice(Dimension, nullable=True, default=None)
    element: Element | None = choice(Element, nullable=True, default=None)
    question_type: QuestionType = choice(QuestionType)
    text: str = Field(max_length=500)
    options: dict[str, Any] = Field(sa_type=JSONB, nullable=False)
    weight: Decimal = decimal(3, 2, nullable=False, default=Decimal(1))
    position: int
    is_required: bool = True
    is_active: bool = True
    created_at: datetime = timestamp()


_MINE = is_mine("coach_id", "coach_id")
_PRACTICES = both("coach_id IS NULL", LOGGED_IN)
guard(
    QuestionSet,
    select=[_MINE, both(_PRACTICES, "status <> 'DRAFT'")],
    insert=[_MINE],
    update=[_MINE],
    delete=[both(_MINE, "status = 'DRAFT'")],
)
guard(
    Question,
    select=[_MINE, both(_PRACTICES, "is_published")],
    insert=[_MINE],
    update=[_MINE],
    delete=[both(_MINE, "NOT is_published")],
)
