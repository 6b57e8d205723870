"""Plans for sessions: an ordered agenda that the coach may share with the member, and templates for it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.platform.columns import at_least, optional_timestamp, timestamp
from app.platform.ids import new_id
from app.platform.row_security import both, guard, is_mine

MOST_ITEMS = 100
MOST_TEMPLATES = 50
LONGEST_RANK = 50


class SessionPlan(SQLModel, table=True):
    """One for each session; its member sees it while it is shared."""

    __tablename__ = "session_plans"
    __table_args__ = (
        UniqueConstraint("session_id", name="session_plans_one_per_session"),
        UniqueConstraint("id", "coach_id", "member_id", "is_shared", name="session_plans_of_items_key"),
        ForeignKeyConstraint(
            ["session_id", "coach_id", "member_id"],
            ["sessions.id", "sessions.coach_id", "sessions.member_id"],
            name="session_plans_session_fkey",
            ondelete="CASCADE",
        ),
        CheckConstraint("is_shared = (shared_at IS NOT NULL)", name="session_plans_shared_since"),
        CheckConstraint("reminded_at IS NULL OR remind_at <= reminded_at", name="session_plans_reminded_when_due"),
        Index("session_plans_by_member", "member_id"),
        Index("session_plans_to_remind_of", "remind_at", postgresql_where=text("reminded_at IS NULL AND is_shared")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    session_id: UUID
    coach_id: UUID
    member_id: UUID
    member_coach_id: UUID | None = None
    notes: str | None = Field(default=None, max_length=5_000)
    is_shared: bool = False
    shared_at: datetime | None = optional_timestamp()
    remind_at: datetime | None = optional_timestamp()
    reminded_at: datetime | None = optional_timestamp()
    version: int = 1
    created_at: datetime = timestamp()
    updated_at: datetime = timestamp()


class PlanItem(SQLModel, table=True):
    """One point of a plan, in the order of `rank`; the plan's key carries down whose it is and whether it is shared."""

    __tablename__ = "plan_items"
    __table_args__ = (
        # At the end of a statement: one that gives all items new ranks may pass through equal ones.
        UniqueConstraint("plan_id", "rank", name="plan_items_in_order", deferrable=True, initially="IMMEDIATE"),
        ForeignKeyConstraint(
            ["plan_id", "coach_id", "member_id", "is_shared"],
            ["session_plans.id", "session_plans.coach_id", "session_plans.member_id", "session_plans.is_shared"],
            name="plan_items_plan_fkey",
            ondelete="CASCADE",
            onupdate="CASCADE",
        ),
        CheckConstraint("rank ~ '^[0-9a-z]*[1-9a-z]$'", name="plan_items_rank_is_a_fraction"),
        at_least("minutes", 1, "plan_items", 720),
        Index("plan_items_by_member", "member_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    plan_id: UUID
    coach_id: UUID
    member_id: UUID
    member_coach_id: UUID | None = None
    is_shared: bool = False
    rank: str = Field(sa_column=Column(String(LONGEST_RANK, collation="C"), nullable=False))
    title: str = Field(max_length=200)
    description: str | None = Field(default=None, max_length=2_000)
    minutes: int | None = None
    created_at: datetime = timestamp()
    updated_at: datetime = timestamp()


@dataclass(frozen=True, slots=True)
class TemplateItem:
    title: str
    description: str | None = None
    minutes: int | None = None


class PlanTemplate(SQLModel, table=True):
    """A coach's own; `items` holds what a `TemplateItem` is made of."""

    __tablename__ = "plan_templates"
    __table_args__ = (
        CheckConstraint(
            f"jsonb_typeof(items) = 'array' AND jsonb_array_length(items) <= {MOST_ITEMS}",
            name="plan_templates_items_are_a_list",
        ),
    )
    is_built_in: ClassVar[bool] = False

    id: UUID = Field(default_factory=new_id, primary_key=True)
    coach_id: UUID = Field(foreign_key="coaches.id", ondelete="CASCADE", index=True)
    name: str = Field(max_length=120)
    items: list[dict[str, Any]] = Field(sa_type=JSONB, nullable=False)
    created_at: datetime = timestamp()
    updated_at: datetime = timestamp()

    @property
    def agenda(self) -> list[TemplateItem]:
        return [TemplateItem(**item) for item in self.items]


_MINE = is_mine("coach_id", "coach_id")
_SEEN = [_MINE, is_mine("member_coach_id", "coach_id"), both(is_mine("member_id", "member_id"), "is_shared")]
guard(SessionPlan, select=_SEEN, insert=[_MINE], update=[_MINE], delete=[_MINE])
guard(PlanItem, select=_SEEN, insert=[_MINE], update=[_MINE], delete=[_MINE])
guard(PlanTemplate, select=[_MINE], insert=[_MINE], update=[_MINE], delete=[_MINE])
