"""What members say of completed sessions."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlmodel import Field, SQLModel

from app.platform.columns import at_least, timestamp
from app.platform.row_security import guard, is_mine

CHANGEABLE_FOR = timedelta(hours=24)


class SessionRating(SQLModel, table=True):
    """One to five stars and perhaps a comment, once for each session, by its member.

    Triggers hold that the session is completed and stays so, and sum the stars up in the coach's row.
    """

    __tablename__ = "session_ratings"
    __table_args__ = (
        ForeignKeyConstraint(
            ["session_id", "coach_id", "member_id"],
            ["sessions.id", "sessions.coach_id", "sessions.member_id"],
            name="session_ratings_session_fkey",
            ondelete="CASCADE",
        ),
        at_least("stars", 1, "session_ratings", 5),
        CheckConstraint(
            "updated_at BETWEEN created_at AND created_at + interval '24 hours'", name="session_ratings_change_in_time"
        ),
        Index("session_ratings_by_member", "member_id"),
    )

    session_id: UUID = Field(primary_key=True)
    coach_id: UUID
    member_id: UUID
    member_coach_id: UUID | None = None
    stars: int
    comment: str | None = Field(default=None, max_length=2_000)
    created_at: datetime = timestamp()
    updated_at: datetime = timestamp()

    @property
    def changeable_until(self) -> datetime:
        return self.created_at + CHANGEABLE_FOR


guard(
    SessionRating,
    select=[
        is_mine("member_id", "member_id"),
        is_mine("coach_id", "coach_id"),
        is_mine("member_coach_id", "coach_id"),
    ],
    insert=[is_mine("member_id", "member_id")],
    update=[is_mine("member_id", "member_id")],
)
