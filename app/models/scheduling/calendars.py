"""A coach's calendar: its lock and version, windows, time off, the slots and seats that are taken, and bookings."""

from datetime import datetime, time
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import Field, SQLModel

from app.platform.columns import at_least, choice, one_of, optional_timestamp, stamped_now, timestamp
from app.platform.ids import new_id
from app.platform.row_security import both, guard, is_mine


class DayOfWeek(StrEnum):
    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"

    @property
    def iso(self) -> int:
        """1 for Monday to 7 for Sunday."""
        return list(DayOfWeek).index(self) + 1

    @classmethod
    def from_iso(cls, day_no: int) -> "DayOfWeek":
        return list(cls)[day_no - 1]


class TimeOffKind(StrEnum):
    VACATION = "VACATION"
    SICK = "SICK"
    PERSONAL = "PERSONAL"
    OTHER = "OTHER"
    OUTSIDE_CALENDAR = "OUTSIDE_CALENDAR"


class BookingStatus(StrEnum):
    CONFIRMED = "CONFIRMED"
    REJECTED = "REJECTED"


class CoachCalendar(SQLModel, table=True):
    """The lock of a coach's calendar; every scheduling write takes this row and raises `version` by one."""

    __tablename__ = "coach_calendars"

    coach_id: UUID = Field(primary_key=True, foreign_key="coaches.id", ondelete="CASCADE")
    version: int = 0


