"""Feeds: addresses by which calendar programs read somebody's sessions without logging in."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from app.platform.columns import at_least, optional_timestamp, timestamp
from app.platform.ids import new_id
from app.platform.row_security import guard, is_mine

MOST_FEEDS = 10


class CalendarFeed(SQLModel, table=True):
    """One address of one user. Its secret is known to whoever made it; kept is a hash, by which it is found.

    `number` bounds how many a user has. A feed that is revoked is gone.
    """

    __tablename__ = "calendar_feeds"
    __table_args__ = (
        at_least("number", 1, "calendar_feeds", MOST_FEEDS),
        UniqueConstraint("user_id", "number", name="calendar_feeds_one_per_number"),
        UniqueConstraint("secret_hash", name="calendar_feeds_secret_key"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE")
    number: int
    name: str = Field(max_length=80)
    secret_hash: bytes
    last_read_at: datetime | None = optional_timestamp()
    created_at: datetime = timestamp()


guard(
    CalendarFeed,
    select=[is_mine("user_id", "user_id")],
    insert=[is_mine("user_id", "user_id")],
    delete=[is_mine("user_id", "user_id")],
)
