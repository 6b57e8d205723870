"""Members and which coach they have, since when, until when."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, String, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from app.platform.columns import choice, one_of, optional_timestamp, stamped_now
from app.platform.ids import new_id
from app.platform.row_security import guard, is_mine


class MemberStatus(StrEnum):
    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    COMPLETED = "COMPLETED"
    ARCHIVED = "ARCHIVED"


class OnboardingStatus(StrEnum):
    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"


class Member(SQLModel, table=True):
    """A user's member profile; `coach_id` is null until somebody assigns one."""

    __tablename__ = "members"
    __table_args__ = (
        one_of("status", MemberStatus, "members"),
        one_of("onboarding_status", OnboardingStatus, "members"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(foreign_key="users.id", unique=True)
    coach_id: UUID | None = Field(default=None, foreign_key="coaches.id", index=True)
    first_name: str = Field(max_length=80)
    last_name: str = Field(max_length=80)
    phone: str | None = Field(default=None, max_length=40)
    emergency_contact: str | None = Field(default=None, max_length=200)
    coaching_focus: str | None = Field(default=None, max_length=200)
    goals: list[str] = Field(default_factory=list, sa_type=ARRAY(String(200)), nullable=False)
    status: MemberStatus = choice(MemberStatus, default=MemberStatus.ACTIVE)
    onboarding_status: OnboardingStatus = choice(OnboardingStatus, default=OnboardingStatus.PENDING)
    start_date: date | None = None
    end_date: date | None = None
    created_at: datetime = stamped_now()
    updated_at: datetime = stamped_now()

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"


class Assignment(SQLModel, table=True):
    """One stretch of time in which a member had a coach; the open one has no end."""

    __tablename__ = "assignments"
    __table_args__ = (
        Index("assignments_one_open", "member_id", unique=True, postgresql_where=text("ended_at IS NULL")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    member_id: UUID = Field(foreign_key="members.id", ondelete="CASCADE", index=True)
    coach_id: UUID = Field(foreign_key="coaches.id", index=True)
    assigned_by_user_id: UUID | None = Field(default=None, foreign_key="users.id")
    reason: str | None = Field(default=None, max_length=500)
    started_at: datetime = stamped_now()
    ended_at: datetime | None = optional_timestamp()


guard(
    Member,
    select=[is_mine("coach_id", "coach_id"), is_mine("id", "member_id")],
    update=[is_mine("coach_id", "coach_id"), is_mine("id", "member_id")],
)
guard(Assignment, select=[is_mine("coach_id", "coach_id"), is_mine("member_id", "member_id")])
