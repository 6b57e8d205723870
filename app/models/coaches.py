"""Coaches: the public profile, and the rules of their calendar."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from app.platform.columns import at_least, choice, one_of, stamped_now
from app.platform.ids import new_id
from app.platform.row_security import LOGGED_IN, guard, is_mine


class CoachStatus(StrEnum):
    PENDING = "PENDING"
    APPROVED = "APPROVED"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"


class BookingAudience(StrEnum):
    ASSIGNED = "ASSIGNED"
    MEMBERS = "MEMBERS"
    PUBLIC = "PUBLIC"


class Coach(SQLModel, table=True):
    """A user's coaching profile.

    `member_count`, held at or below the limit, and `rating_count` and `rating_sum` are written by triggers only.
    """

    __tablename__ = "coaches"
    __table_args__ = (
        one_of("status", CoachStatus, "coaches"),
        one_of("booking_audience", BookingAudience, "coaches"),
        at_least("max_members", 0, "coaches", 10_000),
        at_least("member_count", 0, "coaches"),
        CheckConstraint("rating_sum BETWEEN rating_count AND 5 * rating_count", name="coaches_rating_sum_range"),
        at_least("session_minutes", 5, "coaches", 720),
        at_least("buffer_minutes", 0, "coaches", 720),
        CheckConstraint("slot_interval_minutes BETWEEN 5 AND 1440", name="coaches_slot_interval_minutes_range"),
        at_least("min_notice_minutes", 0, "coaches", 525_600),
        at_least("booking_window_days", 0, "coaches", 730),
        CheckConstraint("cancellation_notice_hours BETWEEN 0 AND 720", name="coaches_cancellation_notice_hours_range"),
        at_least("waiting_offer_minutes", 1, "coaches", 1_440),
        Index("coaches_accepting", "id", postgresql_where=text("is_accepting_members AND status = 'ACTIVE'")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(foreign_key="users.id", unique=True)
    display_name: str = Field(max_length=120)
    practice_name: str | None = Field(default=None, max_length=120)
    bio: str | None = Field(default=None, max_length=5_000)
    coaching_focus: str | None = Field(default=None, max_length=200)
    specialties: list[str] = Field(default_factory=list, sa_type=ARRAY(String(80)), nullable=False)
    years_experience: int | None = None
    time_zone: str = Field(max_length=64)
    status: CoachStatus = choice(CoachStatus, default=CoachStatus.PENDING)
    is_accepting_members: bool = True
    max_members: int = 20
    member_count: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    rating_count: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    rating_sum: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    booking_audience: BookingAudience = choice(BookingAudience, default=BookingAudience.ASSIGNED)
    session_minutes: int = 60
    buffer_minutes: int = 0
    slot_interval_minutes: int | None = None
    min_notice_minutes: int = 0
    booking_window_days: int = 60
    cancellation_notice_hours: int | None = None
    waiting_offer_minutes: int = Field(default=15, sa_column_kwargs={"server_default": "15"})
    created_at: datetime = stamped_now()

    @property
    def free_places(self) -> int:
        return max(0, self.max_members - self.member_count)

    @property
    def average_rating(self) -> float | None:
        """In hundredths, a half rounded up."""
        if self.rating_count == 0:
            return None
        return (200 * self.rating_sum + self.rating_count) // (2 * self.rating_count) / 100


guard(
    Coach,
    select=[
        "is_accepting_members AND status = 'ACTIVE'",
        LOGGED_IN,
        is_mine("id", "calendar_id"),
    ],
    update=[is_mine("id", "coach_id")],
)
