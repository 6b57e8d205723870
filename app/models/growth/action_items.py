"""What a member is to do, or wants to, by a day or at any time."""

from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field, SQLModel

from app.platform.columns import at_least, choice, one_of, optional_timestamp, timestamp
from app.platform.ids import new_id
from app.platform.row_security import both, guard, is_mine

MOST_OF_A_SESSION: Final = 50


class ActionItemStatus(StrEnum):
    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    OVERDUE = "OVERDUE"


class ActionItem(SQLModel, table=True):
    """Its session and intervention are the same member's, and stay (triggers and a foreign key hold both)."""

    __tablename__ = "action_items"
    __table_args__ = (
        one_of("status", ActionItemStatus, "action_items"),
        at_least("version", 1, "action_items"),
        CheckConstraint(
            "(status = 'COMPLETED') = (completed_at IS NOT NULL)"
            " AND (status <> 'IN_PROGRESS' OR started_at IS NOT NULL)"
            " AND (status <> 'OVERDUE' OR due_date IS NOT NULL)",
            name="action_items_stamped_as_they_stand",
        ),
        ForeignKeyConstraint(
            ["member_intervention_id", "member_id"],
            ["member_interventions.id", "member_interventions.member_id"],
            name="action_items_intervention_fkey",
        ),
        Index("action_items_by_member", "member_id", "created_at", "id"),
        Index("action_items_open", "member_id", postgresql_where=text("status <> 'COMPLETED'")),
        Index("action_items_by_session", "session_id", "id", postgresql_where=text("session_id IS NOT NULL")),
        Index(
            "action_items_by_intervention",
            "member_intervention_id",
            postgresql_where=text("member_intervention_id IS NOT NULL"),
        ),
        Index("action_items_due", "due_date", "id", postgresql_where=text("status IN ('PENDING', 'IN_PROGRESS')")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    member_id: UUID = Field(foreign_key="members.id", ondelete="CASCADE")
    member_coach_id: UUID | None = None
    session_id: UUID | None = Field(default=None, foreign_key="sessions.id")
    member_intervention_id: UUID | None = None
    title: str = Field(max_length=200)
    description: str | None = Field(default=None, max_length=2_000)
    due_date: date | None = None
    status: ActionItemStatus = choice(ActionItemStatus, default=ActionItemStatus.PENDING)
    started_at: datetime | None = optional_timestamp()
    completed_at: datetime | None = optional_timestamp()
    added_by_user_id: UUID = Field(foreign_key="users.id")
    is_added_by_member: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    version: int = 1
    created_at: datetime = timestamp()
    updated_at: datetime = timestamp()


_COACHES, _IS, _ADDED = (
    is_mine("member_coach_id", "coach_id"),
    is_mine("member_id", "member_id"),
    is_mine("added_by_user_id", "user_id"),
)
guard(
    ActionItem,
    select=[_IS, _COACHES],
    insert=[both(both(_IS, _ADDED), "is_added_by_member"), both(both(_COACHES, _ADDED), "NOT is_added_by_member")],
    update=[_IS, _COACHES],
    delete=[both(_IS, "is_added_by_member"), _COACHES],
)