class AvailabilityWindow(SQLModel, table=True):
    """A weekly stretch of wall-clock time in the coach's zone; two of one coach never overlap."""

    __tablename__ = "availability_windows"
    __table_args__ = (
        at_least("max_sessions_per_slot", 1, "availability_windows", 1_000),
        CheckConstraint("start_time < end_time", name="availability_windows_times_in_order"),
        ExcludeConstraint(
            (text("uuidrange(coach_id, coach_id, '[]')"), "&&"),
            (
                text(
                    "int4range(day_no * 1440 + (extract(epoch from start_time) / 60)::int,"
                    " day_no * 1440 + (extract(epoch from end_time) / 60)::int)"
                ),
                "&&",
            ),
            name="availability_windows_do_not_overlap",
            using="gist",
        ),
        at_least("day_no", 1, "availability_windows", 7),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    coach_id: UUID = Field(foreign_key="coaches.id", ondelete="CASCADE", index=True)
    day_no: int
    start_time: time
    end_time: time
    max_sessions_per_slot: int = 1
    location: str | None = Field(default=None, max_length=200)
    created_at: datetime = stamped_now()

    @property
    def day_of_week(self) -> DayOfWeek:
        return DayOfWeek.from_iso(self.day_no)


class TimeOff(SQLModel, table=True):
    """A range of time that takes availability away: a coach's own, or one in which a calendar elsewhere says busy."""

    __tablename__ = "time_off"
    __table_args__ = (
        one_of("kind", TimeOffKind, "time_off"),
        ForeignKeyConstraint(
            ["outside_calendar_id", "coach_id"],
            ["outside_calendars.id", "outside_calendars.coach_id"],
            name="time_off_outside_calendar_fkey",
            ondelete="CASCADE",
        ),
        CheckConstraint(
            "(kind = 'OUTSIDE_CALENDAR') = (outside_calendar_id IS NOT NULL)", name="time_off_outside_of_a_calendar"
        ),
        CheckConstraint("outside_calendar_id IS NULL OR reason IS NULL", name="time_off_outside_says_no_more"),
        Index("time_off_outside", "outside_calendar_id", postgresql_where=text("outside_calendar_id IS NOT NULL")),
        CheckConstraint("starts_at < ends_at", name="time_off_times_in_order"),
        Index("time_off_by_coach", "coach_id", "ends_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    coach_id: UUID = Field(foreign_key="coaches.id", ondelete="CASCADE")
    starts_at: datetime = timestamp()
    ends_at: datetime = timestamp()
    kind: TimeOffKind = choice(TimeOffKind, default=TimeOffKind.VACATION)
    reason: str | None = Field(default=None, max_length=500)
    outside_calendar_id: UUID | None = None
    created_at: datetime = stamped_now()


class CalendarSlot(SQLModel, table=True):
    """One distinct start at which a coach has live sessions; the fence between different starts is the exclusion.

    `blocked_until` is the end plus the buffer: two ranges of start to blocked end may not meet, which is the buffer on
    both sides said once. `waiting` counts who is in line, and is written by a trigger only.
    """

    __tablename__ = "calendar_slots"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at AND ends_at <= blocked_until", name="calendar_slots_times_in_order"),
        at_least("capacity", 1, "calendar_slots"),
        at_least("waiting", 0, "calendar_slots"),
        Index("calendar_slots_waited_for", "coach_id", "starts_at", postgresql_where=text("waiting > 0")),
        UniqueConstraint("coach_id", "starts_at", "capacity", name="calendar_slots_capacity_key"),
        ExcludeConstraint(
            (text("uuidrange(coach_id, coach_id, '[]')"), "&&"),
            (text("tstzrange(starts_at, blocked_until)"), "&&"),
            name="calendar_slots_keep_apart",
            using="gist",
        ),
    )

    coach_id: UUID = Field(primary_key=True, foreign_key="coaches.id", ondelete="CASCADE")
    starts_at: datetime = timestamp(primary_key=True)
    ends_at: datetime = timestamp()
    blocked_until: datetime = timestamp()
    capacity: int
    waiting: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class CalendarSeat(SQLModel, table=True):
    """One seat taken in a slot; it says nothing of who sits there, so whoever may see the slots may count it.

    The seats of a slot are numbered from 1 without gaps: whoever leaves is replaced by the last one. A seat without
    `held_until` has a session; one that is held counts until that instant of the database's clock.
    """

    __tablename__ = "calendar_seats"
    __table_args__ = (
        CheckConstraint("seat_no BETWEEN 1 AND capacity", name="calendar_seats_within_capacity"),
        ForeignKeyConstraint(
            ["coach_id", "starts_at", "capacity"],
            ["calendar_slots.coach_id", "calendar_slots.starts_at", "calendar_slots.capacity"],
            name="calendar_seats_slot_fkey",
            onupdate="CASCADE",
        ),
        Index("calendar_seats_held", "coach_id", "starts_at", postgresql_where=text("held_until IS NOT NULL")),
    )

    coach_id: UUID = Field(primary_key=True)
    starts_at: datetime = timestamp(primary_key=True)
    seat_no: int = Field(primary_key=True)
    ends_at: datetime = timestamp()
    capacity: int
    held_until: datetime | None = optional_timestamp()


class Booking(SQLModel, table=True):
    """A member's request for a slot, confirmed or rejected at once; a rejected one keeps its reason."""

    __tablename__ = "bookings"
    __table_args__ = (
        one_of("status", BookingStatus, "bookings"),
        ForeignKeyConstraint(
            ["session_id", "coach_id", "member_id"],
            ["sessions.id", "sessions.coach_id", "sessions.member_id"],
            name="bookings_session_fkey",
        ),
        CheckConstraint("(status = 'CONFIRMED') = (session_id IS NOT NULL)", name="bookings_confirmed_has_a_session"),
        CheckConstraint("(status = 'REJECTED') = (reason IS NOT NULL)", name="bookings_rejected_has_a_reason"),
        Index("bookings_by_member", "member_id", "created_at"),
        Index("bookings_by_coach", "coach_id", "created_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    coach_id: UUID = Field(foreign_key="coaches.id")
    member_id: UUID = Field(foreign_key="members.id")
    session_id: UUID | None = Field(default=None, unique=True)
    starts_at: datetime = timestamp()
    status: BookingStatus = choice(BookingStatus)
    reason: str | None = Field(default=None, max_length=64)
    created_at: datetime = stamped_now()


_OPENED = [is_mine("coach_id", "coach_id"), is_mine("coach_id", "calendar_id")]
_OWN = [is_mine("coach_id", "coach_id")]
guard(CoachCalendar, select=_OPENED, insert=_OWN, update=_OPENED)
guard(AvailabilityWindow, select=_OPENED, insert=_OWN, update=_OWN, delete=_OWN)
guard(TimeOff, select=_OPENED, insert=_OWN, update=_OWN, delete=_OWN)
guard(CalendarSlot, select=_OPENED, insert=_OPENED, update=_OPENED, delete=_OPENED)
guard(CalendarSeat, select=_OPENED, insert=_OPENED, update=_OPENED, delete=_OPENED)
guard(
    Booking,
    select=[is_mine("member_id", "member_id"), is_mine("coach_id", "coach_id")],
    insert=[
        both(is_mine("member_id", "member_id"), is_mine("coach_id", "calendar_id")),
        both(is_mine("coach_id", "coach_id"), "session_id IS NOT NULL"),
    ],
)
