"""Sessions that were booked together, every week or every second one."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from app.platform.columns import at_least, stamped_now, timestamp
from app.platform.ids import new_id
from app.platform.row_security import both, guard, is_mine


class SessionSeries(SQLModel, table=True):
    """What was asked for; the sessions that it made name it, and live their own lives."""

    __tablename__ = "session_series"
    __table_args__ = (
        at_least("every_weeks", 1, "session_series", 2),
        at_least("occurrences", 1, "session_series", 52),
        UniqueConstraint("id", "coach_id", "member_id", name="session_series_parties_key"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    coach_id: UUID = Field(foreign_key="coaches.id")
    member_id: UUID = Field(foreign_key="members.id")
    first_starts_at: datetime = timestamp()
    every_weeks: int
    occurrences: int
    created_by_user_id: UUID | None = Field(default=None, foreign_key="users.id")
    created_at: datetime = stamped_now()


guard(
    SessionSeries,
    select=[is_mine("member_id", "member_id"), is_mine("coach_id", "coach_id")],
    insert=[
        both(is_mine("member_id", "member_id"), is_mine("coach_id", "calendar_id")),
        is_mine("coach_id", "coach_id"),
    ],
)
