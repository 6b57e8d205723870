"""Places that are held for somebody, and the lines of those who wait for one."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from app.platform.columns import choice, one_of, optional_timestamp, stamped_now, timestamp
from app.platform.ids import new_id
from app.platform.row_security import both, guard, is_mine


class WaitingStatus(StrEnum):
    WAITING = "WAITING"
    OFFERED = "OFFERED"
    BOOKED = "BOOKED"
    LEFT = "LEFT"
    LAPSED = "LAPSED"
    CLOSED = "CLOSED"


class WaitingListEntry(SQLModel, table=True):
    """Somebody in line for a full slot; `place` rises with each who joins, and is drawn in the calendar's turn."""

    __tablename__ = "waiting_list_entries"
    __table_args__ = (
        one_of("status", WaitingStatus, "waiting_list_entries"),
        CheckConstraint(
            "(status IN ('WAITING', 'OFFERED')) = (closed_at IS NULL)", name="waiting_list_entries_closed_if_over"
        ),
        UniqueConstraint("id", "coach_id", "member_id", "starts_at", name="waiting_list_entries_of_holds_key"),
        Index("waiting_list_in_line", "coach_id", "starts_at", "place", postgresql_where=text("status = 'WAITING'")),
        Index(
            "waiting_list_once",
            "member_id",
            "coach_id",
            "starts_at",
            unique=True,
            postgresql_where=text("status IN ('WAITING', 'OFFERED')"),
        ),
        Index("waiting_list_too_late", "starts_at", postgresql_where=text("status = 'WAITING'")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    coach_id: UUID = Field(foreign_key="coaches.id", ondelete="CASCADE")
    member_id: UUID = Field(foreign_key="members.id", ondelete="CASCADE")
    starts_at: datetime = timestamp()
    place: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), nullable=False))
    status: WaitingStatus = choice(WaitingStatus, default=WaitingStatus.WAITING)
    offered_at: datetime | None = optional_timestamp()
    closed_at: datetime | None = optional_timestamp()
    created_at: datetime = stamped_now()


class SlotHold(SQLModel, table=True):
    """A place kept for one member until `expires_at`, by the database's clock; with an entry, an offer to it."""

    __tablename__ = "slot_holds"
    __table_args__ = (
        UniqueConstraint("coach_id", "starts_at", "seat_no", name="slot_holds_one_per_seat"),
        CheckConstraint(
            "expires_at <= created_at + CASE WHEN entry_id IS NULL THEN '10 minutes' ELSE '1 day' END::interval",
            name="slot_holds_are_short",
        ),
        ForeignKeyConstraint(
            ["coach_id", "starts_at", "seat_no"],
            ["calendar_seats.coach_id", "calendar_seats.starts_at", "calendar_seats.seat_no"],
            name="slot_holds_seat_fkey",
            ondelete="CASCADE",
            onupdate="CASCADE",
        ),
        ForeignKeyConstraint(
            ["entry_id", "coach_id", "member_id", "starts_at"],
            [f"waiting_list_entries.{column}" for column in ("id", "coach_id", "member_id", "starts_at")],
            name="slot_holds_entry_fkey",
        ),
        Index("slot_holds_by_member", "member_id", "coach_id"),
        Index("slot_holds_by_expiry", "expires_at"),
        Index("slot_holds_once", "member_id", "coach_id", "starts_at", unique=True),
        Index("slot_holds_one_chosen", "member_id", "coach_id", unique=True, postgresql_where=text("entry_id IS NULL")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    coach_id: UUID
    member_id: UUID = Field(foreign_key="members.id")
    starts_at: datetime = timestamp()
    ends_at: datetime = timestamp()
    seat_no: int
    expires_at: datetime = timestamp()
    is_extended: bool = False
    entry_id: UUID | None = Field(default=None, unique=True)
    created_at: datetime = stamped_now()

    @property
    def is_offer(self) -> bool:
        return self.entry_id is not None


_MINE = is_mine("member_id", "member_id")
_OF_MY_CALENDAR = is_mine("coach_id", "coach_id")
_IN_AN_OPEN_CALENDAR = both(_MINE, is_mine("coach_id", "calendar_id"))
guard(
    WaitingListEntry,
    select=[_MINE, _OF_MY_CALENDAR],
    insert=[_IN_AN_OPEN_CALENDAR],
    update=[_MINE],
)
# It goes with its seat, and never without.
guard(SlotHold, select=[_MINE, _OF_MY_CALENDAR], insert=[_IN_AN_OPEN_CALENDAR], update=[_MINE])
