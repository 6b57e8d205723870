"""Interventions, which members of each make of them, and what only coaches note of that."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlmodel import Field, SQLModel

from app.models.coherence.dimensions import Dimension, Element
from app.platform.columns import at_least, choice, one_of, optional_timestamp, timestamp
from app.platform.encryption import Place
from app.platform.ids import new_id
from app.platform.row_security import LOGGED_IN, both, guard, is_mine

MOST_LINES: Final = 20
"""Of each list of an intervention."""

MOST_INTERVENTIONS: Final = 200
"""Of one coach's own."""


class Difficulty(StrEnum):
    EASY = "EASY"
    MEDIUM = "MEDIUM"
    ADVANCED = "ADVANCED"


class InterventionStatus(StrEnum):
    ASSIGNED = "ASSIGNED"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    ABANDONED = "ABANDONED"


def _lists(table: str) -> list[CheckConstraint]:
    return [
        CheckConstraint(
            f"jsonb_typeof({column}) = 'array' AND jsonb_array_length({column}) <= {MOST_LINES}",
            name=f"{table}_{column}_are_a_list",
        )
        for column in ("steps", "success_measures", "resources")
    ]


def _sealed(column: str, table: str) -> CheckConstraint:
    condition = f"substring({column}, 1, 1) = '\\x01'::bytea AND length({column}) >= 45"
    return CheckConstraint(condition, name=f"{table}_encrypted")


