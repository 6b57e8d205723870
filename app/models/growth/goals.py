"""What members want to reach: goals that are specific, measured, achievable, relevant and due; and the way there."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Numeric,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from app.models.coherence.dimensions import Dimension
from app.platform.columns import at_least, choice, one_of, optional_timestamp, timestamp
from app.platform.ids import new_id
from app.platform.row_security import both, guard, is_mine

MOST_ACTIVE: Final = 50
"""Goals of one member at a time."""

MOST_MILESTONES: Final = 20


class Plain(TypeDecorator[Decimal]):
    """A number that is read as people write it: without zeros at its end."""

    impl = Numeric
    cache_ok = True

    def process_result_value(self, value: Decimal | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else value.normalize()


VALUE: Final = Plain(14, 4)
PROGRESS: Final = Numeric(4, 1)

_TENTHS = "div(1000 * (current - baseline), nullif(target - baseline, 0))"


class GoalStatus(StrEnum):
    ACTIVE = "ACTIVE"
    REACHED = "REACHED"
    ABANDONED = "ABANDONED"


class Goal(SQLModel, table=True):
    """`current` is the newest value that stands, or the baseline; `progress` follows from the three values.

    `version` rises with what people edit, not with values.
    """

    __tablename__ = "goals"
    __table_args__ = (
        one_of("dimension", Dimension, "goals"),
        one_of("status", GoalStatus, "goals"),
        at_least("version", 1, "goals"),
        CheckConstraint("target <> baseline", name="goals_something_to_reach"),
        CheckConstraint(f"progress = least(greatest({_TENTHS}, 0), 1000) / 10", name="goals_progress_follows"),
        CheckConstraint("(status = 'REACHED') = (progress = 100)", name="goals_reached_at_the_target"),
        CheckConstraint("(status = 'ACTIVE') = (ended_at IS NULL)", name="goals_stamped_as_they_stand"),
        UniqueConstraint("id", "member_id", name="goals_of_member"),
        Index("goals_by_member", "member_id", text("created_at DESC"), text("id DESC")),
        Index("goals_by_coach", "member_coach_id", text("created_at DESC"), text("id DESC")),
        Index("goals_active", "member_id", postgresql_where=text("status = 'ACTIVE'")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    member_id: UUID = Field(foreign_key="members.id", ondelete="CASCADE")
    member_coach_id: UUID | None = None
    title: str = Field(max_length=200)
    specific: str | None = Field(default=None, max_length=2_000)
    measure: str = Field(max_length=200)
    unit: str | None = Field(default=None, max_length=40)
    achievable: str | None = Field(default=None, max_length=2_000)
    relevant: str | None = Field(default=None, max_length=2_000)
    baseline: Decimal = Field(sa_type=VALUE, nullable=False)
    target: Decimal = Field(sa_type=VALUE, nullable=False)
    current: Decimal = Field(sa_type=VALUE, nullable=False)
    progress: Decimal = Field(default=Decimal(0), sa_type=PROGRESS, nullable=False)
    target_date: date
    dimension: Dimension | None = choice(Dimension, default=None, nullable=True)
    status: GoalStatus = choice(GoalStatus, default=GoalStatus.ACTIVE)
    ended_at: datetime | None = optional_timestamp()
    added_by_user_id: UUID = Field(foreign_key="users.id")
    version: int = 1
    created_at: datetime = timestamp()
    updated_at: datetime = timestamp()


class GoalUpdate(SQLModel, table=True):
    """A value that was measured; `number` counts those of a goal from one. What was withdrawn does not count."""

    __tablename__ = "goal_updates"
    __table_args__ = (
        at_least("number", 1, "goal_updates"),
        UniqueConstraint("goal_id", "number", name="goal_updates_in_order"),
        ForeignKeyConstraint(
            ["goal_id", "member_id"],
            ["goals.id", "goals.member_id"],
            ondelete="CASCADE",
            name="goal_updates_goal_fkey",
        ),
        Index("goal_updates_by_member", "member_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    goal_id: UUID
    member_id: UUID
    member_coach_id: UUID | None = None
    number: int
    value: Decimal = Field(sa_type=VALUE, nullable=False)
    recorded_by_user_id: UUID = Field(foreign_key="users.id")
    recorded_at: datetime = timestamp()
    withdrawn_at: datetime | None = optional_timestamp()


class Milestone(SQLModel, table=True):
    """A step on the way: with a value it is reached by the update that comes that far, without one by hand."""

    __tablename__ = "milestones"
    __table_args__ = (
        at_least("position", 1, "milestones", MOST_MILESTONES),
        at_least("version", 1, "milestones"),
        CheckConstraint(
            "CASE WHEN reached_at IS NULL THEN update_number IS NULL"
            " ELSE (target_value IS NULL) = (update_number IS NULL) END",
            name="milestones_reached_as_they_are_measured",
        ),
        UniqueConstraint("goal_id", "position", name="milestones_in_order", deferrable=True, initially="IMMEDIATE"),
        ForeignKeyConstraint(
            ["goal_id", "member_id"], ["goals.id", "goals.member_id"], ondelete="CASCADE", name="milestones_goal_fkey"
        ),
        ForeignKeyConstraint(
            ["goal_id", "update_number"],
            ["goal_updates.goal_id", "goal_updates.number"],
            name="milestones_update_fkey",
        ),
        Index("milestones_by_member", "member_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    goal_id: UUID
    member_id: UUID
    member_coach_id: UUID | None = None
    title: str = Field(max_length=200)
    target_value: Decimal | None = Field(default=None, sa_type=VALUE, nullable=True)
    target_date: date | None = None
    position: int
    reached_at: datetime | None = optional_timestamp()
    update_number: int | None = None
    version: int = 1
    created_at: datetime = timestamp()
    updated_at: datetime = timestamp()


_COACHES, _IS = is_mine("member_coach_id", "coach_id"), is_mine("member_id", "member_id")
_SEEN_BY = [_IS, _COACHES]


def _by(column: str) -> list[str]:
    return [both(concerned, is_mine(column, "user_id")) for concerned in _SEEN_BY]


# A goal ends and its values are withdrawn, but neither goes away.
guard(Goal, select=_SEEN_BY, insert=_by("added_by_user_id"), update=_SEEN_BY)
guard(GoalUpdate, select=_SEEN_BY, insert=_by("recorded_by_user_id"), update=_SEEN_BY)
guard(Milestone, select=_SEEN_BY, insert=_SEEN_BY, update=_SEEN_BY, delete=_SEEN_BY)
