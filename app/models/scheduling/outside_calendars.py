"""Calendars that a coach keeps elsewhere, whose busy times become time off here."""

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.platform.columns import at_least, choice, one_of, optional_timestamp, timestamp
from app.platform.encryption import Place
from app.platform.ids import new_id
from app.platform.row_security import guard, is_mine

MOST_OUTSIDE_CALENDARS: Final = 10
"""Of one coach; a trigger holds it too."""


class OutsideCalendarStatus(StrEnum):
    PENDING = "PENDING"
    READ = "READ"
    FAILING = "FAILING"
    FAILED = "FAILED"


class OutsideCalendar(SQLModel, table=True):
    """The address is a secret, whoever knows it reads the calendar: it is sealed, and `host` is what is shown of it.

    `fetch_no` counts the fetches that were begun and the changes of the address: what an older fetch brings is dropped.
    `read_until` and `read_zone` say what the busy times were worked out for.
    """

    __tablename__ = "outside_calendars"
    __table_args__ = (
        one_of("status", OutsideCalendarStatus, "outside_calendars"),
        at_least("failures", 0, "outside_calendars"),
        CheckConstraint("(status = 'FAILED') = (next_fetch_at IS NULL)", name="outside_calendars_due_unless_failed"),
        CheckConstraint(
            "(status IN ('FAILING', 'FAILED')) = (problem IS NOT NULL)", name="outside_calendars_say_what_is_wrong"
        ),
        UniqueConstraint("id", "coach_id", name="outside_calendars_of_time_off_key"),
        Index("outside_calendars_by_coach", "coach_id"),
        Index("outside_calendars_due", "next_fetch_at", postgresql_where=text("next_fetch_at IS NOT NULL")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    coach_id: UUID = Field(foreign_key="coaches.id", ondelete="CASCADE")
    name: str = Field(max_length=80)
    host: str = Field(max_length=255)
    sealed_url: bytes
    status: OutsideCalendarStatus = choice(OutsideCalendarStatus, default=OutsideCalendarStatus.PENDING)
    problem: str | None = Field(default=None, max_length=300)
    failures: int = 0
    fetch_no: int = 0
    etag: str | None = Field(default=None, max_length=500)
    last_modified: str | None = Field(default=None, max_length=100)
    asked_at: datetime = timestamp()
    fetched_at: datetime | None = optional_timestamp()
    next_fetch_at: datetime | None = optional_timestamp()
    read_until: datetime | None = optional_timestamp()
    read_zone: str | None = Field(default=None, max_length=64)
    created_at: datetime = timestamp()


def place_of_url(calendar_id: UUID) -> Place:
    return Place("outside_calendars", "sealed_url", calendar_id)


_OWN = [is_mine("coach_id", "coach_id")]
guard(OutsideCalendar, select=_OWN, insert=_OWN, update=_OWN, delete=_OWN)