class Intervention(SQLModel, table=True):
    """An exercise: the library's, where there is no coach, or a coach's own. `words` is what it is found by."""

    __tablename__ = "interventions"
    __table_args__ = (
        one_of("dimension", Dimension, "interventions"),
        one_of("element", Element, "interventions"),
        one_of("difficulty", Difficulty, "interventions"),
        at_least("time_minutes", 1, "interventions", 600),
        *_lists("interventions"),
        CheckConstraint("code ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", name="interventions_code_is_a_slug"),
        Index("interventions_code_of_library", "code", unique=True, postgresql_where=text("coach_id IS NULL")),
        Index("interventions_code_of_coach", "coach_id", "code", unique=True),
        Index("interventions_by_dimension", "dimension", "name", "id", postgresql_where=text("is_active")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    code: str = Field(max_length=64)
    coach_id: UUID | None = Field(default=None, foreign_key="coaches.id", ondelete="CASCADE")
    name: str = Field(max_length=120)
    dimension: Dimension = choice(Dimension)
    element: Element | None = choice(Element, default=None, nullable=True)
    difficulty: Difficulty = choice(Difficulty)
    time_minutes: int
    description: str = Field(max_length=2_000)
    steps: list[str] = Field(sa_type=JSONB, nullable=False)
    success_measures: list[str] = Field(sa_type=JSONB, nullable=False)
    resources: list[str] = Field(sa_type=JSONB, nullable=False)
    is_active: bool = True
    words: Any = Field(default=None, sa_column=Column(TSVECTOR, nullable=False))
    created_at: datetime = timestamp()
    updated_at: datetime = timestamp()


class MemberIntervention(SQLModel, table=True):
    """An intervention that a member was given, with its text as it was then, and how far they have come with it.

    A trigger copies the text, from one in the asker's sight. Only the member rates it; `feedback` is sealed.
    """

    __tablename__ = "member_interventions"
    __table_args__ = (
        one_of("dimension", Dimension, "member_interventions"),
        one_of("element", Element, "member_interventions"),
        one_of("difficulty", Difficulty, "member_interventions"),
        one_of("status", InterventionStatus, "member_interventions"),
        at_least("progress_percent", 0, "member_interventions", 100),
        at_least("effectiveness_rating", 1, "member_interventions", 5),
        CheckConstraint(
            "(status = 'COMPLETED') = (completed_at IS NOT NULL)"
            " AND (status = 'ABANDONED' OR (status = 'ASSIGNED') = (started_at IS NULL))"
            " AND (status <> 'COMPLETED' OR progress_percent = 100)"
            " AND (started_at IS NOT NULL OR progress_percent = 0)",
            name="member_interventions_stamped_as_they_stand",
        ),
        CheckConstraint(
            "(effectiveness_rating IS NULL) = (rated_at IS NULL)"
            " AND (effectiveness_rating IS NULL OR status = 'COMPLETED')"
            " AND (effectiveness_rating IS NOT NULL OR feedback IS NULL)",
            name="member_interventions_rated_once_completed",
        ),
        _sealed("feedback", "member_interventions"),
        UniqueConstraint("id", "member_id", name="member_interventions_of_member_key"),
        Index(
            "member_interventions_one_at_a_time",
            "member_id",
            "intervention_id",
            unique=True,
            postgresql_where=text("status IN ('ASSIGNED', 'IN_PROGRESS')"),
        ),
        Index("member_interventions_by_recommendation", "recommendation_id", unique=True),
        Index("member_interventions_by_member", "member_id", "assigned_at", "id"),
        Index("member_interventions_by_intervention", "intervention_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    member_id: UUID = Field(foreign_key="members.id", ondelete="CASCADE")
    member_coach_id: UUID | None = None
    intervention_id: UUID = Field(foreign_key="interventions.id")
    assigned_by_user_id: UUID = Field(foreign_key="users.id")
    recommendation_id: UUID | None = None
    name: str = Field(max_length=120)
    dimension: Dimension = choice(Dimension)
    element: Element | None = choice(Element, default=None, nullable=True)
    difficulty: Difficulty = choice(Difficulty)
    time_minutes: int
    description: str = Field(max_length=2_000)
    steps: list[str] = Field(sa_type=JSONB, nullable=False)
    success_measures: list[str] = Field(sa_type=JSONB, nullable=False)
    resources: list[str] = Field(sa_type=JSONB, nullable=False)
    status: InterventionStatus = choice(InterventionStatus, default=InterventionStatus.ASSIGNED)
    progress_percent: int = 0
    assigned_at: datetime = timestamp()
    due_date: date | None = None
    started_at: datetime | None = optional_timestamp()
    completed_at: datetime | None = optional_timestamp()
    effectiveness_rating: int | None = None
    rated_at: datetime | None = optional_timestamp()
    feedback: bytes | None = None
    updated_at: datetime = timestamp()

    @property
    def place(self) -> Place:
        return Place("member_interventions", "feedback", self.id)


class MemberInterventionNote(SQLModel, table=True):
    """What coaches note of a member's intervention, one after the other in one text, out of the member's sight."""

    __tablename__ = "member_intervention_notes"
    __table_args__ = (
        ForeignKeyConstraint(
            ["id", "member_id"],
            ["member_interventions.id", "member_interventions.member_id"],
            name="member_intervention_notes_fkey",
            ondelete="CASCADE",
        ),
        _sealed("content", "member_intervention_notes"),
        Index("member_intervention_notes_by_member", "member_id"),
    )

    id: UUID = Field(primary_key=True)
    member_id: UUID
    member_coach_id: UUID | None = None
    author_user_id: UUID = Field(foreign_key="users.id")
    content: bytes
    updated_at: datetime = timestamp()

    @property
    def place(self) -> Place:
        return Place("member_intervention_notes", "content", self.id)


_HOLDS, _COACHES, _IS = (
    is_mine("coach_id", "coach_id"),
    is_mine("member_coach_id", "coach_id"),
    is_mine("member_id", "member_id"),
)
guard(Intervention, select=[both("coach_id IS NULL", LOGGED_IN), _HOLDS], insert=[_HOLDS], update=[_HOLDS])
guard(
    MemberIntervention,
    select=[_IS, _COACHES],
    insert=[both(both(_COACHES, is_mine("assigned_by_user_id", "user_id")), "status = 'ASSIGNED'")],
    update=[_IS, _COACHES],
)
_WRITES = both(_COACHES, is_mine("author_user_id", "user_id"))
guard(MemberInterventionNote, select=[_COACHES], insert=[_WRITES], update=[_COACHES], delete=[_COACHES])
