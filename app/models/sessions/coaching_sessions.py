"""Coaching sessions and every change of them."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import Field, SQLModel

from app.models.identity import Role
from app.platform.columns import choice, decimal, one_of, optional_timestamp, stamped_now, timestamp
from app.platform.ids import new_id
from app.platform.row_security import both, guard, is_mine


class SessionStatus(StrEnum):
    SCHEDULED = "SCHEDULED"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    NO_SHOW = "NO_SHOW"


class SessionKind(StrEnum):
    INITIAL = "INITIAL"
    REGULAR = "REGULAR"
    DEEP_DIVE = "DEEP_DIVE"
    BREAKTHROUGH = "BREAKTHROUGH"
    REVIEW = "REVIEW"


class SessionFormat(StrEnum):
    INDIVIDUAL = "INDIVIDUAL"
    GROUP = "GROUP"
    CRISIS = "CRISIS"


class SessionChangeKind(StrEnum):
    BOOKED = "BOOKED"
    RESCHEDULED = "RESCHEDULED"
    CANCELLED = "CANCELLED"
    COMPLETED = "COMPLETED"
    NO_SHOW = "NO_SHOW"


class CoachingSession(SQLModel, table=True):
    """One coach and one member at one time.

    A session that is not cancelled holds a seat of its slot (`held_start`, `seat_no`): the foreign key to the seat and
    the unique pair are what makes overbooking impossible, whatever the code does. `member_coach_id` is who coaches the
    member today (a trigger keeps it), so that a new coach may read the history by comparing a column.
    """

    __tablename__ = "sessions"
    __table_args__ = (
        one_of("status", SessionStatus, "sessions"),
        one_of("kind", SessionKind, "sessions"),
        one_of("format", SessionFormat, "sessions"),
        CheckConstraint("starts_at < ends_at", name="sessions_times_in_order"),
        CheckConstraint(
            "(status = 'CANCELLED') = (held_start IS NULL) AND (held_start IS NULL) = (seat_no IS NULL)"
            " AND (held_start IS NULL OR held_start = starts_at)",
            name="sessions_hold_a_seat_unless_cancelled",
        ),
        CheckConstraint(
            "(status = 'CANCELLED') = (cancelled_at IS NOT NULL)"
            " AND (status = 'COMPLETED') = (completed_at IS NOT NULL)"
            " AND (status = 'NO_SHOW') = (no_show_at IS NOT NULL)",
            name="sessions_stamped_as_they_stand",
        ),
        CheckConstraint("completed_at >= starts_at AND no_show_at >= starts_at", name="sessions_closed_once_begun"),
        CheckConstraint("status = 'CANCELLED' OR NOT is_late_cancellation", name="sessions_late_only_if_cancelled"),
        CheckConstraint(
            "pre_session_coherence BETWEEN 0 AND 3.5 AND post_session_coherence BETWEEN 0 AND 3.5",
            name="sessions_coherence_range",
        ),
        UniqueConstraint("coach_id", "held_start", "seat_no", name="sessions_one_per_seat"),
        UniqueConstraint("id", "coach_id", "member_id", name="sessions_parties_key"),
        ForeignKeyConstraint(
            ["coach_id", "held_start", "seat_no"],
            ["calendar_seats.coach_id", "calendar_seats.starts_at", "calendar_seats.seat_no"],
            name="sessions_seat_fkey",
            deferrable=True,
            initially="IMMEDIATE",
            onupdate="CASCADE",
        ),
        ForeignKeyConstraint(
            ["series_id", "coach_id", "member_id"],
            ["session_series.id", "session_series.coach_id", "session_series.member_id"],
            name="sessions_series_fkey",
        ),
        ExcludeConstraint(
            (text("uuidrange(member_id, member_id, '[]')"), "&&"),
            (text("tstzrange(starts_at, ends_at)"), "&&"),
            name="sessions_member_in_one_place",
            using="gist",
            where=text("status <> 'CANCELLED'"),
        ),
        Index("sessions_by_series", "series_id", "starts_at", postgresql_where=text("series_id IS NOT NULL")),
        Index("sessions_by_start", "starts_at", "id"),
        Index("sessions_to_come", "starts_at", "id", postgresql_where=text("status = 'SCHEDULED'")),
        Index("sessions_by_coach", "coach_id", "starts_at", "id"),
        Index("sessions_by_member", "member_id", "starts_at", "id"),
        Index("sessions_by_member_coach", "member_coach_id", "starts_at", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    coach_id: UUID = Field(foreign_key="coaches.id")
    member_id: UUID = Field(foreign_key="members.id")
    member_coach_id: UUID | None = None
    member_name: str = Field(max_length=161)
    starts_at: datetime = timestamp()
    ends_at: datetime = timestamp()
    kind: SessionKind = choice(SessionKind, default=SessionKind.REGULAR)
    format: SessionFormat = choice(SessionFormat, default=SessionFormat.INDIVIDUAL)
    status: SessionStatus = choice(SessionStatus, default=SessionStatus.SCHEDULED)
    held_start: datetime | None = optional_timestamp()
    seat_no: int | None = None
    version: int = 1
    note: str | None = Field(default=None, max_length=2_000)
    cancelled_at: datetime | None = optional_timestamp()
    cancelled_by_user_id: UUID | None = Field(default=None, foreign_key="users.id")
    cancellation_reason: str | None = Field(default=None, max_length=500)
    is_late_cancellation: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    cancellation_notice_hours: int | None = None
    completed_at: datetime | None = optional_timestamp()
    completed_by_user_id: UUID | None = Field(default=None, foreign_key="users.id")
    no_show_at: datetime | None = optional_timestamp()
    no_show_by_user_id: UUID | None = Field(default=None, foreign_key="users.id")
    series_id: UUID | None = None
    created_at: datetime = stamped_now()
    updated_at: datetime = stamped_now()
    pre_session_coherence: Decimal | None = decimal(3, 2, default=None)
    post_session_coherence: Decimal | None = decimal(3, 2, default=None)


class SessionChange(SQLModel, table=True):
    """The history of a session: one row for each change, with the version that it led to."""

    __tablename__ = "session_changes"
    __table_args__ = (
        one_of("kind", SessionChangeKind, "session_changes"),
        UniqueConstraint("session_id", "version", name="session_changes_in_order"),
        ForeignKeyConstraint(
            ["session_id", "coach_id", "member_id"],
            ["sessions.id", "sessions.coach_id", "sessions.member_id"],
            name="session_changes_session_fkey",
            ondelete="CASCADE",
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    session_id: UUID
    coach_id: UUID
    member_id: UUID
    member_coach_id: UUID | None = None
    version: int
    kind: SessionChangeKind = choice(SessionChangeKind)
    from_starts_at: datetime | None = optional_timestamp()
    to_starts_at: datetime | None = optional_timestamp()
    reason: str | None = Field(default=None, max_length=500)
    override_reason: str | None = Field(default=None, max_length=500)
    changed_by: Role | None = choice(Role, default=None)
    changed_by_user_id: UUID | None = Field(default=None, foreign_key="users.id")
    changed_at: datetime = stamped_now()


_PARTIES = [
    is_mine("member_id", "member_id"),
    is_mine("coach_id", "coach_id"),
    is_mine("member_coach_id", "coach_id"),
]
guard(
    CoachingSession,
    select=_PARTIES,
    insert=[
        both(is_mine("member_id", "member_id"), is_mine("coach_id", "calendar_id")),
        both(is_mine("coach_id", "coach_id"), is_mine("member_coach_id", "coach_id")),
    ],
    update=[is_mine("member_id", "member_id"), is_mine("coach_id", "coach_id")],
)
guard(
    SessionChange,
    select=_PARTIES,
    insert=[is_mine("member_id", "member_id"), is_mine("coach_id", "coach_id")],
)
