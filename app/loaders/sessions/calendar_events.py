"""Sessions as a calendar sees them: an event is read from its session, so it can never say anything else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.coaches import Coach
from app.models.identity import Role
from app.models.sessions import CoachingSession, SessionChange, SessionChangeKind, SessionFormat, SessionStatus
from app.platform.links import links_of
from app.wire.relay import global_id

# What a calendar must hear of; the other changes raise the session's version, and leave the event as it was.
_RAISES: Final = (SessionChangeKind.RESCHEDULED, SessionChangeKind.CANCELLED)


class CalendarEventStatus(StrEnum):
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class CalendarParty:
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """`uid` stays for life, and `sequence` grows with each move and with the cancellation (RFC 5545, 3.8.7.4).

    Of a slot of several members each has an event of their own, which knows of nobody else.
    """

    category: ClassVar[str] = "Coaching Session"

    session_id: UUID
    sequence: int
    starts_at: datetime
    ends_at: datetime
    is_cancelled: bool
    format: SessionFormat
    coach_name: str
    member_name: str
    created_at: datetime
    updated_at: datetime
    url: str | None

    @property
    def uid(self) -> str:
        return str(self.session_id)

    @property
    def status(self) -> CalendarEventStatus:
        return CalendarEventStatus.CANCELLED if self.is_cancelled else CalendarEventStatus.CONFIRMED

    @property
    def creator(self) -> CalendarParty:
        return CalendarParty(self.coach_name, Role.COACH)

    @property
    def attendees(self) -> list[CalendarParty]:
        return [CalendarParty(self.member_name, Role.MEMBER)]


def events_where(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Selects columns and no entities: a feed has thousands of rows."""
    changes = select(func.count()).where(
        col(SessionChange.session_id) == col(CoachingSession.id), col(SessionChange.kind).in_(_RAISES)
    )
    return (
        select(
            col(CoachingSession.id),
            changes.scalar_subquery(),
            col(CoachingSession.starts_at),
            col(CoachingSession.ends_at),
            col(CoachingSession.status) == SessionStatus.CANCELLED,
            col(CoachingSession.format),
            col(Coach.display_name),
            col(CoachingSession.member_name),
            col(CoachingSession.created_at),
            col(CoachingSession.updated_at),
        )
        .join(Coach, col(Coach.id) == col(CoachingSession.coach_id))
        .where(*conditions)
    )


def event_of(db: AsyncSession, row: Sequence[Any]) -> CalendarEvent:
    values = (*row, session_link(db, row[0]))
    return CalendarEvent(*values)


def session_link(db: AsyncSession, session_id: UUID) -> str | None:
    """Where its details are to be seen (13.5); None while `PUBLIC_URL` is not configured."""
    return links_of(db).to(f"/sessions/{global_id('Session', session_id)}")


async def calendar_events_by_session(db: AsyncSession, ids: Sequence[UUID]) -> list[CalendarEvent | None]:
    """None for sessions that the asker may not see."""
    rows = await db.execute(events_where(col(CoachingSession.id).in_(ids)))
    found = {row[0]: event_of(db, row) for row in rows}
    return [found.get(session_id) for session_id in ids]
